//! `signal` and `raise`: handlers of the C runtime's six signals.

use super::exit;
use crate::io::console::control::{self, ControlEvent};
use crate::ps;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use haft_crt::Errno;
use haft_host::jump;
use std::sync::{Mutex, PoisonError};

/// `SIGINT`.
const INTERRUPT: i32 = 2;
/// `SIGBREAK`.
const BREAK: i32 = 21;
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
        2 => return Ok(slot.load(Ordering::Acquire)),
        3 | 4 => return Err(Errno::EINVAL),
        _ => {}
    }
    if matches!(signal, INTERRUPT | BREAK) && handler != DEFAULT {
        static LISTENS: Mutex<bool> = Mutex::new(false);
        let mut listens = LISTENS.lock().unwrap_or_else(PoisonError::into_inner);
        if !*listens {
            let routine = on_control as *const () as usize;
            control::set_handler(routine, true).map_err(|_| Errno::ENOMEM)?;
            *listens = true;
        }
    }
    Ok(slot.swap(handler, Ordering::AcqRel))
}

/// The console control handler of the C runtime: Ctrl-C is `SIGINT`, all else `SIGBREAK`, and is
/// handled here unless the default action stands.
extern "win64" fn on_control(event: usize) -> usize {
    let signal = if event == ControlEvent::C as usize { INTERRUPT } else { BREAK };
    let slot = &HANDLERS[signal as usize];
    match slot.load(Ordering::Acquire) {
        DEFAULT => return 0,
        IGNORE => {}
        handler => {
            slot.store(DEFAULT, Ordering::Release);
            let _ = jump::call(handler, [signal as usize, 0, 0, 0]);
        }
    }
    1
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

static ABORT_BEHAVIOR: AtomicU32 = AtomicU32::new(3);

/// `_set_abort_behavior`: the flags before. haft's `abort` says and reports nothing either way.
pub fn set_abort_behavior(flags: u32, mask: u32) -> u32 {
    let change = |old: u32| Some((old & !mask) | (flags & mask));
    ABORT_BEHAVIOR.fetch_update(Ordering::AcqRel, Ordering::Acquire, change).unwrap_or(0)
}

/// The signal of a processor's exception, and what the handler of SIGFPE is told besides.
fn of_exception(code: u32) -> Option<(i32, usize)> {
    Some(match code {
        0xC000_0005 => (11, 0),
        0xC000_001D | 0xC000_0096 => (4, 0),
        0xC000_008D => (8, 0x82),
        0xC000_008E => (8, 0x83),
        0xC000_008F => (8, 0x86),
        0xC000_0090 => (8, 0x81),
        0xC000_0091 => (8, 0x84),
        0xC000_0092 => (8, 0x8A),
        0xC000_0093 => (8, 0x85),
        _ => return None,
    })
}

/// `_XcptFilter`, `_seh_filter_exe`: hands an exception to the handler of its signal. 0 if there is
/// none and the search goes on, -1 if the program goes on where it was.
#[must_use]
pub fn filter(code: u32, _pointers: usize) -> i32 {
    let Some((signal, detail)) = of_exception(code) else { return 0 };
    let slot = &HANDLERS[signal as usize];
    match slot.load(Ordering::Acquire) {
        DEFAULT => 0,
        IGNORE => -1,
        handler => {
            slot.store(DEFAULT, Ordering::Release);
            let _ = jump::call(handler, [signal as usize, detail, 0, 0]);
            -1
        }
    }
}
