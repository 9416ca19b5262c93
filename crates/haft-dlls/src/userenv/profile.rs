//! User profiles.

use crate::abi::{Charset, InOut, TBuf};
use haft_abi::{Handle, Win32Error};
use haft_kernel::ex::folder;
use haft_macros::export;

/// Gets the path of the user's own folder; every token is taken for the user's. (Microsoft:
/// "GetUserProfileDirectoryW function")
#[export(userenv, charset)]
fn GetUserProfileDirectory<C: Charset>(
    hToken: Handle,
    lpProfileDir: TBuf<C>,
    lpcchSize: InOut<u32>,
) -> Result<(), Win32Error> {
    if hToken.is_null() {
        return Err(Win32Error::INVALID_HANDLE);
    }
    let path = folder::profile().ok_or(Win32Error::FILE_NOT_FOUND)?;
    let room = if lpProfileDir.is_null() { 0 } else { lpcchSize.get() };
    let needed = C::encode(&path).len() as u32 + 1;
    lpcchSize.set(needed)?;
    lpProfileDir.fill(room, &path)?.stored_or(Win32Error::INSUFFICIENT_BUFFER).map(drop)
}
