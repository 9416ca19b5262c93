//! The running thread's control and status of floating-point arithmetic.
#![allow(unsafe_code, reason = "the registers are reached by instructions of their own")]

use core::arch::asm;

/// MXCSR.
#[must_use]
pub fn mxcsr() -> u32 {
    let mut value = 0u32;
    // SAFETY: stores the register into a place of our own.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) }
    value
}

/// Sets MXCSR, of which only the low 16 bits are taken: the others would fault.
///
/// haft's own arithmetic on the thread follows it from now on, as that of Windows' DLLs does.
pub fn set_mxcsr(value: u32) {
    let value = value & 0xFFFF;
    // SAFETY: loads the register from a place of our own; the processor accepts every value of
    // these bits.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags)) }
}

/// Sets the x87 unit up as Windows does for a new thread: 53 bits, nothing raised.
pub fn reset_x87() {
    let control = 0x27Fu16;
    // SAFETY: the calling convention leaves the x87 stack empty at every call.
    unsafe { asm!("fninit", "fldcw [{}]", in(reg) &raw const control, options(nostack)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read() {
        let before = mxcsr();
        set_mxcsr(before | 0x6000);
        let seen = mxcsr();
        set_mxcsr(before);
        assert_eq!(seen & 0x6000, 0x6000);
        assert_eq!(mxcsr() & 0x6000, before & 0x6000);
    }
}
