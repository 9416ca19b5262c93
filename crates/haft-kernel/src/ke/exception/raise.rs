//! Raising exceptions.

use super::dispatch;
use super::slot::Slot;
use super::unhandled;
use super::unwind::{self, UnwindTarget};
use super::walk::with_caller;
use core::convert::Infallible;
use core::mem::offset_of;
use haft_abi::exception::{
    EXCEPTION_MAXIMUM_PARAMETERS, EXCEPTION_NONCONTINUABLE, EXCEPTION_SOFTWARE_FLAGS,
    ExceptionRecord, JumpBuffer,
};
use haft_abi::{Context, NtStatus};
use haft_host::guest::{self, Fault};
use haft_host::{context, guest::Pod};

fn raise_here(mut record: ExceptionRecord) -> ! {
    match with_caller(|registers| -> Infallible {
        record.address = registers.rip;
        let (record, registers) = (Slot::new(record), Slot::new(registers));
        dispatch::handle(record.address(), registers.address())
    }) {}
}

/// Raises an exception where the program called (Microsoft: "RaiseException function").
pub fn raise(code: u32, flags: u32, arguments: &[u64]) -> ! {
    let count = arguments.len().min(EXCEPTION_MAXIMUM_PARAMETERS);
    let mut record = ExceptionRecord {
        code,
        flags: flags & EXCEPTION_SOFTWARE_FLAGS,
        parameters: count as u32,
        ..ExceptionRecord::default()
    };
    record.information[..count].copy_from_slice(&arguments[..count]);
    raise_here(record)
}

/// Raises the exception that the program describes at `record`, where it called (Microsoft:
/// "RtlRaiseException function").
pub fn raise_record(record: usize) -> ! {
    match with_caller(|registers| -> Infallible {
        let address = record + offset_of!(ExceptionRecord, address);
        if let Err(fault) = guest::write(address, registers.rip) {
            raise_access_violation(fault);
        }
        let registers = Slot::new(registers);
        dispatch::handle(record, registers.address())
    }) {}
}

/// Raises the exception at `record` with the registers at `registers`; unless it is the first
/// chance, nobody is asked and the process ends (Microsoft: "NtRaiseException").
pub fn raise_with_context(record: usize, registers: usize, first_chance: bool) -> ! {
    if !first_chance {
        unhandled::end(record);
    }
    dispatch::handle(record, registers)
}

/// Raises the access violation that a program's call has earned by a bad pointer. It cannot be
/// continued: the access was one of many inside the call.
pub fn raise_access_violation(fault: Fault) -> ! {
    let flags = EXCEPTION_NONCONTINUABLE;
    let arguments = [u64::from(fault.write), fault.address as u64];
    raise(NtStatus::ACCESS_VIOLATION.0, flags, &arguments)
}

/// Raises an exception about the handling of another, which cannot be continued.
pub(super) fn raise_in_handling(status: NtStatus, record: usize) -> ! {
    raise_here(ExceptionRecord {
        code: status.0,
        flags: EXCEPTION_NONCONTINUABLE,
        nested: record as u64,
        ..ExceptionRecord::default()
    })
}

/// Goes on with the registers at an address (Microsoft: "NtContinue").
///
/// # Errors
/// `ACCESS_VIOLATION` when they cannot be read.
pub fn continue_with(registers: usize) -> Result<Infallible, NtStatus> {
    context::resume(&read::<Context>(registers)?)
}

fn read<T: Pod>(address: usize) -> Result<T, NtStatus> {
    Ok(guest::read(address)?)
}

/// Goes back to where the registers in the `jmp_buf` were taken (Microsoft: "longjmp"): through
/// the frames' clean-up when the buffer names its frame, else at once.
///
/// # Errors
/// A [`Fault`] when the buffer cannot be read.
pub fn long_jump(buffer: usize, value: i32) -> Result<Infallible, Fault> {
    let kept = guest::read::<JumpBuffer>(buffer)?;
    let value = if value == 0 { 1 } else { value };
    if kept.frame != 0 {
        let mut record = ExceptionRecord {
            code: NtStatus::LONGJUMP.0,
            parameters: 1,
            ..ExceptionRecord::default()
        };
        record.information[0] = buffer as u64;
        let record = Slot::new(record);
        let target = UnwindTarget { frame: kept.frame, ip: kept.rip, value: value as u64 };
        unwind::unwind(target, record.address(), 0, 0);
    }
    context::with_captured(|registers| {
        unwind::take_jump(registers, &kept);
        registers.rax = value as u64;
        context::resume(registers)
    })
}
