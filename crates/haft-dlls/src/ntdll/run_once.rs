//! One-time initialisation.

use crate::abi::{Out, Routine, SetIfSome as _};
use core::sync::atomic::{AtomicU64, Ordering};
use haft_abi::NtStatus;
use haft_kernel::ke::once::{Begun, INIT_FAILED, Once};
use haft_macros::export;

/// Makes a one-time initialisation that has not begun. (Microsoft: "RtlRunOnceInitialize
/// function")
#[export(ntdll)]
fn RtlRunOnceInitialize(RunOnce: usize) {
    Once::at(RunOnce).initialize();
}

/// Calls a function once, whoever comes first; the others wait. (Microsoft:
/// "RtlRunOnceExecuteOnce function")
#[export(ntdll)]
fn RtlRunOnceExecuteOnce(
    RunOnce: usize,
    InitFn: Routine,
    Parameter: usize,
    Context: Option<Out<u64>>,
) -> Result<(), NtStatus> {
    let once = Once::at(RunOnce);
    let context = match once.begin(0)? {
        Begun::Done(context) => context,
        Begun::Pending => {
            let place = AtomicU64::new(0);
            if InitFn.call([RunOnce, Parameter, place.as_ptr() as usize, 0]) as u32 == 0 {
                once.complete(INIT_FAILED, 0)?;
                return Err(NtStatus::UNSUCCESSFUL);
            }
            let context = place.load(Ordering::Relaxed);
            once.complete(0, context)?;
            context
        }
    };
    Ok(Context.set(context)?)
}

/// Begins a one-time initialisation: STATUS_PENDING when it is the caller's to do. (Microsoft:
/// "RtlRunOnceBeginInitialize function")
#[export(ntdll)]
fn RtlRunOnceBeginInitialize(
    RunOnce: usize,
    Flags: u32,
    Context: Option<Out<u64>>,
) -> Result<NtStatus, NtStatus> {
    match Once::at(RunOnce).begin(Flags)? {
        Begun::Pending => Ok(NtStatus::PENDING),
        Begun::Done(context) => {
            Context.set(context)?;
            Ok(NtStatus::SUCCESS)
        }
    }
}

/// Ends a one-time initialisation. (Microsoft: "RtlRunOnceComplete function")
#[export(ntdll)]
fn RtlRunOnceComplete(RunOnce: usize, Flags: u32, Context: u64) -> Result<(), NtStatus> {
    Once::at(RunOnce).complete(Flags, Context)
}
