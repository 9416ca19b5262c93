//! `_controlfp` and its kin, on the running thread.

use super::error::Error;
use haft_crt::Errno;
use haft_crt::float_control as words;
use haft_host::float_control::{mxcsr, reset_x87, set_mxcsr};

/// `_control87`: the control word after the bits of `mask` became those of `new`. The precision
/// cannot be changed in 64-bit programs; to ask for it does nothing.
pub fn control(new: u32, mask: u32) -> u32 {
    let before = mxcsr();
    let word = words::control(before) & !mask | new & mask;
    let after = words::with_control(before, word);
    if after != before {
        set_mxcsr(after);
    }
    words::control(after)
}

/// `_controlfp`: [`control`] that leaves the exception of denormal operands alone.
pub fn control_portable(new: u32, mask: u32) -> u32 {
    control(new, mask & !words::DENORMAL_OPERAND)
}

/// `_controlfp_s`.
///
/// # Errors
/// `EINVAL` for bits that mean nothing, or the precision, which 64-bit programs cannot change.
pub fn control_checked(new: u32, mask: u32) -> Result<u32, Error> {
    let known = words::DENORMALS | words::EXCEPTIONS | words::INFINITY | words::ROUNDING;
    let meant = mask & (known | words::PRECISION);
    if meant & words::PRECISION != 0 && mask != u32::MAX || new & meant & !known != 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    Ok(control_portable(new, mask & known))
}

/// `_statusfp`.
#[must_use]
pub fn status() -> u32 {
    words::status(mxcsr())
}

/// `_clearfp`: the status before it is cleared.
pub fn clear() -> u32 {
    let before = mxcsr();
    set_mxcsr(words::without_status(before, words::EXCEPTIONS));
    words::status(before)
}

/// Clears the status of these exceptions (`feclearexcept`).
pub fn clear_some(exceptions: u32) {
    set_mxcsr(words::without_status(mxcsr(), exceptions));
}

/// `_fpreset`: as a new thread has it.
pub fn reset() {
    reset_x87();
    set_mxcsr(words::INITIAL);
}
