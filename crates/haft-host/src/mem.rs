//! Mappings: the address space under Windows memory management.
#![allow(unsafe_code, reason = "mappings are made and dropped by raw address")]

use core::ffi::c_void;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use haft_abi::NtStatus;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

/// Bytes in a page.
pub const PAGE: usize = 4096;
/// Windows reserves address space in units of this many bytes.
pub const GRANULARITY: usize = 0x1_0000;

/// What may be done with a range of pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Protection {
    /// Loads.
    pub read: bool,
    /// Stores.
    pub write: bool,
    /// Instruction fetches.
    pub execute: bool,
}

impl Protection {
    /// No access.
    pub const NONE: Self = Self { read: false, write: false, execute: false };
    /// Loads only.
    pub const READ: Self = Self { read: true, write: false, execute: false };
    /// Loads and stores.
    pub const READ_WRITE: Self = Self { read: true, write: true, execute: false };
    /// Loads and instruction fetches.
    pub const READ_EXECUTE: Self = Self { read: true, write: false, execute: true };
    /// Everything.
    pub const ALL: Self = Self { read: true, write: true, execute: true };

    fn prot(self) -> ProtFlags {
        let mut p = ProtFlags::empty();
        p.set(ProtFlags::READ, self.read);
        p.set(ProtFlags::WRITE, self.write);
        p.set(ProtFlags::EXEC, self.execute);
        p
    }

    fn mprot(self) -> MprotectFlags {
        MprotectFlags::from_bits_retain(self.prot().bits())
    }
}

fn failed(e: rustix::io::Errno) -> NtStatus {
    use rustix::io::Errno as E;
    match e {
        E::NOMEM => NtStatus::NO_MEMORY,
        E::EXIST | E::INVAL => NtStatus::CONFLICTING_ADDRESSES,
        E::ACCESS | E::PERM => NtStatus::ACCESS_DENIED,
        _ => NtStatus::UNSUCCESSFUL,
    }
}

/// Where a mapping is to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Anywhere, aligned to [`GRANULARITY`].
    Anywhere,
    /// At this address, which must be free.
    At(usize),
    /// At this address, over what haft itself mapped there before.
    Over(usize),
}

/// An address below which there is room, mostly: what may be anywhere is tried there first, since
/// one call is enough then, and neighbours of one protection are one mapping to Linux. Zero before
/// there is one; any value is right, a bad one costs time only.
static FREE_BELOW: AtomicUsize = AtomicUsize::new(0);

/// Has what is mapped from now on go to another part of the address space, by chance: processes
/// that were forked from one another do not have the same addresses then.
pub fn scatter() {
    /// Where there is room: above haft itself, below what Linux places.
    const LOWEST: usize = 0x6000_0000_0000;
    const SPAN: usize = 0x1000_0000_0000;
    let mut random = [0; 8];
    let flags = rustix::rand::GetRandomFlags::empty();
    if rustix::rand::getrandom(&mut random, flags) == Ok(random.len()) {
        let offset = (usize::from_le_bytes(random) % SPAN) & !(GRANULARITY - 1);
        FREE_BELOW.store(LOWEST + offset, Ordering::Relaxed);
    }
}

/// An address below what Linux gives every process for reading clocks, which it has placed by chance and as
/// high as all else that it is to place; `None` where that is not so. In a program that is linked
/// to one address nothing else is there at its start.
fn below_the_clock() -> Option<usize> {
    /// More than the pages below it that belong to it have.
    const ITS_DATA: usize = 16 * PAGE;
    /// Above there may be the stack's, which grows.
    const STACK: usize = 1 << 30;
    // SAFETY: getauxval reads what the system gave the process at its start.
    let clock = unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) } as usize;
    let here = &raw const clock as usize;
    (clock != 0 && clock < here.checked_sub(STACK)?).then(|| clock.saturating_sub(ITS_DATA))
}

/// Has `map` map `size` bytes below [`FREE_BELOW`], where nothing else may be.
fn map_below(
    size: usize,
    map: impl FnOnce(usize, MapFlags) -> Result<usize, NtStatus>,
) -> Option<usize> {
    let below = match FREE_BELOW.load(Ordering::Relaxed) {
        0 => below_the_clock()?,
        below => below,
    };
    let base = below.checked_sub(size)? & !(GRANULARITY - 1);
    if base < GRANULARITY {
        return None;
    }
    let at = map(base, MapFlags::FIXED_NOREPLACE).ok()?;
    FREE_BELOW.store(at, Ordering::Relaxed);
    Some(at)
}

/// Maps `size` bytes of fresh zero pages and returns their address.
///
/// # Errors
/// `CONFLICTING_ADDRESSES` when the place is taken or not in user space, `NO_MEMORY`.
pub fn map(place: Place, size: usize, protection: Protection) -> Result<usize, NtStatus> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    match place {
        Place::Anywhere => {
            let below = map_below(size, |at, alone| map_at(at, size, protection, flags | alone));
            if let Some(base) = below {
                return Ok(base);
            }
            let span = size.checked_add(GRANULARITY).ok_or(NtStatus::NO_MEMORY)?;
            // SAFETY: a new mapping at an address of the kernel's choice touches nothing.
            let raw = unsafe {
                mm::mmap_anonymous(core::ptr::null_mut(), span, protection.prot(), flags)
            }
            .map_err(failed)? as usize;
            let base = raw.next_multiple_of(GRANULARITY);
            if base > raw {
                unmap(raw, base - raw)?;
            }
            let end = base + size.next_multiple_of(PAGE);
            if raw + span.next_multiple_of(PAGE) > end {
                unmap(end, raw + span.next_multiple_of(PAGE) - end)?;
            }
            FREE_BELOW.store(base, Ordering::Relaxed);
            Ok(base)
        }
        Place::At(address) => {
            let at = map_at(address, size, protection, flags | MapFlags::FIXED_NOREPLACE)?;
            if (at + size).next_multiple_of(GRANULARITY) == FREE_BELOW.load(Ordering::Relaxed) {
                FREE_BELOW.store(at, Ordering::Relaxed);
            }
            Ok(at)
        }
        Place::Over(address) => map_at(address, size, protection, flags | MapFlags::FIXED),
    }
}

fn map_at(at: usize, size: usize, p: Protection, flags: MapFlags) -> Result<usize, NtStatus> {
    // SAFETY: with FIXED_NOREPLACE the kernel refuses a range that is in use; with FIXED the
    // caller says that the range is haft's own (`Place::Over`).
    let got = unsafe { mm::mmap_anonymous(at as *mut c_void, size, p.prot(), flags) };
    got.map(|a| a as usize).map_err(failed)
}

/// Maps part of a file. `private` gives a copy-on-write mapping, else stores reach the file.
///
/// # Errors
/// As [`map`], and `ACCESS_DENIED` when the descriptor was not opened for such a mapping.
pub fn map_file(
    place: Place,
    size: usize,
    protection: Protection,
    file: impl AsFd,
    offset: u64,
    private: bool,
) -> Result<usize, NtStatus> {
    let flags = if private { MapFlags::PRIVATE } else { MapFlags::SHARED };
    let map_over = |at: usize, alone: MapFlags| {
        // SAFETY: with FIXED_NOREPLACE nothing is there; else the range is haft's own: just
        // reserved, or given by the caller as such.
        let got = unsafe {
            let at = at as *mut c_void;
            mm::mmap(at, size, protection.prot(), flags | alone, &file, offset)
        };
        got.map(|a| a as usize).map_err(failed)
    };
    let at = match place {
        Place::Anywhere => {
            if let Some(at) = map_below(size, map_over) {
                return Ok(at);
            }
            // Reserve an aligned range first, then put the file over it.
            map(Place::Anywhere, size, Protection::NONE)?
        }
        Place::At(at) => map(Place::At(at), size, Protection::NONE)?,
        Place::Over(at) => at,
    };
    map_over(at, MapFlags::FIXED).inspect_err(|_| {
        if !matches!(place, Place::Over(_)) {
            let _ = unmap(at, size);
        }
    })
}

/// Changes the protection of whole pages.
///
/// # Errors
/// `NO_MEMORY` when part of the range is not mapped, `ACCESS_DENIED` when the backing file
/// forbids it.
pub fn protect(address: usize, size: usize, protection: Protection) -> Result<(), NtStatus> {
    // SAFETY: a wrong protection shows as a fault in the program, which haft turns into an
    // exception; haft's own memory is never given to this function by a program, since mm only
    // passes ranges that it reserved for the program.
    unsafe { mm::mprotect(address as *mut c_void, size, protection.mprot()) }.map_err(failed)
}

/// Drops a mapping.
///
/// # Errors
/// `CONFLICTING_ADDRESSES` for a range that is not page-aligned.
pub fn unmap(address: usize, size: usize) -> Result<(), NtStatus> {
    // SAFETY: callers pass ranges that they mapped; nothing safe refers to them any more.
    unsafe { mm::munmap(address as *mut c_void, size) }.map_err(failed)
}

/// Writes the changed pages of a shared mapping to its file.
///
/// # Errors
/// `NO_MEMORY` when part of the range is not mapped.
pub fn flush(address: usize, size: usize) -> Result<(), NtStatus> {
    // SAFETY: msync changes no memory.
    unsafe { mm::msync(address as *mut c_void, size, mm::MsyncFlags::SYNC) }.map_err(failed)
}

/// Tells Linux that pages will not be used soon; their contents stay.
pub fn cool(address: usize, size: usize) {
    // SAFETY: MADV_COLD never changes contents. An older kernel that does not know it keeps the
    // pages where they are, which is as right.
    let _ = unsafe { mm::madvise(address as *mut c_void, size, mm::Advice::LinuxCold) };
}

/// Tells Linux that pages will be used soon.
///
/// # Errors
/// `NO_MEMORY` when part of the range is not mapped.
pub fn warm(address: usize, size: usize) -> Result<(), NtStatus> {
    // SAFETY: MADV_WILLNEED never changes contents.
    unsafe { mm::madvise(address as *mut c_void, size, mm::Advice::WillNeed) }.map_err(failed)
}

/// Keeps pages in memory.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` past the limit that Linux sets.
pub fn lock(address: usize, size: usize) -> Result<(), NtStatus> {
    // SAFETY: locking pages changes no contents.
    unsafe { mm::mlock(address as *mut c_void, size) }.map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)
}

/// Undoes [`lock`].
///
/// # Errors
/// `NOT_LOCKED` for a range that is not mapped.
pub fn unlock(address: usize, size: usize) -> Result<(), NtStatus> {
    // SAFETY: unlocking pages changes no contents.
    unsafe { mm::munlock(address as *mut c_void, size) }.map_err(|_| NtStatus::NOT_LOCKED)
}

/// A memfd of `size` bytes, closed on exec, that nobody can make smaller.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`, `NO_MEMORY`.
pub fn memfd(name: &str, size: u64) -> Result<OwnedFd, NtStatus> {
    let fd = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
        .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
    rustix::fs::ftruncate(&fd, size).map_err(|_| NtStatus::NO_MEMORY)?;
    rustix::fs::fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::SEAL)
        .map_err(|_| NtStatus::NO_MEMORY)?;
    Ok(fd)
}

/// A memfd that holds these bytes.
///
/// # Errors
/// As for [`memfd`].
pub fn memfd_of(name: &str, bytes: &[u8]) -> Result<OwnedFd, NtStatus> {
    let fd = memfd(name, bytes.len() as u64)?;
    write_all(&fd, bytes)?;
    Ok(fd)
}

fn write_all(fd: &OwnedFd, bytes: &[u8]) -> Result<(), NtStatus> {
    let mut done = 0;
    while done < bytes.len() {
        match rustix::io::pwrite(fd, &bytes[done..], done as u64) {
            Ok(0) => return Err(NtStatus::NO_MEMORY),
            Ok(written) => done += written,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(NtStatus::NO_MEMORY),
        }
    }
    Ok(())
}

/// A memfd that holds these bytes for good.
///
/// # Errors
/// As for [`memfd`].
pub fn constant_memfd(name: &str, bytes: &[u8]) -> Result<OwnedFd, NtStatus> {
    let fd = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
        .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
    write_all(&fd, bytes)?;
    let readable = rustix::fs::Mode::from_raw_mode(0o555);
    rustix::fs::fchmod(&fd, readable).map_err(|_| NtStatus::NO_MEMORY)?;
    let all = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&fd, all).map_err(|_| NtStatus::NO_MEMORY)?;
    Ok(fd)
}

/// The first `length` bytes of a memfd.
///
/// # Errors
/// `END_OF_FILE` for a shorter one, `INVALID_HANDLE` for what is none: reading a memfd never waits.
pub fn read_back(file: impl AsFd, length: usize) -> Result<Vec<u8>, NtStatus> {
    // Only memory files have seals.
    rustix::fs::fcntl_get_seals(&file).map_err(|_| NtStatus::INVALID_HANDLE)?;
    let mut bytes = vec![0; length];
    let mut done = 0;
    while done < length {
        match rustix::io::pread(&file, &mut bytes[done..], done as u64) {
            Ok(0) => return Err(NtStatus::END_OF_FILE),
            Ok(got) => done += got,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(NtStatus::INVALID_HANDLE),
        }
    }
    Ok(bytes)
}

/// Whether a file has at least `size` bytes and can never have fewer, so that a mapping of them
/// never faults.
#[must_use]
pub fn cannot_shrink(file: impl AsFd, size: u64) -> bool {
    const TMPFS: i64 = 0x0102_1994;
    let sealed = rustix::fs::fcntl_get_seals(&file).is_ok_and(|s| s.contains(SealFlags::SHRINK));
    // A hole in a file of huge pages may find none when it is touched.
    sealed
        && rustix::fs::fstatfs(&file).is_ok_and(|s| s.f_type == TMPFS)
        && rustix::fs::fstat(&file).is_ok_and(|s| s.st_size.cast_unsigned() >= size)
}

/// A shared mapping of a file as words that any process may change at any time.
#[derive(Debug)]
pub struct SharedWords {
    at: usize,
    size: usize,
}

impl SharedWords {
    /// Maps the first `size` bytes of a memfd.
    ///
    /// # Errors
    /// As [`map_file`].
    pub fn map(file: impl AsFd, size: usize) -> Result<Self, NtStatus> {
        let at = map_file(Place::Anywhere, size, Protection::READ_WRITE, file, 0, false)?;
        Ok(Self { at, size })
    }

    /// Maps the first `size` bytes of a file that is another process's, to look at them. A store
    /// through the words is a fault.
    ///
    /// # Errors
    /// As [`map_file`].
    pub fn map_to_read(file: impl AsFd, size: usize) -> Result<Self, NtStatus> {
        let at = map_file(Place::Anywhere, size, Protection::READ, file, 0, false)?;
        Ok(Self { at, size })
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is page-aligned, `size` bytes long and lives as long as `self`;
        // atomics allow any other mapper of the file to change them. A memfd that somebody
        // truncates gives SIGBUS, which is the death of this process alone; haft seals its own.
        unsafe { core::slice::from_raw_parts(self.at as *const AtomicU64, self.size / 8) }
    }

    /// The words of a mapping that is never dropped.
    #[must_use]
    pub fn leak(self) -> &'static [AtomicU64] {
        let forever: &'static Self = Box::leak(Box::new(self));
        forever.words()
    }
}

impl Drop for SharedWords {
    fn drop(&mut self) {
        let _ = unmap(self.at, self.size);
    }
}

/// Reads `length` bytes of a file at `offset` into memory that was mapped for them at `at`.
///
/// # Errors
/// What the system says, or `UnexpectedEof` when the file is shorter.
pub fn read_file(file: impl AsFd, offset: u64, at: usize, length: usize) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    let mut done = 0;
    while done < length {
        // SAFETY: the kernel itself checks the range: one that is not mapped and writable gives
        // EFAULT. Callers pass memory that they mapped and that no reference points to.
        let got = unsafe {
            libc::pread(
                file.as_fd().as_raw_fd(),
                (at + done) as *mut c_void,
                length - done,
                (offset + done as u64) as i64,
            )
        };
        match got {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n if n > 0 => done += n as usize,
            _ => {
                let error = std::io::Error::last_os_error();
                if error.kind() != std::io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}
