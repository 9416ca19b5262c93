//! One-time initialisation.

use crate::abi::{Out, Routine, SetIfSome as _};
use core::sync::atomic::{AtomicU64, Ordering};
use haft_abi::Win32Error;
use haft_host::gs;
use haft_kernel::ke::once::{Begun, INIT_FAILED, Once};
use haft_macros::export;

/// Makes a one-time initialisation that has not begun. (Microsoft: "InitOnceInitialize function")
#[export(kernel32)]
fn InitOnceInitialize(InitOnce: usize) {
    Once::at(InitOnce).initialize();
}

/// Calls a function once, whoever comes first; the others wait. (Microsoft: "InitOnceExecuteOnce
/// function")
#[export(kernel32)]
fn InitOnceExecuteOnce(
    InitOnce: usize,
    InitFn: Routine,
    Parameter: usize,
    Context: Option<Out<u64>>,
) -> Result<(), Win32Error> {
    let once = Once::at(InitOnce);
    let context = match once.begin(0)? {
        Begun::Done(context) => context,
        Begun::Pending => {
            let place = AtomicU64::new(0);
            let done = InitFn.call([InitOnce, Parameter, place.as_ptr() as usize, 0]) as u32 != 0;
            if !done {
                // What the function failed with is the caller's to see.
                let error = Win32Error(gs::last_error());
                once.complete(INIT_FAILED, 0)?;
                return Err(error);
            }
            let context = place.load(Ordering::Relaxed);
            once.complete(0, context)?;
            context
        }
    };
    Ok(Context.set(context)?)
}

/// Begins a one-time initialisation. (Microsoft: "InitOnceBeginInitialize function")
#[export(kernel32)]
fn InitOnceBeginInitialize(
    lpInitOnce: usize,
    dwFlags: u32,
    fPending: Out<u32>,
    lpContext: Option<Out<u64>>,
) -> Result<(), Win32Error> {
    match Once::at(lpInitOnce).begin(dwFlags)? {
        Begun::Pending => Ok(fPending.set(1)?),
        Begun::Done(context) => {
            fPending.set(0)?;
            Ok(lpContext.set(context)?)
        }
    }
}

/// Ends a one-time initialisation. (Microsoft: "InitOnceComplete function")
#[export(kernel32)]
fn InitOnceComplete(lpInitOnce: usize, dwFlags: u32, lpContext: u64) -> Result<(), Win32Error> {
    Ok(Once::at(lpInitOnce).complete(dwFlags, lpContext)?)
}
