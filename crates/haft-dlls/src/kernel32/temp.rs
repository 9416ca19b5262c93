//! Temporary files.

use crate::abi::{Charset, TBuf, TStr};
use haft_abi::{NtStatus, Win32Error};
use haft_kernel::io::temporary;
use haft_macros::export;

/// Gets the directory for temporary files. (Microsoft: "GetTempPathW function")
#[export(kernel32, charset)]
fn GetTempPath<C: Charset>(nBufferLength: u32, lpBuffer: TBuf<C>) -> Result<u32, Win32Error> {
    Ok(lpBuffer.fill(nBufferLength, &temporary::directory())?.count())
}

/// Gets the directory for temporary files. (Microsoft: "GetTempPath2W function")
#[export(kernel32, charset)]
fn GetTempPath2<C: Charset>(BufferLength: u32, Buffer: TBuf<C>) -> Result<u32, Win32Error> {
    Ok(Buffer.fill(BufferLength, &temporary::directory())?.count())
}

/// Makes a name for a temporary file. (Microsoft: "GetTempFileNameW function")
#[export(kernel32, charset)]
fn GetTempFileName<C: Charset>(
    lpPathName: TStr<C>,
    lpPrefixString: Option<TStr<C>>,
    uUnique: u32,
    lpTempFileName: TBuf<C>,
) -> Result<u32, Win32Error> {
    let prefix = lpPrefixString.map(TStr::into_wide).unwrap_or_default();
    let (name, number) = temporary::file_name(&lpPathName, &prefix, uUnique as u16).map_err(
        |error| match error {
            NtStatus::OBJECT_NAME_COLLISION => Win32Error::FILE_EXISTS,
            error => error.into(),
        },
    )?;
    let mut units = C::encode(&name);
    units.push(C::Unit::default());
    lpTempFileName.ptr().write_slice(&units)?;
    Ok(u32::from(number))
}
