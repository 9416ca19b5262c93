//! Processes: opening them, what they have used, on which processors they run.

use crate::abi::{Bool, Charset, InOut, Out, Ptr, TBuf, TStr};
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Win32Error};
use haft_kernel::ex::processor;
use haft_kernel::ldr::{self, BinaryType};
use haft_kernel::ps::{accounting, affinity, information, object, priority};
use haft_macros::export;
use windows_sys::Win32::System::Threading::IO_COUNTERS;

/// Opens a process by its identifier. (Microsoft: "OpenProcess function")
#[export(kernel32)]
fn OpenProcess(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    dwProcessId: u32,
) -> Result<Handle, Win32Error> {
    Ok(object::open(Pid(dwProcessId), dwDesiredAccess, bInheritHandle.0)?)
}

/// Gets the processors that a process may use, and those that there are. (Microsoft:
/// "GetProcessAffinityMask function")
#[export(kernel32)]
fn GetProcessAffinityMask(
    hProcess: Handle,
    lpProcessAffinityMask: Out<u64>,
    lpSystemAffinityMask: Out<u64>,
) -> Result<(), Win32Error> {
    lpProcessAffinityMask.set(affinity::of_process(hProcess)?)?;
    Ok(lpSystemAffinityMask.set(processor::mask())?)
}

/// Sets the processors that a process may use; only of the calling one so far. (Microsoft:
/// "SetProcessAffinityMask function")
#[export(kernel32)]
fn SetProcessAffinityMask(hProcess: Handle, dwProcessAffinityMask: u64) -> Result<(), Win32Error> {
    match affinity::set_process(hProcess, dwProcessAffinityMask) {
        Err(NtStatus::NOT_IMPLEMENTED) => Err(Win32Error::CALL_NOT_IMPLEMENTED),
        other => Ok(other?),
    }
}

/// Gets the processor groups of a process: group 0. (Microsoft: "GetProcessGroupAffinity
/// function")
#[export(kernel32)]
fn GetProcessGroupAffinity(
    hProcess: Handle,
    GroupCount: InOut<u16>,
    GroupArray: Ptr<u16>,
) -> Result<(), Win32Error> {
    affinity::of_process(hProcess)?;
    let room = GroupCount.get();
    GroupCount.set(1)?;
    if room == 0 {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(GroupArray.write(0)?)
}

/// Gets what was set: whether priorities of a process's threads are not raised for a while after
/// a wait. (Microsoft: "GetProcessPriorityBoost function")
#[export(kernel32)]
fn GetProcessPriorityBoost(
    hProcess: Handle,
    pDisablePriorityBoost: Out<u32>,
) -> Result<(), Win32Error> {
    super::memory::own_process(hProcess, super::memory::QUERY_LIMITED)?;
    Ok(pDisablePriorityBoost.set(u32::from(priority::process_boost_disabled()))?)
}

/// Keeps whether priorities of a process's threads are to be raised for a while after a wait,
/// which is Linux's to decide. (Microsoft: "SetProcessPriorityBoost function")
#[export(kernel32)]
fn SetProcessPriorityBoost(
    hProcess: Handle,
    bDisablePriorityBoost: Bool,
) -> Result<(), Win32Error> {
    const PROCESS_SET_INFORMATION: AccessMask = AccessMask(0x200);
    super::memory::own_process(hProcess, PROCESS_SET_INFORMATION)?;
    priority::set_process_boost_disabled(bDisablePriorityBoost.0);
    Ok(())
}

/// Gets how often and how much a process read and wrote; Linux counts nothing else. (Microsoft:
/// "GetProcessIoCounters function")
#[export(kernel32)]
fn GetProcessIoCounters(
    hProcess: Handle,
    lpIoCounters: Out<IO_COUNTERS>,
) -> Result<(), Win32Error> {
    let counters = accounting::io_counters(hProcess)?;
    Ok(lpIoCounters.set(IO_COUNTERS {
        ReadOperationCount: counters.reads,
        WriteOperationCount: counters.writes,
        OtherOperationCount: 0,
        ReadTransferCount: counters.bytes_read,
        WriteTransferCount: counters.bytes_written,
        OtherTransferCount: 0,
    })?)
}

/// Gets the processor cycles that a thread has used, at the processor's nominal frequency.
/// (Microsoft: "QueryThreadCycleTime function")
#[export(kernel32)]
fn QueryThreadCycleTime(ThreadHandle: Handle, CycleTime: Out<u64>) -> Result<(), Win32Error> {
    Ok(CycleTime.set(accounting::thread_cycles(ThreadHandle)?)?)
}

/// Gets the processor cycles that a process has used, at the processor's nominal frequency.
/// (Microsoft: "QueryProcessCycleTime function")
#[export(kernel32)]
fn QueryProcessCycleTime(ProcessHandle: Handle, CycleTime: Out<u64>) -> Result<(), Win32Error> {
    Ok(CycleTime.set(accounting::process_cycles(ProcessHandle)?)?)
}

/// Tells the path of a process's program; in the native form, which is not implemented, it fails.
/// (Microsoft: "QueryFullProcessImageNameW function")
#[export(kernel32, charset)]
fn QueryFullProcessImageName<C: Charset>(
    hProcess: Handle,
    dwFlags: u32,
    lpExeName: TBuf<C>,
    lpdwSize: InOut<u32>,
) -> Result<(), Win32Error> {
    const PROCESS_NAME_NATIVE: u32 = 1;
    match dwFlags {
        0 => {}
        PROCESS_NAME_NATIVE => return Err(Win32Error::CALL_NOT_IMPLEMENTED),
        _ => return Err(Win32Error::INVALID_PARAMETER),
    }
    let filled = lpExeName.fill(lpdwSize.get(), &information::image_name_of(hProcess)?)?;
    let count = filled.stored_or(Win32Error::INSUFFICIENT_BUFFER)?;
    Ok(lpdwSize.set(count)?)
}

/// Tells what kind of program a file is. (Microsoft: "GetBinaryTypeW function")
#[export(kernel32, charset)]
fn GetBinaryType<C: Charset>(
    lpApplicationName: TStr<C>,
    lpBinaryType: Out<u32>,
) -> Result<(), Win32Error> {
    const SCS_32BIT_BINARY: u32 = 0;
    const SCS_DOS_BINARY: u32 = 1;
    const SCS_WOW_BINARY: u32 = 2;
    const SCS_64BIT_BINARY: u32 = 6;
    let kind = match ldr::binary_type(&lpApplicationName)? {
        BinaryType::Windows64 => SCS_64BIT_BINARY,
        BinaryType::Windows32 => SCS_32BIT_BINARY,
        BinaryType::Windows16 => SCS_WOW_BINARY,
        BinaryType::Dos => SCS_DOS_BINARY,
    };
    Ok(lpBinaryType.set(kind)?)
}
