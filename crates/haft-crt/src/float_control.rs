//! The words of `_controlfp` and `_statusfp`, and what they are in the processor's MXCSR.
//!
//! Source: Microsoft, "_control87, _controlfp, __control87_2", "_status87, _statusfp, _statusfp2";
//! the header `float.h`; Intel's description of MXCSR.

/// `_MCW_DN`: what becomes of numbers too small for their exponent.
pub const DENORMALS: u32 = 0x0300_0000;
/// `_MCW_EM`: the exceptions that are not raised.
pub const EXCEPTIONS: u32 = 0x0008_001F;
/// `_MCW_IC`: kept for a coprocessor of old.
pub const INFINITY: u32 = 0x0004_0000;
/// `_MCW_RC`: how results are rounded.
pub const ROUNDING: u32 = 0x0000_0300;
/// `_MCW_PC`: the precision, which is fixed in 64-bit programs.
pub const PRECISION: u32 = 0x0003_0000;
/// `_EM_DENORMAL`, which `_controlfp` leaves alone.
pub const DENORMAL_OPERAND: u32 = 0x0008_0000;

/// MXCSR of a new thread: nothing is raised, results go to the nearest number.
pub const INITIAL: u32 = 0x1F80;

/// The processor's bits of exceptions, from the lowest, as `_SW_` and `_EM_` have them.
const EXCEPTION_BITS: [u32; 6] = [0x10, DENORMAL_OPERAND, 8, 4, 2, 1];

const FLAGS: u32 = 0x3F;
const MASK_SHIFT: u32 = 7;
const ROUNDING_SHIFT: u32 = 13;
const FLUSH_OPERANDS: u32 = 1 << 6;
const FLUSH_RESULTS: u32 = 1 << 15;

fn exceptions(bits: u32) -> u32 {
    let held = |n: usize| bits >> n & 1 != 0;
    EXCEPTION_BITS.iter().enumerate().filter(|&(n, _)| held(n)).fold(0, |word, (_, &b)| word | b)
}

fn exception_bits(word: u32) -> u32 {
    let held = |&(_, &bit): &(usize, &u32)| word & bit != 0;
    EXCEPTION_BITS.iter().enumerate().filter(held).fold(0, |bits, (n, _)| bits | 1 << n)
}

/// The control word of an MXCSR.
#[must_use]
pub fn control(mxcsr: u32) -> u32 {
    let denormals = match (mxcsr & FLUSH_OPERANDS != 0, mxcsr & FLUSH_RESULTS != 0) {
        (false, false) => 0,
        (true, true) => 0x0100_0000,
        (true, false) => 0x0200_0000,
        (false, true) => 0x0300_0000,
    };
    let rounding = (mxcsr >> ROUNDING_SHIFT & 3) << 8;
    denormals | rounding | exceptions(mxcsr >> MASK_SHIFT & FLAGS)
}

/// The MXCSR with another control word; its status stays.
#[must_use]
pub fn with_control(mxcsr: u32, control: u32) -> u32 {
    let flush = match control & DENORMALS {
        0 => 0,
        0x0100_0000 => FLUSH_OPERANDS | FLUSH_RESULTS,
        0x0200_0000 => FLUSH_OPERANDS,
        _ => FLUSH_RESULTS,
    };
    let rounding = (control >> 8 & 3) << ROUNDING_SHIFT;
    mxcsr & FLAGS | flush | rounding | exception_bits(control) << MASK_SHIFT
}

/// The status word of an MXCSR.
#[must_use]
pub fn status(mxcsr: u32) -> u32 {
    exceptions(mxcsr & FLAGS)
}

/// The MXCSR without the status of these exceptions.
#[must_use]
pub fn without_status(mxcsr: u32, word: u32) -> u32 {
    mxcsr & !exception_bits(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_thread_raises_nothing() {
        assert_eq!(control(INITIAL), 0x8001F);
        assert_eq!(status(INITIAL), 0);
    }

    #[test]
    fn every_control_word_comes_back() {
        for denormals in 0..4 {
            for rounding in 0..4 {
                for masked in [0, 1, 2, 4, 8, 0x10, DENORMAL_OPERAND, EXCEPTIONS] {
                    let word = denormals << 24 | rounding << 8 | masked;
                    let mxcsr = with_control(INITIAL | 0x21, word);
                    assert_eq!(control(mxcsr), word);
                    assert_eq!(status(mxcsr), 0x11);
                }
            }
        }
    }

    #[test]
    fn rounding_up_is_the_processors() {
        assert_eq!(with_control(INITIAL, 0x8001F | 0x200) >> ROUNDING_SHIFT, 2);
    }

    #[test]
    fn status_is_cleared_by_its_word() {
        assert_eq!(without_status(INITIAL | 0x3F, 0x10), INITIAL | 0x3E);
        assert_eq!(without_status(INITIAL | 0x3F, EXCEPTIONS), INITIAL);
    }
}
