//! psapi.dll: the process status functions under their first names.

use crate::abi::{Charset, Out, Ptr, TBuf};
use crate::kernel32::process_status::{self as k32, ModuleInformation};
use crate::kernel32::system::{K32GetPerformanceInfo, K32GetProcessMemoryInfo};

use haft_abi::{Handle, Win32Error};
use haft_macros::export;
use windows_sys::Win32::System::ProcessStatus::PERFORMANCE_INFORMATION;

/// Tells the handles of a process's modules. (Microsoft: "EnumProcessModules function")
#[export(psapi)]
fn EnumProcessModules(
    hProcess: Handle,
    lphModule: Ptr<usize>,
    cb: u32,
    lpcbNeeded: Out<u32>,
) -> Result<(), Win32Error> {
    k32::K32EnumProcessModules(hProcess, lphModule, cb, lpcbNeeded)
}

/// Tells the handles of a process's modules of a kind. (Microsoft: "EnumProcessModulesEx
/// function")
#[export(psapi)]
fn EnumProcessModulesEx(
    hProcess: Handle,
    lphModule: Ptr<usize>,
    cb: u32,
    lpcbNeeded: Out<u32>,
    dwFilterFlag: u32,
) -> Result<(), Win32Error> {
    k32::K32EnumProcessModulesEx(hProcess, lphModule, cb, lpcbNeeded, dwFilterFlag)
}

/// Tells a module's file name without its folder. (Microsoft: "GetModuleBaseNameW function")
#[export(psapi, charset)]
fn GetModuleBaseName<C: Charset>(
    hProcess: Handle,
    hModule: usize,
    lpBaseName: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    k32::K32GetModuleBaseName::<C>(hProcess, hModule, lpBaseName, nSize)
}

/// Tells a module's path. (Microsoft: "GetModuleFileNameExW function")
#[export(psapi, charset)]
fn GetModuleFileNameEx<C: Charset>(
    hProcess: Handle,
    hModule: usize,
    lpFilename: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    k32::K32GetModuleFileNameEx::<C>(hProcess, hModule, lpFilename, nSize)
}

/// Tells where a module is and how large. (Microsoft: "GetModuleInformation function")
#[export(psapi)]
fn GetModuleInformation(
    hProcess: Handle,
    hModule: usize,
    lpmodinfo: Out<ModuleInformation>,
    cb: u32,
) -> Result<(), Win32Error> {
    k32::K32GetModuleInformation(hProcess, hModule, lpmodinfo, cb)
}

/// Tells how much memory a process uses. (Microsoft: "GetProcessMemoryInfo function")
#[export(psapi)]
fn GetProcessMemoryInfo(
    Process: Handle,
    ppsmemCounters: Ptr<u8>,
    cb: u32,
) -> Result<(), Win32Error> {
    K32GetProcessMemoryInfo(Process, ppsmemCounters, cb)
}

/// Tells what the machine as a whole is doing. (Microsoft: "GetPerformanceInfo function")
#[export(psapi)]
fn GetPerformanceInfo(
    pPerformanceInformation: Out<PERFORMANCE_INFORMATION>,
    cb: u32,
) -> Result<(), Win32Error> {
    K32GetPerformanceInfo(pPerformanceInformation, cb)
}
