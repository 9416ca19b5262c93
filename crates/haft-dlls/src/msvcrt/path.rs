//! Files and folders by name.

use crate::abi::{ErrorCode, Out, Ptr};
use haft_kernel::crt::{Error, files};
use haft_macros::export;

/// Deletes a file. (Microsoft: "remove, _wremove")
#[export(msvcrt, ucrtbase)]
fn remove(path: Ptr<u8>) -> Result<(), Error> {
    files::remove::<u8>(path.addr())
}

/// Deletes a file. (Microsoft: "_unlink, _wunlink")
#[export(msvcrt, ucrtbase, also = "unlink")]
fn _unlink(filename: Ptr<u8>) -> Result<(), Error> {
    files::remove::<u8>(filename.addr())
}

/// Gives a file another name. (Microsoft: "rename, _wrename")
#[export(msvcrt, ucrtbase)]
fn rename(oldname: Ptr<u8>, newname: Ptr<u8>) -> Result<(), Error> {
    files::rename::<u8>(oldname.addr(), newname.addr())
}

/// Tells whether a file is there and may be written. (Microsoft: "_access, _waccess")
#[export(msvcrt, ucrtbase, also = "access")]
fn _access(path: Ptr<u8>, mode: i32) -> Result<(), Error> {
    files::check_access::<u8>(path.addr(), mode)
}

/// Tells whether a file is there and may be written. (Microsoft: "_access_s, _waccess_s")
#[export(msvcrt, ucrtbase)]
fn _access_s(path: Ptr<u8>, mode: i32) -> ErrorCode {
    ErrorCode(files::check_access::<u8>(path.addr(), mode))
}

/// Sets whether a file may be written. (Microsoft: "_chmod, _wchmod")
#[export(msvcrt, ucrtbase, also = "chmod")]
fn _chmod(filename: Ptr<u8>, pmode: i32) -> Result<(), Error> {
    files::set_permission::<u8>(filename.addr(), pmode)
}

/// Makes a folder. (Microsoft: "_mkdir, _wmkdir")
#[export(msvcrt, ucrtbase, also = "mkdir")]
fn _mkdir(dirname: Ptr<u8>) -> Result<(), Error> {
    files::make_directory::<u8>(dirname.addr())
}

/// Removes an empty folder. (Microsoft: "_rmdir, _wrmdir")
#[export(msvcrt, ucrtbase, also = "rmdir")]
fn _rmdir(dirname: Ptr<u8>) -> Result<(), Error> {
    files::remove_directory::<u8>(dirname.addr())
}

/// Changes the current directory. (Microsoft: "_chdir, _wchdir")
#[export(msvcrt, ucrtbase, also = "chdir")]
fn _chdir(dirname: Ptr<u8>) -> Result<(), Error> {
    files::change_directory::<u8>(dirname.addr())
}

/// Gives the current directory. (Microsoft: "_getcwd, _wgetcwd")
#[export(msvcrt, ucrtbase, also = "getcwd")]
fn _getcwd(buffer: Ptr<u8>, maxlen: i32) -> Result<Ptr<u8>, Error> {
    files::current_directory::<u8>(buffer.addr(), maxlen).map(Ptr::new)
}

/// Makes a path full. (Microsoft: "_fullpath, _wfullpath")
#[export(msvcrt, ucrtbase)]
fn _fullpath(absPath: Ptr<u8>, relPath: Ptr<u8>, maxLength: usize) -> Result<Ptr<u8>, Error> {
    files::full_path::<u8>(absPath.addr(), relPath.addr(), maxLength).map(Ptr::new)
}

/// Parts a path. (Microsoft: "_splitpath, _wsplitpath")
#[export(msvcrt, ucrtbase)]
fn _splitpath(
    path: Ptr<u8>,
    drive: Ptr<u8>,
    dir: Ptr<u8>,
    fname: Ptr<u8>,
    ext: Ptr<u8>,
) -> Result<(), Error> {
    files::split_path::<u8>(path.addr(), [drive.addr(), dir.addr(), fname.addr(), ext.addr()])
}

/// Parts a path. (Microsoft: "_splitpath_s, _wsplitpath_s")
#[export(msvcrt, ucrtbase)]
fn _splitpath_s(
    path: Ptr<u8>,
    drive: Ptr<u8>,
    driveNumberOfElements: usize,
    dir: Ptr<u8>,
    dirNumberOfElements: usize,
    fname: Ptr<u8>,
    nameNumberOfElements: usize,
    ext: Ptr<u8>,
    extNumberOfElements: usize,
) -> ErrorCode {
    ErrorCode(files::split_path_secure::<u8>(
        path.addr(),
        [
            (drive.addr(), driveNumberOfElements),
            (dir.addr(), dirNumberOfElements),
            (fname.addr(), nameNumberOfElements),
            (ext.addr(), extNumberOfElements),
        ],
    ))
}

/// Makes a path of its parts. (Microsoft: "_makepath, _wmakepath")
#[export(msvcrt, ucrtbase)]
fn _makepath(
    path: Ptr<u8>,
    drive: Ptr<u8>,
    dir: Ptr<u8>,
    fname: Ptr<u8>,
    ext: Ptr<u8>,
) -> Result<(), Error> {
    files::make_path::<u8>(path.addr(), None, [drive.addr(), dir.addr(), fname.addr(), ext.addr()])
}

/// Makes a path of its parts. (Microsoft: "_makepath_s, _wmakepath_s")
#[export(msvcrt, ucrtbase)]
fn _makepath_s(
    path: Ptr<u8>,
    sizeInCharacters: usize,
    drive: Ptr<u8>,
    dir: Ptr<u8>,
    fname: Ptr<u8>,
    ext: Ptr<u8>,
) -> ErrorCode {
    ErrorCode(files::make_path::<u8>(
        path.addr(),
        Some(sizeInCharacters),
        [drive.addr(), dir.addr(), fname.addr(), ext.addr()],
    ))
}

/// Gives a name that no file has. (Microsoft: "_tempnam, _wtempnam, tmpnam, _wtmpnam")
#[export(msvcrt, ucrtbase)]
fn tmpnam(str: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    files::temporary_name::<u8>(str.addr()).map(Ptr::new)
}

/// Gives a name that no file has. (Microsoft: "tmpnam_s, _wtmpnam_s")
#[export(msvcrt, ucrtbase)]
fn tmpnam_s(str: Ptr<u8>, sizeInChars: usize) -> ErrorCode {
    ErrorCode(files::temporary_name_secure::<u8>(str.addr(), sizeInChars))
}

/// Gives a name that no file has. (Microsoft: "_tempnam, _wtempnam, tmpnam, _wtmpnam")
#[export(msvcrt, ucrtbase, also = "tempnam")]
fn _tempnam(dir: Ptr<u8>, prefix: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    files::temporary_name_in::<u8>(dir.addr(), prefix.addr()).map(Ptr::new)
}

/// Makes a name one that no file has. (Microsoft: "_mktemp, _wmktemp")
#[export(msvcrt, ucrtbase, also = "mktemp")]
fn _mktemp(nameTemplate: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    files::make_unique::<u8>(nameTemplate.addr()).map(Ptr::new)
}

/// Makes a name one that no file has. (Microsoft: "_mktemp_s, _wmktemp_s")
#[export(msvcrt, ucrtbase)]
fn _mktemp_s(nameTemplate: Ptr<u8>, sizeInChars: usize) -> ErrorCode {
    let _ = sizeInChars;
    ErrorCode(files::make_unique::<u8>(nameTemplate.addr()).map(|_| ()))
}

/// Finds a file in folders that a variable lists. (Microsoft: "_searchenv, _wsearchenv")
#[export(msvcrt, ucrtbase)]
fn _searchenv(filename: Ptr<u8>, varname: Ptr<u8>, pathname: Ptr<u8>) -> Result<(), Error> {
    files::search::<u8>(filename.addr(), varname.addr(), pathname.addr(), files::SEARCH_ROOM)
}

/// Finds a file in folders that a variable lists. (Microsoft: "_searchenv_s, _wsearchenv_s")
#[export(msvcrt, ucrtbase)]
fn _searchenv_s(
    filename: Ptr<u8>,
    varname: Ptr<u8>,
    pathname: Ptr<u8>,
    numberOfElements: usize,
) -> ErrorCode {
    ErrorCode(files::search::<u8>(
        filename.addr(),
        varname.addr(),
        pathname.addr(),
        numberOfElements,
    ))
}

/// Deletes a file. (Microsoft: "remove, _wremove")
#[export(msvcrt, ucrtbase)]
fn _wremove(path: Ptr<u16>) -> Result<(), Error> {
    files::remove::<u16>(path.addr())
}

/// Deletes a file. (Microsoft: "_unlink, _wunlink")
#[export(msvcrt, ucrtbase)]
fn _wunlink(filename: Ptr<u16>) -> Result<(), Error> {
    files::remove::<u16>(filename.addr())
}

/// Gives a file another name. (Microsoft: "rename, _wrename")
#[export(msvcrt, ucrtbase)]
fn _wrename(oldname: Ptr<u16>, newname: Ptr<u16>) -> Result<(), Error> {
    files::rename::<u16>(oldname.addr(), newname.addr())
}

/// Tells whether a file is there and may be written. (Microsoft: "_access, _waccess")
#[export(msvcrt, ucrtbase)]
fn _waccess(path: Ptr<u16>, mode: i32) -> Result<(), Error> {
    files::check_access::<u16>(path.addr(), mode)
}

/// Tells whether a file is there and may be written. (Microsoft: "_access_s, _waccess_s")
#[export(msvcrt, ucrtbase)]
fn _waccess_s(path: Ptr<u16>, mode: i32) -> ErrorCode {
    ErrorCode(files::check_access::<u16>(path.addr(), mode))
}

/// Sets whether a file may be written. (Microsoft: "_chmod, _wchmod")
#[export(msvcrt, ucrtbase)]
fn _wchmod(filename: Ptr<u16>, pmode: i32) -> Result<(), Error> {
    files::set_permission::<u16>(filename.addr(), pmode)
}

/// Makes a folder. (Microsoft: "_mkdir, _wmkdir")
#[export(msvcrt, ucrtbase)]
fn _wmkdir(dirname: Ptr<u16>) -> Result<(), Error> {
    files::make_directory::<u16>(dirname.addr())
}

/// Removes an empty folder. (Microsoft: "_rmdir, _wrmdir")
#[export(msvcrt, ucrtbase)]
fn _wrmdir(dirname: Ptr<u16>) -> Result<(), Error> {
    files::remove_directory::<u16>(dirname.addr())
}

/// Changes the current directory. (Microsoft: "_chdir, _wchdir")
#[export(msvcrt, ucrtbase)]
fn _wchdir(dirname: Ptr<u16>) -> Result<(), Error> {
    files::change_directory::<u16>(dirname.addr())
}

/// Gives the current directory. (Microsoft: "_getcwd, _wgetcwd")
#[export(msvcrt, ucrtbase)]
fn _wgetcwd(buffer: Ptr<u16>, maxlen: i32) -> Result<Ptr<u16>, Error> {
    files::current_directory::<u16>(buffer.addr(), maxlen).map(Ptr::new)
}

/// Makes a path full. (Microsoft: "_fullpath, _wfullpath")
#[export(msvcrt, ucrtbase)]
fn _wfullpath(absPath: Ptr<u16>, relPath: Ptr<u16>, maxLength: usize) -> Result<Ptr<u16>, Error> {
    files::full_path::<u16>(absPath.addr(), relPath.addr(), maxLength).map(Ptr::new)
}

/// Parts a path. (Microsoft: "_splitpath, _wsplitpath")
#[export(msvcrt, ucrtbase)]
fn _wsplitpath(
    path: Ptr<u16>,
    drive: Ptr<u16>,
    dir: Ptr<u16>,
    fname: Ptr<u16>,
    ext: Ptr<u16>,
) -> Result<(), Error> {
    files::split_path::<u16>(path.addr(), [drive.addr(), dir.addr(), fname.addr(), ext.addr()])
}

/// Parts a path. (Microsoft: "_splitpath_s, _wsplitpath_s")
#[export(msvcrt, ucrtbase)]
fn _wsplitpath_s(
    path: Ptr<u16>,
    drive: Ptr<u16>,
    driveNumberOfElements: usize,
    dir: Ptr<u16>,
    dirNumberOfElements: usize,
    fname: Ptr<u16>,
    nameNumberOfElements: usize,
    ext: Ptr<u16>,
    extNumberOfElements: usize,
) -> ErrorCode {
    ErrorCode(files::split_path_secure::<u16>(
        path.addr(),
        [
            (drive.addr(), driveNumberOfElements),
            (dir.addr(), dirNumberOfElements),
            (fname.addr(), nameNumberOfElements),
            (ext.addr(), extNumberOfElements),
        ],
    ))
}

/// Makes a path of its parts. (Microsoft: "_makepath, _wmakepath")
#[export(msvcrt, ucrtbase)]
fn _wmakepath(
    path: Ptr<u16>,
    drive: Ptr<u16>,
    dir: Ptr<u16>,
    fname: Ptr<u16>,
    ext: Ptr<u16>,
) -> Result<(), Error> {
    files::make_path::<u16>(path.addr(), None, [drive.addr(), dir.addr(), fname.addr(), ext.addr()])
}

/// Makes a path of its parts. (Microsoft: "_makepath_s, _wmakepath_s")
#[export(msvcrt, ucrtbase)]
fn _wmakepath_s(
    path: Ptr<u16>,
    sizeInCharacters: usize,
    drive: Ptr<u16>,
    dir: Ptr<u16>,
    fname: Ptr<u16>,
    ext: Ptr<u16>,
) -> ErrorCode {
    ErrorCode(files::make_path::<u16>(
        path.addr(),
        Some(sizeInCharacters),
        [drive.addr(), dir.addr(), fname.addr(), ext.addr()],
    ))
}

/// Gives a name that no file has. (Microsoft: "_tempnam, _wtempnam, tmpnam, _wtmpnam")
#[export(msvcrt, ucrtbase)]
fn _wtmpnam(str: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    files::temporary_name::<u16>(str.addr()).map(Ptr::new)
}

/// Gives a name that no file has. (Microsoft: "tmpnam_s, _wtmpnam_s")
#[export(msvcrt, ucrtbase)]
fn _wtmpnam_s(str: Ptr<u16>, sizeInChars: usize) -> ErrorCode {
    ErrorCode(files::temporary_name_secure::<u16>(str.addr(), sizeInChars))
}

/// Gives a name that no file has. (Microsoft: "_tempnam, _wtempnam, tmpnam, _wtmpnam")
#[export(msvcrt, ucrtbase)]
fn _wtempnam(dir: Ptr<u16>, prefix: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    files::temporary_name_in::<u16>(dir.addr(), prefix.addr()).map(Ptr::new)
}

/// Makes a name one that no file has. (Microsoft: "_mktemp, _wmktemp")
#[export(msvcrt, ucrtbase)]
fn _wmktemp(nameTemplate: Ptr<u16>) -> Result<Ptr<u16>, Error> {
    files::make_unique::<u16>(nameTemplate.addr()).map(Ptr::new)
}

/// Makes a name one that no file has. (Microsoft: "_mktemp_s, _wmktemp_s")
#[export(msvcrt, ucrtbase)]
fn _wmktemp_s(nameTemplate: Ptr<u16>, sizeInChars: usize) -> ErrorCode {
    let _ = sizeInChars;
    ErrorCode(files::make_unique::<u16>(nameTemplate.addr()).map(|_| ()))
}

/// Finds a file in folders that a variable lists. (Microsoft: "_searchenv, _wsearchenv")
#[export(msvcrt, ucrtbase)]
fn _wsearchenv(filename: Ptr<u16>, varname: Ptr<u16>, pathname: Ptr<u16>) -> Result<(), Error> {
    files::search::<u16>(filename.addr(), varname.addr(), pathname.addr(), files::SEARCH_ROOM)
}

/// Finds a file in folders that a variable lists. (Microsoft: "_searchenv_s, _wsearchenv_s")
#[export(msvcrt, ucrtbase)]
fn _wsearchenv_s(
    filename: Ptr<u16>,
    varname: Ptr<u16>,
    pathname: Ptr<u16>,
    numberOfElements: usize,
) -> ErrorCode {
    ErrorCode(files::search::<u16>(
        filename.addr(),
        varname.addr(),
        pathname.addr(),
        numberOfElements,
    ))
}

/// Gives the current drive, 1 for A:. (Microsoft: "_getdrive")
#[export(msvcrt, ucrtbase)]
fn _getdrive() -> i32 {
    files::drive()
}

/// Makes a file that is deleted when it is closed. (Microsoft: "tmpfile")
#[export(msvcrt, ucrtbase)]
fn tmpfile() -> Result<Ptr<u8>, Error> {
    files::temporary_file().map(Ptr::new)
}

/// Makes a file that is deleted when it is closed. (Microsoft: "tmpfile_s")
#[export(msvcrt, ucrtbase)]
fn tmpfile_s(pFilePtr: Out<usize>) -> ErrorCode {
    ErrorCode(files::temporary_file().and_then(|file| Ok(pFilePtr.set(file)?)))
}

/// Sets what new files may not be used for. (Microsoft: "_umask")
#[export(msvcrt, ucrtbase, also = "umask")]
fn _umask(pmode: i32) -> i32 {
    files::set_mask(pmode)
}
