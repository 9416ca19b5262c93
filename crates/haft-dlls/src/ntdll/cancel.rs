//! Ending waits of other threads.

use super::file::StatusBlock;
use crate::abi::{Out, Ptr};
use haft_abi::{Handle, NtStatus};
use haft_kernel::io::blocking;
use haft_macros::export;

/// Cancels the synchronous request that a thread waits in; a certain one cannot be named. (Microsoft:
/// "CancelSynchronousIo function", over it)
#[export(ntdll, also = "ZwCancelSynchronousIoFile")]
fn NtCancelSynchronousIoFile(
    ThreadHandle: Handle,
    IoRequestToCancel: Option<Ptr<StatusBlock>>,
    IoStatusBlock: Out<StatusBlock>,
) -> Result<(), NtStatus> {
    if IoRequestToCancel.is_some() {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    IoStatusBlock.probe()?;
    blocking::cancel_by_handle(ThreadHandle)?;
    Ok(IoStatusBlock.set(StatusBlock { status: 0, information: 0 })?)
}
