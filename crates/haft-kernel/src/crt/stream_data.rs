//! One stream: its buffer, its position, its end and its errors.

use super::descriptor::{self, Descriptor, Encoding};
use super::error::Error;
use super::locale;
use super::stream::flag;
use haft_crt::Errno;
use haft_host::guest;
use std::sync::Arc;

/// Bytes of a buffer that the runtime makes (`_INTERNAL_BUFSIZ`).
const BUFFER: usize = 4096;

const CTRL_Z: u8 = 0x1A;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// `buffer[next..]` was read from the file and not taken yet.
    Reading,
    /// `buffer` is to be written.
    Writing,
}

/// A stream. Its buffer holds bytes as they are in the file: line ends are translated on the
/// way in and out, so the position of the file is always known.
pub struct Stream {
    number: i32,
    flags: i32,
    state: State,
    buffer: Vec<u8>,
    next: usize,
    /// Zero if the stream is unbuffered; `None` until it is first used.
    capacity: Option<usize>,
    /// Bytes put back, the last one first.
    pushed: Vec<u8>,
    /// The second half of a surrogate pair that was read.
    pair: Option<u16>,
    /// `fflush` commits to the disk.
    commit: bool,
}

impl Stream {
    /// A stream on a descriptor; `flags` of [`flag::READ`], [`flag::WRITE`], [`flag::BOTH`].
    #[must_use]
    pub fn new(number: i32, flags: i32, commit: bool) -> Self {
        Self {
            number,
            flags,
            state: State::Idle,
            buffer: Vec::new(),
            next: 0,
            capacity: None,
            pushed: Vec::new(),
            pair: None,
            commit,
        }
    }

    /// stdin, stdout or stderr.
    #[must_use]
    pub(super) fn standard(number: i32) -> Self {
        let flags = if number == 0 { flag::READ } else { flag::WRITE };
        let capacity = (number == 2).then_some(0);
        Self { capacity, ..Self::new(number, flags, false) }
    }

    /// Its [`flag`]s.
    #[must_use]
    pub fn flags(&self) -> i32 {
        self.flags | if self.capacity == Some(0) { flag::UNBUFFERED } else { 0 }
    }

    /// The number of its descriptor.
    #[must_use]
    pub fn number(&self) -> i32 {
        self.number
    }

    /// Whether the end was reached.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.flags & flag::EOF != 0
    }

    /// Whether there was an error.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.flags & flag::ERROR != 0
    }

    /// `clearerr`.
    pub fn clear(&mut self) {
        self.flags &= !(flag::EOF | flag::ERROR);
    }

    fn descriptor(&self) -> Result<Arc<Descriptor>, Error> {
        descriptor::get(self.number)
    }

    fn failed<T>(&mut self, error: impl Into<Error>) -> Result<T, Error> {
        self.flags |= flag::ERROR;
        Err(error.into())
    }

    /// The size of the buffer. A terminal's output is not kept back, as on Windows.
    fn capacity(&mut self) -> usize {
        if let Some(capacity) = self.capacity {
            return capacity;
        }
        let terminal = self.flags & flag::WRITE != 0
            && self.number <= 2
            && self.descriptor().is_ok_and(|d| d.flags() & super::descriptor::flag::DEVICE != 0);
        let capacity = if terminal { 0 } else { BUFFER };
        self.capacity = Some(capacity);
        capacity
    }

    /// `setvbuf`: a buffer of `size` bytes, none for 0.
    ///
    /// # Errors
    /// Those of writing what is in the old one.
    pub fn set_buffer(&mut self, size: usize) -> Result<(), Error> {
        self.flush()?;
        self.capacity = Some(size);
        Ok(())
    }

    /// What ends every call on the stream: an unbuffered one keeps nothing back.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        if self.state == State::Writing && self.capacity == Some(0) {
            return self.flush_output();
        }
        Ok(())
    }

    /// Writes what is in the buffer.
    ///
    /// # Errors
    /// Those of [`Descriptor::write_raw`]; what could not be written is lost.
    pub fn flush_output(&mut self) -> Result<(), Error> {
        if self.state != State::Writing {
            return Ok(());
        }
        self.state = State::Idle;
        let buffer = core::mem::take(&mut self.buffer);
        let written = match self.descriptor() {
            Ok(d) => d.write_raw(buffer.as_ptr().expose_provenance(), buffer.len()),
            Err(error) => Err(error),
        };
        self.buffer = buffer;
        self.buffer.clear();
        written.or_else(|error| self.failed(error))
    }

    /// `fflush`: writes what is in the buffer, or gives up what was read ahead.
    ///
    /// # Errors
    /// As for [`Stream::flush_output`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.flush_output()?;
        if self.state == State::Reading {
            self.give_back();
        }
        if self.commit && self.flags & flag::WRITE != 0 {
            self.descriptor()?.commit()?;
        }
        Ok(())
    }

    /// Moves the file back over what was read and not taken.
    fn give_back(&mut self) {
        let unread = self.unread();
        self.forget();
        if unread > 0 {
            // What cannot be moved back, as a pipe, stays read.
            let _ = self.descriptor().and_then(|d| d.seek(-unread, 1));
        }
    }

    fn unread(&self) -> i64 {
        (self.buffer.len() - self.next + self.pushed.len()) as i64
    }

    fn forget(&mut self) {
        self.state = State::Idle;
        self.buffer.clear();
        self.pushed.clear();
        self.pair = None;
        self.next = 0;
    }

    /// Writes what is left and closes the descriptor.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        let flushed = self.flush_output();
        flushed.and(descriptor::close(self.number))
    }

    /// `ftell`.
    ///
    /// # Errors
    /// As for [`Descriptor::seek`].
    pub fn position(&mut self) -> Result<i64, Error> {
        let descriptor = self.descriptor()?;
        match self.state {
            State::Writing => {
                let append = descriptor.flags() & super::descriptor::flag::APPEND != 0;
                let at = descriptor.seek(0, if append { 2 } else { 1 })?;
                Ok(at + self.buffer.len() as i64)
            }
            _ => Ok(descriptor.seek(0, 1)? - self.unread()),
        }
    }

    /// `fseek`.
    ///
    /// # Errors
    /// As for [`Descriptor::seek`], and those of writing.
    pub fn seek(&mut self, offset: i64, origin: i32) -> Result<(), Error> {
        if !(0..=2).contains(&origin) {
            return Err(Error::Invalid(Errno::EINVAL));
        }
        self.flush_output()?;
        let unread = if origin == 1 { self.unread() } else { 0 };
        self.descriptor()?.seek(offset - unread, origin)?;
        self.forget();
        self.flags &= !flag::EOF;
        Ok(())
    }

    fn begin_reading(&mut self) -> Result<(), Error> {
        if self.flags & (flag::READ | flag::BOTH) == 0 {
            return self.failed(Errno::EBADF);
        }
        self.flush_output()?;
        self.state = State::Reading;
        Ok(())
    }

    fn begin_writing(&mut self) -> Result<(), Error> {
        if self.flags & (flag::WRITE | flag::BOTH) == 0 {
            return self.failed(Errno::EBADF);
        }
        if self.state == State::Reading {
            self.give_back();
        }
        self.state = State::Writing;
        self.next = 0;
        Ok(())
    }

    /// The next byte of the file as it is, left in place; `None` at the end.
    fn peek_raw(&mut self) -> Result<Option<u8>, Error> {
        if self.next == self.buffer.len() && !self.fill()? {
            return Ok(None);
        }
        Ok(Some(self.buffer[self.next]))
    }

    fn fill(&mut self) -> Result<bool, Error> {
        let size = self.capacity().max(1);
        let mut buffer = core::mem::take(&mut self.buffer);
        buffer.resize(size, 0);
        let address = buffer.as_mut_ptr().expose_provenance();
        let got = self.descriptor().and_then(|d| d.read_raw(address, size));
        buffer.truncate(*got.as_ref().unwrap_or(&0));
        self.buffer = buffer;
        self.next = 0;
        match got {
            Ok(0) => {
                self.flags |= flag::EOF;
                Ok(false)
            }
            Ok(_) => Ok(true),
            Err(error) => self.failed(error),
        }
    }

    /// `fgetc`; `None` at the end.
    ///
    /// # Errors
    /// `EBADF` if the stream is for writing; those of reading.
    pub fn get(&mut self) -> Result<Option<u8>, Error> {
        if self.state != State::Reading {
            self.begin_reading()?;
        }
        if let Some(byte) = self.pushed.pop() {
            return Ok(Some(byte));
        }
        let text = self.descriptor()?.is_text();
        self.get_translated(text)
    }

    fn get_translated(&mut self, text: bool) -> Result<Option<u8>, Error> {
        let Some(byte) = self.peek_raw()? else { return Ok(None) };
        if text && byte == CTRL_Z {
            self.flags |= flag::EOF;
            return Ok(None);
        }
        self.next += 1;
        if text && byte == b'\r' && self.peek_raw()? == Some(b'\n') {
            self.next += 1;
            return Ok(Some(b'\n'));
        }
        if text && byte == b'\r' {
            // The look-ahead is no end of what the program read.
            self.flags &= !flag::EOF;
        }
        Ok(Some(byte))
    }

    /// `ungetc`.
    ///
    /// # Errors
    /// `EBADF` if the stream is for writing.
    pub fn unget(&mut self, byte: u8) -> Result<(), Error> {
        if self.state != State::Reading {
            self.begin_reading()?;
        }
        self.pushed.push(byte);
        self.flags &= !flag::EOF;
        Ok(())
    }

    /// `fread`: up to `length` bytes to the program's memory; how many.
    ///
    /// # Errors
    /// As for [`Stream::get`], when nothing was read.
    pub fn read(&mut self, address: usize, length: usize) -> Result<usize, Error> {
        let text = self.descriptor()?.is_text();
        let mut done = 0;
        while done < length {
            if self.state != State::Reading {
                self.begin_reading()?;
            }
            let ready = &self.buffer[self.next..];
            let whole = if text {
                ready.iter().position(|&b| b == b'\r' || b == CTRL_Z).unwrap_or(ready.len())
            } else {
                ready.len()
            };
            if self.pushed.is_empty() && whole > 0 {
                let now = whole.min(length - done);
                guest::copy_out(address + done, &ready[..now])?;
                self.next += now;
                done += now;
            } else if !text && self.pushed.is_empty() && length - done >= self.capacity().max(1) {
                let got = self.descriptor()?.read_raw(address + done, length - done);
                match got {
                    Ok(0) => {
                        self.flags |= flag::EOF;
                        break;
                    }
                    Ok(got) => done += got,
                    Err(error) if done == 0 => return self.failed(error),
                    Err(_) => break,
                }
            } else {
                match self.get() {
                    Ok(Some(byte)) => guest::write(address + done, byte)?,
                    Ok(None) => break,
                    Err(error) if done == 0 => return Err(error),
                    Err(_) => break,
                }
                done += 1;
            }
        }
        Ok(done)
    }

    /// Bytes up to and with a line feed, at most `max`; `None` at the end.
    ///
    /// # Errors
    /// As for [`Stream::get`].
    pub fn line(&mut self, max: usize) -> Result<Option<Vec<u8>>, Error> {
        let mut line = Vec::new();
        while line.len() < max {
            match self.get()? {
                Some(byte) => {
                    line.push(byte);
                    if byte == b'\n' {
                        break;
                    }
                }
                None if line.is_empty() => return Ok(None),
                None => break,
            }
        }
        Ok(Some(line))
    }

    /// Writes bytes, line ends translated in text mode.
    ///
    /// # Errors
    /// `EBADF` if the stream is for reading; those of writing.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.state != State::Writing {
            self.begin_writing()?;
        }
        if self.descriptor()?.is_text() {
            for line in bytes.split_inclusive(|&b| b == b'\n') {
                match line.split_last() {
                    Some((b'\n', text)) => {
                        self.buffer.extend_from_slice(text);
                        self.buffer.extend_from_slice(b"\r\n");
                    }
                    _ => self.buffer.extend_from_slice(line),
                }
            }
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        self.spill()
    }

    fn spill(&mut self) -> Result<(), Error> {
        let capacity = self.capacity();
        if capacity > 0 && self.buffer.len() >= capacity { self.flush_output() } else { Ok(()) }
    }

    /// `fwrite` of `length` bytes of the program's memory.
    ///
    /// # Errors
    /// As for [`Stream::put`].
    pub fn write(&mut self, address: usize, length: usize) -> Result<(), Error> {
        if length >= BUFFER && !self.descriptor()?.is_text() {
            if self.state != State::Writing {
                self.begin_writing()?;
            }
            self.flush_output()?;
            let written = self.descriptor()?.write_raw(address, length);
            return written.or_else(|error| self.failed(error));
        }
        let mut done = 0;
        while done < length {
            let now = (length - done).min(1 << 16);
            let bytes: Vec<u8> = guest::read_slice(address + done, now)?;
            self.put(&bytes)?;
            done += now;
        }
        Ok(())
    }

    /// Writes wide characters: as bytes of the locale in text mode, as they are in binary mode,
    /// or in the descriptor's encoding.
    ///
    /// # Errors
    /// `EILSEQ` for a character that the locale does not have; as for [`Stream::put`].
    pub fn put_wide(&mut self, units: &[u16]) -> Result<(), Error> {
        let descriptor = self.descriptor()?;
        let bytes = match (descriptor.encoding(), descriptor.is_text()) {
            (Encoding::Utf8, _) => haft_abi::wide::to_bytes(units),
            (Encoding::Utf16, true) => {
                if self.state != State::Writing {
                    self.begin_writing()?;
                }
                for &unit in units {
                    if unit == u16::from(b'\n') {
                        self.buffer.extend_from_slice(&[b'\r', 0]);
                    }
                    self.buffer.extend_from_slice(&unit.to_le_bytes());
                }
                return self.spill();
            }
            (Encoding::Ansi, true) => match locale::charset().encode_all(units) {
                Ok(bytes) => bytes,
                Err(_) => return self.failed(Errno::EILSEQ),
            },
            (_, false) => units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        };
        self.put(&bytes)
    }

    fn get_unit(&mut self) -> Result<Option<u16>, Error> {
        if let Some(low) = self.raw_byte()? {
            let high = self.raw_byte()?.unwrap_or(0);
            return Ok(Some(u16::from_le_bytes([low, high])));
        }
        Ok(None)
    }

    fn raw_byte(&mut self) -> Result<Option<u8>, Error> {
        if self.state != State::Reading {
            self.begin_reading()?;
        }
        if let Some(byte) = self.pushed.pop() {
            return Ok(Some(byte));
        }
        self.get_translated(false)
    }

    /// `fgetwc`: the other way of [`Stream::put_wide`]; `None` at the end.
    ///
    /// # Errors
    /// `EILSEQ` for bytes that are no character; as for [`Stream::get`].
    pub fn get_wide(&mut self) -> Result<Option<u16>, Error> {
        if let Some(second) = self.pair.take() {
            return Ok(Some(second));
        }
        let descriptor = self.descriptor()?;
        let charset = match (descriptor.encoding(), descriptor.is_text()) {
            (Encoding::Utf16, true) => {
                let unit = self.get_unit()?;
                if unit == Some(u16::from(b'\r')) {
                    match self.get_unit()? {
                        Some(0x0A) => return Ok(Some(0x0A)),
                        Some(other) => self.unget_wide_raw(other)?,
                        None => {}
                    }
                }
                return Ok(unit);
            }
            (_, false) => return self.get_unit(),
            (Encoding::Utf8, true) => haft_crt::charset::Charset::Utf8,
            (Encoding::Ansi, true) => locale::charset(),
        };
        let mut bytes = Vec::new();
        while bytes.len() < charset.max_bytes() {
            match self.get()? {
                Some(byte) => bytes.push(byte),
                None if bytes.is_empty() => return Ok(None),
                None => break,
            }
            if let Ok(wide) = charset.decode(&bytes) {
                if let [first, second] = *wide.as_units() {
                    self.pair = Some(second);
                    return Ok(Some(first));
                }
                return Ok(wide.as_units().first().copied());
            }
        }
        self.failed(Errno::EILSEQ)
    }

    fn unget_wide_raw(&mut self, unit: u16) -> Result<(), Error> {
        let [low, high] = unit.to_le_bytes();
        self.unget(high)?;
        self.unget(low)
    }

    /// `ungetwc`.
    ///
    /// # Errors
    /// `EILSEQ` for a character that the locale does not have; as for [`Stream::unget`].
    pub fn unget_wide(&mut self, unit: u16) -> Result<(), Error> {
        let descriptor = self.descriptor()?;
        let bytes = match (descriptor.encoding(), descriptor.is_text()) {
            (Encoding::Utf16, _) | (_, false) => return self.unget_wide_raw(unit),
            (Encoding::Utf8, true) => haft_abi::wide::to_bytes(&[unit]),
            (Encoding::Ansi, true) => {
                locale::charset().encode_all(&[unit]).map_err(|_| Errno::EILSEQ)?
            }
        };
        for &byte in bytes.iter().rev() {
            self.unget(byte)?;
        }
        Ok(())
    }
}
