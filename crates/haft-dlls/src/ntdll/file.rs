//! Files: reading and writing.

use crate::abi::{Out, Ptr};
use haft_abi::{Handle, NtStatus};
use haft_kernel::io::transfer;
use haft_macros::export;
use windows_sys::Win32::System::IO::{IO_STATUS_BLOCK, IO_STATUS_BLOCK_0};

/// What `ByteOffset` says where it means the file's position.
const USE_FILE_POINTER_POSITION: i64 = -2;

fn offset(given: Ptr<i64>) -> Result<Option<u64>, NtStatus> {
    if given.is_null() {
        return Ok(None);
    }
    match given.read()? {
        USE_FILE_POINTER_POSITION => Ok(None),
        at => u64::try_from(at).map(Some).map_err(|_| NtStatus::INVALID_PARAMETER),
    }
}

/// Completion by event or APC is for asynchronous handles, which these two do not serve yet.
fn only_synchronous(event: Handle, routine: usize) -> Result<(), NtStatus> {
    if event.is_null() && routine == 0 { Ok(()) } else { Err(NtStatus::NOT_IMPLEMENTED) }
}

fn tell(block: &Out<IO_STATUS_BLOCK>, moved: Result<u32, NtStatus>) -> Result<NtStatus, NtStatus> {
    let status = moved.err().unwrap_or(NtStatus::SUCCESS);
    block.set(IO_STATUS_BLOCK {
        Anonymous: IO_STATUS_BLOCK_0 { Status: status.0.cast_signed() },
        Information: moved.unwrap_or(0) as usize,
    })?;
    Ok(status)
}

/// Reads from a file, synchronously. (Microsoft: "NtReadFile function")
#[export(ntdll, also = "ZwReadFile")]
fn NtReadFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: usize,
    ApcContext: usize,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    Buffer: Ptr<u8>,
    Length: u32,
    ByteOffset: Ptr<i64>,
    Key: usize,
) -> Result<NtStatus, NtStatus> {
    let _ = (ApcContext, Key);
    only_synchronous(Event, ApcRoutine)?;
    let moved = transfer::read(FileHandle, Buffer.addr(), Length, offset(ByteOffset)?);
    tell(&IoStatusBlock, moved)
}

/// Writes to a file, synchronously. (Microsoft: "NtWriteFile function")
#[export(ntdll, also = "ZwWriteFile")]
fn NtWriteFile(
    FileHandle: Handle,
    Event: Handle,
    ApcRoutine: usize,
    ApcContext: usize,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    Buffer: Ptr<u8>,
    Length: u32,
    ByteOffset: Ptr<i64>,
    Key: usize,
) -> Result<NtStatus, NtStatus> {
    let _ = (ApcContext, Key);
    only_synchronous(Event, ApcRoutine)?;
    let moved = transfer::write(FileHandle, Buffer.addr(), Length, offset(ByteOffset)?);
    tell(&IoStatusBlock, moved)
}
