//! haft's own code in large pages: what a process that forks many others gives them.
#![allow(unsafe_code, reason = "the program's own segments are moved")]

use core::ffi::c_void;
use core::ops::Range;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Bytes of a large page.
const LARGE: usize = 2 << 20;
const PAGE: usize = crate::mem::PAGE;

/// The processor time that one large page may take, beyond which there is no use in them. Where memory
/// is in small pieces, Linux tidies it up first.
const PATIENCE: Duration = Duration::from_millis(20);

/// haft's code and constants on their way into large pages of memory, which take their place at the
/// addresses where they are.
///
/// Pages of a file are mapped anew in each process that is forked, some at each of the thirty faults
/// that a start takes, and each of them has to be let go at the end. A large page is there from the
/// fork on, by one entry of the page table for every 512 pages. It costs memory of the calling
/// process's own, and the time to copy it all once.
pub struct Enlarging {
    /// Where the code is.
    first: usize,
    /// Its size: whole large pages.
    size: usize,
    /// What is there: pages of the program's segments.
    parts: Vec<Range<usize>>,
    /// Memory for a copy, aligned as large pages are.
    copy: usize,
    /// How much of it is copied.
    copied: usize,
}

impl Enlarging {
    /// Nothing is copied yet. `None` where Linux has no large pages, or is told not to use them.
    #[must_use]
    pub fn new() -> Option<Self> {
        let allowed = std::fs::read("/sys/kernel/mm/transparent_hugepage/enabled").ok()?;
        if allowed.windows(7).any(|part| part == b"[never]") {
            return None;
        }
        let Constant { range, parts } = constant()?;
        let size = range.len();
        let copy = reserve(size)?;
        Some(Self { first: range.start, size, parts, copy, copied: 0 })
    }

    /// Copies one large page more; with the last the copy takes the code's place. For a process with
    /// one thread. `None` when there is nothing to do any more, or no use.
    #[must_use]
    pub fn step(mut self) -> Option<Self> {
        let start = time_used();
        let (from, to) = (self.first + self.copied, self.copy + self.copied);
        for part in &self.parts {
            let (start, end) = (part.start.max(from), part.end.min(from + LARGE));
            if start < end {
                let place = to + (start - from);
                // SAFETY: as much of the copy's memory is there, and nothing else is; as much of the
                // program is there to be read.
                unsafe {
                    core::ptr::copy_nonoverlapping(
                        start as *const u8,
                        place as *mut u8,
                        end - start,
                    );
                }
            }
        }
        // SAFETY: nothing to do where it is a large page; what is not, is brought there.
        let whole = unsafe { libc::madvise(to as *mut c_void, LARGE, libc::MADV_COLLAPSE) == 0 };
        if !whole || time_used().saturating_sub(start) > PATIENCE {
            return None;
        }
        self.copied += LARGE;
        if self.copied < self.size {
            return Some(self);
        }
        self.replace();
        None
    }

    fn replace(&mut self) {
        let constant = libc::PROT_READ | libc::PROT_EXEC;
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        let (copy, first) = (self.copy as *mut c_void, self.first as *mut c_void);
        // SAFETY: the copy takes the place of what it is a copy of, byte for byte, in one call of the
        // only thread, so that the instruction after the call is the one that was there before.
        let moved = unsafe {
            libc::mprotect(copy, self.size, constant) == 0
                && libc::madvise(copy, self.size, libc::MADV_DOFORK) == 0
                && libc::mremap(copy, self.size, self.size, flags, first) != libc::MAP_FAILED
        };
        if moved {
            // There is nothing to take back.
            self.size = 0;
        }
    }
}

impl Drop for Enlarging {
    fn drop(&mut self) {
        if self.size > 0 {
            // SAFETY: the memory is the copy's own, and nothing refers to it.
            unsafe { libc::munmap(self.copy as *mut c_void, self.size) };
        }
    }
}

/// Memory for so many bytes of large pages.
fn reserve(size: usize) -> Option<usize> {
    let readable = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a mapping of its own, of which what is too much is given back.
    unsafe {
        let span = libc::mmap(core::ptr::null_mut(), size + LARGE, readable, flags, -1, 0);
        if span == libc::MAP_FAILED {
            return None;
        }
        let span = span as usize;
        let copy = span.next_multiple_of(LARGE);
        if copy > span {
            libc::munmap(span as *mut c_void, copy - span);
        }
        libc::munmap((copy + size) as *mut c_void, span + LARGE - copy);
        // Who is forked meanwhile has no use for half of it.
        let advice = [libc::MADV_HUGEPAGE, libc::MADV_DONTFORK];
        if advice.iter().any(|&advice| libc::madvise(copy as *mut c_void, size, advice) != 0) {
            libc::munmap(copy as *mut c_void, size);
            return None;
        }
        Some(copy)
    }
}

/// The processor time of the running thread.
fn time_used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What of the program nobody writes once it has begun.
struct Constant {
    /// Whole large pages, with nothing else in them.
    range: Range<usize>,
    /// What is in them.
    parts: Vec<Range<usize>>,
}

/// From the program's first segment on to the end of what is read-only once it has begun.
fn constant() -> Option<Constant> {
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
        first & !(PAGE - 1)..first + header.p_memsz as usize
    };
    let relocated = headers.iter().find(|header| header.p_type == libc::PT_GNU_RELRO).map(range)?;
    let mut segments = headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
    let mut parts = Vec::new();
    for header in segments.by_ref() {
        let part = range(header);
        if part.start == relocated.start {
            parts.push(part.start..relocated.end & !(PAGE - 1));
            break;
        }
        if header.p_flags & libc::PF_W != 0 {
            return None;
        }
        parts.push(part.start..part.end.next_multiple_of(PAGE));
    }
    let next = segments.map(range).map(|part| part.start).min().unwrap_or(usize::MAX);
    let (first, last) = (parts.first()?.start.next_multiple_of(LARGE), parts.last()?.end);
    // Up to the end of the last large page, unless that is somebody else's.
    let end = match last.next_multiple_of(LARGE) {
        end if end <= next => end,
        end => end - LARGE,
    };
    (first < end).then_some(Constant { range: first..end, parts })
}
