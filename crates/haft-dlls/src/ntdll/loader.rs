//! The loader.

use crate::abi::{In, Out, Ptr, SetIfSome as _};
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::nt::UnicodeString;
use haft_host::guest::{self, Fault};
use haft_kernel::ldr::{self, Module, Procedure};
use haft_macros::export;

fn text(at: Ptr<u8>) -> Result<Vec<u16>, Fault> {
    let header: [u16; 2] = guest::read(at.addr())?;
    let buffer: usize = guest::read(at.addr() + offset_of!(UnicodeString, buffer))?;
    guest::read_slice(buffer, usize::from(header[0] / 2))
}

fn module(base: usize) -> Result<&'static Module, NtStatus> {
    ldr::find_by_base(base).ok_or(NtStatus::DLL_NOT_FOUND)
}

/// Loads a DLL, or counts it up if it is loaded. (Microsoft: "LoadLibraryExW function", of which
/// it is the service)
#[export(ntdll)]
fn LdrLoadDll(
    DllPath: Ptr<u16>,
    DllCharacteristics: Option<In<u32>>,
    DllName: Ptr<u8>,
    DllHandle: Out<usize>,
) -> Result<(), NtStatus> {
    let _ = (DllPath, DllCharacteristics);
    let module = ldr::load_library(&text(DllName)?).map_err(|error| error.status)?;
    Ok(DllHandle.set(module.base)?)
}

/// Gives back one reference to a DLL. (Microsoft: "FreeLibrary function", of which it is the
/// service)
#[export(ntdll)]
fn LdrUnloadDll(DllHandle: usize) -> Result<(), NtStatus> {
    ldr::free_library(DllHandle).map_err(|_| NtStatus::DLL_NOT_FOUND)
}

/// Tells a loaded module's handle. (Microsoft: "GetModuleHandleW function", of which it is the
/// service)
#[export(ntdll)]
fn LdrGetDllHandle(
    DllPath: Ptr<u16>,
    DllCharacteristics: Option<In<u32>>,
    DllName: Ptr<u8>,
    DllHandle: Out<usize>,
) -> Result<(), NtStatus> {
    let _ = (DllPath, DllCharacteristics);
    let module = ldr::find_loaded(&text(DllName)?).ok_or(NtStatus::DLL_NOT_FOUND)?;
    Ok(DllHandle.set(module.base)?)
}

/// Tells the address of a procedure, by name or by ordinal. (Microsoft: "GetProcAddress
/// function", of which it is the service)
#[export(ntdll)]
fn LdrGetProcedureAddress(
    DllHandle: usize,
    ProcedureName: Option<Ptr<u8>>,
    ProcedureNumber: u32,
    ProcedureAddress: Out<usize>,
) -> Result<(), NtStatus> {
    let module = module(DllHandle)?;
    let address = match ProcedureName {
        Some(name) => {
            let length: u16 = guest::read(name.addr())?;
            let buffer: usize = guest::read(name.addr() + offset_of!(UnicodeString, buffer))?;
            let name: Vec<u8> = guest::read_slice(buffer, usize::from(length))?;
            ldr::procedure_address(module, Procedure::Name(&name))
                .map_err(|_| NtStatus::PROCEDURE_NOT_FOUND)
        }
        None => {
            let ordinal = u16::try_from(ProcedureNumber);
            let ordinal = ordinal.map_err(|_| NtStatus::ORDINAL_NOT_FOUND)?;
            ldr::procedure_address(module, Procedure::Ordinal(ordinal))
        }
    }?;
    Ok(ProcedureAddress.set(address)?)
}

/// Has a DLL hear no more of threads. (Microsoft: "DisableThreadLibraryCalls function", of which
/// it is the service)
#[export(ntdll)]
fn LdrDisableThreadCalloutsForDll(DllHandle: usize) -> Result<(), NtStatus> {
    ldr::disable_thread_calls(module(DllHandle)?)
}

/// Enters the loader lock, or tries to. (Microsoft: "DllMain entry point", which runs in it)
#[export(ntdll)]
fn LdrLockLoaderLock(
    Flags: u32,
    Disposition: Option<Out<u32>>,
    Cookie: Out<usize>,
) -> Result<(), NtStatus> {
    const TRY_ONLY: u32 = 2;
    const ACQUIRED: u32 = 1;
    if Flags & TRY_ONLY != 0 {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    Cookie.probe()?;
    ldr::lock();
    Disposition.set(ACQUIRED)?;
    Ok(Cookie.set(1)?)
}

/// Leaves the loader lock. (Microsoft: "DllMain entry point", which runs in it)
#[export(ntdll)]
fn LdrUnlockLoaderLock(Flags: u32, Cookie: usize) -> Result<(), NtStatus> {
    let _ = Flags;
    if Cookie == 0 {
        return Ok(());
    }
    ldr::unlock()
}

/// Returns the address of a mapped image's NT headers. (Microsoft: "ImageNtHeader function")
#[export(ntdll)]
fn RtlImageNtHeader(Base: Ptr<u8>) -> usize {
    const MZ: u16 = 0x5A4D;
    const PE: u32 = 0x4550;
    const OFFSET: usize = 0x3C;
    let at = || -> Result<usize, Fault> {
        let base = Base.addr();
        let headers = base + guest::read::<u32>(base + OFFSET)? as usize;
        let good = guest::read::<u16>(base)? == MZ && guest::read::<u32>(headers)? == PE;
        Ok(if good { headers } else { 0 })
    };
    at().unwrap_or(0)
}

/// Returns the address and the size of an image's data directory. (Microsoft:
/// "ImageDirectoryEntryToData function")
#[export(ntdll)]
fn RtlImageDirectoryEntryToData(
    Base: usize,
    MappedAsImage: u8,
    DirectoryEntry: u16,
    Size: Out<u32>,
) -> usize {
    let find = || -> Option<usize> {
        let (base, image) = ldr::image_of(Base).ok()?;
        let directory = image.directory(usize::from(DirectoryEntry))?;
        let offset = image.offset(directory.rva, directory.size).ok()?;
        Size.set(directory.size).ok()?;
        Some(base + offset as usize)
    };
    let _ = MappedAsImage;
    find().unwrap_or(0)
}
