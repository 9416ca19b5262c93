//! `signal` and `raise`: handlers of the C runtime's six signals.

use super::exit;
use crate::ps;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_crt::Errno;
use haft_host::jump;

/// `SIGABRT`.
pub const ABORT: i32 = 22;

/// `SIG_DFL`.
pub const DEFAULT: usize = 0;
/// `SIG_IGN`.
pub const IGNORE: usize = 1;

/// What a program ends with when a signal takes its default action.
const DEFAULT_EXIT: u32 = 3;

static HANDLERS: [AtomicUsize; 32] = [const { AtomicUsize::new(DEFAULT) }; 32];

fn slot(signal: i32) -> Result<&'static AtomicUsize, Errno> {
    // 6 is the old number of SIGABRT (`SIGABRT_COMPAT`).
    let signal = if signal == 6 { ABORT } else { signal };
    match signal {
        2 | 4 | 8 | 11 | 15 | 21 | ABORT => Ok(&HANDLERS[signal as usize]),
        _ => Err(Errno::EINVAL),
    }
}

/// Sets the handler of a signal; the one before.
///
/// # Errors
/// `EINVAL` for another signal, or a special value that is no handler.
pub fn set(signal: i32, handler: usize) -> Result<usize, Errno> {
    let slot = slot(signal)?;
    // SIG_GET asks only; SIG_SGE and SIG_ACK are of another system.
    match handler {
        2 => Ok(slot.load(Ordering::Acquire)),
        3 | 4 => Err(Errno::EINVAL),
        _ => Ok(slot.swap(handler, Ordering::AcqRel)),
    }
}

/// Sends the process a signal: the handler is called once and then the default action stands
/// again, which ends the process with 3.
///
/// # Errors
/// `EINVAL` for another signal.
pub fn raise(signal: i32) -> Result<(), Errno> {
    let slot = slot(signal)?;
    match slot.load(Ordering::Acquire) {
        DEFAULT => ps::exit_process(DEFAULT_EXIT),
        IGNORE => {}
        handler => {
            slot.store(DEFAULT, Ordering::Release);
            // The handler of SIGFPE takes a second argument: `_FPE_EXPLICITGEN`.
            let _ = jump::call(handler, [signal as usize, 0x8C, 0, 0]);
        }
    }
    Ok(())
}

/// `abort`: the handler of `SIGABRT` may leave by `longjmp`; else the process ends with 3.
pub fn abort() -> ! {
    if HANDLERS[ABORT as usize].load(Ordering::Acquire) > IGNORE {
        // The signal is one of ours.
        let _ = raise(ABORT);
    }
    ps::exit_process(DEFAULT_EXIT)
}

/// The fatal runtime error of this number: said on standard error, then the process ends with
/// 255 (`_amsg_exit`).
pub fn fatal(number: i32) -> ! {
    super::stream::finish();
    crate::log::say(&format!("the program's C runtime stopped with error R60{number:02}"));
    exit::quick_exit(255)
}
