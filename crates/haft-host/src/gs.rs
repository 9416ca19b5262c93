//! The GS segment: the TEB of the running thread.
//!
//! Windows code on x86-64 finds its TEB through GS, which Linux leaves to programs; haft's own
//! thread-local storage is on FS, so both worlds run side by side without a switch.
#![allow(unsafe_code, reason = "GS-relative loads and stores have no safe form")]

use core::arch::asm;

/// Offset of `LastErrorValue` in the TEB.
pub const TEB_LAST_ERROR: usize = 0x68;

/// Sets the base of GS for the running thread. `teb` is the address of its TEB, which must stay
/// mapped for as long as the thread runs; zero says that the thread has none.
///
/// # Errors
/// The errno of `arch_prctl`, which fails only for an address outside user space.
pub fn set_base(teb: usize) -> Result<(), i32> {
    const ARCH_SET_GS: libc::c_int = 0x1001;
    // SAFETY: arch_prctl(ARCH_SET_GS) only changes the GS base, which no Rust code relies on
    // except through this module.
    let r = unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, teb) };
    // SAFETY: errno's location is always valid.
    if r == 0 { Ok(()) } else { Err(unsafe { *libc::__errno_location() }) }
}

/// The address of the running thread's TEB (its own `Self` field). Only a thread that
/// [`set_base`] was called on may ask.
#[must_use]
#[inline]
pub fn teb() -> usize {
    let teb: usize;
    // SAFETY: every thread that runs Windows code has GS at a TEB whose Self field is at 0x30.
    unsafe {
        asm!("mov {}, gs:[0x30]", out(reg) teb, options(nostack, preserves_flags, readonly, pure));
    }
    teb
}

/// Bytes of a TEB.
const TEB_SIZE: usize = 0x2000;

/// Reads the 64-bit field of the running thread's TEB at `offset`. No system call, and no lock:
/// the TEB is the thread's own.
///
/// # Panics
/// If the field is not in the TEB.
#[must_use]
#[inline]
pub fn field(offset: usize) -> u64 {
    assert!(offset <= TEB_SIZE - 8, "a TEB has 0x2000 bytes");
    let value: u64;
    // SAFETY: as for `teb`; the field lies within the TEB.
    unsafe {
        asm!("mov {}, gs:[{}]", out(reg) value, in(reg) offset, options(nostack, preserves_flags));
    }
    value
}

/// [`field`] at an offset that is known to the compiler: one instruction.
#[must_use]
#[inline(always)]
pub fn field_at<const OFFSET: usize>() -> u64 {
    const { assert!(OFFSET <= TEB_SIZE - 8, "a TEB has 0x2000 bytes") };
    let value: u64;
    // SAFETY: as for `field`.
    unsafe {
        asm!("mov {}, gs:[{}]", out(reg) value, const OFFSET, options(nostack, preserves_flags));
    }
    value
}

/// Writes the 64-bit field of the running thread's TEB at `offset`.
///
/// # Panics
/// If the field is not in the TEB.
#[inline]
pub fn set_field(offset: usize, value: u64) {
    assert!(offset <= TEB_SIZE - 8, "a TEB has 0x2000 bytes");
    // SAFETY: as for `field`; the TEB is the program's data, which haft believes nothing of.
    unsafe {
        asm!("mov gs:[{}], {}", in(reg) offset, in(reg) value, options(nostack, preserves_flags));
    }
}

/// Gives the running thread a TEB for a test.
#[cfg(test)]
pub(crate) fn have_teb() {
    let teb: &'static mut [u64] = Vec::leak(vec![0; TEB_SIZE / 8]);
    let address = teb.as_ptr() as usize;
    teb[0x30 / 8] = address as u64;
    set_base(address).unwrap();
}

/// The running thread's identifier, as its TEB has it.
#[must_use]
#[inline]
pub fn thread_id() -> u32 {
    field(0x48) as u32
}

/// The running thread's last Win32 error.
#[must_use]
#[inline]
pub fn last_error() -> u32 {
    let code: u32;
    // SAFETY: as for `teb`.
    unsafe {
        asm!("mov {:e}, gs:[0x68]", out(reg) code, options(nostack, preserves_flags, readonly));
    }
    code
}

/// Sets the running thread's last Win32 error.
#[inline]
pub fn set_last_error(code: u32) {
    // SAFETY: as for `teb`; the field belongs to this thread alone.
    unsafe {
        asm!("mov gs:[0x68], {:e}", in(reg) code, options(nostack, preserves_flags));
    }
}
