//! Images of built-in DLLs that are ready made: the build script lays them out, the linker fills in
//! the addresses of haft's code, and Linux maps them with the rest of the binary.
//!
//! They are in a section of their own, so that one call gives all of them their protection.
#![allow(unsafe_code, reason = "images are shared memory at a fixed place")]

use crate::export::Entry;
use core::cell::UnsafeCell;
use haft_abi::NtStatus;
use haft_host::mem::{self, GRANULARITY, Protection};
use std::sync::OnceLock;

/// The bytes of an image: up to its base address, up to the addresses that its thunks jump to, and
/// what follows them. The program may write to them, where it changes their protection.
#[repr(C, align(0x10000))]
pub(crate) struct ReadyImage<const H: usize, const M: usize, const S: usize, const R: usize>(
    UnsafeCell<Bytes<H, M, S, R>>,
);

#[repr(C)]
struct Bytes<const H: usize, const M: usize, const S: usize, const R: usize> {
    headers: [u8; H],
    base: *const (),
    middle: [u8; M],
    slots: [Entry; S],
    rest: [u8; R],
}

// SAFETY: no reference to the bytes is ever made; the program and haft reach them by address, as
// they reach all memory of the program.
unsafe impl<const H: usize, const M: usize, const S: usize, const R: usize> Sync
    for ReadyImage<H, M, S, R>
{
}

impl<const H: usize, const M: usize, const S: usize, const R: usize> ReadyImage<H, M, S, R> {
    pub const fn new(
        headers: [u8; H],
        base: *const (),
        middle: [u8; M],
        slots: [Entry; S],
        rest: [u8; R],
    ) -> Self {
        Self(UnsafeCell::new(Bytes { headers, base, middle, slots, rest }))
    }

    pub const fn place(&self) -> Place {
        Place(self.0.get().cast_const().cast())
    }
}

/// Where an image is.
#[derive(Clone, Copy)]
pub(crate) struct Place(*const ());

// SAFETY: an address, which is the same for every thread.
unsafe impl Sync for Place {}
// SAFETY: as above.
unsafe impl Send for Place {}

impl Place {
    /// The address.
    pub fn address(self) -> usize {
        self.0 as usize
    }
}

unsafe extern "C" {
    static __start_haft_images: u8;
    static __stop_haft_images: u8;
}

/// Makes the code of all images executable, and nothing of them writable.
///
/// # Errors
/// `NO_MEMORY`.
pub(crate) fn protect() -> Result<(), NtStatus> {
    static DONE: OnceLock<Result<(), NtStatus>> = OnceLock::new();
    *DONE.get_or_init(|| {
        let start = &raw const __start_haft_images as usize;
        let end = (&raw const __stop_haft_images as usize).next_multiple_of(GRANULARITY);
        mem::protect(start, end - start, Protection::READ_EXECUTE)
    })
}
