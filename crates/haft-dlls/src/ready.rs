//! Images of built-in DLLs that are ready made: the build script lays them out, the linker fills in
//! the addresses of haft's code, and Linux maps them with the rest of the binary.
//!
//! Those that nobody writes are side by side among haft's constants, so that one call gives all of them
//! their protection, and a zygote can have them in large pages; the others are in a section of their
//! own.
#![allow(unsafe_code, reason = "images are shared memory at a fixed place")]

use crate::export::Entry;
use crate::image::Image;
use crate::table::DLLS;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};
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

/// Whether images with variables have their protection.
static VARIABLE: AtomicBool = AtomicBool::new(false);

/// Makes the code of an image executable, and nothing of it writable but variables: of all those that
/// nobody writes at once.
///
/// # Errors
/// `NO_MEMORY`.
pub(crate) fn protect(image: &Image) -> Result<(), NtStatus> {
    static DONE: OnceLock<Result<(), NtStatus>> = OnceLock::new();
    if !image.is_constant {
        let is_done = !image.variables.is_empty() && VARIABLE.load(Ordering::Acquire);
        return if is_done { Ok(()) } else { protect_one(image) };
    }
    *DONE.get_or_init(|| {
        images()
            .filter(|image| image.is_constant)
            .map(span)
            .reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))
            .map_or(Ok(()), make_executable)
    })
}

/// [`protect`] for each image with something in it: for processes that are forked from this one.
///
/// # Errors
/// `NO_MEMORY`.
pub(crate) fn protect_all() -> Result<(), NtStatus> {
    images().filter(|image| !image.variables.is_empty()).try_for_each(protect_one)?;
    VARIABLE.store(true, Ordering::Release);
    images().filter(|image| image.is_constant).try_for_each(protect)
}

fn images() -> impl Iterator<Item = &'static Image> {
    DLLS.iter().map(|dll| &dll.image)
}

fn protect_one(image: &Image) -> Result<(), NtStatus> {
    make_executable(span(image))?;
    let base = image.at.address();
    for segment in image.segments.iter().filter(|segment| segment.protection.write) {
        mem::protect(base + segment.rva, segment.size, segment.protection)?;
    }
    Ok(())
}

fn span(image: &Image) -> (usize, usize) {
    (image.at.address(), image.at.address() + image.size)
}

fn make_executable((start, end): (usize, usize)) -> Result<(), NtStatus> {
    mem::protect(start, end.next_multiple_of(mem::PAGE) - start, Protection::READ_EXECUTE)
}
