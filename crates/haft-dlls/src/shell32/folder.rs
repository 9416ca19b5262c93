//! The places of a user's files.

use crate::abi::{Charset, In, Out, TBuf};
use haft_abi::Handle;
use haft_kernel::ex::{allocation, folder, guid};
use haft_macros::export;

/// `S_OK`.
const OK: u32 = 0;
/// `E_INVALIDARG`.
const INVALID_ARGUMENT: u32 = 0x8007_0057;
/// `E_OUTOFMEMORY`.
const OUT_OF_MEMORY: u32 = 0x8007_000E;
/// `HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)`.
const NOT_FOUND: u32 = 0x8007_0002;
/// `E_POINTER`.
const BAD_POINTER: u32 = 0x8000_4003;

/// Gets the path of a known folder, to be freed with `CoTaskMemFree`. Folders are not made.
/// (Microsoft: "SHGetKnownFolderPath function")
#[export(shell32)]
fn SHGetKnownFolderPath(
    rfid: In<[u8; 16]>,
    _dwFlags: u32,
    _hToken: Option<Handle>,
    ppszPath: Out<usize>,
) -> u32 {
    if ppszPath.set(0).is_err() {
        return BAD_POINTER;
    }
    let Some(mut path) = folder::known(&guid::text(rfid.get())) else { return NOT_FOUND };
    path.push(0);
    match allocation::allocate_slice(&path) {
        Ok(place) => ppszPath.set(place).map_or(BAD_POINTER, |()| OK),
        Err(_) => OUT_OF_MEMORY,
    }
}

/// Gets the path of a folder by its number. Folders are not made. (Microsoft:
/// "SHGetFolderPathW function")
#[export(shell32, charset)]
fn SHGetFolderPath<C: Charset>(
    _hwnd: Option<Handle>,
    csidl: u32,
    _hToken: Option<Handle>,
    _dwFlags: u32,
    pszPath: TBuf<C>,
) -> u32 {
    const CSIDL_FLAG_MASK: u32 = 0xFF00;
    const MAX_PATH: u32 = 260;
    let Some(path) = folder::numbered(csidl & !CSIDL_FLAG_MASK) else { return INVALID_ARGUMENT };
    match pszPath.fill(MAX_PATH, &path) {
        Ok(filled) => filled.stored_or(()).map_or(INVALID_ARGUMENT, |_| OK),
        Err(_) => BAD_POINTER,
    }
}

/// Gets the path of a folder by its number; FALSE if there is none. (Microsoft:
/// "SHGetSpecialFolderPathW function")
#[export(shell32, charset)]
fn SHGetSpecialFolderPath<C: Charset>(
    _hwnd: Option<Handle>,
    pszPath: TBuf<C>,
    csidl: u32,
    _fCreate: u32,
) -> bool {
    SHGetFolderPath(None, csidl, None, 0, pszPath) == OK
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_host::guest;

    #[test]
    fn an_unknown_folder_is_not_found() {
        let mut place = 7usize;
        let at = &raw mut place as usize;
        let out = <Out<usize> as crate::abi::Param>::decode(at).unwrap();
        let zero = [0u8; 16];
        let id = <In<[u8; 16]> as crate::abi::Param>::decode(zero.as_ptr() as usize).unwrap();
        assert_eq!(SHGetKnownFolderPath(id, 0, None, out), NOT_FOUND);
        assert_eq!(guest::read::<usize>(at), Ok(0));
    }
}
