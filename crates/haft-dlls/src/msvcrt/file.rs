//! Opening files, and telling of them.

use crate::abi::{ErrorCode, In, Out, Ptr, VaList};
use haft_crt::stdio::oflag;
use haft_crt::stdio::share::DENYNO;
use haft_kernel::crt::status::{self, Layout};
use haft_kernel::crt::{Error, descriptor, files};
use haft_macros::export;

/// What `_creat` opens with.
const CREATE: i32 = oflag::CREAT | oflag::TRUNC | oflag::RDWR;

/// Opens a file. (Microsoft: "_open, _wopen")
#[export(msvcrt, ucrtbase, variadic, also = "open")]
fn _open(filename: Ptr<u8>, oflag: i32, args: VaList) -> Result<i32, Error> {
    let mut args = args;
    files::open_descriptor::<u8>(filename.addr(), oflag, DENYNO, args.take::<i32>().unwrap_or(0))
}

/// Opens a file and says what others may do. (Microsoft: "_sopen, _wsopen")
#[export(msvcrt, ucrtbase, variadic, also = "sopen")]
fn _sopen(filename: Ptr<u8>, oflag: i32, shflag: i32, args: VaList) -> Result<i32, Error> {
    let mut args = args;
    files::open_descriptor::<u8>(filename.addr(), oflag, shflag, args.take::<i32>().unwrap_or(0))
}

/// Opens a file and says what others may do. (Microsoft: "_sopen_s, _wsopen_s")
#[export(msvcrt, ucrtbase)]
fn _sopen_s(pfh: Out<i32>, filename: Ptr<u8>, oflag: i32, shflag: i32, pmode: i32) -> ErrorCode {
    ErrorCode(
        files::open_descriptor::<u8>(filename.addr(), oflag, shflag, pmode)
            .and_then(|fd| Ok(pfh.set(fd)?)),
    )
}

/// Opens a file for the inline functions of headers. (Microsoft: "_sopen_s, _wsopen_s")
#[export(ucrtbase)]
fn _sopen_dispatch(
    filename: Ptr<u8>,
    oflag: i32,
    shflag: i32,
    pmode: i32,
    pfh: Out<i32>,
    bSecure: i32,
) -> ErrorCode {
    let _ = bSecure;
    ErrorCode(
        files::open_descriptor::<u8>(filename.addr(), oflag, shflag, pmode)
            .and_then(|fd| Ok(pfh.set(fd)?)),
    )
}

/// Makes a file, or empties it. (Microsoft: "_creat, _wcreat")
#[export(msvcrt, ucrtbase, also = "creat")]
fn _creat(filename: Ptr<u8>, pmode: i32) -> Result<i32, Error> {
    files::open_descriptor::<u8>(filename.addr(), CREATE, DENYNO, pmode)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase, also = "_stati64")]
fn _stat64(path: Ptr<u8>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u8>(path.addr(), buffer.addr(), Layout::T64)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase, also = "_findfirsti64")]
fn _findfirst64(filespec: Ptr<u8>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u8>(filespec.addr(), fileinfo.addr(), Layout::T64)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase, also = "_findnexti64")]
fn _findnext64(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u8>(handle, fileinfo.addr(), Layout::T64)
}

/// Tells of an open file. (Microsoft: "_fstat, _fstat32, _fstat64, _fstati64, _fstat32i64,
/// _fstat64i32")
#[export(msvcrt, ucrtbase, also = "_fstati64")]
fn _fstat64(fd: i32, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_descriptor(fd, buffer.addr(), Layout::T64)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase, also = "_stat", also = "stat")]
fn _stat64i32(path: Ptr<u8>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u8>(path.addr(), buffer.addr(), Layout::T64_S32)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase, also = "_findfirst")]
fn _findfirst64i32(filespec: Ptr<u8>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u8>(filespec.addr(), fileinfo.addr(), Layout::T64_S32)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase, also = "_findnext")]
fn _findnext64i32(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u8>(handle, fileinfo.addr(), Layout::T64_S32)
}

/// Tells of an open file. (Microsoft: "_fstat, _fstat32, _fstat64, _fstati64, _fstat32i64,
/// _fstat64i32")
#[export(msvcrt, ucrtbase, also = "_fstat", also = "fstat")]
fn _fstat64i32(fd: i32, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_descriptor(fd, buffer.addr(), Layout::T64_S32)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase)]
fn _stat32(path: Ptr<u8>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u8>(path.addr(), buffer.addr(), Layout::T32)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase)]
fn _findfirst32(filespec: Ptr<u8>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u8>(filespec.addr(), fileinfo.addr(), Layout::T32)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase)]
fn _findnext32(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u8>(handle, fileinfo.addr(), Layout::T32)
}

/// Tells of an open file. (Microsoft: "_fstat, _fstat32, _fstat64, _fstati64, _fstat32i64,
/// _fstat64i32")
#[export(msvcrt, ucrtbase)]
fn _fstat32(fd: i32, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_descriptor(fd, buffer.addr(), Layout::T32)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase)]
fn _stat32i64(path: Ptr<u8>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u8>(path.addr(), buffer.addr(), Layout::T32_S64)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase)]
fn _findfirst32i64(filespec: Ptr<u8>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u8>(filespec.addr(), fileinfo.addr(), Layout::T32_S64)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase)]
fn _findnext32i64(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u8>(handle, fileinfo.addr(), Layout::T32_S64)
}

/// Tells of an open file. (Microsoft: "_fstat, _fstat32, _fstat64, _fstati64, _fstat32i64,
/// _fstat64i32")
#[export(msvcrt, ucrtbase)]
fn _fstat32i64(fd: i32, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_descriptor(fd, buffer.addr(), Layout::T32_S64)
}

/// Sets the times of a file. (Microsoft: "_utime, _utime32, _utime64, _wutime, _wutime32,
/// _wutime64")
#[export(msvcrt, ucrtbase, also = "_utime")]
fn _utime64(filename: Ptr<u8>, times: Option<In<[i64; 2]>>) -> Result<(), Error> {
    files::set_times::<u8>(filename.addr(), times.map(|t| (t[0], t[1])))
}

/// Sets the times of a file. (Microsoft: "_utime, _utime32, _utime64, _wutime, _wutime32,
/// _wutime64")
#[export(msvcrt, ucrtbase)]
fn _utime32(filename: Ptr<u8>, times: Option<In<[i32; 2]>>) -> Result<(), Error> {
    files::set_times::<u8>(filename.addr(), times.map(|t| (t[0].into(), t[1].into())))
}

/// Opens a file. (Microsoft: "_open, _wopen")
#[export(msvcrt, ucrtbase, variadic)]
fn _wopen(filename: Ptr<u16>, oflag: i32, args: VaList) -> Result<i32, Error> {
    let mut args = args;
    files::open_descriptor::<u16>(filename.addr(), oflag, DENYNO, args.take::<i32>().unwrap_or(0))
}

/// Opens a file and says what others may do. (Microsoft: "_sopen, _wsopen")
#[export(msvcrt, ucrtbase, variadic)]
fn _wsopen(filename: Ptr<u16>, oflag: i32, shflag: i32, args: VaList) -> Result<i32, Error> {
    let mut args = args;
    files::open_descriptor::<u16>(filename.addr(), oflag, shflag, args.take::<i32>().unwrap_or(0))
}

/// Opens a file and says what others may do. (Microsoft: "_sopen_s, _wsopen_s")
#[export(msvcrt, ucrtbase)]
fn _wsopen_s(pfh: Out<i32>, filename: Ptr<u16>, oflag: i32, shflag: i32, pmode: i32) -> ErrorCode {
    ErrorCode(
        files::open_descriptor::<u16>(filename.addr(), oflag, shflag, pmode)
            .and_then(|fd| Ok(pfh.set(fd)?)),
    )
}

/// Opens a file for the inline functions of headers. (Microsoft: "_sopen_s, _wsopen_s")
#[export(ucrtbase)]
fn _wsopen_dispatch(
    filename: Ptr<u16>,
    oflag: i32,
    shflag: i32,
    pmode: i32,
    pfh: Out<i32>,
    bSecure: i32,
) -> ErrorCode {
    let _ = bSecure;
    ErrorCode(
        files::open_descriptor::<u16>(filename.addr(), oflag, shflag, pmode)
            .and_then(|fd| Ok(pfh.set(fd)?)),
    )
}

/// Makes a file, or empties it. (Microsoft: "_creat, _wcreat")
#[export(msvcrt, ucrtbase)]
fn _wcreat(filename: Ptr<u16>, pmode: i32) -> Result<i32, Error> {
    files::open_descriptor::<u16>(filename.addr(), CREATE, DENYNO, pmode)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase, also = "_wstati64")]
fn _wstat64(path: Ptr<u16>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u16>(path.addr(), buffer.addr(), Layout::T64)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase, also = "_wfindfirsti64")]
fn _wfindfirst64(filespec: Ptr<u16>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u16>(filespec.addr(), fileinfo.addr(), Layout::T64)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase, also = "_wfindnexti64")]
fn _wfindnext64(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u16>(handle, fileinfo.addr(), Layout::T64)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase, also = "_wstat")]
fn _wstat64i32(path: Ptr<u16>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u16>(path.addr(), buffer.addr(), Layout::T64_S32)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase, also = "_wfindfirst")]
fn _wfindfirst64i32(filespec: Ptr<u16>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u16>(filespec.addr(), fileinfo.addr(), Layout::T64_S32)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase, also = "_wfindnext")]
fn _wfindnext64i32(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u16>(handle, fileinfo.addr(), Layout::T64_S32)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase)]
fn _wstat32(path: Ptr<u16>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u16>(path.addr(), buffer.addr(), Layout::T32)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase)]
fn _wfindfirst32(filespec: Ptr<u16>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u16>(filespec.addr(), fileinfo.addr(), Layout::T32)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase)]
fn _wfindnext32(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u16>(handle, fileinfo.addr(), Layout::T32)
}

/// Tells of a file. (Microsoft: "_stat, _stat32, _stat64, _stati64, _stat32i64, _stat64i32,
/// _wstat, _wstat32, _wstat64, _wstati64, _wstat32i64, _wstat64i32")
#[export(msvcrt, ucrtbase)]
fn _wstat32i64(path: Ptr<u16>, buffer: Ptr<u8>) -> Result<(), Error> {
    status::by_name::<u16>(path.addr(), buffer.addr(), Layout::T32_S64)
}

/// Begins a search for files. (Microsoft: "_findfirst, _findfirst32, _findfirst32i64,
/// _findfirst64, _findfirst64i32, _findfirsti64, _wfindfirst, _wfindfirst32, _wfindfirst32i64,
/// _wfindfirst64, _wfindfirst64i32, _wfindfirsti64")
#[export(msvcrt, ucrtbase)]
fn _wfindfirst32i64(filespec: Ptr<u16>, fileinfo: Ptr<u8>) -> Result<isize, Error> {
    status::find_first::<u16>(filespec.addr(), fileinfo.addr(), Layout::T32_S64)
}

/// Goes on with a search for files. (Microsoft: "_findnext, _findnext32, _findnext32i64,
/// _findnext64, _findnext64i32, _findnexti64, _wfindnext, _wfindnext32, _wfindnext32i64,
/// _wfindnext64, _wfindnext64i32, _wfindnexti64")
#[export(msvcrt, ucrtbase)]
fn _wfindnext32i64(handle: isize, fileinfo: Ptr<u8>) -> Result<(), Error> {
    status::find_next::<u16>(handle, fileinfo.addr(), Layout::T32_S64)
}

/// Sets the times of a file. (Microsoft: "_utime, _utime32, _utime64, _wutime, _wutime32,
/// _wutime64")
#[export(msvcrt, ucrtbase, also = "_wutime")]
fn _wutime64(filename: Ptr<u16>, times: Option<In<[i64; 2]>>) -> Result<(), Error> {
    files::set_times::<u16>(filename.addr(), times.map(|t| (t[0], t[1])))
}

/// Sets the times of a file. (Microsoft: "_utime, _utime32, _utime64, _wutime, _wutime32,
/// _wutime64")
#[export(msvcrt, ucrtbase)]
fn _wutime32(filename: Ptr<u16>, times: Option<In<[i32; 2]>>) -> Result<(), Error> {
    files::set_times::<u16>(filename.addr(), times.map(|t| (t[0].into(), t[1].into())))
}

/// Sets the times of an open file. (Microsoft: "_futime, _futime32, _futime64")
#[export(msvcrt, ucrtbase, also = "_futime")]
fn _futime64(fd: i32, filetime: Option<In<[i64; 2]>>) -> Result<(), Error> {
    files::set_descriptor_times(fd, filetime.map(|t| (t[0], t[1])))
}

/// Sets the times of an open file. (Microsoft: "_futime, _futime32, _futime64")
#[export(msvcrt, ucrtbase)]
fn _futime32(fd: i32, filetime: Option<In<[i32; 2]>>) -> Result<(), Error> {
    files::set_descriptor_times(fd, filetime.map(|t| (t[0].into(), t[1].into())))
}

/// Ends a search for files. (Microsoft: "_findclose")
#[export(msvcrt, ucrtbase)]
fn _findclose(handle: isize) -> Result<(), Error> {
    status::find_close(handle)
}

/// Locks or unlocks bytes of a file. (Microsoft: "_locking")
#[export(msvcrt, ucrtbase)]
fn _locking(fd: i32, mode: i32, nbytes: i32) -> Result<(), Error> {
    descriptor::lock(fd, mode, nbytes)
}
