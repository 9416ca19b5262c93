//! Threads: stacks, times, priorities, processors, descriptions.

use crate::abi::{Bool, In, OrMax, Out, Ptr, SetIfSome as _, WStr};
use core::mem::offset_of;
use haft_abi::nt::Teb;
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_host::gs;
use haft_host::guest::Fault;
use haft_kernel::mm::movable::{self, MovableFlags};
use haft_kernel::ps::{affinity, description, priority, thread_times};
use haft_macros::export;
use windows_sys::Win32::System::Kernel::PROCESSOR_NUMBER;
use windows_sys::Win32::System::SystemInformation::GROUP_AFFINITY;

/// Gets the bounds of the calling thread's stack, its guard included. (Microsoft:
/// "GetCurrentThreadStackLimits function")
#[export(kernel32)]
fn GetCurrentThreadStackLimits(LowLimit: Out<u64>, HighLimit: Out<u64>) {
    let set = || -> Result<(), Fault> {
        LowLimit.set(gs::field(offset_of!(Teb, deallocation_stack)))?;
        HighLimit.set(gs::field(offset_of!(Teb, stack_base)))
    };
    crate::hooks::or_fault(set());
}

/// Gets when a thread was created and ended, and how long it ran. (Microsoft: "GetThreadTimes
/// function")
#[export(kernel32)]
fn GetThreadTimes(
    hThread: Handle,
    lpCreationTime: Out<i64>,
    lpExitTime: Out<i64>,
    lpKernelTime: Out<u64>,
    lpUserTime: Out<u64>,
) -> Result<(), Win32Error> {
    let times = thread_times::times(hThread)?;
    lpCreationTime.set(times.created)?;
    lpExitTime.set(times.ended)?;
    lpKernelTime.set(times.kernel)?;
    Ok(lpUserTime.set(times.user)?)
}

/// `THREAD_PRIORITY_ERROR_RETURN`.
const PRIORITY_ERROR: i32 = i32::MAX;

/// Returns a thread's priority within its process's class. (Microsoft: "GetThreadPriority
/// function")
#[export(kernel32)]
fn GetThreadPriority(hThread: Handle) -> i32 {
    priority::get(hThread).unwrap_or_else(|status| {
        gs::set_last_error(Win32Error::from(status).0);
        PRIORITY_ERROR
    })
}

/// Sets a thread's priority within its process's class. Linux hears of it where this process may
/// raise priorities. (Microsoft: "SetThreadPriority function")
#[export(kernel32)]
fn SetThreadPriority(hThread: Handle, nPriority: i32) -> Result<(), Win32Error> {
    Ok(priority::set(hThread, nPriority)?)
}

/// Gets what was set: whether a thread's priority is not raised for a while after a wait.
/// (Microsoft: "GetThreadPriorityBoost function")
#[export(kernel32)]
fn GetThreadPriorityBoost(
    hThread: Handle,
    pDisablePriorityBoost: Out<u32>,
) -> Result<(), Win32Error> {
    Ok(pDisablePriorityBoost.set(u32::from(priority::boost_disabled(hThread)?))?)
}

/// Keeps whether a thread's priority is to be raised for a while after a wait, which is Linux's to
/// decide. (Microsoft: "SetThreadPriorityBoost function")
#[export(kernel32)]
fn SetThreadPriorityBoost(hThread: Handle, bDisablePriorityBoost: Bool) -> Result<(), Win32Error> {
    Ok(priority::set_boost_disabled(hThread, bDisablePriorityBoost.0)?)
}

/// Sets the processors that a thread may run on; returns what they were. (Microsoft:
/// "SetThreadAffinityMask function")
#[export(kernel32)]
fn SetThreadAffinityMask(hThread: Handle, dwThreadAffinityMask: u64) -> Result<u64, Win32Error> {
    Ok(affinity::set(hThread, dwThreadAffinityMask)?)
}

const fn group(mask: u64) -> GROUP_AFFINITY {
    GROUP_AFFINITY { Mask: mask as usize, Group: 0, Reserved: [0; 3] }
}

/// Gets the processors that a thread may run on. (Microsoft: "GetThreadGroupAffinity function")
#[export(kernel32)]
fn GetThreadGroupAffinity(
    hThread: Handle,
    GroupAffinity: Out<GROUP_AFFINITY>,
) -> Result<(), Win32Error> {
    Ok(GroupAffinity.set(group(affinity::get(hThread)?))?)
}

/// Sets the processors that a thread may run on, all of group 0. (Microsoft:
/// "SetThreadGroupAffinity function")
#[export(kernel32)]
fn SetThreadGroupAffinity(
    hThread: Handle,
    GroupAffinity: In<GROUP_AFFINITY>,
    PreviousGroupAffinity: Option<Out<GROUP_AFFINITY>>,
) -> Result<(), Win32Error> {
    if GroupAffinity.Group != 0 || GroupAffinity.Reserved != [0; 3] {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let before = affinity::set(hThread, GroupAffinity.Mask as u64)?;
    Ok(PreviousGroupAffinity.set(group(before))?)
}

/// Sets the processor that a thread would best run on, a hint; returns what it was. (Microsoft:
/// "SetThreadIdealProcessor function")
#[export(kernel32)]
fn SetThreadIdealProcessor(hThread: Handle, dwIdealProcessor: u32) -> Result<OrMax, Win32Error> {
    Ok(OrMax(affinity::set_ideal(hThread, dwIdealProcessor)?))
}

const fn number(processor: u32) -> PROCESSOR_NUMBER {
    PROCESSOR_NUMBER { Group: 0, Number: processor as u8, Reserved: 0 }
}

/// Sets the processor that a thread would best run on, a hint. (Microsoft:
/// "SetThreadIdealProcessorEx function")
#[export(kernel32)]
fn SetThreadIdealProcessorEx(
    hThread: Handle,
    lpIdealProcessor: In<PROCESSOR_NUMBER>,
    lpPreviousIdealProcessor: Option<Out<PROCESSOR_NUMBER>>,
) -> Result<(), Win32Error> {
    let wanted = u32::from(lpIdealProcessor.Number);
    if lpIdealProcessor.Group != 0 || wanted >= affinity::MAXIMUM_PROCESSORS {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let before = affinity::set_ideal(hThread, wanted)?;
    Ok(lpPreviousIdealProcessor.set(number(before))?)
}

/// Gets the processor that a thread would best run on. (Microsoft: "GetThreadIdealProcessorEx
/// function")
#[export(kernel32)]
fn GetThreadIdealProcessorEx(
    hThread: Handle,
    lpIdealProcessor: Out<PROCESSOR_NUMBER>,
) -> Result<(), Win32Error> {
    Ok(lpIdealProcessor.set(number(affinity::ideal(hThread)?))?)
}

/// An `HRESULT` that stands for an NTSTATUS (`HRESULT_FROM_NT`).
const fn hresult(status: NtStatus) -> u32 {
    status.0 | 0x1000_0000
}

/// Describes a thread; an HRESULT. (Microsoft: "SetThreadDescription function")
#[export(kernel32)]
fn SetThreadDescription(hThread: Handle, lpThreadDescription: WStr) -> u32 {
    description::set(hThread, &lpThreadDescription).map_or_else(hresult, |()| 0)
}

/// Gets a thread's description, which the caller frees with LocalFree; an HRESULT. (Microsoft:
/// "GetThreadDescription function")
#[export(kernel32)]
fn GetThreadDescription(hThread: Handle, ppszThreadDescription: Out<u64>) -> u32 {
    let copy = || -> Result<(), NtStatus> {
        let mut text = description::get(hThread)?;
        text.push(0);
        let memory = movable::allocate(MovableFlags(0), text.len() * 2)?;
        Ptr::<u16>::new(memory).write_slice(&text)?;
        Ok(ppszThreadDescription.set(memory as u64)?)
    };
    copy().map_or_else(hresult, |()| 0)
}
