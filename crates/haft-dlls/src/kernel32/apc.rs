//! User APCs.

use crate::abi::Routine;
use haft_abi::{Handle, Win32Error};
use haft_kernel::ke::apc::{self, Apc};
use haft_macros::export;

/// Queues a procedure to a thread, which runs it when it next waits alertably. (Microsoft:
/// "QueueUserAPC function")
#[export(kernel32)]
fn QueueUserAPC(pfnAPC: Routine, hThread: Handle, dwData: usize) -> Result<(), Win32Error> {
    Ok(apc::queue_by_handle(hThread, Apc { routine: pfnAPC.0, arguments: [dwData, 0, 0, 0] })?)
}
