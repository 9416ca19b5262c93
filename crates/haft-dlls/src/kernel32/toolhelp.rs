//! Snapshots of the system (Microsoft: "Tool Help Library").

use crate::abi::{Ansi, Charset, OrInvalid, Ptr, Wide};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::ps;
use haft_kernel::ps::snapshot::{self, Entry, ModuleEntry, ProcessEntry, ThreadEntry, Wanted};
use haft_macros::export;
use windows_sys::Win32::System::Diagnostics::ToolHelp::THREADENTRY32;

/// Takes a snapshot of processes, of threads, or of a process's modules; heaps of another
/// process are not implemented. (Microsoft: "CreateToolhelp32Snapshot
/// function")
#[export(kernel32)]
fn CreateToolhelp32Snapshot(
    dwFlags: u32,
    th32ProcessID: u32,
) -> Result<OrInvalid<Handle>, Win32Error> {
    const HEAPLIST: u32 = 1;
    const PROCESS: u32 = 2;
    const THREAD: u32 = 4;
    const MODULE: u32 = 8;
    const MODULE32: u32 = 0x10;
    const INHERIT: u32 = 0x8000_0000;
    let any = |flags: u32| dwFlags & flags != 0;
    let wanted = Wanted {
        processes: any(PROCESS),
        threads: any(THREAD),
        modules: any(MODULE | MODULE32).then_some(th32ProcessID),
    };
    if !any(HEAPLIST | PROCESS | THREAD | MODULE | MODULE32) {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if any(HEAPLIST) && ![0, ps::process().pid.0].contains(&th32ProcessID) {
        return Err(Win32Error::CALL_NOT_IMPLEMENTED);
    }
    Ok(OrInvalid(snapshot::take(wanted, any(INHERIT))?))
}

fn next<T: Entry>(handle: Handle, first: bool) -> Result<T, Win32Error> {
    snapshot::next(handle, first)
        .map_err(|status| match status {
            NtStatus::INVALID_PARAMETER => Win32Error::INVALID_PARAMETER,
            other => other.into(),
        })?
        .ok_or(Win32Error::NO_MORE_FILES)
}

/// Checks `dwSize`, which stands first in every entry.
fn check_size(entry: Ptr<u8>, needed: usize) -> Result<(), Win32Error> {
    let size: u32 = entry.cast().read()?;
    if (size as usize) < needed { Err(Win32Error::BAD_LENGTH) } else { Ok(()) }
}

/// Stores a name in a field with room for `room` units.
fn put_name<C: Charset>(at: Ptr<u8>, room: usize, name: &[u16]) -> Result<(), Win32Error> {
    let end = name.iter().position(|&unit| unit == 0).unwrap_or(name.len());
    let mut units = C::encode(&name[..end]);
    units.truncate(room - 1);
    units.push(C::Unit::default());
    Ok(at.cast::<C::Unit>().write_slice(&units)?)
}

/// Stores the next process in a `PROCESSENTRY32`.
fn process<C: Charset>(handle: Handle, at: Ptr<u8>, first: bool) -> Result<(), Win32Error> {
    const NAME_AT: usize = 44;
    const NORMAL_PRIORITY: i32 = 8;
    check_size(at, (NAME_AT + snapshot::PATH * size_of::<C::Unit>()).next_multiple_of(8))?;
    let ProcessEntry { pid, parent, threads, name, .. } = next(handle, first)?;
    at.byte_add(8).cast().write([pid, 0, 0, 0, 0, threads, parent])?;
    at.byte_add(4).cast().write(0u32)?;
    at.byte_add(36).cast().write([NORMAL_PRIORITY, 0])?;
    put_name::<C>(at.byte_add(NAME_AT), snapshot::PATH, &name)
}

/// Stores the next module in a `MODULEENTRY32`.
fn module<C: Charset>(handle: Handle, at: Ptr<u8>, first: bool) -> Result<(), Win32Error> {
    const NAME_AT: usize = 48;
    const IN_USE: u32 = 1;
    let unit = size_of::<C::Unit>();
    let path_at = NAME_AT + snapshot::NAME * unit;
    check_size(at, (path_at + snapshot::PATH * unit).next_multiple_of(8))?;
    let ModuleEntry { base, size, pid, name, path } = next(handle, first)?;
    at.byte_add(4).cast().write([1, pid, IN_USE, IN_USE])?;
    at.byte_add(24).cast().write(base)?;
    at.byte_add(32).cast().write(size)?;
    at.byte_add(40).cast().write(base)?;
    put_name::<C>(at.byte_add(NAME_AT), snapshot::NAME, &name)?;
    put_name::<C>(at.byte_add(path_at), snapshot::PATH, &path)
}

/// Stores the next thread.
fn thread(handle: Handle, at: Ptr<THREADENTRY32>, first: bool) -> Result<(), Win32Error> {
    const NORMAL_PRIORITY: i32 = 8;
    let size = size_of::<THREADENTRY32>();
    check_size(at.cast(), size)?;
    let ThreadEntry { tid, pid } = next(handle, first)?;
    Ok(at.write(THREADENTRY32 {
        dwSize: size as u32,
        cntUsage: 0,
        th32ThreadID: tid,
        th32OwnerProcessID: pid,
        tpBasePri: NORMAL_PRIORITY,
        tpDeltaPri: 0,
        dwFlags: 0,
    })?)
}

/// Tells the first process of a snapshot. (Microsoft: "Process32First function")
#[export(kernel32)]
fn Process32First(hSnapshot: Handle, lppe: Ptr<u8>) -> Result<(), Win32Error> {
    process::<Ansi>(hSnapshot, lppe, true)
}

/// Tells the first process of a snapshot. (Microsoft: "Process32FirstW function")
#[export(kernel32)]
fn Process32FirstW(hSnapshot: Handle, lppe: Ptr<u8>) -> Result<(), Win32Error> {
    process::<Wide>(hSnapshot, lppe, true)
}

/// Tells the next process of a snapshot. (Microsoft: "Process32Next function")
#[export(kernel32)]
fn Process32Next(hSnapshot: Handle, lppe: Ptr<u8>) -> Result<(), Win32Error> {
    process::<Ansi>(hSnapshot, lppe, false)
}

/// Tells the next process of a snapshot. (Microsoft: "Process32NextW function")
#[export(kernel32)]
fn Process32NextW(hSnapshot: Handle, lppe: Ptr<u8>) -> Result<(), Win32Error> {
    process::<Wide>(hSnapshot, lppe, false)
}

/// Tells the first module of a snapshot. (Microsoft: "Module32First function")
#[export(kernel32)]
fn Module32First(hSnapshot: Handle, lpme: Ptr<u8>) -> Result<(), Win32Error> {
    module::<Ansi>(hSnapshot, lpme, true)
}

/// Tells the first module of a snapshot. (Microsoft: "Module32FirstW function")
#[export(kernel32)]
fn Module32FirstW(hSnapshot: Handle, lpme: Ptr<u8>) -> Result<(), Win32Error> {
    module::<Wide>(hSnapshot, lpme, true)
}

/// Tells the next module of a snapshot. (Microsoft: "Module32Next function")
#[export(kernel32)]
fn Module32Next(hSnapshot: Handle, lpme: Ptr<u8>) -> Result<(), Win32Error> {
    module::<Ansi>(hSnapshot, lpme, false)
}

/// Tells the next module of a snapshot. (Microsoft: "Module32NextW function")
#[export(kernel32)]
fn Module32NextW(hSnapshot: Handle, lpme: Ptr<u8>) -> Result<(), Win32Error> {
    module::<Wide>(hSnapshot, lpme, false)
}

/// Tells the first thread of a snapshot. (Microsoft: "Thread32First function")
#[export(kernel32)]
fn Thread32First(hSnapshot: Handle, lpte: Ptr<THREADENTRY32>) -> Result<(), Win32Error> {
    thread(hSnapshot, lpte, true)
}

/// Tells the next thread of a snapshot. (Microsoft: "Thread32Next function")
#[export(kernel32)]
fn Thread32Next(hSnapshot: Handle, lpte: Ptr<THREADENTRY32>) -> Result<(), Win32Error> {
    thread(hSnapshot, lpte, false)
}
