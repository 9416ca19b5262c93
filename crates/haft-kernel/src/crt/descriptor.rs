//! The descriptor table of `_open`, `_read`, `_write`: small numbers for handles.

use super::error::Error;
use crate::io::standard::{self, Standard};
use crate::io::{file, file::FileKind, transfer};
use crate::{ob, ps};
use core::mem::offset_of;
use core::sync::atomic::{AtomicU8, Ordering};
use haft_abi::nt::ProcessParameters;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_crt::Errno;
use haft_crt::stdio::{TextReader, TextWriter, oflag};
use haft_host::guest;
use haft_object::duplicate::DuplicateOptions;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The most descriptors (`_NHANDLE_`).
pub const MAX: usize = 8192;

/// The flag bits of a descriptor, as child processes inherit them in `lpReserved2`.
pub mod flag {
    /// In use (`FOPEN`).
    pub const OPEN: u8 = 0x01;
    /// A pipe (`FPIPE`).
    pub const PIPE: u8 = 0x08;
    /// Not inherited (`FNOINHERIT`).
    pub const NO_INHERIT: u8 = 0x10;
    /// Every write goes to the end (`FAPPEND`).
    pub const APPEND: u8 = 0x20;
    /// A character device (`FDEV`).
    pub const DEVICE: u8 = 0x40;
    /// Line ends are translated (`FTEXT`).
    pub const TEXT: u8 = 0x80;
}

/// How the text of a descriptor is encoded (`_O_U8TEXT`, `_O_U16TEXT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Encoding {
    /// Bytes of the locale.
    Ansi = 0,
    /// UTF-8.
    Utf8 = 1,
    /// UTF-16LE.
    Utf16 = 2,
}

/// An open descriptor.
pub struct Descriptor {
    /// The handle it stands for.
    pub handle: Handle,
    flags: AtomicU8,
    encoding: AtomicU8,
    reader: Mutex<TextReader>,
}

impl Descriptor {
    /// A descriptor of a handle.
    #[must_use]
    pub fn new(handle: Handle, flags: u8) -> Self {
        Self {
            handle,
            flags: AtomicU8::new(flags | flag::OPEN | kind_flags(handle)),
            encoding: AtomicU8::new(0),
            reader: Mutex::default(),
        }
    }

    /// Its [`flag`]s.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Whether line ends are translated.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.flags() & flag::TEXT != 0
    }

    /// How its text is encoded.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        match self.encoding.load(Ordering::Relaxed) {
            1 => Encoding::Utf8,
            2 => Encoding::Utf16,
            _ => Encoding::Ansi,
        }
    }

    /// Changes whether line ends are translated, and the encoding.
    pub fn set_mode(&self, text: bool, encoding: Encoding) {
        let flags = self.flags();
        let flags = if text { flags | flag::TEXT } else { flags & !flag::TEXT };
        self.flags.store(flags, Ordering::Relaxed);
        self.encoding.store(encoding as u8, Ordering::Relaxed);
    }

    fn reader(&self) -> MutexGuard<'_, TextReader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads bytes as they are to the memory at `address`; 0 at the end.
    ///
    /// # Errors
    /// Those of [`transfer::read`].
    pub fn read_raw(&self, address: usize, length: usize) -> Result<usize, Error> {
        let length = u32::try_from(length).unwrap_or(i32::MAX as u32);
        match transfer::read(self.handle, address, length, None) {
            Ok(got) => Ok(got as usize),
            Err(NtStatus::END_OF_FILE | NtStatus::PIPE_BROKEN) => Ok(0),
            // The descriptor was not opened for reading: Microsoft says EBADF.
            Err(NtStatus::ACCESS_DENIED) => Err(Errno::EBADF.into()),
            Err(status) => Err(status.into()),
        }
    }

    /// Writes bytes of the memory at `address` as they are, all of them.
    ///
    /// # Errors
    /// Those of [`transfer::write`].
    pub fn write_raw(&self, address: usize, mut length: usize) -> Result<(), Error> {
        if self.flags() & flag::APPEND != 0 {
            // Pipes and terminals have no end to go to.
            let _ = self.seek(0, 2);
        }
        let mut at = address;
        while length > 0 {
            let now = length.min(1 << 30);
            match transfer::write(self.handle, at, now as u32, None) {
                Ok(_) => {}
                Err(NtStatus::ACCESS_DENIED) => return Err(Errno::EBADF.into()),
                Err(status) => return Err(status.into()),
            }
            at += now;
            length -= now;
        }
        Ok(())
    }

    /// `_read`: bytes with line ends translated in text mode.
    ///
    /// # Errors
    /// As for [`Descriptor::read_raw`].
    pub fn read(&self, address: usize, length: usize) -> Result<usize, Error> {
        if length == 0 || !self.is_text() {
            return self.read_raw(address, length);
        }
        let mut reader = self.reader();
        loop {
            if reader.ended() {
                return Ok(0);
            }
            // One less than fits while a CR is kept, which may come before what is read.
            let room = (length - usize::from(reader.pending() && length > 1)).min(1 << 20);
            let mut bytes = vec![0u8; room];
            let got = self.read_raw(bytes.as_mut_ptr().expose_provenance(), room)?;
            bytes.truncate(got);
            if got == 0 {
                return match reader.finish::<u8>() {
                    Some(cr) => Ok(guest::write(address, cr).map(|()| 1)?),
                    None => Ok(0),
                };
            }
            let mut before = None;
            let kept = reader.translate(&mut bytes, &mut before);
            let at = address + before.map_or(Ok(0), |cr| guest::write(address, cr).map(|()| 1))?;
            let kept = kept.min(length - (at - address));
            guest::copy_out(at, &bytes[..kept])?;
            let given = kept + (at - address);
            if given > 0 || reader.ended() {
                return Ok(given);
            }
        }
    }

    /// `_write`: bytes with line ends translated in text mode; how many of the program's.
    ///
    /// # Errors
    /// As for [`Descriptor::write_raw`].
    pub fn write(&self, address: usize, length: usize) -> Result<usize, Error> {
        if !self.is_text() {
            return self.write_raw(address, length).map(|()| length);
        }
        let text: Vec<u8> = guest::read_slice(address, length)?;
        let mut out = vec![0; length * 2];
        let (taken, written) = TextWriter::translate(&text, &mut out);
        self.write_raw(out.as_ptr().expose_provenance(), written)?;
        Ok(taken)
    }

    /// Moves the position: from the start (0), from where it is (1), from the end (2).
    ///
    /// # Errors
    /// `EINVAL` for another origin or a place before the start, `ESPIPE` for a pipe.
    pub fn seek(&self, offset: i64, origin: i32) -> Result<i64, Error> {
        use haft_host::rustix::fs::SeekFrom;
        let from = match origin {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::EINVAL)?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(Error::Invalid(Errno::EINVAL)),
        };
        let (_object, file) = file::by_handle(self.handle, AccessMask::NONE)?;
        if file.description.kind != FileKind::Disk {
            return Err(Errno::ESPIPE.into());
        }
        let at = haft_host::rustix::fs::seek(&file.fd, from)
            .map_err(|errno| Errno::from_linux(errno.raw_os_error()))?;
        self.reader().reset();
        Ok(at as i64)
    }

    /// `_commit`: has the disk take what was written.
    ///
    /// # Errors
    /// `EBADF` if the handle is no file; those of the disk.
    pub fn commit(&self) -> Result<(), Error> {
        let (_object, file) =
            file::by_handle(self.handle, AccessMask::NONE).map_err(|_| Errno::EBADF)?;
        match haft_host::rustix::fs::fsync(&file.fd) {
            // A pipe or terminal keeps nothing back.
            Ok(()) | Err(haft_host::rustix::io::Errno::INVAL) => Ok(()),
            Err(errno) => Err(Errno::from_linux(errno.raw_os_error()).into()),
        }
    }

    /// Whether it is a character device (`_isatty`).
    #[must_use]
    pub fn is_device(&self) -> bool {
        self.flags() & flag::DEVICE != 0
    }

    /// Has every write go to the end.
    pub fn set_append(&self) {
        self.flags.fetch_or(flag::APPEND, Ordering::Relaxed);
    }

    /// `_get_osfhandle`: -2 for a standard descriptor of a process that has no such handle.
    #[must_use]
    pub fn os_handle(&self) -> isize {
        if self.handle == Handle::NULL { -2 } else { self.handle.0 as isize }
    }

    /// The length of the file.
    ///
    /// # Errors
    /// `EBADF` if the handle is no file.
    pub fn length(&self) -> Result<i64, Error> {
        let (_object, file) =
            file::by_handle(self.handle, AccessMask::NONE).map_err(|_| Errno::EBADF)?;
        let status = haft_host::rustix::fs::fstat(&file.fd);
        Ok(status.map_err(|errno| Errno::from_linux(errno.raw_os_error()))?.st_size)
    }

    /// Whether the position is at the end.
    ///
    /// # Errors
    /// `EBADF` if the handle is no file, `ESPIPE` for a pipe.
    pub fn at_end(&self) -> Result<bool, Error> {
        Ok(self.seek(0, 1)? >= self.length()?)
    }

    /// Makes the file longer, with zeroes, or shorter.
    ///
    /// # Errors
    /// `EACCES` if it may not be written, `EINVAL` for a negative length, `ENOSPC`.
    pub fn set_length(&self, length: i64) -> Result<(), Error> {
        let length = u64::try_from(length).map_err(|_| Error::Invalid(Errno::EINVAL))?;
        let (_object, file) = file::by_handle(self.handle, crate::io::rights::FILE_WRITE_DATA)?;
        haft_host::rustix::fs::ftruncate(&file.fd, length)
            .map_err(|errno| Errno::from_linux(errno.raw_os_error()).into())
    }

    /// What the handle is of.
    ///
    /// # Errors
    /// `EBADF` if it is no file.
    pub fn kind(&self) -> Result<FileKind, Error> {
        let (_object, file) =
            file::by_handle(self.handle, AccessMask::NONE).map_err(|_| Errno::EBADF)?;
        Ok(file.description.kind)
    }
}

fn kind_flags(handle: Handle) -> u8 {
    match file::by_handle(handle, AccessMask::NONE).map(|(_, file)| file.description.kind) {
        Ok(FileKind::Pipe | FileKind::Socket | FileKind::Mailslot) => flag::PIPE,
        Ok(FileKind::Console | FileKind::Character | FileKind::Serial) => flag::DEVICE,
        _ => 0,
    }
}

type Table = Vec<Option<Arc<Descriptor>>>;

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(|| Mutex::new(first_table()));

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the process inherits: the descriptors in `lpReserved2`, then the standard handles where
/// those have none.
fn first_table() -> Table {
    let mut table = inherited();
    table.resize_with(table.len().max(3), || None);
    let offsets = [
        offset_of!(ProcessParameters, standard_input),
        offset_of!(ProcessParameters, standard_output),
        offset_of!(ProcessParameters, standard_error),
    ];
    for (slot, offset) in table.iter_mut().zip(offsets) {
        if slot.is_none() {
            let handle = guest::read(ps::process().parameters + offset).unwrap_or(Handle::NULL);
            *slot = Some(Arc::new(Descriptor::new(handle, flag::TEXT)));
        }
    }
    table
}

/// The descriptors of the parent: a count, a byte of flags for each, a 64-bit handle for each.
fn inherited() -> Table {
    let read = || {
        let info = crate::ex::start_info::start_info().ok()?.runtime_data;
        let bytes: Vec<u8> = guest::read_slice(info.address, usize::from(info.length)).ok()?;
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let count = u32::from_le_bytes(*count) as usize;
        let flags = rest.get(..count)?;
        let handles = rest.get(count..)?.as_chunks::<8>().0;
        let one = |(&flags, handle): (&u8, &[u8; 8])| {
            let handle = Handle(u64::from_le_bytes(*handle) as usize);
            let open = flags & flag::OPEN != 0 && handle != Handle(usize::MAX);
            open.then(|| Arc::new(Descriptor::new(handle, flags)))
        };
        Some(flags.iter().zip(handles).map(one).take(MAX).collect())
    };
    read().unwrap_or_default()
}

/// The `lpReserved2` that hands the inheritable descriptors to a child process.
#[must_use]
pub fn inheritance() -> Vec<u8> {
    let table = table();
    let given = |slot: &Option<Arc<Descriptor>>| {
        slot.as_ref().filter(|d| d.flags() & flag::NO_INHERIT == 0).cloned()
    };
    let slots: Vec<_> = table.iter().map(given).collect();
    let count = slots.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let mut bytes = (count as u32).to_le_bytes().to_vec();
    bytes.extend(slots[..count].iter().map(|slot| slot.as_ref().map_or(0, |d| d.flags())));
    for slot in &slots[..count] {
        let handle = slot.as_ref().map_or(u64::MAX, |d| d.handle.0 as u64);
        bytes.extend_from_slice(&handle.to_le_bytes());
    }
    bytes
}

/// The descriptor of this number.
///
/// # Errors
/// `EBADF` if there is none.
pub fn get(number: i32) -> Result<Arc<Descriptor>, Error> {
    let table = table();
    let slot = usize::try_from(number).ok().and_then(|at| table.get(at)?.clone());
    slot.ok_or(Error::Invalid(Errno::EBADF))
}

/// The first three descriptors are the standard handles too.
fn announce(number: usize, handle: Handle) {
    if let Some(&which) = [Standard::Input, Standard::Output, Standard::Error].get(number) {
        // It fails only where the program unmapped its parameters, and finds no handle there.
        let _ = standard::set(which, handle);
    }
}

/// Gives a descriptor the lowest free number.
///
/// # Errors
/// `EMFILE` if all are taken.
pub fn insert(descriptor: Descriptor) -> Result<i32, Error> {
    let mut table = table();
    let at = table.iter().position(Option::is_none).unwrap_or(table.len());
    if at >= MAX {
        return Err(Errno::EMFILE.into());
    }
    if at == table.len() {
        table.push(None);
    }
    announce(at, descriptor.handle);
    table[at] = Some(Arc::new(descriptor));
    Ok(at as i32)
}

/// Closes a descriptor and its handle.
///
/// # Errors
/// `EBADF` if there is none.
pub fn close(number: i32) -> Result<(), Error> {
    let mut table = table();
    let slot = usize::try_from(number).ok().and_then(|at| table.get_mut(at));
    let descriptor = slot.and_then(Option::take).ok_or(Error::Invalid(Errno::EBADF))?;
    announce(number as usize, Handle::NULL);
    // `stdout` and `stderr` may be one handle, which lives as long as either.
    let shared = table.iter().flatten().any(|other| other.handle == descriptor.handle);
    drop(table);
    if !shared && descriptor.handle != Handle::NULL {
        ob::close(descriptor.handle)?;
    }
    Ok(())
}

fn duplicate_of(descriptor: &Descriptor) -> Result<Descriptor, Error> {
    let handle = ob::duplicate_here(
        descriptor.handle,
        AccessMask::NONE,
        true,
        DuplicateOptions::SAME_ACCESS,
    )?;
    let copy = Descriptor::new(handle, descriptor.flags() & !flag::NO_INHERIT);
    copy.encoding.store(descriptor.encoding() as u8, Ordering::Relaxed);
    Ok(copy)
}

/// `_dup`: another number for the same file.
///
/// # Errors
/// `EBADF`, `EMFILE`.
pub fn duplicate(number: i32) -> Result<i32, Error> {
    insert(duplicate_of(&*get(number)?)?)
}

/// `_dup2`: makes `to` a number for the same file, closing what it was.
///
/// # Errors
/// `EBADF`, also for a number out of range.
pub fn duplicate_to(number: i32, to: i32) -> Result<(), Error> {
    let descriptor = get(number)?;
    if number == to {
        return Ok(());
    }
    let at = usize::try_from(to).ok().filter(|&at| at < MAX).ok_or(Error::Invalid(Errno::EBADF))?;
    let copy = duplicate_of(&descriptor)?;
    if get(to).is_ok() {
        close(to)?;
    }
    let mut table = table();
    let len = table.len().max(at + 1);
    table.resize_with(len, || None);
    announce(at, copy.handle);
    table[at] = Some(Arc::new(copy));
    Ok(())
}

/// Gives the descriptor `from` the number `to`, which is free.
///
/// # Errors
/// `EBADF`.
pub fn rename(from: i32, to: i32) -> Result<(), Error> {
    let mut table = table();
    let at = |number: i32| usize::try_from(number).ok().filter(|&at| at < table.len());
    let (from, to) = (at(from).ok_or(Errno::EBADF)?, at(to).ok_or(Errno::EBADF)?);
    table[to] = table[from].take();
    announce(to, table[to].as_ref().map_or(Handle::NULL, |d| d.handle));
    Ok(())
}

/// `_open_osfhandle`: `flags` of `_O_APPEND`, `_O_RDONLY`, `_O_TEXT`.
///
/// # Errors
/// `EBADF` for a handle that is no file, `EMFILE`.
pub fn adopt(handle: Handle, flags: i32) -> Result<i32, Error> {
    let mut bits = 0;
    for (asked, bit) in [
        (oflag::TEXT, flag::TEXT),
        (oflag::APPEND, flag::APPEND),
        (oflag::NOINHERIT, flag::NO_INHERIT),
    ] {
        if flags & asked != 0 {
            bits |= bit;
        }
    }
    let descriptor = Descriptor::new(handle, bits);
    descriptor.kind()?;
    insert(descriptor)
}

/// `_locking`: `mode` 0 unlocks, 1 and 3 lock (trying for ten seconds), 2 and 4 at once.
///
/// # Errors
/// `EACCES` if another has it, `EDEADLK` if it stays so, `EINVAL`.
pub fn lock(number: i32, mode: i32, count: i32) -> Result<(), Error> {
    let descriptor = get(number)?;
    let length = u64::try_from(count).map_err(|_| Errno::EINVAL)?;
    let at = descriptor.seek(0, 1)? as u64;
    let lock = || crate::io::lock::lock(descriptor.handle, at, length, true, false);
    match mode {
        0 => Ok(crate::io::lock::unlock(descriptor.handle, at, length)?),
        2 | 4 => lock().map_err(|_| Errno::EACCES.into()),
        1 | 3 => {
            for _ in 0..10 {
                if lock().is_ok() {
                    return Ok(());
                }
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
            Err(Errno::EDEADLK.into())
        }
        _ => Err(Error::Invalid(Errno::EINVAL)),
    }
}

/// `_setmode`: the mode before.
///
/// # Errors
/// `EBADF`, `EINVAL` for a mode that is none.
pub fn set_mode(number: i32, mode: i32) -> Result<i32, Error> {
    let (text, encoding) = match mode {
        oflag::TEXT => (true, Encoding::Ansi),
        oflag::BINARY => (false, Encoding::Ansi),
        oflag::WTEXT | oflag::U16TEXT => (true, Encoding::Utf16),
        oflag::U8TEXT => (true, Encoding::Utf8),
        _ => return Err(Error::Invalid(Errno::EINVAL)),
    };
    let descriptor = get(number)?;
    let before = match (descriptor.is_text(), descriptor.encoding()) {
        (false, _) => oflag::BINARY,
        (true, Encoding::Ansi) => oflag::TEXT,
        (true, Encoding::Utf16) => oflag::WTEXT,
        (true, Encoding::Utf8) => oflag::U8TEXT,
    };
    descriptor.set_mode(text, encoding);
    Ok(before)
}

/// `_pipe`: the reading and the writing descriptor.
///
/// # Errors
/// `EINVAL` for flags that contradict each other, `EMFILE`.
pub fn pipe(flags: i32) -> Result<[i32; 2], Error> {
    let flags = super::open::parse_flags(flags)?;
    let ends = haft_host::rustix::pipe::pipe_with(haft_host::rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(haft_host::file::status)?;
    let give = |fd, access| -> Result<i32, Error> {
        let description = file::FileDescription::plain(FileKind::Pipe);
        let object = file::create(file::FileObject::new(fd, description))?;
        let handle = ob::insert(object, access, !flags.no_inherit)?;
        let text = if flags.text { flag::TEXT } else { 0 };
        let kept = if flags.no_inherit { flag::NO_INHERIT } else { 0 };
        insert(Descriptor::new(handle, text | kept))
    };
    let reader = give(ends.0, AccessMask::GENERIC_READ)?;
    let writer = give(ends.1, AccessMask::GENERIC_WRITE).inspect_err(|_| {
        let _ = close(reader);
    })?;
    Ok([reader, writer])
}
