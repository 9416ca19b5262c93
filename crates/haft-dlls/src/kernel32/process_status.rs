//! What psapi.dll tells of processes; psapi.dll itself calls these.

use crate::abi::{Charset, Out, Ptr, TBuf};
use haft_abi::{Handle, Win32Error};
use haft_host::{guest, plain};
use haft_kernel::ldr;
use haft_kernel::ps::modules::{self, LoadedModule};
use haft_macros::export;

/// Tells the handles of a process's modules. (Microsoft:
/// "EnumProcessModules function")
#[export(kernel32)]
pub(crate) fn K32EnumProcessModules(
    hProcess: Handle,
    lphModule: Ptr<usize>,
    cb: u32,
    lpcbNeeded: Out<u32>,
) -> Result<(), Win32Error> {
    let modules = modules::of_process(hProcess)?;
    let mut bases: Vec<usize> = modules.iter().map(|module| module.base).collect();
    lpcbNeeded.set(size_of_val(bases.as_slice()) as u32)?;
    bases.truncate(cb as usize / size_of::<usize>());
    Ok(guest::write_slice(lphModule.addr(), &bases)?)
}

/// Tells the handles of a process's 64-bit modules, which all are. (Microsoft: "EnumProcessModulesEx function")
#[export(kernel32)]
pub(crate) fn K32EnumProcessModulesEx(
    hProcess: Handle,
    lphModule: Ptr<usize>,
    cb: u32,
    lpcbNeeded: Out<u32>,
    dwFilterFlag: u32,
) -> Result<(), Win32Error> {
    const ONLY_32_BIT: u32 = 1;
    if dwFilterFlag == ONLY_32_BIT {
        modules::of_process(hProcess)?;
        return Ok(lpcbNeeded.set(0)?);
    }
    K32EnumProcessModules(hProcess, lphModule, cb, lpcbNeeded)
}

/// Tells a module's file name without its folder.
/// (Microsoft: "GetModuleBaseNameW function")
#[export(kernel32, charset)]
pub(crate) fn K32GetModuleBaseName<C: Charset>(
    hProcess: Handle,
    hModule: usize,
    lpBaseName: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    cut::<C>(lpBaseName, nSize, ldr::base_name(&modules::at(hProcess, hModule)?.path))
}

/// Tells a module's path. (Microsoft: "GetModuleFileNameExW
/// function")
#[export(kernel32, charset)]
pub(crate) fn K32GetModuleFileNameEx<C: Charset>(
    hProcess: Handle,
    hModule: usize,
    lpFilename: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    cut::<C>(lpFilename, nSize, &modules::at(hProcess, hModule)?.path)
}

/// Stores what fits of a name; how many units that is.
fn cut<C: Charset>(buffer: TBuf<C>, size: u32, name: &[u16]) -> Result<u32, Win32Error> {
    match buffer.fill_truncated(size, name)? {
        true => Ok(C::encode(name).len() as u32),
        false if size == 0 => Err(Win32Error::INSUFFICIENT_BUFFER),
        false => Ok(size),
    }
}

plain! {
    /// `MODULEINFO`.
    pub(crate) struct ModuleInformation {
        base: usize,
        size: u32,
        reserved: u32,
        entry: usize,
    }
}

/// Tells where a module is and how large. (Microsoft:
/// "GetModuleInformation function")
#[export(kernel32)]
pub(crate) fn K32GetModuleInformation(
    hProcess: Handle,
    hModule: usize,
    lpmodinfo: Out<ModuleInformation>,
    cb: u32,
) -> Result<(), Win32Error> {
    if (cb as usize) < size_of::<ModuleInformation>() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    let LoadedModule { base, size, entry, .. } = modules::at(hProcess, hModule)?;
    Ok(lpmodinfo.set(ModuleInformation { base, size, reserved: 0, entry })?)
}
