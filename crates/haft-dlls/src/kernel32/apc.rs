//! User APCs.

use crate::abi::Routine;
use haft_abi::{Handle, Win32Error};
use haft_kernel::ke::apc::{self, Apc};
use haft_kernel::log;
use haft_macros::export;

/// Queues a procedure to a thread, which runs it when it next waits alertably. (Microsoft:
/// "QueueUserAPC function")
#[export(kernel32)]
fn QueueUserAPC(pfnAPC: Routine, hThread: Handle, dwData: usize) -> Result<(), Win32Error> {
    Ok(apc::queue_by_handle(hThread, Apc { routine: pfnAPC.0, arguments: [dwData, 0, 0, 0] })?)
}

/// Queues a procedure to a thread, which runs it when it next waits alertably; one that does not wait for
/// that (`QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC`) and one that is told of more than its argument are not
/// implemented. (Microsoft: "QueueUserAPC2 function")
#[export(kernel32)]
fn QueueUserAPC2(
    ApcRoutine: Routine,
    Thread: Handle,
    Data: usize,
    Flags: u32,
) -> Result<(), Win32Error> {
    const SPECIAL_USER_APC: u32 = 1;
    const CALLBACK_DATA_CONTEXT: u32 = 0x1_0000;
    match Flags {
        0 => QueueUserAPC(ApcRoutine, Thread, Data),
        _ if Flags & !(SPECIAL_USER_APC | CALLBACK_DATA_CONTEXT) == 0 => {
            log::say_once(
                "QueueUserAPC2: APCs that do not wait for an alertable wait are not there yet",
            );
            Err(Win32Error::NOT_SUPPORTED)
        }
        _ => Err(Win32Error::INVALID_PARAMETER),
    }
}
