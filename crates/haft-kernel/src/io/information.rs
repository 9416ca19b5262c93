//! Information about open files, by class, in the layouts that programs share with Windows
//! (Microsoft: "FILE_INFORMATION_CLASS enumeration").

use super::attributes::{self, FileAttributes};
use super::file::{self, FileKind, FileObject, ReadMode};
use super::name::{self, Name, Target};
use super::rights::{FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA};
use super::{
    completion_port, delete, final_path, link, lookup, move_file, named_pipe, position, query,
};
use haft_abi::{AccessMask, Handle, NtStatus, time};
use haft_host::file::status;
use haft_host::guest;
use haft_host::rustix::fs::{
    AtFlags, CWD, FileType, Timespec, Timestamps, chmodat, fallocate, futimens, stat, utimensat,
};
use haft_host::rustix::fs::{FallocateFlags, UTIME_OMIT};
use haft_host::rustix::io::Errno;
use std::path::Path;

/// What is asked for or changed. The numbers are NT's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation's")]
pub enum FileClass {
    Basic = 4,
    Standard = 5,
    Internal = 6,
    Ea = 7,
    Access = 8,
    Name = 9,
    Rename = 10,
    Link = 11,
    Disposition = 13,
    Position = 14,
    Mode = 16,
    Alignment = 17,
    All = 18,
    Allocation = 19,
    EndOfFile = 20,
    Stream = 22,
    Pipe = 23,
    PipeLocal = 24,
    Compression = 28,
    Completion = 30,
    NetworkOpen = 34,
    AttributeTag = 35,
    IoCompletionNotification = 41,
    IoPriorityHint = 43,
    NormalizedName = 48,
    IsRemoteDevice = 51,
    Id = 59,
    DispositionEx = 64,
    RenameEx = 65,
    CaseSensitive = 71,
    LinkEx = 72,
    /// Not NT's own: `FileStorageInfo` of Win32.
    StorageAlignment = 1000,
}

impl FileClass {
    /// By NT's number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            4 => Self::Basic,
            5 => Self::Standard,
            6 => Self::Internal,
            7 => Self::Ea,
            8 => Self::Access,
            9 => Self::Name,
            10 => Self::Rename,
            11 => Self::Link,
            13 => Self::Disposition,
            14 => Self::Position,
            16 => Self::Mode,
            17 => Self::Alignment,
            18 => Self::All,
            19 => Self::Allocation,
            20 => Self::EndOfFile,
            22 => Self::Stream,
            23 => Self::Pipe,
            24 => Self::PipeLocal,
            28 => Self::Compression,
            30 => Self::Completion,
            34 => Self::NetworkOpen,
            35 => Self::AttributeTag,
            41 => Self::IoCompletionNotification,
            43 => Self::IoPriorityHint,
            48 => Self::NormalizedName,
            51 => Self::IsRemoteDevice,
            59 => Self::Id,
            64 => Self::DispositionEx,
            65 => Self::RenameEx,
            71 => Self::CaseSensitive,
            72 => Self::LinkEx,
            _ => return None,
        })
    }
}

/// How names in structures are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// As Win32 takes them.
    Dos,
    /// As NT services take them: `\??\X:\...`, or relative to a directory.
    Nt,
}

/// Little-endian fields, one after the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u8(mut self, value: bool) -> Self {
        self.0.push(u8::from(value));
        self
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn i64(self, value: i64) -> Self {
        self.u64(value.cast_unsigned())
    }

    fn pad(mut self, length: usize) -> Self {
        self.0.resize(self.0.len().max(length), 0);
        self
    }

    fn text(mut self, units: &[u16]) -> Self {
        self.0.extend(units.iter().flat_map(|u| u.to_le_bytes()));
        self
    }
}

fn basic(information: &query::FileInformation) -> Fields {
    let times = information.times;
    Fields::default()
        .i64(times.created)
        .i64(times.accessed)
        .i64(times.written)
        .i64(times.changed)
        .u32(information.attributes.0)
        .pad(40)
}

fn standard(information: &query::FileInformation, file: &FileObject) -> Fields {
    use std::sync::atomic::Ordering;
    let deleting = file.state.delete.load(Ordering::Relaxed);
    Fields::default()
        .u64(information.allocated)
        .u64(information.size)
        .u32(information.links)
        .u8(deleting)
        .u8(information.is_directory())
        .pad(24)
}

/// A path without its drive, and its length in bytes before it.
fn name_fields(file: &FileObject) -> Fields {
    let full = final_path::of_file(file);
    let name = full.get(2..).unwrap_or_default();
    Fields::default().u32(name.len() as u32 * 2).text(name)
}

/// Writes information about an open file into the program's memory: how many bytes.
///
/// # Errors
/// `INFO_LENGTH_MISMATCH` for a place that is too small, `BUFFER_OVERFLOW` when only a part of a
/// name fits (which is written), `INVALID_INFO_CLASS`, `INVALID_PARAMETER`, `ACCESS_DENIED`.
pub fn get(
    handle: Handle,
    class: FileClass,
    (address, room): (usize, usize),
) -> Result<usize, NtStatus> {
    let (object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let disk = matches!(file.description.kind, FileKind::Disk | FileKind::Directory);
    let needs_attributes = matches!(
        class,
        FileClass::Basic | FileClass::All | FileClass::NetworkOpen | FileClass::AttributeTag
    );
    if needs_attributes && !object.access().contains(FILE_READ_ATTRIBUTES) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let about = || query::of_file(&file);
    // How much must fit; the rest is a name that may be cut.
    let mut fixed = None;
    let fields = match class {
        FileClass::Basic => basic(&about()?),
        FileClass::Standard => standard(&about()?, &file),
        FileClass::Internal => Fields::default().u64(about()?.index),
        FileClass::Ea | FileClass::Alignment | FileClass::CaseSensitive => Fields::default().u32(0),
        FileClass::Access => Fields::default().u32(object.access().0),
        FileClass::Name | FileClass::NormalizedName if disk => {
            fixed = Some(4);
            name_fields(&file)
        }
        FileClass::Position => Fields::default().u64(position::get(handle).unwrap_or(0)),
        FileClass::Mode => Fields::default().u32(mode(&file)),
        FileClass::All if disk => {
            fixed = Some(100);
            let information = about()?;
            let mut all = basic(&information);
            all.0.extend(standard(&information, &file).0);
            all.u64(information.index)
                .u32(0)
                .u32(object.access().0)
                .u64(position::get(handle).unwrap_or(0))
                .u32(mode(&file))
                .u32(0)
                .text_of(&name_fields(&file))
        }
        FileClass::Stream if disk => {
            let information = about()?;
            if information.is_directory() {
                return Err(NtStatus::END_OF_FILE);
            }
            fixed = Some(24);
            let name = haft_abi::wide::from_str("::$DATA");
            Fields::default()
                .u32(0)
                .u32(name.len() as u32 * 2)
                .u64(information.size)
                .u64(information.allocated)
                .text(&name)
        }
        FileClass::PipeLocal => pipe_local(handle)?,
        FileClass::Pipe => {
            let pipe = named_pipe::information(handle)?;
            let message = pipe.read_mode == ReadMode::Message;
            Fields::default().u32(u32::from(message)).u32(u32::from(pipe.no_wait))
        }
        FileClass::Compression => Fields::default().u64(about()?.size).pad(16),
        FileClass::NetworkOpen => {
            let information = about()?;
            let times = information.times;
            Fields::default()
                .i64(times.created)
                .i64(times.accessed)
                .i64(times.written)
                .i64(times.changed)
                .u64(information.allocated)
                .u64(information.size)
                .u32(information.attributes.0)
                .pad(56)
        }
        FileClass::AttributeTag => {
            let information = about()?;
            Fields::default().u32(information.attributes.0).u32(information.reparse_tag)
        }
        FileClass::IsRemoteDevice => Fields::default().u8(false),
        FileClass::Id => {
            let information = about()?;
            Fields::default().u64(information.volume).u64(information.index).u64(0)
        }
        // Sectors of 512 bytes on pages of 4096, aligned.
        FileClass::StorageAlignment => {
            Fields::default().u32(512).u32(4096).u32(4096).u32(4096).u32(3).u32(0).u32(0)
        }
        _ => return Err(NtStatus::INVALID_INFO_CLASS),
    };
    let bytes = fields.0;
    if room < fixed.unwrap_or(bytes.len()) {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let count = bytes.len().min(room);
    guest::copy_out(address, &bytes[..count])?;
    if count < bytes.len() { Err(NtStatus::BUFFER_OVERFLOW) } else { Ok(count) }
}

impl Fields {
    fn text_of(mut self, other: &Self) -> Self {
        self.0.extend(&other.0);
        self
    }
}

fn mode(file: &FileObject) -> u32 {
    if file.is_synchronous() { 0x20 } else { 0 }
}

fn pipe_local(handle: Handle) -> Result<Fields, NtStatus> {
    let pipe = named_pipe::information(handle)?;
    let end = pipe.end;
    let [out, into] = end.map_or([0x1_0000; 2], |end| end.buffers);
    // FILE_PIPE_CONNECTED_STATE.
    let state = 3;
    Ok(Fields::default()
        .u32(u32::from(pipe.message))
        .u32(end.map_or(2, |end| end.ways.saturating_sub(1)))
        .u32(end.map_or(1, |end| end.instances))
        .u32(pipe.current_instances)
        .u32(into)
        .u32(0)
        .u32(out)
        .u32(out)
        .u32(state)
        .u32(end.map_or(0, |end| u32::from(end.server))))
}

/// Changes an open file by information from the program's memory.
///
/// # Errors
/// `INFO_LENGTH_MISMATCH`, `INVALID_INFO_CLASS`, `ACCESS_DENIED`, and those of what is changed.
pub fn set(
    handle: Handle,
    class: FileClass,
    (address, length): (usize, usize),
    names: Names,
) -> Result<(), NtStatus> {
    let least = match class {
        FileClass::Basic => 40,
        FileClass::Rename | FileClass::RenameEx | FileClass::Link | FileClass::LinkEx => 22,
        FileClass::Disposition => 1,
        FileClass::DispositionEx | FileClass::IoCompletionNotification => 4,
        FileClass::Position | FileClass::Allocation | FileClass::EndOfFile | FileClass::Pipe => 8,
        FileClass::Completion => 16,
        FileClass::IoPriorityHint => return Err(NtStatus::NOT_SUPPORTED),
        _ => return Err(NtStatus::INVALID_INFO_CLASS),
    };
    if length < least {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    match class {
        FileClass::Basic => {
            let [_, accessed, written, _] = guest::read::<[i64; 4]>(address)?;
            let attributes = guest::read::<u32>(address + 32)?;
            set_times(handle, accessed, written)?;
            if attributes != 0 {
                let (_object, file) = file::by_handle(handle, FILE_WRITE_ATTRIBUTES)?;
                change_attributes(&file.path(), FileAttributes(attributes))?;
            }
            Ok(())
        }
        FileClass::Rename | FileClass::RenameEx => {
            let (target, flags) = target_name(handle, class, address, length, names)?;
            let (_object, file) = file::by_handle(handle, AccessMask::DELETE)?;
            move_file::rename(&file.path(), &target, flags & 1 != 0, flags & 2 != 0)
        }
        FileClass::Link | FileClass::LinkEx => {
            let (target, flags) = target_name(handle, class, address, length, names)?;
            let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
            link::hard(&file.path(), &target, flags & 1 != 0)
        }
        FileClass::Disposition => {
            delete::set_disposition(handle, guest::read::<u8>(address)? != 0, false, false)
        }
        FileClass::DispositionEx => {
            let flags = guest::read::<u32>(address)?;
            delete::set_disposition(handle, flags & 1 != 0, flags & 2 != 0, flags & 0x10 != 0)
        }
        FileClass::Position => {
            let to = guest::read::<i64>(address)?;
            position::set(handle, to, position::Origin::Begin).map(drop)
        }
        FileClass::Allocation => set_allocation(handle, guest::read(address)?),
        FileClass::EndOfFile => {
            let end = u64::try_from(guest::read::<i64>(address)?);
            position::set_end(handle, Some(end.map_err(|_| NtStatus::INVALID_PARAMETER)?))
        }
        FileClass::Pipe => {
            let [read, completion] = guest::read::<[u32; 2]>(address)?;
            let read = if read == 1 { ReadMode::Message } else { ReadMode::Byte };
            named_pipe::set_mode(handle, read, completion == 1)
        }
        FileClass::Completion => {
            let [port, key] = guest::read::<[usize; 2]>(address)?;
            completion_port::bind(Handle(port), handle, key)
        }
        FileClass::IoCompletionNotification => {
            super::transfer::set_completion_modes(handle, guest::read::<u32>(address)? as u8)
        }
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

/// The new name in a structure that renames or links, and the structure's flags.
fn target_name(
    handle: Handle,
    class: FileClass,
    address: usize,
    length: usize,
    names: Names,
) -> Result<(Name, u32), NtStatus> {
    let flags = match class {
        FileClass::RenameEx | FileClass::LinkEx => guest::read::<u32>(address)?,
        _ => u32::from(guest::read::<u8>(address)? != 0),
    };
    let root = Handle(guest::read::<usize>(address + 8)?);
    let bytes = guest::read::<u32>(address + 16)? as usize;
    if !bytes.is_multiple_of(2) || bytes > length - 20 && names == Names::Nt {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let text: Vec<u16> = guest::read_slice(address + 20, bytes / 2)?;
    let relative = !text.iter().any(|&u| super::path::is_separator(u));
    let name = match names {
        Names::Nt if !root.is_null() => {
            relative_to(&file::by_handle(root, AccessMask::NONE)?.1, &text)?
        }
        Names::Nt if relative => {
            let path = file::by_handle(handle, AccessMask::NONE)?.1.path();
            let path =
                path.with_file_name(std::ffi::OsString::from(haft_abi::wide::to_string(&text)));
            Name { target: Target::File(path), directory: false }
        }
        Names::Nt => name::nt(&text)?,
        Names::Dos => {
            let text = text.strip_suffix(&[0]).unwrap_or(&text);
            name::dos(text)?
        }
    };
    Ok((name, flags))
}

/// A name relative to an open directory.
///
/// # Errors
/// `OBJECT_NAME_INVALID` for characters that no name has.
pub fn relative_to(directory: &FileObject, text: &[u16]) -> Result<Name, NtStatus> {
    if directory.description.device == Some(super::device::Device::PipeDirectory) {
        return Ok(Name { target: Target::Pipe(text.to_vec()), directory: false });
    }
    let mut full = super::path::from_linux(&directory.path());
    if full.last() != Some(&u16::from(b'\\')) {
        full.push(u16::from(b'\\'));
    }
    full.extend_from_slice(text);
    if text.is_empty() {
        full.pop();
    }
    let prefix = haft_abi::wide::from_str(r"\??\");
    name::nt(&[&prefix[..], &full].concat())
}

/// A Windows time for Linux: zero and less leave it as it is.
fn timespec(at: i64) -> Timespec {
    if at <= 0 {
        return Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    }
    let (seconds, nanoseconds) = time::to_unix(at);
    Timespec { tv_sec: seconds, tv_nsec: nanoseconds }
}

/// Sets times of an open file, in Windows time; zero leaves one as it is.
///
/// # Errors
/// `ACCESS_DENIED` without FILE_WRITE_ATTRIBUTES.
pub fn set_times(handle: Handle, accessed: i64, written: i64) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_WRITE_ATTRIBUTES)?;
    if accessed <= 0 && written <= 0 {
        return Ok(());
    }
    let times =
        Timestamps { last_access: timespec(accessed), last_modification: timespec(written) };
    match futimens(&file.fd, &times) {
        Err(Errno::BADF) => {
            utimensat(CWD, file.path(), &times, AtFlags::SYMLINK_NOFOLLOW).map_err(status)
        }
        other => other.map_err(status),
    }
}

fn change_attributes(path: &Path, wanted: FileAttributes) -> Result<(), NtStatus> {
    let now = stat(path).map_err(status)?;
    if FileType::from_raw_mode(now.st_mode) != FileType::RegularFile {
        return Ok(());
    }
    let read_only = wanted.contains(FileAttributes::READONLY);
    if read_only == attributes::is_read_only(&now) {
        return Ok(());
    }
    let mode = attributes::with_read_only(&now, read_only);
    chmodat(CWD, path, mode, AtFlags::empty()).map_err(status)
}

/// Sets the attributes of a file by its name (Microsoft: "SetFileAttributesW function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `OBJECT_PATH_NOT_FOUND`, `ACCESS_DENIED`.
pub fn set_attributes(name: &Name, attributes: FileAttributes) -> Result<(), NtStatus> {
    let Target::File(path) = &name.target else { return Err(NtStatus::ACCESS_DENIED) };
    change_attributes(&lookup::existing(path)?, attributes)
}

fn set_allocation(handle: Handle, bytes: u64) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(handle, FILE_WRITE_DATA)?;
    let size = file.status()?.st_size as u64;
    if bytes < size {
        return position::set_end(handle, Some(bytes));
    }
    if bytes == size {
        return Ok(());
    }
    match fallocate(&file.fd, FallocateFlags::KEEP_SIZE, 0, bytes) {
        // A filesystem that sets nothing aside takes what is written as it comes.
        Ok(()) | Err(Errno::OPNOTSUPP) => Ok(()),
        Err(error) => Err(status(error)),
    }
}
