//! C's functions of `fenv.h` for rounding and for errors that were met.

use haft_crt::float_control::ROUNDING;
use haft_kernel::crt::float_control as unit;
use haft_macros::export;

/// The exceptions that C has: all but that of denormal operands (`FE_ALL_EXCEPT`).
const ALL: i32 = 0x1F;

/// Gives how results are rounded. (Microsoft: "fegetround, fesetround")
#[export(ucrtbase)]
fn fegetround() -> i32 {
    (unit::control(0, 0) & ROUNDING) as i32
}

/// Sets how results are rounded; 0 if it could. (Microsoft: "fegetround, fesetround")
#[export(ucrtbase)]
fn fesetround(round_mode: i32) -> i32 {
    if round_mode & !(ROUNDING as i32) != 0 {
        return 1;
    }
    unit::control(round_mode as u32, ROUNDING);
    0
}

/// Tells which of these exceptions were met. (Microsoft: "fetestexcept")
#[export(ucrtbase)]
fn fetestexcept(excepts: i32) -> i32 {
    unit::status() as i32 & excepts & ALL
}

/// Forgets that these exceptions were met. (Microsoft: "feclearexcept")
#[export(ucrtbase)]
fn feclearexcept(excepts: i32) -> i32 {
    unit::clear_some((excepts & ALL) as u32);
    0
}
