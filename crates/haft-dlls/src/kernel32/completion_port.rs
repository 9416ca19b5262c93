//! I/O completion ports.

use super::wait::timeout;
use crate::abi::{Bool, Out, Ptr};
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_kernel::io::completion_port::{self, Packet, Removed};
use haft_kernel::ob;
use haft_macros::export;

/// `IO_COMPLETION_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0003);

/// Creates a completion port, binds a file to one, or both. (Microsoft: "CreateIoCompletionPort
/// function")
#[export(kernel32)]
fn CreateIoCompletionPort(
    FileHandle: Handle,
    ExistingCompletionPort: Option<Handle>,
    CompletionKey: usize,
    NumberOfConcurrentThreads: u32,
) -> Result<Handle, Win32Error> {
    // Linux decides how many threads run.
    let _ = NumberOfConcurrentThreads;
    let port = match ExistingCompletionPort {
        Some(_) if FileHandle == Handle::INVALID => return Err(Win32Error::INVALID_PARAMETER),
        Some(port) => port,
        None => completion_port::create(ALL_ACCESS, false)?,
    };
    if FileHandle != Handle::INVALID
        && let Err(error) = completion_port::bind(port, FileHandle, CompletionKey)
    {
        if ExistingCompletionPort.is_none() {
            let _ = ob::close(port);
        }
        return Err(error.into());
    }
    Ok(port)
}

/// Why a wait for packets gave none.
fn nothing(status: NtStatus) -> Win32Error {
    match status {
        NtStatus::TIMEOUT => Win32Error(258),
        NtStatus::USER_APC => Win32Error(0xC0),
        // ERROR_ABANDONED_WAIT_0
        _ => Win32Error(735),
    }
}

/// Takes a packet from a completion port. (Microsoft: "GetQueuedCompletionStatus function")
#[export(kernel32)]
fn GetQueuedCompletionStatus(
    CompletionPort: Handle,
    lpNumberOfBytesTransferred: Out<u32>,
    lpCompletionKey: Out<usize>,
    lpOverlapped: Out<usize>,
    dwMilliseconds: u32,
) -> Result<(), Win32Error> {
    lpOverlapped.set(0)?;
    let timeout = timeout(dwMilliseconds);
    let packets = match completion_port::remove(CompletionPort, 1, timeout, false)? {
        Removed::Packets(packets) => packets,
        Removed::Nothing(status) => return Err(nothing(status)),
    };
    let Some(packet) = packets.first() else { return Err(Win32Error::TIMEOUT) };
    lpNumberOfBytesTransferred.set(packet.information as u32)?;
    lpCompletionKey.set(packet.key)?;
    lpOverlapped.set(packet.context)?;
    if packet.status.is_success() { Ok(()) } else { Err(packet.status.into()) }
}

haft_host::plain! {
    /// A packet (Microsoft: "OVERLAPPED_ENTRY structure").
    struct OverlappedEntry {
        key: usize,
        overlapped: usize,
        internal: usize,
        transferred: u32,
    }
}

/// Takes packets from a completion port. (Microsoft: "GetQueuedCompletionStatusEx function")
#[export(kernel32)]
fn GetQueuedCompletionStatusEx(
    CompletionPort: Handle,
    lpCompletionPortEntries: Ptr<OverlappedEntry>,
    ulCount: u32,
    ulNumEntriesRemoved: Out<u32>,
    dwMilliseconds: u32,
    fAlertable: Bool,
) -> Result<(), Win32Error> {
    if ulCount == 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let timeout = timeout(dwMilliseconds);
    let most = ulCount as usize;
    let packets = match completion_port::remove(CompletionPort, most, timeout, fAlertable.0)? {
        Removed::Packets(packets) => packets,
        Removed::Nothing(status) => return Err(nothing(status)),
    };
    for (n, packet) in packets.iter().enumerate() {
        lpCompletionPortEntries.at(n).write(OverlappedEntry {
            key: packet.key,
            overlapped: packet.context,
            internal: packet.status.0 as usize,
            transferred: packet.information as u32,
        })?;
    }
    Ok(ulNumEntriesRemoved.set(packets.len() as u32)?)
}

/// Posts a packet of the program's own to a completion port. (Microsoft:
/// "PostQueuedCompletionStatus function")
#[export(kernel32)]
fn PostQueuedCompletionStatus(
    CompletionPort: Handle,
    dwNumberOfBytesTransferred: u32,
    dwCompletionKey: usize,
    lpOverlapped: usize,
) -> Result<(), Win32Error> {
    let packet = Packet {
        key: dwCompletionKey,
        context: lpOverlapped,
        status: NtStatus::SUCCESS,
        information: dwNumberOfBytesTransferred as usize,
    };
    Ok(completion_port::post(CompletionPort, packet)?)
}
