//! Exceptions: raising them, handlers, and what happens to unhandled ones.
#![allow(unsafe_code, reason = "a breakpoint is one instruction")]

use crate::abi::{Bool, InOut, Ptr, Routine};
use crate::hooks;
use haft_abi::exception::{EXCEPTION_MAXIMUM_PARAMETERS, ExceptionPointers, ExceptionRecord};
use haft_abi::{Context, Win32Error};
use haft_kernel::ke::exception::{self, VectoredKind};
use haft_macros::export;

/// Raises an exception. (Microsoft: "RaiseException function")
#[export(kernel32)]
fn RaiseException(
    dwExceptionCode: u32,
    dwExceptionFlags: u32,
    nNumberOfArguments: u32,
    lpArguments: Ptr<u64>,
) -> ! {
    let count = (nNumberOfArguments as usize).min(EXCEPTION_MAXIMUM_PARAMETERS);
    let arguments = match lpArguments.non_null().map(|arguments| arguments.read_slice(count)) {
        Some(Ok(arguments)) => arguments,
        Some(Err(fault)) => hooks::fault(fault),
        None => Vec::new(),
    };
    let mut values = [0; EXCEPTION_MAXIMUM_PARAMETERS];
    let values = &mut values[..arguments.len()];
    values.copy_from_slice(&arguments);
    // An exception leaves this frame for good.
    drop(arguments);
    exception::raise(dwExceptionCode, dwExceptionFlags, values)
}

/// Ends the process at once, without asking any handler. (Microsoft: "RaiseFailFastException
/// function")
#[export(kernel32)]
fn RaiseFailFastException(
    pExceptionRecord: Ptr<ExceptionRecord>,
    pContextRecord: Ptr<Context>,
    _dwFlags: u32,
) -> ! {
    exception::fail_fast(pExceptionRecord.addr(), pContextRecord.addr())
}

/// Adds a handler that sees every exception before any frame. (Microsoft:
/// "AddVectoredExceptionHandler function")
#[export(kernel32)]
fn AddVectoredExceptionHandler(First: u32, Handler: Routine) -> usize {
    exception::add_vectored(VectoredKind::Exception, First != 0, Handler.0)
}

/// Removes such a handler. (Microsoft: "RemoveVectoredExceptionHandler function")
#[export(kernel32)]
fn RemoveVectoredExceptionHandler(Handle: usize) -> u32 {
    exception::remove_vectored(VectoredKind::Exception, Handle).into()
}

/// Adds a handler that is called when an exception was handled. (Microsoft:
/// "AddVectoredContinueHandler function")
#[export(kernel32)]
fn AddVectoredContinueHandler(First: u32, Handler: Routine) -> usize {
    exception::add_vectored(VectoredKind::Continue, First != 0, Handler.0)
}

/// Removes such a handler. (Microsoft: "RemoveVectoredContinueHandler function")
#[export(kernel32)]
fn RemoveVectoredContinueHandler(Handle: usize) -> u32 {
    exception::remove_vectored(VectoredKind::Continue, Handle).into()
}

/// Sets the filter for exceptions that nobody handled. (Microsoft: "SetUnhandledExceptionFilter
/// function")
#[export(kernel32)]
fn SetUnhandledExceptionFilter(lpTopLevelExceptionFilter: Option<Routine>) -> Routine {
    Routine(exception::set_filter(lpTopLevelExceptionFilter.map_or(0, |filter| filter.0)))
}

/// Asks that filter, and says what happened when it does not decide. (Microsoft:
/// "UnhandledExceptionFilter function")
#[export(kernel32)]
fn UnhandledExceptionFilter(ExceptionInfo: Ptr<ExceptionPointers>) -> i32 {
    exception::unhandled_exception_filter(ExceptionInfo.addr())
}

/// Whether a debugger of Windows is attached, which haft does not have. (Microsoft:
/// "IsDebuggerPresent function")
#[export(kernel32)]
fn IsDebuggerPresent() -> Bool {
    Bool::FALSE
}

/// Stops in a debugger, or raises a breakpoint exception. (Microsoft: "DebugBreak function")
#[export(kernel32, raw)]
#[unsafe(naked)]
unsafe extern "win64" fn DebugBreak() {
    core::arch::naked_asm!(".cfi_startproc", "int3", "ret", ".cfi_endproc")
}

/// Sets which errors the system shows to a person. (Microsoft: "SetErrorMode function")
#[export(kernel32)]
fn SetErrorMode(uMode: u32) -> u32 {
    exception::set_error_mode(uMode)
}

/// Returns which errors the system shows to a person. (Microsoft: "GetErrorMode function")
#[export(kernel32)]
fn GetErrorMode() -> u32 {
    exception::error_mode()
}

/// Asks for room on the stack to handle its overflow in. (Microsoft: "SetThreadStackGuarantee
/// function")
#[export(kernel32)]
fn SetThreadStackGuarantee(StackSizeInBytes: InOut<u32>) -> Result<(), Win32Error> {
    Ok(StackSizeInBytes.set(exception::set_stack_guarantee(StackSizeInBytes.get())?)?)
}
