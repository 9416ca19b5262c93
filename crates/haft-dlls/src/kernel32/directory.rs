//! Directories.

use crate::abi::{Charset, Filled, In, TBuf, TStr};
use haft_abi::Win32Error;
use haft_kernel::io::{delete, directory, name, path};
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// Makes a directory. (Microsoft: "CreateDirectoryW function")
#[export(kernel32, charset)]
fn CreateDirectory<C: Charset>(
    lpPathName: TStr<C>,
    lpSecurityAttributes: Option<In<SECURITY_ATTRIBUTES>>,
) -> Result<(), Win32Error> {
    let _ = lpSecurityAttributes;
    Ok(directory::create(&lpPathName)?)
}

/// Makes a directory. There is nothing to take over from a template directory but what Linux
/// gives every directory. (Microsoft: "CreateDirectoryExW function")
#[export(kernel32, charset)]
fn CreateDirectoryEx<C: Charset>(
    lpTemplateDirectory: TStr<C>,
    lpNewDirectory: TStr<C>,
    lpSecurityAttributes: Option<In<SECURITY_ATTRIBUTES>>,
) -> Result<(), Win32Error> {
    let _ = (lpTemplateDirectory, lpSecurityAttributes);
    Ok(directory::create(&lpNewDirectory)?)
}

/// Deletes an empty directory. (Microsoft: "RemoveDirectoryW function")
#[export(kernel32, charset)]
fn RemoveDirectory<C: Charset>(lpPathName: TStr<C>) -> Result<(), Win32Error> {
    Ok(delete::directory(&name::dos(&lpPathName)?)?)
}

/// Gets the current directory. (Microsoft: "GetCurrentDirectory function")
#[export(kernel32, charset)]
fn GetCurrentDirectory<C: Charset>(
    nBufferLength: u32,
    lpBuffer: TBuf<C>,
) -> Result<u32, Win32Error> {
    Ok(lpBuffer.fill(nBufferLength, &path::current_directory()).map(Filled::count)?)
}

/// Makes another directory the current one. (Microsoft: "SetCurrentDirectory function")
#[export(kernel32, charset)]
fn SetCurrentDirectory<C: Charset>(lpPathName: TStr<C>) -> Result<(), Win32Error> {
    Ok(directory::set_current(&lpPathName)?)
}
