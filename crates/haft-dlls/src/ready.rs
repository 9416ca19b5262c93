//! Images of built-in DLLs that are ready made: the build script lays them out, the linker fills in
//! the addresses of haft's code, and Linux maps them with the rest of the binary.
//!
//! Those that nobody writes are side by side among haft's constants, so that one call gives all of them
//! their protection, and a zygote can have them in large pages; those with variables of the program's
//! are in a section of their own.
#![allow(unsafe_code, reason = "images are shared memory at a fixed place")]

use crate::export::Entry;
use crate::image::Image;
use crate::table::DLLS;
use core::cell::UnsafeCell;
use haft_abi::NtStatus;
use haft_host::mem::{self, Protection};
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

/// Makes the code of an image executable, and nothing of it writable: of all those without variables
/// at once, which are side by side.
///
/// # Errors
/// `NO_MEMORY`.
pub(crate) fn protect(image: &Image) -> Result<(), NtStatus> {
    static DONE: OnceLock<Result<(), NtStatus>> = OnceLock::new();
    let span = |image: &Image| (image.at.address(), image.at.address() + image.size);
    let protect = |(start, end): (usize, usize)| {
        mem::protect(start, end.next_multiple_of(mem::PAGE) - start, Protection::READ_EXECUTE)
    };
    if image.has_variables() {
        return protect(span(image));
    }
    *DONE.get_or_init(|| {
        let constant = DLLS.iter().map(|dll| &dll.image).filter(|image| !image.has_variables());
        constant
            .map(span)
            .reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
            .map_or(Ok(()), protect)
    })
}
