//! `_stat` and `_findfirst`: what is known of files, in the program's structures.

use super::descriptor;
use super::error::Error;
use super::text::{self, GuestUnit};
use crate::io::attributes::FileAttributes;
use crate::io::directory::{self, Entry};
use crate::io::file::FileKind;
use crate::io::query::{self, FileInformation};
use crate::io::{name, path};
use haft_abi::Handle;
use haft_abi::time::to_unix;
use haft_crt::Errno;
use haft_crt::string::path::split;
use haft_host::guest;

/// Which widths a structure has for times and sizes: `64`, `64i32`, `32`, `32i64` in the names of
/// the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// 64-bit times.
    pub long_times: bool,
    /// 64-bit sizes.
    pub long_sizes: bool,
}

impl Layout {
    /// `_stat64`.
    pub const T64: Self = Self { long_times: true, long_sizes: true };
    /// `_stat64i32`.
    pub const T64_S32: Self = Self { long_times: true, long_sizes: false };
    /// `_stat32`.
    pub const T32: Self = Self { long_times: false, long_sizes: false };
    /// `_stat32i64`.
    pub const T32_S64: Self = Self { long_times: false, long_sizes: true };
}

const FOLDER: u16 = 0x4000;
const CHARACTER: u16 = 0x2000;
const REGULAR: u16 = 0x8000;
const PIPE: u16 = 0x1000;

/// A structure written field by field, each at a multiple of its size.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn put(&mut self, bytes: &[u8]) {
        self.0.resize(self.0.len().next_multiple_of(bytes.len()), 0);
        self.0.extend_from_slice(bytes);
    }

    fn sized(&mut self, value: i64, long: bool) -> Result<(), Error> {
        if long {
            self.put(&value.to_le_bytes());
        } else {
            let value = u32::try_from(value).map_err(|_| Errno::EOVERFLOW)?;
            self.put(&value.to_le_bytes());
        }
        Ok(())
    }
}

struct Status {
    device: u32,
    mode: u16,
    links: u16,
    size: i64,
    /// Access, write, creation.
    times: [i64; 3],
}

impl Status {
    fn place(&self, target: usize, layout: Layout) -> Result<(), Error> {
        let mut out = Writer::default();
        out.put(&self.device.to_le_bytes());
        // There are no inode numbers, users or groups.
        out.put(&0u16.to_le_bytes());
        out.put(&self.mode.to_le_bytes());
        out.put(&self.links.to_le_bytes());
        out.put(&0u16.to_le_bytes());
        out.put(&0u16.to_le_bytes());
        out.put(&self.device.to_le_bytes());
        out.sized(self.size, layout.long_sizes)?;
        for time in self.times {
            out.sized(time, layout.long_times)?;
        }
        let align = if layout.long_sizes || layout.long_times { 8 } else { 4 };
        out.0.resize(out.0.len().next_multiple_of(align), 0);
        Ok(guest::copy_out(target, &out.0)?)
    }
}

fn seconds(information: &FileInformation) -> [i64; 3] {
    let times = information.times;
    [times.accessed, times.written, times.created].map(|ticks| to_unix(ticks).0)
}

/// The permissions: everybody's are alike.
fn mode(information: &FileInformation, executable: bool) -> u16 {
    let kind = if information.is_directory() { FOLDER } else { REGULAR };
    let read_only = information.attributes.contains(FileAttributes::READONLY);
    let write = if read_only { 0 } else { 0x80 };
    let execute = if executable || information.is_directory() { 0x40 } else { 0 };
    let own = 0x100 | write | execute;
    kind | own | own >> 3 | own >> 6
}

fn is_executable(name: &[u16]) -> bool {
    let extension = haft_abi::wide::to_string(split(name).extension);
    [".exe", ".com", ".bat", ".cmd"].iter().any(|e| extension.eq_ignore_ascii_case(e))
}

/// `_stat`.
///
/// # Errors
/// `ENOENT`, `EINVAL`, `EOVERFLOW` for a size or time that does not fit.
pub fn by_name<U: GuestUnit>(file: usize, target: usize, layout: Layout) -> Result<(), Error> {
    if file == 0 || target == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let given = text::read_wide::<U>(file)?;
    // A wildcard names no file.
    if given.iter().any(|&unit| unit == u16::from(b'*') || unit == u16::from(b'?')) {
        return Err(Errno::ENOENT.into());
    }
    let information = query::by_name(&name::dos(&given)?)?;
    let full = path::full(&given);
    let letter = full.first().and_then(|&unit| u8::try_from(unit).ok()).unwrap_or(b'A');
    let status = Status {
        device: u32::from(letter.to_ascii_uppercase().wrapping_sub(b'A')),
        mode: mode(&information, is_executable(&given)),
        links: information.links as u16,
        size: if information.is_directory() { 0 } else { information.size as i64 },
        times: seconds(&information),
    };
    status.place(target, layout)
}

/// `_fstat`.
///
/// # Errors
/// `EBADF`, `EINVAL`, `EOVERFLOW` for a size or time that does not fit.
pub fn by_descriptor(number: i32, target: usize, layout: Layout) -> Result<(), Error> {
    if target == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let descriptor = descriptor::get(number)?;
    let kind = descriptor.kind()?;
    let special = |mode| Status { device: number as u32, mode, links: 1, size: 0, times: [0; 3] };
    let status = match kind {
        FileKind::Disk | FileKind::Directory => {
            let information = query::by_handle(descriptor.handle)?;
            Status {
                device: 0,
                mode: mode(&information, false),
                links: information.links as u16,
                size: information.size as i64,
                times: seconds(&information),
            }
        }
        FileKind::Pipe | FileKind::Socket | FileKind::Mailslot => special(PIPE),
        FileKind::Console | FileKind::Character | FileKind::Serial => special(CHARACTER),
    };
    status.place(target, layout)
}

fn place_entry<U: GuestUnit>(entry: &Entry, target: usize, layout: Layout) -> Result<(), Error> {
    let information = &entry.information;
    let mut out = Writer::default();
    let attributes = information.attributes.0 & !FileAttributes::NORMAL.0;
    out.put(&attributes.to_le_bytes());
    let [accessed, written, created] = seconds(information);
    for time in [created, accessed, written] {
        out.sized(time, layout.long_times)?;
    }
    out.sized(information.size as i64, layout.long_sizes)?;
    guest::copy_out(target, &out.0)?;
    let mut units = text::from_wide::<U>(&entry.name);
    units.truncate(259);
    Ok(text::write_z(target + out.0.len(), &units)?)
}

/// `_findfirst`: the handle of the search.
///
/// # Errors
/// `ENOENT` when no name matches, `EINVAL`.
pub fn find_first<U: GuestUnit>(
    pattern: usize,
    target: usize,
    layout: Layout,
) -> Result<isize, Error> {
    let (search, entry) = directory::find_first(&text::read_wide::<U>(pattern)?)?;
    place_entry::<U>(&entry, target, layout)?;
    Ok(search.0 as isize)
}

/// `_findnext`.
///
/// # Errors
/// `ENOENT` when there are no more names, `EINVAL`.
pub fn find_next<U: GuestUnit>(search: isize, target: usize, layout: Layout) -> Result<(), Error> {
    let entry = directory::find_next(Handle(search as usize))?;
    place_entry::<U>(&entry, target, layout)
}

/// `_findclose`.
///
/// # Errors
/// `ENOENT` for what is no search.
pub fn find_close(search: isize) -> Result<(), Error> {
    directory::find_close(Handle(search as usize)).map_err(|_| Errno::ENOENT.into())
}
