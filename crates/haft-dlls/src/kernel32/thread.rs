//! Threads: who they are, how they start and end.

use super::object_name::{Attributes, inherits};
use crate::abi::{Bool, In, InOut, OrMax, Out, Ptr, Routine, SetIfSome as _};
use crate::captured;
use haft_abi::{AccessMask, Context, Handle, Tid, Win32Error};
use haft_host::gs;
use haft_kernel::ps::thread::{self, StackSize};
use haft_kernel::ps::{remote, suspend};
use haft_macros::export;

/// `THREAD_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_FFFF);
const CREATE_SUSPENDED: u32 = 4;
const STACK_SIZE_PARAM_IS_A_RESERVATION: u32 = 0x0001_0000;

/// Returns the pseudo handle of the calling thread. (Microsoft: "GetCurrentThread function")
#[export(kernel32)]
fn GetCurrentThread() -> Handle {
    Handle::CURRENT_THREAD
}

/// Returns the identifier of the calling thread. (Microsoft: "GetCurrentThreadId function")
#[export(kernel32)]
fn GetCurrentThreadId() -> u32 {
    gs::thread_id()
}

/// Returns the identifier of a thread. (Microsoft: "GetThreadId function")
#[export(kernel32)]
fn GetThreadId(Thread: Handle) -> Result<u32, Win32Error> {
    Ok(thread::ids_by_handle(Thread)?.1.0)
}

/// Returns the identifier of a thread's process. (Microsoft: "GetProcessIdOfThread function")
#[export(kernel32)]
fn GetProcessIdOfThread(Thread: Handle) -> Result<u32, Win32Error> {
    Ok(thread::ids_by_handle(Thread)?.0.0)
}

/// Starts a thread. (Microsoft: "CreateThread function")
#[export(kernel32)]
fn CreateThread(
    lpThreadAttributes: Attributes,
    dwStackSize: usize,
    lpStartAddress: Routine,
    lpParameter: usize,
    dwCreationFlags: u32,
    lpThreadId: Option<Out<u32>>,
) -> Result<Handle, Win32Error> {
    CreateRemoteThread(
        Handle::CURRENT_PROCESS,
        lpThreadAttributes,
        dwStackSize,
        lpStartAddress,
        lpParameter,
        dwCreationFlags,
        lpThreadId,
    )
}

/// Starts a thread in a process. (Microsoft: "CreateRemoteThread function")
#[export(kernel32)]
fn CreateRemoteThread(
    hProcess: Handle,
    lpThreadAttributes: Attributes,
    dwStackSize: usize,
    lpStartAddress: Routine,
    lpParameter: usize,
    dwCreationFlags: u32,
    lpThreadId: Option<Out<u32>>,
) -> Result<Handle, Win32Error> {
    if dwCreationFlags & !(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION) != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let size = if dwCreationFlags & STACK_SIZE_PARAM_IS_A_RESERVATION != 0 {
        StackSize::Reserve(dwStackSize)
    } else {
        StackSize::Commit(dwStackSize)
    };
    let (handle, tid) = remote::create_thread(
        hProcess,
        (lpStartAddress.0, lpParameter),
        size,
        dwCreationFlags & CREATE_SUSPENDED != 0,
        ALL_ACCESS,
        (inherits(&lpThreadAttributes), captured::of_attributes(&lpThreadAttributes)?),
    )?;
    lpThreadId.set(tid.0)?;
    Ok(handle)
}

/// Starts a thread in a process; an attribute list is not implemented. (Microsoft:
/// "CreateRemoteThreadEx function")
#[export(kernel32)]
fn CreateRemoteThreadEx(
    hProcess: Handle,
    lpThreadAttributes: Attributes,
    dwStackSize: usize,
    lpStartAddress: Routine,
    lpParameter: usize,
    dwCreationFlags: u32,
    lpAttributeList: Ptr<u8>,
    lpThreadId: Option<Out<u32>>,
) -> Result<Handle, Win32Error> {
    if !lpAttributeList.is_null() {
        return Err(Win32Error::NOT_SUPPORTED);
    }
    CreateRemoteThread(
        hProcess,
        lpThreadAttributes,
        dwStackSize,
        lpStartAddress,
        lpParameter,
        dwCreationFlags,
        lpThreadId,
    )
}

/// Opens a thread by its identifier. (Microsoft: "OpenThread function")
#[export(kernel32)]
fn OpenThread(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    dwThreadId: u32,
) -> Result<Handle, Win32Error> {
    Ok(thread::open(Tid(dwThreadId), None, dwDesiredAccess, bInheritHandle.0)?)
}

/// Ends the calling thread; the last one ends the process. (Microsoft: "ExitThread function")
#[export(kernel32)]
fn ExitThread(dwExitCode: u32) -> ! {
    thread::exit_thread(dwExitCode)
}

/// Gets the exit code of a thread, STILL_ACTIVE while it runs. (Microsoft: "GetExitCodeThread
/// function")
#[export(kernel32)]
fn GetExitCodeThread(hThread: Handle, lpExitCode: Out<u32>) -> Result<(), Win32Error> {
    Ok(lpExitCode.set(thread::exit_code_by_handle(hThread)?)?)
}

/// Lets a suspended thread go on; returns how often it was suspended before. (Microsoft:
/// "ResumeThread function")
#[export(kernel32)]
fn ResumeThread(hThread: Handle) -> Result<OrMax, Win32Error> {
    Ok(OrMax(suspend::resume_by_handle(hThread)?))
}

/// Suspends a thread once more; returns how often it was before. One that is inside a function of
/// haft stops on its way back. (Microsoft: "SuspendThread function")
#[export(kernel32)]
fn SuspendThread(hThread: Handle) -> Result<OrMax, Win32Error> {
    Ok(OrMax(suspend::suspend_by_handle(hThread)?))
}

/// Gets a thread's registers. (Microsoft: "GetThreadContext function")
#[export(kernel32)]
fn GetThreadContext(hThread: Handle, lpContext: InOut<Context>) -> Result<(), Win32Error> {
    let mut registers = lpContext.get();
    suspend::registers(hThread, &mut registers)?;
    Ok(lpContext.set(registers)?)
}

/// Sets a thread's registers. (Microsoft: "SetThreadContext function")
#[export(kernel32)]
fn SetThreadContext(hThread: Handle, lpContext: In<Context>) -> Result<(), Win32Error> {
    Ok(suspend::set_registers(hThread, &lpContext)?)
}

/// Ends a thread wherever it is, without telling the program. (Microsoft: "TerminateThread
/// function")
#[export(kernel32)]
fn TerminateThread(hThread: Handle, dwExitCode: u32) -> Result<(), Win32Error> {
    Ok(suspend::terminate_by_handle(hThread, dwExitCode)?)
}
