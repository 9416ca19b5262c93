//! The program's memory, touched safely.
//!
//! Every address that a program hands over may be wrong. An access here costs no system call: it
//! is made by a few instructions in one known range of code, and a fault inside that range is
//! answered by the process's SIGSEGV and SIGBUS handler with [`fixup`], which sends the access to
//! its error return. So a bad pointer is an `Err(`[`Fault`]`)`, as the kernel's probe-and-capture
//! is on Windows, and never a crash of haft's own code.
//!
//! Nothing here makes a Rust reference to the program's memory, which other threads of the
//! program may change at any time: values are copied in and out.
#![allow(unsafe_code, reason = "guarded accesses are assembly; reading plain data is unsafe")]

mod access;
pub mod atomic;
mod pod;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod windows;

pub use access::fixup;
pub use pod::Pod;

use core::fmt;
use core::mem::MaybeUninit;
use haft_abi::{NtStatus, Win32Error};

/// An access to the program's memory that failed: the address is not mapped, or not so that the
/// access was allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Where the access began (the byte that faulted may lie behind it).
    pub address: usize,
    /// Whether it was a write.
    pub write: bool,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.write { "write to" } else { "read of" };
        write!(f, "a {kind} the program's memory at {:#x} failed", self.address)
    }
}

impl From<Fault> for NtStatus {
    fn from(_: Fault) -> Self {
        Self::ACCESS_VIOLATION
    }
}

impl From<Fault> for Win32Error {
    fn from(_: Fault) -> Self {
        Self::NOACCESS
    }
}

const fn read_fault(address: usize) -> Fault {
    Fault { address, write: false }
}

const fn write_fault(address: usize) -> Fault {
    Fault { address, write: true }
}

/// Copies `dst.len()` bytes from the program's memory at `src`.
///
/// # Errors
/// A [`Fault`] if any of them cannot be read; `dst` may then be filled in part.
#[inline]
pub fn copy_in(dst: &mut [u8], src: usize) -> Result<(), Fault> {
    // SAFETY: `dst` is valid for writes of its length; the source is guarded.
    unsafe { access::copy(dst.as_mut_ptr() as usize, src, dst.len()) }
        .then_some(())
        .ok_or(read_fault(src))
}

/// Copies `src` into the program's memory at `dst`.
///
/// # Errors
/// A [`Fault`] if any byte cannot be written; the ones before it may have been.
#[inline]
pub fn copy_out(dst: usize, src: &[u8]) -> Result<(), Fault> {
    // SAFETY: `src` is valid for reads of its length; the destination is guarded.
    unsafe { access::copy(dst, src.as_ptr() as usize, src.len()) }
        .then_some(())
        .ok_or(write_fault(dst))
}

/// Copies `len` bytes within the program's memory, as `memcpy` does (the ranges must not overlap
/// with `dst` behind `src`).
///
/// # Errors
/// A [`Fault`] (of the write) if either range cannot be touched.
#[inline]
pub fn copy_within(dst: usize, src: usize, len: usize) -> Result<(), Fault> {
    // SAFETY: both ranges are the program's and guarded.
    unsafe { access::copy(dst, src, len) }.then_some(()).ok_or(write_fault(dst))
}

/// Fills `len` bytes of the program's memory at `dst` with `byte`.
///
/// # Errors
/// A [`Fault`] if any byte cannot be written; the ones before it may have been.
#[inline]
pub fn fill(dst: usize, byte: u8, len: usize) -> Result<(), Fault> {
    // SAFETY: the range is the program's and guarded.
    unsafe { access::fill(dst, byte, len) }.then_some(()).ok_or(write_fault(dst))
}

/// Reads a value from the program's memory; `address` need not be aligned.
///
/// # Errors
/// A [`Fault`] if it cannot be read.
#[inline]
pub fn read<T: Pod>(address: usize) -> Result<T, Fault> {
    let mut value = MaybeUninit::<T>::uninit();
    let ok = match size_of::<T>() {
        // One load each, so that a value of a register's size is never torn.
        size @ (1 | 2 | 4 | 8) => {
            // SAFETY: the source is guarded.
            let got = unsafe {
                match size {
                    1 => access::load1(address),
                    2 => access::load2(address),
                    4 => access::load4(address),
                    _ => access::load8(address),
                }
            };
            // SAFETY: `value` has exactly `size` bytes, at most the 8 of `got.value`; x86-64 is
            // little-endian.
            unsafe {
                core::ptr::copy_nonoverlapping(
                    (&raw const got.value).cast::<u8>(),
                    value.as_mut_ptr().cast::<u8>(),
                    size,
                );
            }
            got.ok != 0
        }
        // SAFETY: `value` is valid for writes of its size; the source is guarded.
        size => unsafe { access::copy(value.as_mut_ptr() as usize, address, size) },
    };
    if !ok {
        return Err(read_fault(address));
    }
    // SAFETY: every byte was written, and any bytes make a valid `T: Pod`.
    Ok(unsafe { value.assume_init() })
}

/// Writes a value to the program's memory; `address` need not be aligned. Padding bytes of a
/// structure are written with whatever they hold.
///
/// # Errors
/// A [`Fault`] if it cannot be written.
#[inline]
pub fn write<T: Copy + 'static>(address: usize, value: T) -> Result<(), Fault> {
    let from = (&raw const value).cast::<u8>();
    // SAFETY: `from` is a value of exactly the size read; the destination is guarded.
    let ok = unsafe {
        match size_of::<T>() {
            1 => access::store1(address, from),
            2 => access::store2(address, from),
            4 => access::store4(address, from),
            8 => access::store8(address, from),
            size => access::copy(address, from as usize, size),
        }
    };
    ok.then_some(()).ok_or(write_fault(address))
}

/// Reads `count` values that stand one after the other.
///
/// # Errors
/// A [`Fault`] if any of them cannot be read, also when so many cannot exist.
pub fn read_slice<T: Pod>(address: usize, count: usize) -> Result<Vec<T>, Fault> {
    let fault = read_fault(address);
    let size = count.checked_mul(size_of::<T>()).ok_or(fault)?;
    // A count from the program may be absurd: touch the far end before memory is set aside.
    if size > 1 << 20 {
        probe(address, size, false)?;
    }
    let mut values = Vec::<T>::new();
    values.try_reserve_exact(count).map_err(|_| fault)?;
    // SAFETY: the vector has room for `count` values, which are `size` bytes.
    if !unsafe { access::copy(values.as_mut_ptr() as usize, address, size) } {
        return Err(fault);
    }
    // SAFETY: all bytes of `count` values were written, and any bytes make a valid `T: Pod`.
    unsafe { values.set_len(count) };
    Ok(values)
}

/// Writes `values` one after the other.
///
/// # Errors
/// A [`Fault`] if any of them cannot be written.
#[inline]
pub fn write_slice<T: Copy + 'static>(address: usize, values: &[T]) -> Result<(), Fault> {
    // SAFETY: the slice is valid for reads of its size; the destination is guarded.
    unsafe { access::copy(address, values.as_ptr() as usize, size_of_val(values)) }
        .then_some(())
        .ok_or(write_fault(address))
}

/// The number of bytes before the first zero byte, at most `max`.
///
/// # Errors
/// A [`Fault`] if memory ends before either.
#[inline]
pub fn bytes_len(address: usize, max: usize) -> Result<usize, Fault> {
    // SAFETY: the range is guarded.
    let got = unsafe { access::bytes_len(address, max) };
    if got.ok != 0 { Ok(got.value as usize) } else { Err(read_fault(address)) }
}

/// The number of 16-bit units before the first zero unit, at most `max`.
///
/// # Errors
/// A [`Fault`] if memory ends before either.
#[inline]
pub fn wide_len(address: usize, max: usize) -> Result<usize, Fault> {
    // SAFETY: the range is guarded.
    let got = unsafe { access::wide_len(address, max) };
    if got.ok != 0 { Ok(got.value as usize) } else { Err(read_fault(address)) }
}

/// Reads a zero-terminated byte string, without its terminator. A string of `max` bytes or more
/// is cut to `max`: ask for one more than is allowed to tell.
///
/// # Errors
/// A [`Fault`] if memory ends before the string does.
pub fn read_bytes_z(address: usize, max: usize) -> Result<Vec<u8>, Fault> {
    read_slice(address, bytes_len(address, max)?)
}

/// Reads a zero-terminated string of 16-bit units, without its terminator. A string of `max`
/// units or more is cut to `max`: ask for one more than is allowed to tell.
///
/// # Errors
/// A [`Fault`] if memory ends before the string does.
pub fn read_wide_z(address: usize, max: usize) -> Result<Vec<u16>, Fault> {
    read_slice(address, wide_len(address, max)?)
}

/// Whether every page of a range can be read or, with `write`, written (what a write probes it
/// writes back unchanged, with a locked instruction, so other threads' writes are never undone).
///
/// # Errors
/// A [`Fault`] at the first page that cannot.
pub fn probe(address: usize, len: usize, write: bool) -> Result<(), Fault> {
    const PAGE: usize = 4096;
    if len == 0 {
        return Ok(());
    }
    let fault = |address| Fault { address, write };
    let last = address.checked_add(len - 1).ok_or(fault(address))?;
    let mut at = address;
    loop {
        // SAFETY: one guarded byte.
        let ok = unsafe { if write { access::touch(at) } else { access::load1(at).ok != 0 } };
        if !ok {
            return Err(fault(at));
        }
        let next = (at & !(PAGE - 1)).checked_add(PAGE);
        match next {
            Some(next) if next <= last => at = next,
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
