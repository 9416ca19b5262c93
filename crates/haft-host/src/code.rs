//! haft's own code in large pages: what a process that forks many others gives them.
#![allow(unsafe_code, reason = "the program's own segments are moved")]

use core::ffi::c_void;
use std::time::{Duration, Instant};

/// Bytes of a large page.
const LARGE: usize = 2 << 20;
const PAGE: usize = crate::mem::PAGE;

/// How long one large page may take. Where memory is in small pieces, Linux tidies it up first.
const PATIENCE: Duration = Duration::from_millis(5);

/// haft's code and constants on their way into large pages of memory, at the addresses where they
/// are.
///
/// Pages of a file are mapped anew in each process that is forked, some at each of the thirty faults
/// that a start takes, and each of them has to be let go at the end. A large page is there from the
/// fork on, by one entry of the page table for every 512 pages. It costs memory of the calling
/// process's own, and the time to copy it all once.
pub struct Enlarging {
    /// What is still to be done: from here on, so many bytes.
    first: usize,
    left: usize,
}

impl Enlarging {
    /// Nothing is done yet. `None` where Linux has no large pages, or is told not to use them.
    #[must_use]
    pub fn new() -> Option<Self> {
        let allowed = std::fs::read("/sys/kernel/mm/transparent_hugepage/enabled").ok()?;
        if allowed.windows(7).any(|part| part == b"[never]") {
            return None;
        }
        let (first, left) = constant_range()?;
        Some(Self { first, left })
    }

    /// One large page more, in a process with one thread: the last that is left, since what programs
    /// begin with is there. `None` when there is nothing to do any more, or no use.
    #[must_use]
    pub fn step(mut self) -> Option<Self> {
        self.left = self.left.checked_sub(LARGE)?;
        let start = Instant::now();
        let done = replace(self.first + self.left, LARGE);
        (done && self.left > 0 && start.elapsed() < PATIENCE).then_some(self)
    }
}

/// The whole large pages of the program that nobody writes: from its first segment on to the end
/// of what is read-only once the program has begun.
fn constant_range() -> Option<(usize, usize)> {
    // SAFETY: both only tell where Linux put the program's headers, and how many there are.
    let (at, count) =
        unsafe { (libc::getauxval(libc::AT_PHDR), libc::getauxval(libc::AT_PHNUM) as usize) };
    if at == 0 || count > 64 {
        return None;
    }
    // SAFETY: the headers are mapped with the program for as long as it runs, and never written.
    let headers = unsafe { core::slice::from_raw_parts(at as *const libc::Elf64_Phdr, count) };
    let range = |header: &libc::Elf64_Phdr| {
        let first = header.p_vaddr as usize;
        (first & !(PAGE - 1), (first + header.p_memsz as usize) & !(PAGE - 1))
    };
    let relocated = headers.iter().find(|header| header.p_type == libc::PT_GNU_RELRO).map(range)?;
    let mut first = None;
    let mut end = 0;
    for header in headers.iter().filter(|header| header.p_type == libc::PT_LOAD) {
        let (at, its_end) = range(header);
        if first.is_some() && at != end {
            return None;
        }
        first.get_or_insert(at);
        end = its_end + PAGE;
        if at == relocated.0 {
            let first = first?.next_multiple_of(LARGE);
            let size = (relocated.1.checked_sub(first)?) & !(LARGE - 1);
            return (size > 0).then_some((first, size));
        }
        if header.p_flags & libc::PF_W != 0 {
            return None;
        }
    }
    None
}

fn replace(first: usize, size: usize) -> bool {
    let readable = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: the copy is made in a mapping of its own. It then takes the place of what it is a
    // copy of, byte for byte, in one call of the only thread, so that the instruction after the call
    // is the one that was there before.
    unsafe {
        let span = libc::mmap(core::ptr::null_mut(), size + LARGE, readable, flags, -1, 0);
        if span == libc::MAP_FAILED {
            return false;
        }
        let copy = (span as usize).next_multiple_of(LARGE) as *mut c_void;
        let made = libc::madvise(copy, size, libc::MADV_HUGEPAGE) == 0 && {
            core::ptr::copy_nonoverlapping(first as *const u8, copy.cast(), size);
            // Nothing to do where all of it is in large pages; what is not, is brought there.
            libc::madvise(copy, size, libc::MADV_COLLAPSE) == 0
                && libc::mprotect(copy, size, libc::PROT_READ | libc::PROT_EXEC) == 0
        };
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        let moved =
            made && libc::mremap(copy, size, size, flags, first as *mut c_void) != libc::MAP_FAILED;
        let span = span as usize;
        if moved {
            let copy = copy as usize;
            libc::munmap(span as *mut c_void, copy - span);
            libc::munmap((copy + size) as *mut c_void, span + LARGE - copy);
        } else {
            libc::munmap(span as *mut c_void, size + LARGE);
        }
        moved
    }
}
