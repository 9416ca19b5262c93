//! Files: opening, reading, writing, positions.

use super::overlapped::{self, Overlapped};
use crate::abi::{
    Charset, In, OrInvalid, OrMax, Out, Ptr, Routine, SetIfSome as _, TStr, WStr, Win32Value,
};
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_host::gs;
use haft_kernel::io::attributes::FileAttributes;
use haft_kernel::io::open::{self, Disposition, OpenOptions, OpenRequest, Outcome};
use haft_kernel::io::position::{self, Origin};
use haft_kernel::io::request::Request;
use haft_kernel::io::share::ShareMode;
use haft_kernel::io::{delete, file, name, query, transfer};
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::CREATEFILE2_EXTENDED_PARAMETERS;

const CREATE_NEW: u32 = 1;
const CREATE_ALWAYS: u32 = 2;
const OPEN_EXISTING: u32 = 3;
const OPEN_ALWAYS: u32 = 4;
const TRUNCATE_EXISTING: u32 = 5;

/// NT's options for `FILE_FLAG_*`.
pub(crate) fn options(flags: u32) -> OpenOptions {
    let mut options = OpenOptions(0);
    let mut add = |flag: u32, option: OpenOptions| {
        if flags & flag != 0 {
            options = options.with(option);
        }
    };
    add(0x8000_0000, OpenOptions::WRITE_THROUGH);
    add(0x0400_0000, OpenOptions::DELETE_ON_CLOSE);
    add(0x0020_0000, OpenOptions::OPEN_REPARSE_POINT);
    if flags & 0x4000_0000 == 0 {
        options = options.with(OpenOptions::SYNCHRONOUS_NONALERT);
    }
    // FILE_FLAG_BACKUP_SEMANTICS opens directories too.
    if flags & 0x0200_0000 == 0 {
        options = options.with(OpenOptions::NON_DIRECTORY_FILE);
    }
    options
}

/// What CreateFile and its relatives are given, but for the name.
struct Wanted {
    access: AccessMask,
    share: u32,
    inherit: bool,
    disposition: u32,
    flags: u32,
}

fn create(given: &[u16], wanted: &Wanted) -> Result<OrInvalid<Handle>, Win32Error> {
    let disposition = match wanted.disposition {
        CREATE_NEW => Disposition::Create,
        CREATE_ALWAYS => Disposition::OverwriteIf,
        OPEN_EXISTING => Disposition::Open,
        OPEN_ALWAYS => Disposition::OpenIf,
        TRUNCATE_EXISTING if wanted.access.any(AccessMask(0x5000_0002)) => Disposition::Overwrite,
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    if wanted.share & !7 != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let options = options(wanted.flags);
    const FILE_READ_ATTRIBUTES: AccessMask = AccessMask(0x80);
    let mut access = wanted.access | AccessMask::SYNCHRONIZE | FILE_READ_ATTRIBUTES;
    if options.any(OpenOptions::DELETE_ON_CLOSE) {
        access |= AccessMask::DELETE;
    }
    let request = OpenRequest {
        name: name::dos(given)?,
        access,
        share: ShareMode(wanted.share),
        disposition,
        options,
        attributes: FileAttributes(wanted.flags & 0xFFFF),
        inherit: wanted.inherit,
    };
    match open::open(request) {
        Ok((handle, outcome)) => {
            if matches!(disposition, Disposition::OverwriteIf | Disposition::OpenIf) {
                let existed = outcome != Outcome::Created;
                let code = if existed { Win32Error::ALREADY_EXISTS } else { Win32Error::SUCCESS };
                gs::set_last_error(code.0);
            }
            Ok(OrInvalid(handle))
        }
        Err(NtStatus::OBJECT_NAME_COLLISION) => Err(Win32Error::FILE_EXISTS),
        Err(error) => Err(error.into()),
    }
}

/// Creates or opens a file, directory, device or pipe. (Microsoft: "CreateFileW function")
#[export(kernel32, charset)]
fn CreateFile<C: Charset>(
    lpFileName: TStr<C>,
    dwDesiredAccess: AccessMask,
    dwShareMode: u32,
    lpSecurityAttributes: Option<In<SECURITY_ATTRIBUTES>>,
    dwCreationDisposition: u32,
    dwFlagsAndAttributes: u32,
    hTemplateFile: Option<Handle>,
) -> Result<OrInvalid<Handle>, Win32Error> {
    // A template gives a new file extended attributes, of which there are none.
    let _ = hTemplateFile;
    let wanted = Wanted {
        access: dwDesiredAccess,
        share: dwShareMode,
        inherit: lpSecurityAttributes.is_some_and(|a| a.bInheritHandle != 0),
        disposition: dwCreationDisposition,
        flags: dwFlagsAndAttributes,
    };
    create(&lpFileName, &wanted)
}

/// Creates or opens a file, directory, device or pipe. (Microsoft: "CreateFile2 function")
#[export(kernel32)]
fn CreateFile2(
    lpFileName: WStr,
    dwDesiredAccess: AccessMask,
    dwShareMode: u32,
    dwCreationDisposition: u32,
    pCreateExParams: Option<In<CREATEFILE2_EXTENDED_PARAMETERS>>,
) -> Result<OrInvalid<Handle>, Win32Error> {
    let more = pCreateExParams.map(|p| p.get());
    let security = more.map_or(0, |p| p.lpSecurityAttributes as usize);
    let attributes = Ptr::<SECURITY_ATTRIBUTES>::new(security).non_null();
    let inherit = match attributes {
        Some(attributes) => attributes.read()?.bInheritHandle != 0,
        None => false,
    };
    let wanted = Wanted {
        access: dwDesiredAccess,
        share: dwShareMode,
        inherit,
        disposition: dwCreationDisposition,
        flags: more.map_or(0, |p| p.dwFileAttributes | p.dwFileFlags),
    };
    create(&lpFileName, &wanted)
}

/// Opens a file again, with other access. (Microsoft: "ReOpenFile function")
#[export(kernel32)]
fn ReOpenFile(
    hOriginalFile: Handle,
    dwDesiredAccess: AccessMask,
    dwShareMode: u32,
    dwFlagsAndAttributes: u32,
) -> Result<OrInvalid<Handle>, Win32Error> {
    let (_object, file) = file::by_handle(hOriginalFile, AccessMask::NONE)?;
    let name = name::Name { target: name::Target::File(file.path()), directory: false };
    let request = OpenRequest {
        share: ShareMode(dwShareMode),
        options: options(dwFlagsAndAttributes),
        ..OpenRequest::existing(name, dwDesiredAccess | AccessMask(0x0010_0080))
    };
    Ok(OrInvalid(open::open(request)?.0))
}

/// Reads from a file, pipe or device. (Microsoft: "ReadFile function")
#[export(kernel32)]
fn ReadFile(
    hFile: Handle,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToRead: u32,
    lpNumberOfBytesRead: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), Win32Error> {
    lpNumberOfBytesRead.set(0)?;
    let (got, status) = match &lpOverlapped {
        None => match transfer::read_part(hFile, lpBuffer.addr(), nNumberOfBytesToRead, None) {
            Err(NtStatus::END_OF_FILE) => return Ok(()),
            read => read?,
        },
        Some(given) => {
            let request = overlapped::request(given);
            let status =
                transfer::start_read(hFile, lpBuffer.addr(), nNumberOfBytesToRead, &request)?;
            (overlapped::outcome(status, given)?, status)
        }
    };
    lpNumberOfBytesRead.set(got)?;
    overlapped::partial(status)
}

/// Writes to a file, pipe or device. (Microsoft: "WriteFile function")
#[export(kernel32)]
fn WriteFile(
    hFile: Handle,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToWrite: u32,
    lpNumberOfBytesWritten: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), Win32Error> {
    lpNumberOfBytesWritten.set(0)?;
    let put = match &lpOverlapped {
        None => transfer::write(hFile, lpBuffer.addr(), nNumberOfBytesToWrite, None)?,
        Some(given) => {
            let request = overlapped::request(given);
            let status =
                transfer::start_write(hFile, lpBuffer.addr(), nNumberOfBytesToWrite, &request)?;
            overlapped::outcome(status, given)?
        }
    };
    Ok(lpNumberOfBytesWritten.set(put)?)
}

/// Reads, and calls a routine when that is done. (Microsoft: "ReadFileEx function")
#[export(kernel32)]
fn ReadFileEx(
    hFile: Handle,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToRead: u32,
    lpOverlapped: In<Overlapped>,
    lpCompletionRoutine: Routine,
) -> Result<(), Win32Error> {
    let request = overlapped::request_with_routine(&lpOverlapped, lpCompletionRoutine);
    transfer::start_read(hFile, lpBuffer.addr(), nNumberOfBytesToRead, &request)?;
    Ok(())
}

/// Writes, and calls a routine when that is done. (Microsoft: "WriteFileEx function")
#[export(kernel32)]
fn WriteFileEx(
    hFile: Handle,
    lpBuffer: Ptr<u8>,
    nNumberOfBytesToWrite: u32,
    lpOverlapped: In<Overlapped>,
    lpCompletionRoutine: Routine,
) -> Result<(), Win32Error> {
    let request = overlapped::request_with_routine(&lpOverlapped, lpCompletionRoutine);
    transfer::start_write(hFile, lpBuffer.addr(), nNumberOfBytesToWrite, &request)?;
    Ok(())
}

haft_host::plain! {
    /// A buffer of a page (Microsoft: "FILE_SEGMENT_ELEMENT union").
    struct FileSegmentElement {
        buffer: u64,
    }
}

const PAGE: u32 = 4096;

/// Reads whole pages to several places, one after the other. (Microsoft: "ReadFileScatter
/// function")
#[export(kernel32)]
fn ReadFileScatter(
    hFile: Handle,
    aSegmentArray: Ptr<FileSegmentElement>,
    nNumberOfBytesToRead: u32,
    lpReserved: usize,
    lpOverlapped: In<Overlapped>,
) -> Result<(), Win32Error> {
    let _ = lpReserved;
    pages(hFile, aSegmentArray, nNumberOfBytesToRead, &lpOverlapped, transfer::start_read)
}

/// Writes whole pages from several places, one after the other. (Microsoft: "WriteFileGather
/// function")
#[export(kernel32)]
fn WriteFileGather(
    hFile: Handle,
    aSegmentArray: Ptr<FileSegmentElement>,
    nNumberOfBytesToWrite: u32,
    lpReserved: usize,
    lpOverlapped: In<Overlapped>,
) -> Result<(), Win32Error> {
    let _ = lpReserved;
    pages(hFile, aSegmentArray, nNumberOfBytesToWrite, &lpOverlapped, transfer::start_write)
}

type Start = fn(Handle, usize, u32, &Request) -> Result<NtStatus, NtStatus>;

fn pages(
    file: Handle,
    segments: Ptr<FileSegmentElement>,
    length: u32,
    given: &In<Overlapped>,
    start: Start,
) -> Result<(), Win32Error> {
    if length == 0 || !length.is_multiple_of(PAGE) {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let whole = overlapped::request(given);
    let count = length / PAGE;
    let total = Ptr::<usize>::new(given.ptr().addr() + 8);
    for n in 0..count {
        let offset = whole.offset.map(|o| o + u64::from(n * PAGE));
        let address = segments.at(n as usize).read()?.buffer as usize;
        // Only the last page tells of the end.
        let request = if n + 1 == count {
            Request { offset, ..whole }
        } else {
            Request { offset, event: Handle::NULL, context: 0, ..whole }
        };
        start(file, address, PAGE, &request)?;
        if n + 1 == count {
            let last = total.read()?;
            total.write(last + (n * PAGE) as usize)?;
        }
    }
    Ok(())
}

const fn origin(method: u32) -> Option<Origin> {
    match method {
        0 => Some(Origin::Begin),
        1 => Some(Origin::Current),
        2 => Some(Origin::End),
        _ => None,
    }
}

fn move_position(file: Handle, distance: i64, method: u32) -> Result<u64, Win32Error> {
    let origin = origin(method).ok_or(Win32Error::INVALID_PARAMETER)?;
    position::set(file, distance, origin).map_err(|error| match error {
        NtStatus::INVALID_PARAMETER => Win32Error::NEGATIVE_SEEK,
        error => error.into(),
    })
}

/// Moves a file's position. (Microsoft: "SetFilePointerEx function")
#[export(kernel32)]
fn SetFilePointerEx(
    hFile: Handle,
    liDistanceToMove: i64,
    lpNewFilePointer: Option<Out<i64>>,
    dwMoveMethod: u32,
) -> Result<(), Win32Error> {
    let position = move_position(hFile, liDistanceToMove, dwMoveMethod)?;
    Ok(lpNewFilePointer.set(position.cast_signed())?)
}

/// Moves a file's position; the low half of where it is then. (Microsoft: "SetFilePointer
/// function")
#[export(kernel32)]
fn SetFilePointer(
    hFile: Handle,
    lDistanceToMove: i32,
    lpDistanceToMoveHigh: Option<crate::abi::InOut<i32>>,
    dwMoveMethod: u32,
) -> Result<OrMax, Win32Error> {
    let distance = match &lpDistanceToMoveHigh {
        None => i64::from(lDistanceToMove),
        Some(high) => i64::from(high.get()) << 32 | i64::from(lDistanceToMove.cast_unsigned()),
    };
    let position = move_position(hFile, distance, dwMoveMethod)?;
    match &lpDistanceToMoveHigh {
        None if position > u64::from(u32::MAX) => return Err(Win32Error::INVALID_PARAMETER),
        None => {}
        Some(high) => high.set((position >> 32) as i32)?,
    }
    if position as u32 == u32::MAX {
        // Which is not the failure that it looks like.
        gs::set_last_error(Win32Error::SUCCESS.0);
    }
    Ok(OrMax(position as u32))
}

/// Moves a file's end to its position. (Microsoft: "SetEndOfFile function")
#[export(kernel32)]
fn SetEndOfFile(hFile: Handle) -> Result<(), Win32Error> {
    Ok(position::set_end(hFile, None)?)
}

/// Says how far a file is valid, which on Linux is all of it. (Microsoft: "SetFileValidData
/// function")
#[export(kernel32)]
fn SetFileValidData(hFile: Handle, ValidDataLength: i64) -> Result<(), Win32Error> {
    let size = query::size(hFile)?;
    if u64::try_from(ValidDataLength).is_ok_and(|length| length <= size) {
        Ok(())
    } else {
        Err(Win32Error::INVALID_PARAMETER)
    }
}

/// Returns the low half of a file's size. (Microsoft: "GetFileSize function")
#[export(kernel32)]
fn GetFileSize(hFile: Handle, lpFileSizeHigh: Option<Out<u32>>) -> Result<OrMax, Win32Error> {
    let size = query::size(hFile)?;
    lpFileSizeHigh.set((size >> 32) as u32)?;
    if size as u32 == u32::MAX {
        gs::set_last_error(Win32Error::SUCCESS.0);
    }
    Ok(OrMax(size as u32))
}

/// Gets a file's size. (Microsoft: "GetFileSizeEx function")
#[export(kernel32)]
fn GetFileSizeEx(hFile: Handle, lpFileSize: Out<i64>) -> Result<(), Win32Error> {
    Ok(lpFileSize.set(query::size(hFile)?.cast_signed())?)
}

/// Has what was written to a file reach the disk. (Microsoft: "FlushFileBuffers function")
#[export(kernel32)]
fn FlushFileBuffers(hFile: Handle) -> Result<(), Win32Error> {
    Ok(position::flush(hFile)?)
}

/// What GetFileType says.
#[derive(Clone, Copy)]
struct FileType(u32);

impl Win32Value for FileType {
    type Raw = u32;
    /// `FILE_TYPE_UNKNOWN`
    const FAILURE: u32 = 0;

    fn encode(self) -> u32 {
        self.0
    }

    fn show(raw: u32, out: &mut String) {
        out.push_str(match raw {
            1 => "FILE_TYPE_DISK",
            2 => "FILE_TYPE_CHAR",
            3 => "FILE_TYPE_PIPE",
            _ => "FILE_TYPE_UNKNOWN",
        });
    }
}

/// Tells what kind of file a handle is to. (Microsoft: "GetFileType function")
#[export(kernel32)]
fn GetFileType(hFile: Handle) -> Result<FileType, Win32Error> {
    Ok(FileType(match query::kind(hFile)? {
        file::FileKind::Disk | file::FileKind::Directory => 1,
        file::FileKind::Console | file::FileKind::Character | file::FileKind::Serial => 2,
        file::FileKind::Pipe | file::FileKind::Socket => 3,
        // FILE_TYPE_UNKNOWN, without an error.
        file::FileKind::Mailslot => 0,
    }))
}

/// Deletes a file. (Microsoft: "DeleteFileW function")
#[export(kernel32, charset)]
fn DeleteFile<C: Charset>(lpFileName: TStr<C>) -> Result<(), Win32Error> {
    Ok(delete::file(&name::dos(&lpFileName)?)?)
}
