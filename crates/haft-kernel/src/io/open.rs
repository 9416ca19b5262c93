//! Opening and creating files (Microsoft: "CreateFileW function", "NtCreateFile function").

use super::attributes::{self, FileAttributes};
use super::console;
use super::device::Device;
use super::file::{self, FileDescription, FileKind, FileObject};
use super::lookup::{self, Found};
use super::mailslot;
use super::name::{Name, Target};
use super::named_pipe;
use super::rights::{FILE_APPEND_DATA, FILE_EXECUTE, FILE_READ_DATA, FILE_WRITE_DATA};
use super::serial;
use super::share::{self, ShareMode};
use crate::ob;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::fs::{CWD, FileType, Mode, OFlags, fchmod, fstat, ftruncate, openat};
use haft_host::rustix::io::Errno;
use haft_object::ObjectType;
use haft_object::types::grant;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// What is done when the file is there, and when not (NT's `CreateDisposition`, by number).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Replace it, or create it.
    Supersede = 0,
    /// Open it, or fail.
    Open = 1,
    /// Fail, or create it.
    Create = 2,
    /// Open it, or create it.
    OpenIf = 3,
    /// Empty it, or fail.
    Overwrite = 4,
    /// Empty it, or create it.
    OverwriteIf = 5,
}

impl Disposition {
    /// By NT's number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Supersede,
            1 => Self::Open,
            2 => Self::Create,
            3 => Self::OpenIf,
            4 => Self::Overwrite,
            5 => Self::OverwriteIf,
            _ => return None,
        })
    }

    const fn creates(self) -> bool {
        !matches!(self, Self::Open | Self::Overwrite)
    }

    const fn empties(self) -> bool {
        matches!(self, Self::Supersede | Self::Overwrite | Self::OverwriteIf)
    }
}

/// What became of it (the `Information` of NtCreateFile).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was replaced.
    Superseded = 0,
    /// It was there and is open.
    Opened = 1,
    /// It was made.
    Created = 2,
    /// It was there and is empty now.
    Overwritten = 3,
}

/// NT's `CreateOptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions(pub u32);

haft_abi::flags!(OpenOptions);

impl OpenOptions {
    /// It must be a directory.
    pub const DIRECTORY_FILE: Self = Self(1);
    /// Writes reach the disk before they return.
    pub const WRITE_THROUGH: Self = Self(2);
    /// Calls wait, and alerts end them.
    pub const SYNCHRONOUS_ALERT: Self = Self(0x10);
    /// Calls wait.
    pub const SYNCHRONOUS_NONALERT: Self = Self(0x20);
    /// It must not be a directory.
    pub const NON_DIRECTORY_FILE: Self = Self(0x40);
    /// It is deleted when its last handle is closed.
    pub const DELETE_ON_CLOSE: Self = Self(0x1000);
    /// A symbolic link itself is opened.
    pub const OPEN_REPARSE_POINT: Self = Self(0x0020_0000);
}

/// What is to be opened, and how.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    /// What.
    pub name: Name,
    /// What the handle may do; generic rights are mapped.
    pub access: AccessMask,
    /// What others may do meanwhile.
    pub share: ShareMode,
    /// Whether it is created, emptied, ...
    pub disposition: Disposition,
    /// Further wishes.
    pub options: OpenOptions,
    /// The attributes of a file that is made.
    pub attributes: FileAttributes,
    /// Whether children inherit the handle.
    pub inherit: bool,
}

impl OpenRequest {
    /// A request to open what is there, sharing everything, synchronously.
    #[must_use]
    pub const fn existing(name: Name, access: AccessMask) -> Self {
        Self {
            name,
            access,
            share: ShareMode::ALL,
            disposition: Disposition::Open,
            options: OpenOptions::SYNCHRONOUS_NONALERT,
            attributes: FileAttributes::NORMAL,
            inherit: false,
        }
    }
}

/// Opens or creates a file, directory or device: a handle, and what became of the file.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` and `OBJECT_PATH_NOT_FOUND` for the last name and one before it,
/// `OBJECT_NAME_COLLISION`, `FILE_IS_A_DIRECTORY`, `NOT_A_DIRECTORY`, `ACCESS_DENIED`,
/// `SHARING_VIOLATION`, `OBJECT_NAME_INVALID`, `TOO_MANY_OPENED_FILES`, `DISK_FULL`.
pub fn open(request: OpenRequest) -> Result<(Handle, Outcome), NtStatus> {
    let access = grant(ObjectType::File, request.access)?;
    let (file, outcome) = match &request.name.target {
        Target::File(_) => open_file(&request, access)?,
        target => (open_device(target, access, &request)?, Outcome::Opened),
    };
    let object = file::create(file)?;
    Ok((ob::insert(object, access, request.inherit)?, outcome))
}

fn open_device(
    target: &Target,
    access: AccessMask,
    request: &OpenRequest,
) -> Result<FileObject, NtStatus> {
    let writes = access.any(FILE_WRITE_DATA | FILE_APPEND_DATA);
    let synchronous = is_synchronous(request.options);
    let (path, kind) = match target {
        Target::ConsoleInput | Target::ConsoleOutput | Target::Console
            if console::control::is_detached() =>
        {
            return Err(NtStatus::INVALID_HANDLE);
        }
        Target::PipeDirectory | Target::MountManager | Target::Sockets => {
            ("/dev/null", FileKind::Character)
        }
        Target::Pipe(name) => return named_pipe::open_client(name, access, synchronous),
        Target::Mailslot(name) => return mailslot::open(name, access),
        Target::Serial(port) => return serial::open(*port, access, synchronous),
        Target::Null => ("/dev/null", FileKind::Character),
        Target::ConsoleInput | Target::ConsoleOutput | Target::Console => {
            ("/dev/tty", FileKind::Console)
        }
        Target::File(_) => {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
    };
    // The handle's own rights say what may be done; a console's modes take both.
    let fd = openat(CWD, path, OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty())
        .map_err(|error| match error {
            // There is no console.
            Errno::NXIO | Errno::IO => NtStatus::INVALID_HANDLE,
            error => status(error),
        })?;
    let console_input = match target {
        Target::ConsoleInput => true,
        Target::Console => !writes,
        _ => false,
    };
    let device = match target {
        Target::Null => Some(Device::Null),
        Target::PipeDirectory => Some(Device::PipeDirectory),
        Target::MountManager => Some(Device::MountManager),
        Target::Sockets => Some(Device::Sockets),
        _ => None,
    };
    let description =
        FileDescription { synchronous, console_input, device, ..FileDescription::plain(kind) };
    Ok(FileObject::new(fd, description))
}

const fn is_synchronous(options: OpenOptions) -> bool {
    options.any(OpenOptions::SYNCHRONOUS_ALERT.with(OpenOptions::SYNCHRONOUS_NONALERT))
}

/// A descriptor, the path that it was opened by, and whether the file was made.
struct Opened {
    fd: OwnedFd,
    path: PathBuf,
    created: bool,
}

fn open_file(request: &OpenRequest, access: AccessMask) -> Result<(FileObject, Outcome), NtStatus> {
    let Target::File(path) = &request.name.target else {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    };
    let options = request.options;
    if request.name.directory && options.any(OpenOptions::NON_DIRECTORY_FILE) {
        return Err(trailing_backslash(path, request.disposition));
    }
    let wants_directory = options.any(OpenOptions::DIRECTORY_FILE) || request.name.directory;
    if wants_directory && request.disposition.empties() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let opened = if wants_directory && request.disposition.creates() {
        create_directory(path, request)?
    } else {
        open_or_create(path, request, access)?
    };
    let stat = fstat(&opened.fd).map_err(status)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => FileKind::Directory,
        FileType::RegularFile | FileType::Symlink | FileType::BlockDevice => FileKind::Disk,
        _ => FileKind::of(opened.fd.as_fd()),
    };
    if kind == FileKind::Directory && options.any(OpenOptions::NON_DIRECTORY_FILE) {
        return Err(NtStatus::FILE_IS_A_DIRECTORY);
    }
    if kind != FileKind::Directory && wants_directory {
        return Err(NtStatus::NOT_A_DIRECTORY);
    }
    let writes = access.any(FILE_WRITE_DATA | FILE_APPEND_DATA);
    let delete_on_close = options.any(OpenOptions::DELETE_ON_CLOSE);
    if !opened.created && attributes::is_read_only(&stat) {
        if delete_on_close {
            return Err(NtStatus::CANNOT_DELETE);
        }
        if writes || request.disposition.empties() {
            return Err(NtStatus::ACCESS_DENIED);
        }
    }
    if matches!(kind, FileKind::Disk | FileKind::Directory) {
        share::acquire(opened.fd.as_fd(), access, request.share, delete_on_close)?;
    }
    let outcome = if opened.created {
        if request.attributes.contains(FileAttributes::READONLY) && kind == FileKind::Disk {
            fchmod(&opened.fd, attributes::with_read_only(&stat, true)).map_err(status)?;
        }
        Outcome::Created
    } else if request.disposition.empties() {
        if kind == FileKind::Disk {
            ftruncate(&opened.fd, 0).map_err(status)?;
        }
        if request.disposition == Disposition::Supersede {
            Outcome::Superseded
        } else {
            Outcome::Overwritten
        }
    } else {
        Outcome::Opened
    };
    let description = FileDescription {
        synchronous: is_synchronous(options),
        append: access.any(FILE_APPEND_DATA) && !access.any(FILE_WRITE_DATA),
        delete_on_close,
        path: opened.path.into_os_string().into_vec(),
        ..FileDescription::plain(kind)
    };
    Ok((FileObject::new(opened.fd, description), outcome))
}

/// Why a name with a backslash at its end names no file.
fn trailing_backslash(path: &Path, disposition: Disposition) -> NtStatus {
    match lookup::find(path) {
        Ok(Found::There(path)) if path.is_dir() => NtStatus::FILE_IS_A_DIRECTORY,
        Ok(Found::Missing(_)) if !disposition.creates() => NtStatus::OBJECT_NAME_NOT_FOUND,
        Ok(_) => NtStatus::OBJECT_NAME_INVALID,
        Err(error) => error,
    }
}

fn create_directory(path: &Path, request: &OpenRequest) -> Result<Opened, NtStatus> {
    let (path, created) = match lookup::find(path)? {
        Found::There(path) if request.disposition == Disposition::Create => {
            drop(path);
            return Err(NtStatus::OBJECT_NAME_COLLISION);
        }
        Found::There(path) => (path, false),
        Found::Missing(path) => {
            std::fs::create_dir(&path).map_err(|error| errno(&error))?;
            (path, true)
        }
    };
    let fd = openat(CWD, &path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(status)?;
    Ok(Opened { fd, path, created })
}

/// The status of an error of Rust's own file functions.
#[must_use]
pub fn errno(error: &std::io::Error) -> NtStatus {
    Errno::from_io_error(error).map_or(NtStatus::UNSUCCESSFUL, status)
}

fn open_or_create(
    path: &Path,
    request: &OpenRequest,
    access: AccessMask,
) -> Result<Opened, NtStatus> {
    if request.disposition == Disposition::Create {
        return match lookup::find(path)? {
            Found::There(_) => Err(NtStatus::OBJECT_NAME_COLLISION),
            Found::Missing(path) => make(path, request, access),
        };
    }
    // Twice, because what was missing may have been made by somebody else.
    for _ in 0..2 {
        match try_open(path, request, access) {
            Ok(fd) => return Ok(Opened { fd, path: path.to_owned(), created: false }),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(error) => return Err(status(error)),
        }
        match lookup::ignoring_case(path)? {
            Found::There(other) if other != path => {
                let fd = try_open(&other, request, access).map_err(status)?;
                return Ok(Opened { fd, path: other, created: false });
            }
            // A symbolic link to nowhere.
            Found::There(_) => return Err(NtStatus::OBJECT_NAME_NOT_FOUND),
            Found::Missing(_) if !request.disposition.creates() => {
                return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
            }
            Found::Missing(path) => match make(path, request, access) {
                Err(NtStatus::OBJECT_NAME_COLLISION) => {}
                made => return made,
            },
        }
    }
    Err(NtStatus::OBJECT_NAME_COLLISION)
}

fn make(path: PathBuf, request: &OpenRequest, access: AccessMask) -> Result<Opened, NtStatus> {
    let flags = flags_of(request, access, OFlags::RDWR) | OFlags::CREATE | OFlags::EXCL;
    let fd = openat(CWD, &path, flags, Mode::from_raw_mode(0o666)).map_err(status)?;
    Ok(Opened { fd, path, created: true })
}

fn flags_of(request: &OpenRequest, access: AccessMask, mode: OFlags) -> OFlags {
    let mut flags = mode | OFlags::CLOEXEC | OFlags::NOCTTY;
    if access.any(FILE_APPEND_DATA) && !access.any(FILE_WRITE_DATA) {
        flags |= OFlags::APPEND;
    }
    if request.options.any(OpenOptions::WRITE_THROUGH) {
        flags |= OFlags::DSYNC;
    }
    if request.options.any(OpenOptions::OPEN_REPARSE_POINT) {
        flags |= OFlags::NOFOLLOW;
    }
    flags
}

/// Opens what is there. What is only written is opened for reading as well where that is
/// allowed, because share modes take it; the handle's own rights say what may be done.
fn try_open(path: &Path, request: &OpenRequest, access: AccessMask) -> Result<OwnedFd, Errno> {
    let open = |mode| openat(CWD, path, flags_of(request, access, mode), Mode::empty());
    let reads = access.any(FILE_READ_DATA | FILE_EXECUTE);
    let writes = access.any(FILE_WRITE_DATA | FILE_APPEND_DATA) || request.disposition.empties();
    let deletes = access.any(AccessMask::DELETE);
    if !(reads || writes || deletes) {
        return open(OFlags::PATH);
    }
    let first = open(if writes { OFlags::RDWR } else { OFlags::RDONLY });
    match first {
        Err(Errno::ISDIR) => open(OFlags::RDONLY),
        Err(Errno::ACCESS) if writes && !reads => open(OFlags::WRONLY),
        Err(Errno::ACCESS) if !writes && !reads => open(OFlags::PATH),
        // A symbolic link, where it is asked for itself; a socket's name.
        Err(Errno::LOOP) if request.options.any(OpenOptions::OPEN_REPARSE_POINT) => {
            open(OFlags::PATH)
        }
        Err(Errno::NXIO) if !writes => open(OFlags::PATH),
        other => other,
    }
}
