//! How floating-point numbers are rounded, and which errors of theirs are raised.

use crate::abi::{ErrorCode, Out, SetIfSome as _};
use haft_kernel::crt::{Error, float_control as unit};
use haft_macros::export;

/// Gives and changes the control word. (Microsoft: "_control87, _controlfp, __control87_2")
#[export(msvcrt, ucrtbase)]
fn _control87(new: u32, mask: u32) -> u32 {
    unit::control(new, mask)
}

/// Gives and changes the control word, except for denormal operands. (Microsoft: "_control87,
/// _controlfp, __control87_2")
#[export(msvcrt, ucrtbase)]
fn _controlfp(new: u32, mask: u32) -> u32 {
    unit::control_portable(new, mask)
}

/// Gives and changes the control word, and refuses what it does not know. (Microsoft:
/// "_controlfp_s")
#[export(msvcrt, ucrtbase)]
fn _controlfp_s(currentControl: Option<Out<u32>>, newControl: u32, mask: u32) -> ErrorCode {
    ErrorCode(
        unit::control_checked(newControl, mask)
            .and_then(|word| currentControl.set(word).map_err(Error::from)),
    )
}

/// Changes the control word. (Microsoft: "_control87, _controlfp, __control87_2")
#[export(ucrtbase)]
fn _set_controlfp(newControl: u32, mask: u32) {
    let _ = unit::control_portable(newControl, mask);
}

/// Gives the status word. (Microsoft: "_status87, _statusfp, _statusfp2")
#[export(msvcrt, ucrtbase, also = "_status87")]
fn _statusfp() -> u32 {
    unit::status()
}

/// Gives the status word and clears it. (Microsoft: "_clear87, _clearfp")
#[export(msvcrt, ucrtbase, also = "_clear87")]
fn _clearfp() -> u32 {
    unit::clear()
}

/// Has the thread's arithmetic be as at its start. (Microsoft: "_fpreset")
#[export(msvcrt, ucrtbase, also = "fpreset")]
fn _fpreset() {
    unit::reset()
}
