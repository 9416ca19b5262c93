//! The modules of a process: one's own, and another one's as its loader lists them in its memory
//! (Microsoft: "EnumProcessModules function", "PEB structure").

use super::remote;
use crate::{ldr, mm};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::guest::Pod;

/// `PROCESS_QUERY_LIMITED_INFORMATION` and `PROCESS_VM_READ`.
const WANTED: AccessMask = AccessMask(0x1010);

/// Where fields are in the PEB, in `PEB_LDR_DATA`, and in `LDR_DATA_TABLE_ENTRY`.
const PEB_LDR: usize = 0x18;
const LDR_IN_LOAD_ORDER: usize = 0x10;
const ENTRY_BASE: usize = 0x30;
const ENTRY_NAME: usize = 0x48;

/// More modules than a process has: its list has no end.
const MOST: usize = 4096;

/// A module of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedModule {
    /// Its address.
    pub base: usize,
    /// Its size in bytes.
    pub size: u32,
    /// The address of its entry point; zero if it has none.
    pub entry: usize,
    /// Its path.
    pub path: Vec<u16>,
}

/// The modules of a process, in the order in which they were loaded.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `PARTIAL_COPY` for a process whose
/// list cannot be read: it has not begun, or it has ended.
pub fn of_process(process: Handle) -> Result<Vec<LoadedModule>, NtStatus> {
    let Some(other) = remote::process(process, WANTED)? else {
        let own = ldr::modules();
        return Ok(own
            .iter()
            .map(|module| LoadedModule {
                base: module.base,
                size: module.size,
                entry: module.entry.unwrap_or(0),
                path: module.path.clone(),
            })
            .collect());
    };
    let partial = NtStatus::PARTIAL_COPY;
    let peb = other.object().facts()?.peb as usize;
    if peb == 0 {
        return Err(partial);
    }
    let data: usize = read(process, peb + PEB_LDR)?;
    if data == 0 {
        return Err(partial);
    }
    let head = data + LDR_IN_LOAD_ORDER;
    let mut modules = Vec::new();
    let mut at: usize = read(process, head)?;
    while at != head && at != 0 && modules.len() < MOST {
        // DllBase, EntryPoint, SizeOfImage; FullDllName.
        let [base, entry, size]: [usize; 3] = read(process, at + ENTRY_BASE)?;
        let [lengths, buffer]: [usize; 2] = read(process, at + ENTRY_NAME)?;
        let mut path = vec![0u16; (lengths & 0xFFFF) / 2];
        let bytes = path.len() * 2;
        if mm::read_from(process, buffer, path.as_mut_ptr() as usize, bytes)? != bytes {
            return Err(partial);
        }
        modules.push(LoadedModule { base, size: size as u32, entry, path });
        at = read(process, at)?;
    }
    Ok(modules)
}

/// The module of a process that is at an address; its program's file for none.
///
/// # Errors
/// `INVALID_HANDLE` when no module is there; as for [`of_process`].
pub fn at(process: Handle, base: usize) -> Result<LoadedModule, NtStatus> {
    let mut modules = of_process(process)?.into_iter();
    let found = if base == 0 { modules.next() } else { modules.find(|m| m.base == base) };
    found.ok_or(NtStatus::INVALID_HANDLE)
}

fn read<T: Pod + Default>(process: Handle, address: usize) -> Result<T, NtStatus> {
    let mut value = T::default();
    let to = core::ptr::from_mut(&mut value) as usize;
    if mm::read_from(process, address, to, size_of::<T>())? == size_of::<T>() {
        Ok(value)
    } else {
        Err(NtStatus::PARTIAL_COPY)
    }
}
