//! What changes in directories.

use super::overlapped::{self, Overlapped};
use crate::abi::{Bool, Charset, In, OrInvalid, Out, Ptr, Routine, SetIfSome as _, TStr};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::io::changes::{self, Filter};
use haft_kernel::io::name;
use haft_kernel::io::request::Request;
use haft_kernel::ob;
use haft_macros::export;

/// Tells what changed in a directory, and waits for it or tells later. (Microsoft:
/// "ReadDirectoryChangesW function")
#[export(kernel32)]
fn ReadDirectoryChangesW(
    hDirectory: Handle,
    lpBuffer: Ptr<u8>,
    nBufferLength: u32,
    bWatchSubtree: Bool,
    dwNotifyFilter: u32,
    lpBytesReturned: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
    lpCompletionRoutine: Option<Routine>,
) -> Result<(), Win32Error> {
    let request = match (&lpOverlapped, lpCompletionRoutine) {
        (Some(overlapped), Some(routine)) => overlapped::request_with_routine(overlapped, routine),
        (Some(overlapped), None) => overlapped::request(overlapped),
        (None, _) => Request::PLAIN,
    };
    let place = (lpBuffer.addr(), nBufferLength);
    let filter = Filter(dwNotifyFilter);
    let (status, told) = changes::read(hDirectory, place, filter, bWatchSubtree.0, &request)?;
    // Unlike with other calls, "under way" is success here.
    if status != NtStatus::PENDING {
        lpBytesReturned.set(told as u32)?;
    }
    Ok(())
}

/// Makes a handle that is signalled when something changes in a directory. (Microsoft:
/// "FindFirstChangeNotificationW function")
#[export(kernel32, charset)]
fn FindFirstChangeNotification<C: Charset>(
    lpPathName: TStr<C>,
    bWatchSubtree: Bool,
    dwNotifyFilter: u32,
) -> Result<OrInvalid<Handle>, Win32Error> {
    let name = name::dos(&lpPathName)?;
    Ok(OrInvalid(changes::notification(name, Filter(dwNotifyFilter), bWatchSubtree.0)?))
}

/// Has the handle signalled again at the next change. (Microsoft: "FindNextChangeNotification
/// function")
#[export(kernel32)]
fn FindNextChangeNotification(hChangeHandle: Handle) -> Result<(), Win32Error> {
    Ok(changes::next_notification(hChangeHandle)?)
}

/// Ends the watch on a directory. (Microsoft: "FindCloseChangeNotification function")
#[export(kernel32)]
fn FindCloseChangeNotification(hChangeHandle: Handle) -> Result<(), Win32Error> {
    Ok(ob::close(hChangeHandle)?)
}
