//! Modules: libraries, their procedures, names and handles.

use crate::abi::{Charset, Out, ProcName, Routine, TBuf, TStr};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::ldr::{self, Module, Procedure};
use haft_macros::export;

/// The module of a handle; null is the program's own.
pub(crate) fn by_handle(handle: usize) -> Result<&'static Module, Win32Error> {
    match handle {
        0 => Ok(ldr::main_module()),
        base => ldr::find_by_base(base).ok_or(Win32Error::MOD_NOT_FOUND),
    }
}

fn loaded(result: Result<usize, ldr::LoadError>) -> Result<usize, Win32Error> {
    match result {
        Ok(handle) => Ok(handle),
        Err(error) if error.status == NtStatus::OBJECT_NAME_NOT_FOUND => {
            Err(Win32Error::MOD_NOT_FOUND)
        }
        Err(error) => Err(error.status.into()),
    }
}

/// Loads a DLL, or counts it up if it is loaded. (Microsoft: "LoadLibraryW function")
#[export(kernel32, charset)]
fn LoadLibrary<C: Charset>(lpLibFileName: Option<TStr<C>>) -> Result<usize, Win32Error> {
    LoadLibraryEx::<C>(lpLibFileName, Handle::NULL, 0)
}

/// Loads a DLL, or counts it up if it is loaded. (Microsoft: "LoadLibraryExW function")
#[export(kernel32, charset)]
fn LoadLibraryEx<C: Charset>(
    lpLibFileName: Option<TStr<C>>,
    hFile: Handle,
    dwFlags: u32,
) -> Result<usize, Win32Error> {
    let name = lpLibFileName.filter(|name| !name.is_empty());
    let name = name.ok_or(Win32Error::INVALID_PARAMETER)?;
    if !hFile.is_null() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    loaded(ldr::load_library_with(&name, ldr::LoadFlags(dwFlags)))
}

/// Gives back one reference to a DLL, and unloads it with the last. (Microsoft: "FreeLibrary
/// function")
#[export(kernel32)]
fn FreeLibrary(hLibModule: usize) -> Result<(), Win32Error> {
    ldr::free_library(hLibModule).map_err(|_| Win32Error::MOD_NOT_FOUND)
}

/// Gives back one reference to a DLL and ends the thread. (Microsoft: "FreeLibraryAndExitThread
/// function")
#[export(kernel32)]
fn FreeLibraryAndExitThread(hLibModule: usize, dwExitCode: u32) -> ! {
    ldr::free_library_and_exit_thread(hLibModule, dwExitCode)
}

/// Returns the address of a procedure, by name or by ordinal. (Microsoft: "GetProcAddress
/// function")
#[export(kernel32)]
fn GetProcAddress(hModule: usize, lpProcName: ProcName) -> Result<Routine, Win32Error> {
    let module = by_handle(hModule)?;
    let procedure = match &lpProcName {
        ProcName::Ordinal(ordinal) => Procedure::Ordinal(*ordinal),
        ProcName::Name(name) => Procedure::Name(name),
    };
    ldr::procedure_address(module, procedure).map(Routine).map_err(|status| match status {
        NtStatus::ORDINAL_NOT_FOUND => Win32Error::PROC_NOT_FOUND,
        other => other.into(),
    })
}

/// Returns a loaded module's handle, the program's own for null. (Microsoft: "GetModuleHandleW
/// function")
#[export(kernel32, charset)]
fn GetModuleHandle<C: Charset>(lpModuleName: Option<TStr<C>>) -> Result<usize, Win32Error> {
    match lpModuleName {
        None => Ok(ldr::main_module().base),
        Some(name) => {
            ldr::find_loaded(&name).map(|module| module.base).ok_or(Win32Error::MOD_NOT_FOUND)
        }
    }
}

/// Returns a loaded module's handle by name or by an address in it, counted up unless that is
/// not wanted. (Microsoft: "GetModuleHandleExW function")
#[export(kernel32, charset)]
fn GetModuleHandleEx<C: Charset>(
    dwFlags: u32,
    lpModuleName: TBuf<C>,
    phModule: Out<usize>,
) -> Result<(), Win32Error> {
    const PIN: u32 = 1;
    const UNCHANGED_REFCOUNT: u32 = 2;
    const FROM_ADDRESS: u32 = 4;
    phModule.set(0)?;
    let both = PIN | UNCHANGED_REFCOUNT;
    if dwFlags & !(both | FROM_ADDRESS) != 0 || dwFlags & both == both {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let module = if lpModuleName.is_null() {
        Some(ldr::main_module())
    } else if dwFlags & FROM_ADDRESS != 0 {
        ldr::find_by_address(lpModuleName.addr())
    } else {
        ldr::find_loaded(&C::read_z(lpModuleName.addr(), usize::MAX)?)
    };
    let module = module.ok_or(Win32Error::MOD_NOT_FOUND)?;
    if dwFlags & UNCHANGED_REFCOUNT == 0 {
        ldr::keep(module, dwFlags & PIN != 0);
    }
    Ok(phModule.set(module.base)?)
}

/// Tells a module's path; one that does not fit is cut, with ERROR_INSUFFICIENT_BUFFER.
/// (Microsoft: "GetModuleFileNameW function")
#[export(kernel32, charset)]
fn GetModuleFileName<C: Charset>(
    hModule: usize,
    lpFilename: TBuf<C>,
    nSize: u32,
) -> Result<u32, Win32Error> {
    let path = &by_handle(hModule)?.path;
    if lpFilename.fill_truncated(nSize, path)? {
        return Ok(C::encode(path).len() as u32);
    }
    haft_host::gs::set_last_error(Win32Error::INSUFFICIENT_BUFFER.0);
    Ok(nSize)
}

/// Has a DLL hear no more of threads that start and end. (Microsoft: "DisableThreadLibraryCalls
/// function")
#[export(kernel32)]
fn DisableThreadLibraryCalls(hLibModule: usize) -> Result<(), Win32Error> {
    Ok(ldr::disable_thread_calls(by_handle(hLibModule)?)?)
}

/// Adds a folder to the search for DLLs, and leaves the current directory out; null undoes both.
/// (Microsoft: "SetDllDirectoryW function")
#[export(kernel32, charset)]
fn SetDllDirectory<C: Charset>(lpPathName: Option<TStr<C>>) -> Result<(), Win32Error> {
    ldr::set_dll_directory(lpPathName.as_deref());
    Ok(())
}

/// Tells the folder that SetDllDirectory added. (Microsoft: "GetDllDirectoryW function")
#[export(kernel32, charset)]
fn GetDllDirectory<C: Charset>(nBufferLength: u32, lpBuffer: TBuf<C>) -> Result<u32, Win32Error> {
    let folder = ldr::dll_directory();
    let count = lpBuffer.fill(nBufferLength, &folder)?.count();
    if count == 0 { Err(Win32Error::SUCCESS) } else { Ok(count) }
}

/// Adds a folder that LOAD_LIBRARY_SEARCH_USER_DIRS searches. (Microsoft: "AddDllDirectory
/// function")
#[export(kernel32)]
fn AddDllDirectory(NewDirectory: crate::abi::WStr) -> Result<usize, Win32Error> {
    Ok(ldr::add_dll_directory(&NewDirectory)?)
}

/// Takes a folder of AddDllDirectory out again. (Microsoft: "RemoveDllDirectory function")
#[export(kernel32)]
fn RemoveDllDirectory(Cookie: usize) -> Result<(), Win32Error> {
    Ok(ldr::remove_dll_directory(Cookie)?)
}

/// Sets where DLLs are searched for when a load does not say. (Microsoft:
/// "SetDefaultDllDirectories function")
#[export(kernel32)]
fn SetDefaultDllDirectories(DirectoryFlags: u32) -> Result<(), Win32Error> {
    Ok(ldr::set_default_search(ldr::LoadFlags(DirectoryFlags))?)
}
