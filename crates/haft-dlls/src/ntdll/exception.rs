//! Exceptions: raising them, handlers, and going on.
#![allow(unsafe_code, reason = "a breakpoint is one instruction")]

use crate::abi::{Bool, Ptr, Routine};
use haft_abi::exception::{Disposition, ExceptionRecord};
use haft_abi::{Context, NtStatus};
use haft_kernel::ke::exception::{self, VectoredKind};
use haft_macros::export;

/// Raises the exception that a record describes. (Microsoft: "RtlRaiseException function")
#[export(kernel32, ntdll)]
fn RtlRaiseException(ExceptionRecord: Ptr<ExceptionRecord>) -> ! {
    exception::raise_record(ExceptionRecord.addr())
}

/// Raises the exception that a record describes, with the registers in a context. (Microsoft:
/// "Structured Exception Handling")
#[export(ntdll, also = "ZwRaiseException")]
fn NtRaiseException(
    ExceptionRecord: Ptr<ExceptionRecord>,
    ContextRecord: Ptr<Context>,
    FirstChance: Bool,
) -> Result<(), NtStatus> {
    ExceptionRecord.read()?;
    ContextRecord.read()?;
    exception::raise_with_context(ExceptionRecord.addr(), ContextRecord.addr(), FirstChance.0)
}

/// Raises an exception with a status as its code. (Microsoft: "Structured Exception Handling")
#[export(ntdll)]
fn RtlRaiseStatus(Status: NtStatus) -> ! {
    exception::raise(Status.0, haft_abi::exception::EXCEPTION_NONCONTINUABLE, &[])
}

/// Goes on with the registers in a context. (Microsoft: "Structured Exception Handling")
#[export(ntdll, also = "ZwContinue")]
fn NtContinue(ContextRecord: Ptr<Context>, _TestAlert: Bool) -> Result<(), NtStatus> {
    match exception::continue_with(ContextRecord.addr())? {}
}

/// Adds a handler that sees every exception before any frame. (Microsoft:
/// "AddVectoredExceptionHandler function")
#[export(ntdll)]
fn RtlAddVectoredExceptionHandler(First: u32, Handler: Routine) -> usize {
    exception::add_vectored(VectoredKind::Exception, First != 0, Handler.0)
}

/// Removes such a handler. (Microsoft: "RemoveVectoredExceptionHandler function")
#[export(ntdll)]
fn RtlRemoveVectoredExceptionHandler(Handle: usize) -> u32 {
    exception::remove_vectored(VectoredKind::Exception, Handle).into()
}

/// Adds a handler that is called when an exception was handled. (Microsoft:
/// "AddVectoredContinueHandler function")
#[export(ntdll)]
fn RtlAddVectoredContinueHandler(First: u32, Handler: Routine) -> usize {
    exception::add_vectored(VectoredKind::Continue, First != 0, Handler.0)
}

/// Removes such a handler. (Microsoft: "RemoveVectoredContinueHandler function")
#[export(ntdll)]
fn RtlRemoveVectoredContinueHandler(Handle: usize) -> u32 {
    exception::remove_vectored(VectoredKind::Continue, Handle).into()
}

/// Handles exceptions and unwinds for the `__try` blocks of a C function. (Microsoft: "x64
/// exception handling")
#[export(ntdll, msvcrt, ucrtbase, vcruntime140)]
fn __C_specific_handler(
    ExceptionRecord: usize,
    EstablisherFrame: usize,
    ContextRecord: usize,
    DispatcherContext: usize,
) -> u32 {
    exception::c_specific_handler(
        ExceptionRecord,
        EstablisherFrame,
        ContextRecord,
        DispatcherContext,
    )
    // A scope table that is of no use guards nothing.
    .unwrap_or(Disposition::ContinueSearch) as u32
}

/// Stops in a debugger, or raises a breakpoint exception. (Microsoft: "DebugBreak function")
#[export(ntdll, raw)]
#[unsafe(naked)]
unsafe extern "win64" fn DbgBreakPoint() {
    core::arch::naked_asm!(".cfi_startproc", "int3", "ret", ".cfi_endproc")
}
