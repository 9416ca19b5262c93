//! Streams: the table of `FILE`s that a program's `FILE *` point into.

use super::descriptor::{self, Descriptor};
use super::error::Error;
use super::heap;
use super::lock::{self, PairedLock};
use super::open;
use super::stream_data::Stream;
use super::text::{self, GuestUnit};
use core::ops::Deref;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_crt::Errno;
use haft_crt::stdio::share::DENYNO;
use haft_crt::stdio::{Access, Mode};
use haft_host::guest;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The most streams.
pub const MAX: usize = 2048;

/// Bytes of a `FILE` of `msvcrt.dll`; programs count on it for `stdin`, `stdout` and `stderr`,
/// which are neighbours.
pub const FILE_SIZE: usize = 48;

/// How many `FILE`s are neighbours (`_IOB_ENTRIES`). The runtime's numbered locks from
/// [`FIRST_LOCK`] on are theirs; each further `FILE` has a critical section behind it. Static
/// libraries of programs have `_lock_file` inline, which counts on both.
pub const NEIGHBOURS: usize = 20;

/// `_STREAM_LOCKS`.
const FIRST_LOCK: i32 = 16;

/// The offset of `LockCount`, which is -1 when a critical section is free.
const LOCK_COUNT: usize = FILE_SIZE + 8;
/// A `FILE` with its critical section.
const LOCKED_FILE_SIZE: usize = FILE_SIZE + 40;

/// Bits of `_flag` in a `FILE`.
pub mod flag {
    /// `_IOREAD`.
    pub const READ: i32 = 1;
    /// `_IOWRT`.
    pub const WRITE: i32 = 2;
    /// `_IONBF`.
    pub const UNBUFFERED: i32 = 4;
    /// `_IOEOF`.
    pub const EOF: i32 = 0x10;
    /// `_IOERR`.
    pub const ERROR: i32 = 0x20;
    /// `_IORW`.
    pub const BOTH: i32 = 0x80;
}

/// Offsets in a `FILE`: old macros read these fields.
mod field {
    pub const NEXT: usize = 0;
    pub const COUNT: usize = 8;
    pub const BASE: usize = 16;
    pub const FLAG: usize = 24;
    pub const DESCRIPTOR: usize = 28;
}

/// The lock of a stream.
enum Lock {
    /// The runtime's lock of this number, which programs enter by it.
    Numbered(i32),
    /// One of its own.
    Own(PairedLock),
}

impl Deref for Lock {
    type Target = PairedLock;

    fn deref(&self) -> &PairedLock {
        match self {
            Self::Numbered(number) => lock::numbered(*number),
            Self::Own(lock) => lock,
        }
    }
}

struct Slot {
    lock: Lock,
    /// Locked only inside `lock`, so never waited for.
    stream: Mutex<Option<Stream>>,
}

struct Streams {
    /// Where the neighbours stand.
    neighbours: usize,
    /// Where the other `FILE`s stand.
    files: usize,
    slots: Vec<Slot>,
}

static STREAMS: OnceLock<Streams> = OnceLock::new();

/// Where msvcrt.dll has the first `FILE`s (`_iob`); 0 if it is not there.
static NEIGHBOURS_AT: AtomicUsize = AtomicUsize::new(0);

/// Has the first `FILE`s stand at msvcrt.dll's `_iob`. Those that the program was given before
/// are the same streams.
pub fn neighbours_are_at(address: usize) {
    NEIGHBOURS_AT.store(address, Ordering::Release);
}

fn streams() -> &'static Streams {
    STREAMS.get_or_init(first_streams)
}

fn first_streams() -> Streams {
    let slot = |index| {
        let lock = if index < NEIGHBOURS {
            Lock::Numbered(FIRST_LOCK + index as i32)
        } else {
            Lock::Own(PairedLock::new())
        };
        Slot { lock, stream: Mutex::new(None) }
    };
    // Without memory for the table every stream is an address that is none.
    let files = heap::allocate_zeroed(MAX - NEIGHBOURS, LOCKED_FILE_SIZE).unwrap_or(0);
    let neighbours = match NEIGHBOURS_AT.load(Ordering::Acquire) {
        0 => heap::allocate_zeroed(NEIGHBOURS, FILE_SIZE).unwrap_or(0),
        at => at,
    };
    let streams = Streams { neighbours, files, slots: (0..MAX).map(slot).collect() };
    for index in NEIGHBOURS..MAX {
        let _ = guest::write(streams.file(index) + LOCK_COUNT, -1i32);
    }
    for number in 0..3 {
        let stream = Stream::standard(number);
        // The memory is there: it was just allocated.
        let _ = show(streams.file(number as usize), &stream);
        *streams.slots[number as usize].stream.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(stream);
    }
    streams
}

/// Writes what old macros look at into the `FILE`. The count stays zero, so that they call
/// `_filbuf` and `_flsbuf` for every character.
fn show(file: usize, stream: &Stream) -> Result<(), guest::Fault> {
    guest::write(file + field::COUNT, 0i32)?;
    guest::write(file + field::FLAG, stream.flags())?;
    guest::write(file + field::DESCRIPTOR, stream.number())
}

impl Streams {
    fn file(&self, index: usize) -> usize {
        match index.checked_sub(NEIGHBOURS) {
            None => self.neighbours + index * FILE_SIZE,
            Some(further) => self.files + further * LOCKED_FILE_SIZE,
        }
    }

    /// The index of the stream whose `FILE` this is.
    fn index(&self, file: usize) -> Option<usize> {
        let within = |first: usize, size: usize, count: usize| {
            let offset = file.wrapping_sub(first);
            (first != 0 && offset < count * size && offset.is_multiple_of(size))
                .then_some(offset / size)
        };
        within(self.neighbours, FILE_SIZE, NEIGHBOURS)
            .or_else(|| within(NEIGHBOURS_AT.load(Ordering::Acquire), FILE_SIZE, NEIGHBOURS))
            .or_else(|| {
                within(self.files, LOCKED_FILE_SIZE, MAX - NEIGHBOURS).map(|n| n + NEIGHBOURS)
            })
    }

    fn slot(&self, file: usize) -> Result<(usize, &Slot), Error> {
        let index = self.index(file).ok_or(Error::Invalid(Errno::EINVAL))?;
        Ok((index, &self.slots[index]))
    }
}

impl Slot {
    fn with<T>(
        &self,
        file: usize,
        body: impl FnOnce(&mut Stream) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.lock.with(|| {
            let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
            let stream = stream.as_mut().ok_or(Errno::EINVAL)?;
            let before = stream.flags();
            let result = body(stream);
            let settled = stream.settle();
            if stream.flags() != before {
                show(file, stream)?;
            }
            result.and_then(|value| settled.map(|()| value))
        })
    }
}

/// The address of the `FILE` of stdin, stdout or stderr (0 to 2), the first of an array.
#[must_use]
pub fn standard(number: usize) -> usize {
    streams().file(number)
}

/// Works on a stream, locked.
///
/// # Errors
/// `EINVAL` if `file` is no open stream; those of `body`.
pub fn with<T>(
    file: usize,
    body: impl FnOnce(&mut Stream) -> Result<T, Error>,
) -> Result<T, Error> {
    streams().slot(file)?.1.with(file, body)
}

/// The lock of a stream (`_lock_file`); `None` if `file` is no stream.
#[must_use]
pub fn lock_of(file: usize) -> Option<&'static PairedLock> {
    streams().slot(file).ok().map(|(_, slot)| &*slot.lock)
}

/// Gives a new stream its `FILE`.
///
/// # Errors
/// `EMFILE` if there are too many.
pub fn insert(stream: Stream) -> Result<usize, Error> {
    for (index, slot) in streams().slots.iter().enumerate() {
        if !slot.lock.try_enter() {
            continue;
        }
        let mut place = slot.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let free = place.is_none();
        let file = streams().file(index);
        if free {
            show(file, &stream)?;
            *place = Some(stream);
            drop(place);
            slot.lock.leave();
            return Ok(file);
        }
        drop(place);
        slot.lock.leave();
    }
    Err(Errno::EMFILE.into())
}

/// Puts another stream in place of an open one, which is flushed and closed (`freopen`); if
/// `make` fails the stream is closed all the same.
///
/// # Errors
/// `EINVAL` if `file` is no stream; those of `make`.
pub fn replace(file: usize, make: impl FnOnce() -> Result<Stream, Error>) -> Result<(), Error> {
    let (_, slot) = streams().slot(file)?;
    slot.lock.with(|| {
        let mut place = slot.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut old) = place.take() {
            // Microsoft: errors of closing are ignored.
            let _ = old.close();
        }
        let stream = make()?;
        show(file, &stream)?;
        *place = Some(stream);
        Ok(())
    })
}

/// `fclose`.
///
/// # Errors
/// `EINVAL` if `file` is no open stream; those of the last write.
pub fn close(file: usize) -> Result<(), Error> {
    let (_, slot) = streams().slot(file)?;
    slot.lock.with(|| {
        let mut place = slot.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stream = place.take().ok_or(Errno::EINVAL)?;
        guest::write(file + field::FLAG, 0i32)?;
        stream.close()
    })
}

fn each(mut body: impl FnMut(usize, &mut Stream) -> bool) -> i32 {
    let mut count = 0;
    for (index, slot) in streams().slots.iter().enumerate() {
        slot.lock.with(|| {
            let mut place = slot.stream.lock().unwrap_or_else(PoisonError::into_inner);
            if place.as_mut().is_some_and(|stream| body(index, stream)) {
                count += 1;
            }
        });
    }
    count
}

/// `_flushall`: how many streams are open.
pub fn flush_all() -> i32 {
    each(|_, stream| {
        // The stream remembers its error.
        let _ = stream.flush();
        true
    })
}

/// Whether every stream that has something to write could (`fflush(NULL)`).
pub fn flush_written() -> bool {
    each(|_, stream| stream.flush_output().is_err()) == 0
}

/// `_fcloseall`: how many streams were closed, all but the standard ones.
pub fn close_all() -> i32 {
    let mut closed = 0;
    for index in 3..MAX {
        closed += i32::from(close(streams().file(index)).is_ok());
    }
    closed
}

/// Flushes everything at the end of the process. A stream that another thread is inside of stays
/// as it is: that thread may never leave.
pub fn finish() {
    let Some(streams) = STREAMS.get() else { return };
    for slot in &streams.slots {
        if slot.lock.try_enter() {
            if let Some(stream) =
                slot.stream.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
            {
                let _ = stream.flush_output();
            }
            slot.lock.leave();
        }
    }
}

/// `fwrite`: how many of the elements of `size` bytes were written.
///
/// # Errors
/// `EINVAL` if `file` is no open stream; those of [`Stream::write`].
pub fn write(file: usize, address: usize, size: usize, count: usize) -> Result<usize, Error> {
    let length = size.checked_mul(count).ok_or(Errno::EINVAL)?;
    if length == 0 {
        return Ok(0);
    }
    with(file, |stream| stream.write(address, length).map(|()| count))
}

/// `fread`: how many elements of `size` bytes were read whole.
///
/// # Errors
/// `EINVAL` if `file` is no open stream; those of [`Stream::read`].
pub fn read(file: usize, address: usize, size: usize, count: usize) -> Result<usize, Error> {
    let length = size.checked_mul(count).ok_or(Errno::EINVAL)?;
    if length == 0 {
        return Ok(0);
    }
    with(file, |stream| stream.read(address, length).map(|got| got / size))
}

/// `fread_s`: as [`read`], but no more than fits `room` bytes.
///
/// # Errors
/// `ERANGE` if it does not; as for [`read`].
pub fn read_within(
    file: usize,
    address: usize,
    room: usize,
    size: usize,
    count: usize,
) -> Result<usize, Error> {
    if size.checked_mul(count).is_none_or(|length| length > room) {
        guest::fill(address, 0, room)?;
        return Err(Error::Invalid(Errno::ERANGE));
    }
    read(file, address, size, count)
}

/// The stream that a mode string asks for, on a descriptor.
fn made(number: i32, mode: &Mode) -> Stream {
    let access = match mode.access {
        Access::Read => flag::READ,
        Access::Write => flag::WRITE,
        Access::ReadWrite => flag::BOTH,
    };
    Stream::new(number, access, mode.commit == Some(true))
}

fn parsed<U: GuestUnit>(mode: usize) -> Result<Mode, Error> {
    Mode::parse(&text::read::<U>(mode)?).ok_or(Error::Invalid(Errno::EINVAL))
}

fn opened<U: GuestUnit>(name: usize, mode: usize, share: i32) -> Result<Stream, Error> {
    let mode = parsed::<U>(mode)?;
    let number = open::open(&text::read_wide::<U>(name)?, &open::flags_of(&mode), share, true)?;
    Ok(made(number, &mode))
}

/// `fopen`: the address of the `FILE`.
///
/// # Errors
/// `EINVAL` for a mode or sharing that is none; those of [`open::open`].
pub fn open<U: GuestUnit>(name: usize, mode: usize, share: i32) -> Result<usize, Error> {
    if name == 0 || mode == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let stream = opened::<U>(name, mode, share)?;
    let number = stream.number();
    insert(stream).inspect_err(|_| {
        let _ = descriptor::close(number);
    })
}

/// [`open`] of a name and mode of the runtime's own.
///
/// # Errors
/// Those of [`open::open`].
pub fn open_named(name: &[u16], mode: &Mode, share: i32) -> Result<usize, Error> {
    let number = open::open(name, &open::flags_of(mode), share, true)?;
    insert(made(number, mode)).inspect_err(|_| {
        let _ = descriptor::close(number);
    })
}

/// `freopen`: the stream's descriptor keeps its number, so a child process inherits it as what
/// it was.
///
/// # Errors
/// As for [`open`]; the stream is then closed.
pub fn reopen<U: GuestUnit>(name: usize, mode: usize, file: usize) -> Result<(), Error> {
    if mode == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let old = number(file).ok();
    replace(file, || {
        let stream = opened::<U>(name, mode, DENYNO)?;
        let Some(old) = old.filter(|&old| old != stream.number() && old <= 2) else {
            return Ok(stream);
        };
        descriptor::rename(stream.number(), old)?;
        Ok(made(old, &parsed::<U>(mode)?))
    })
}

/// `_fdopen`: the address of the `FILE`.
///
/// # Errors
/// `EBADF` for a descriptor that is not open, `EINVAL` for a mode that is none.
pub fn of_descriptor<U: GuestUnit>(number: i32, mode: usize) -> Result<usize, Error> {
    let mode = parsed::<U>(mode)?;
    let descriptor = descriptor::get(number)?;
    if let Some(text) = mode.text {
        descriptor.set_mode(text, descriptor.encoding());
    }
    if mode.append {
        descriptor.set_append();
    }
    insert(made(number, &mode))
}

/// `fflush`; of null, [`flush_written`].
///
/// # Errors
/// Those of writing.
pub fn flush(file: usize) -> Result<(), Error> {
    if file != 0 {
        return with(file, Stream::flush);
    }
    if flush_written() { Ok(()) } else { Err(Errno::EIO.into()) }
}

/// `ftell`, in 32 bits.
///
/// # Errors
/// `EINVAL` for a position that does not fit; as for [`Stream::position`].
pub fn position32(file: usize) -> Result<i32, Error> {
    let position = with(file, Stream::position)?;
    i32::try_from(position).map_err(|_| Errno::EINVAL.into())
}

/// `rewind`.
///
/// # Errors
/// `EINVAL` if `file` is no open stream.
pub fn rewind(file: usize) -> Result<(), Error> {
    with(file, |stream| {
        let moved = stream.seek(0, 0);
        stream.clear();
        moved
    })
}

/// `setvbuf`: `mode` is `_IOFBF`, `_IOLBF` (which is as full) or `_IONBF`.
///
/// # Errors
/// `EINVAL` for another mode or a size that is none.
pub fn set_buffer(file: usize, mode: i32, size: usize) -> Result<(), Error> {
    let size = match mode {
        0 | 0x40 if (2..=i32::MAX as usize).contains(&size) => size,
        4 => 0,
        _ => return Err(Error::Invalid(Errno::EINVAL)),
    };
    with(file, |stream| stream.set_buffer(size))
}

/// `_get_stream_buffer_pointers`: the addresses of where a stream's buffer is, of what is next in
/// it and of how much is left. Buffers are haft's own: they stay 0.
///
/// # Errors
/// `EINVAL` when there is no such stream.
pub fn buffer_fields(file: usize) -> Result<[usize; 3], Error> {
    number(file)?;
    Ok([field::BASE, field::NEXT, field::COUNT].map(|field| file + field))
}

/// The descriptor number of a stream.
///
/// # Errors
/// `EINVAL` if `file` is no open stream.
pub fn number(file: usize) -> Result<i32, Error> {
    with(file, |stream| Ok(stream.number()))
}

/// The descriptor of a stream.
///
/// # Errors
/// `EINVAL` if `file` is no open stream, `EBADF` if its descriptor was closed.
pub fn descriptor(file: usize) -> Result<std::sync::Arc<Descriptor>, Error> {
    descriptor::get(number(file)?)
}
