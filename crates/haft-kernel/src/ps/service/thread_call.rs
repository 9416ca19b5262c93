//! Doing to a thread what another process asks for.

use crate::ke::apc::{self, Apc};
use crate::ps::thread::Thread;
use crate::ps::{priority, suspend, thread_times};
use core::sync::atomic::Ordering;
use haft_abi::{Context, NtStatus};
use haft_host::guest;
use haft_wire::service::{Said, ThreadCall, ThreadFacts};

/// Does it.
pub(super) fn perform(target: &Thread, call: ThreadCall) -> Result<Said, NtStatus> {
    match call {
        ThreadCall::Suspend => suspend::suspend(target).map(Said::Count),
        ThreadCall::Resume => Ok(Said::Count(suspend::resume(target))),
        ThreadCall::Context { flags } => {
            let mut registers = Context { context_flags: flags, ..Context::default() };
            suspend::registers_of(target, &mut registers)?;
            Ok(Said::Context(to_bytes(&registers)?))
        }
        ThreadCall::SetContext { context } => {
            let registers = from_bytes(&context)?;
            suspend::set_registers_of(target, &registers)?;
            Ok(Said::Done)
        }
        ThreadCall::QueueApc { routine, arguments } => {
            let arguments = arguments.map(|argument| argument as usize);
            apc::queue(target, Apc { routine: routine as usize, arguments })?;
            Ok(Said::Done)
        }
        ThreadCall::Terminate { code } => suspend::terminate(target, code).map(|()| Said::Done),
        ThreadCall::Facts => {
            let times = thread_times::of(target);
            Ok(Said::Facts(ThreadFacts {
                exit_code: target.exit_code(),
                teb: if target.has_ended() { 0 } else { target.teb as u64 },
                priority: target.priority.load(Ordering::Relaxed),
                start: target.start_address.load(Ordering::Relaxed) as u64,
                times: [
                    times.created.cast_unsigned(),
                    times.ended.cast_unsigned(),
                    times.kernel,
                    times.user,
                ],
            }))
        }
        ThreadCall::SetPriority { priority } => {
            priority::apply(target, priority).map(|()| Said::Done)
        }
    }
}

/// Registers as they travel.
///
/// # Errors
/// None that happens.
pub fn to_bytes(registers: &Context) -> Result<Vec<u8>, NtStatus> {
    Ok(guest::read_slice(core::ptr::from_ref(registers) as usize, size_of::<Context>())?)
}

/// Registers that have travelled.
///
/// # Errors
/// `INVALID_PARAMETER` for bytes that are none.
pub fn from_bytes(bytes: &[u8]) -> Result<Context, NtStatus> {
    if bytes.len() != size_of::<Context>() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(guest::read(bytes.as_ptr() as usize)?)
}
