//! Registers.
#![allow(unsafe_code, reason = "registers are taken by assembly")]

use crate::abi::{Out, Ptr};
use haft_abi::Context;
use haft_abi::exception::ExceptionRecord;
use haft_kernel::ke::exception;
use haft_macros::export;

/// Takes the caller's registers. (Microsoft: "RtlCaptureContext function")
#[export(kernel32, ntdll, raw)]
#[unsafe(naked)]
unsafe extern "win64" fn RtlCaptureContext(ContextRecord: *mut Context) {
    core::arch::naked_asm!("jmp {capture}", capture = sym haft_host::context::capture)
}

/// Goes on with other registers, after a long jump's or a consolidation's own work when a record
/// tells of one. (Microsoft: "RtlRestoreContext function")
#[export(kernel32, ntdll)]
fn RtlRestoreContext(ContextRecord: Ptr<Context>, ExceptionRecord: Ptr<ExceptionRecord>) -> ! {
    match ContextRecord.read() {
        Ok(registers) => exception::restore(registers, ExceptionRecord.addr()),
        Err(fault) => crate::hooks::fault(fault),
    }
}

/// Collects the return addresses of the caller and its callers. (Microsoft:
/// "RtlCaptureStackBackTrace function")
#[export(kernel32, ntdll)]
fn RtlCaptureStackBackTrace(
    FramesToSkip: u32,
    FramesToCapture: u32,
    BackTrace: Ptr<usize>,
    BackTraceHash: Option<Out<u32>>,
) -> u16 {
    let count = FramesToCapture.min(u16::MAX.into()) as usize;
    let frames = exception::back_trace(FramesToSkip as usize, count);
    let hash = frames.iter().fold(0u32, |sum, frame| sum.wrapping_add(*frame as u32));
    let told = BackTrace
        .write_slice(&frames)
        .and_then(|()| crate::abi::SetIfSome::set(&BackTraceHash, hash));
    match told {
        Ok(()) => frames.len() as u16,
        Err(fault) => crate::hooks::fault(fault),
    }
}
