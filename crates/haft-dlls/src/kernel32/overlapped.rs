//! Overlapped I/O.

use super::wait::timeout;
use crate::abi::{Bool, In, Out, Ptr, Routine};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::io::request::{self, Request};
use haft_kernel::io::{blocking, transfer};
use haft_kernel::ke::wait::{self, Timeout};
use haft_kernel::ps::thread;
use haft_macros::export;

haft_host::plain! {
    /// The state of an overlapped operation (Microsoft: "OVERLAPPED structure").
    pub(crate) struct Overlapped {
        pub(crate) internal: usize,
        pub(crate) internal_high: usize,
        pub(crate) offset: u32,
        pub(crate) offset_high: u32,
        pub(crate) event: Handle,
    }
}

impl Overlapped {
    /// Where in the file.
    pub(crate) const fn position(&self) -> u64 {
        (self.offset_high as u64) << 32 | self.offset as u64
    }
}

/// The request that an OVERLAPPED makes. An event with its low bit set keeps the completion from
/// the port.
pub(crate) fn request(overlapped: &In<Overlapped>) -> Request {
    let address = overlapped.ptr().addr();
    let to_port = overlapped.event.0 & 1 == 0;
    Request {
        event: Handle(overlapped.event.0 & !1),
        status_block: address,
        context: if to_port { address } else { 0 },
        routine: None,
        offset: Some(overlapped.position()),
    }
}

/// The request of a function with a completion routine: the event is the program's own to use.
pub(crate) fn request_with_routine(overlapped: &In<Overlapped>, routine: Routine) -> Request {
    Request {
        event: Handle::NULL,
        context: 0,
        routine: Some(request::Routine {
            address: routine.0,
            arguments: |status, information, request| {
                [Win32Error::from(status).0 as usize, information, request.status_block, 0]
            },
        }),
        ..request(overlapped)
    }
}

/// The result of a call whose completion the OVERLAPPED tells of: how many bytes, if it is there.
pub(crate) fn outcome(status: NtStatus, overlapped: &In<Overlapped>) -> Result<u32, Win32Error> {
    match status {
        NtStatus::PENDING => Err(Win32Error::IO_PENDING),
        _ => Ok(Ptr::<usize>::new(overlapped.ptr().addr() + 8).read()? as u32),
    }
}

/// Whether a status that is no error keeps a call from success.
pub(crate) fn partial(status: NtStatus) -> Result<(), Win32Error> {
    if status == NtStatus::BUFFER_OVERFLOW { Err(Win32Error::MORE_DATA) } else { Ok(()) }
}

fn result(
    file: Handle,
    overlapped: Ptr<Overlapped>,
    transferred: &Out<u32>,
    timeout: Timeout,
    alertable: bool,
) -> Result<(), Win32Error> {
    const PENDING: usize = NtStatus::PENDING.0 as usize;
    let mut now = overlapped.read()?;
    if now.internal as u32 as usize == PENDING {
        if timeout == Timeout::ZERO {
            return Err(Win32Error::IO_INCOMPLETE);
        }
        let event = Handle(now.event.0 & !1);
        let waited = if event.is_null() { file } else { event };
        match wait::wait_for_single(waited, timeout, alertable)? {
            NtStatus::TIMEOUT => return Err(Win32Error::TIMEOUT),
            // WAIT_IO_COMPLETION.
            NtStatus::USER_APC => return Err(Win32Error(0xC0)),
            _ => {}
        }
        now = overlapped.read()?;
        if now.internal as u32 as usize == PENDING {
            return Err(Win32Error::IO_INCOMPLETE);
        }
    }
    transferred.set(now.internal_high as u32)?;
    let status = NtStatus(now.internal as u32);
    if status.is_success() { Ok(()) } else { Err(status.into()) }
}

/// Tells the result of an overlapped operation, which it can wait for. (Microsoft:
/// "GetOverlappedResult function")
#[export(kernel32)]
fn GetOverlappedResult(
    hFile: Handle,
    lpOverlapped: Ptr<Overlapped>,
    lpNumberOfBytesTransferred: Out<u32>,
    bWait: Bool,
) -> Result<(), Win32Error> {
    let timeout = if bWait.0 { Timeout::Never } else { Timeout::ZERO };
    result(hFile, lpOverlapped, &lpNumberOfBytesTransferred, timeout, false)
}

/// Tells the result of an overlapped operation, which it waits for so many milliseconds.
/// (Microsoft: "GetOverlappedResultEx function")
#[export(kernel32)]
fn GetOverlappedResultEx(
    hFile: Handle,
    lpOverlapped: Ptr<Overlapped>,
    lpNumberOfBytesTransferred: Out<u32>,
    dwMilliseconds: u32,
    bAlertable: Bool,
) -> Result<(), Win32Error> {
    let timeout = timeout(dwMilliseconds);
    result(hFile, lpOverlapped, &lpNumberOfBytesTransferred, timeout, bAlertable.0)
}

/// Cancels the calling thread's operations on a file. (Microsoft: "CancelIo function")
#[export(kernel32)]
fn CancelIo(hFile: Handle) -> Result<(), Win32Error> {
    match transfer::cancel(hFile, Some(thread::current().tid()), None) {
        Ok(()) | Err(NtStatus::NOT_FOUND) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Cancels operations on a file: one, or all. (Microsoft: "CancelIoEx function")
#[export(kernel32)]
fn CancelIoEx(hFile: Handle, lpOverlapped: Ptr<Overlapped>) -> Result<(), Win32Error> {
    Ok(transfer::cancel(hFile, None, lpOverlapped.non_null().map(Ptr::addr))?)
}

/// Cancels the synchronous operation that a thread waits in. (Microsoft: "CancelSynchronousIo
/// function")
#[export(kernel32)]
fn CancelSynchronousIo(hThread: Handle) -> Result<(), Win32Error> {
    Ok(blocking::cancel_by_handle(hThread)?)
}

/// Says how completions of a file are told. (Microsoft: "SetFileCompletionNotificationModes
/// function")
#[export(kernel32)]
fn SetFileCompletionNotificationModes(FileHandle: Handle, Flags: u8) -> Result<(), Win32Error> {
    Ok(transfer::set_completion_modes(FileHandle, Flags)?)
}
