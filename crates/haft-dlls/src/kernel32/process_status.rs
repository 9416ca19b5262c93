//! What psapi.dll tells of processes; psapi.dll itself calls these.

use super::memory::{self, QUERY_LIMITED, VM_READ};
use super::module::by_handle;
use crate::abi::{Charset, Out, Ptr, TBuf};
use haft_abi::{Handle, Win32Error};
use haft_host::{guest, plain};
use haft_kernel::ldr;
use haft_macros::export;

/// Tells the handles of a process's modules; only of the calling one so far. (Microsoft:
/// "EnumProcessModules function")
#[export(kernel32)]
pub(crate) fn K32EnumProcessModules(
    hProcess: Handle,
    lphModule: Ptr<usize>,
    cb: u32,
    lpcbNeeded: Out<u32>,
) -> Result<(), Win32Error> {
    own_process(hProcess)?;
    let mut bases: Vec<usize> = ldr::modules().iter().map(|module| module.base).collect();
    lpcbNeeded.set(size_of_val(bases.as_slice()) as u32)?;
    bases.truncate(cb as usize / size_of::<usize>());
    Ok(guest::write_slice(lphModule.addr(), &bases)?)
}

/// Tells the handles of a process's 64-bit modules, which all are; only of the calling one so
/// far. (Microsoft: "EnumProcessModulesEx function")
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
        own_process(hProcess)?;
        return Ok(lpcbNeeded.set(0)?);
    }
    K32EnumProcessModules(hProcess, lphModule, cb, lpcbNeeded)
}

/// Tells a module's file name without its folder; only of the calling process so far.
/// (Microsoft: "GetModuleBaseNameW function")
#[export(kernel32, charset)]
pub(crate) fn K32GetModuleBaseName<C: Charset>(
    hProcess: Handle,
    hModule: usize,
    lpBaseName: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    own_process(hProcess)?;
    cut::<C>(lpBaseName, nSize, ldr::base_name(&module(hModule)?.path))
}

/// Tells a module's path; only of the calling process so far. (Microsoft: "GetModuleFileNameExW
/// function")
#[export(kernel32, charset)]
pub(crate) fn K32GetModuleFileNameEx<C: Charset>(
    hProcess: Handle,
    hModule: usize,
    lpFilename: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    own_process(hProcess)?;
    cut::<C>(lpFilename, nSize, &module(hModule)?.path)
}

fn own_process(process: Handle) -> Result<(), Win32Error> {
    memory::own_process(process, QUERY_LIMITED | VM_READ)
}

fn module(handle: usize) -> Result<&'static ldr::Module, Win32Error> {
    by_handle(handle).map_err(|_| Win32Error::INVALID_HANDLE)
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

/// Tells where a module is and how large; only of the calling process so far. (Microsoft:
/// "GetModuleInformation function")
#[export(kernel32)]
pub(crate) fn K32GetModuleInformation(
    hProcess: Handle,
    hModule: usize,
    lpmodinfo: Out<ModuleInformation>,
    cb: u32,
) -> Result<(), Win32Error> {
    own_process(hProcess)?;
    if (cb as usize) < size_of::<ModuleInformation>() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    let module = module(hModule)?;
    let entry = module.entry.unwrap_or(0);
    let (base, size) = (module.base, module.size);
    Ok(lpmodinfo.set(ModuleInformation { base, size, reserved: 0, entry })?)
}
