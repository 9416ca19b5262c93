//! Environment variables.

use crate::abi::{Ansi, Charset, Filled, Ptr, TBuf, TStr, Wide};
use haft_abi::Win32Error;
use haft_kernel::ex::{allocation, environment};
use haft_macros::export;

/// Gets a variable of the process's environment; case does not count. (Microsoft:
/// "GetEnvironmentVariableW function")
#[export(kernel32, charset)]
fn GetEnvironmentVariable<C: Charset>(
    lpName: Option<TStr<C>>,
    lpBuffer: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    let value = lpName.and_then(|name| environment::get(&name));
    Ok(lpBuffer.fill(nSize, &value.ok_or(Win32Error::ENVVAR_NOT_FOUND)?)?.count())
}

/// Sets a variable of the process's environment, or removes it. (Microsoft:
/// "SetEnvironmentVariableW function")
#[export(kernel32, charset)]
fn SetEnvironmentVariable<C: Charset>(
    lpName: Option<TStr<C>>,
    lpValue: Option<TStr<C>>,
) -> Result<(), Win32Error> {
    let name = lpName.ok_or(Win32Error::INVALID_PARAMETER)?;
    Ok(environment::set(&name, lpValue.as_deref())?)
}

fn block_copy<C: Charset>() -> Result<Ptr<C::Unit>, Win32Error> {
    let block = C::encode(&environment::block());
    Ok(Ptr::new(allocation::allocate_slice(&block)?))
}

/// Gives a copy of the environment block, for `FreeEnvironmentStringsW`. (Microsoft:
/// "GetEnvironmentStringsW function")
#[export(kernel32)]
fn GetEnvironmentStringsW() -> Result<Ptr<u16>, Win32Error> {
    block_copy::<Wide>()
}

/// Gives a copy of the environment block in UTF-8, for `FreeEnvironmentStringsA`. (Microsoft:
/// "GetEnvironmentStrings function")
#[export(kernel32, also = "GetEnvironmentStringsA")]
fn GetEnvironmentStrings() -> Result<Ptr<u8>, Win32Error> {
    block_copy::<Ansi>()
}

/// Frees what `GetEnvironmentStringsW` gave. (Microsoft: "FreeEnvironmentStringsW function")
#[export(kernel32)]
fn FreeEnvironmentStringsW(penv: Ptr<u16>) -> Result<(), Win32Error> {
    Ok(allocation::free(penv.addr())?)
}

/// Frees what `GetEnvironmentStrings` gave. (Microsoft: "FreeEnvironmentStringsA function")
#[export(kernel32)]
fn FreeEnvironmentStringsA(penv: Ptr<u8>) -> Result<(), Win32Error> {
    Ok(allocation::free(penv.addr())?)
}

/// Replaces the whole environment. (Microsoft: "SetEnvironmentStringsW function")
#[export(kernel32)]
fn SetEnvironmentStringsW(NewEnvironment: Ptr<u16>) -> Result<(), Win32Error> {
    Ok(environment::set_block(&environment::read_block(NewEnvironment.addr())?)?)
}

/// Replaces each `%name%` in a string by the variable's value. (Microsoft:
/// "ExpandEnvironmentStringsW function")
#[export(kernel32, charset)]
fn ExpandEnvironmentStrings<C: Charset>(
    lpSrc: TStr<C>,
    lpDst: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    Ok(match lpDst.fill(nSize, &environment::expand(&lpSrc))? {
        Filled::Stored(length) => length + 1,
        Filled::Needed(size) => size,
    })
}

/// Whether the current directory is searched for a program of this name. (Microsoft:
/// "NeedCurrentDirectoryForExePathW function")
#[export(kernel32, charset)]
fn NeedCurrentDirectoryForExePath<C: Charset>(ExeName: TStr<C>) -> bool {
    let variable = haft_abi::wide::from_str("NoDefaultCurrentDirectoryInExePath");
    ExeName.contains(&u16::from(b'\\')) || environment::get(&variable).is_none()
}
