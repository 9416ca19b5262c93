//! What a processor fault is as an exception (Microsoft: "GetExceptionCode macro",
//! "EXCEPTION_RECORD structure"; Intel: "Software Developer's Manual", volume 3, chapter 6).

use crate::guest;
use haft_abi::exception::ExceptionRecord;
use haft_abi::{Context, NtStatus};

/// What Linux says of a fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// The signal.
    pub signal: i32,
    /// Its `si_code`.
    pub code: i32,
    /// The processor's exception vector.
    pub vector: u64,
    /// The error code that the processor pushed.
    pub error: u64,
    /// The address of a page fault.
    pub address: u64,
}

/// What is to be done about a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It is this exception.
    Exception(ExceptionRecord),
    /// The program asked to be ended at once, with this code of its own (`int 29h`).
    FastFail(u32),
}

const DIVIDE: u64 = 0;
const DEBUG: u64 = 1;
const BREAKPOINT: u64 = 3;
const BOUND: u64 = 5;
const INVALID_OPCODE: u64 = 6;
const PAGE_FAULT: u64 = 14;
const ALIGNMENT: u64 = 17;

/// The exception that a fault with these registers is; takes the registers back to the
/// instruction where Windows has them there.
pub(crate) fn classify(fault: &Fault, context: &mut Context) -> Outcome {
    let status = match fault.vector {
        DIVIDE => divide_error(context),
        DEBUG => {
            // The trap is answered once; whoever wants the next sets the flag again.
            context.eflags &= !0x100;
            NtStatus::SINGLE_STEP
        }
        BREAKPOINT => {
            context.rip = context.rip.wrapping_sub(1);
            return exception(NtStatus::BREAKPOINT, context, &[0]);
        }
        BOUND => NtStatus::ARRAY_BOUNDS_EXCEEDED,
        INVALID_OPCODE => NtStatus::ILLEGAL_INSTRUCTION,
        PAGE_FAULT => return page_fault(fault, context),
        ALIGNMENT => NtStatus::DATATYPE_MISALIGNMENT,
        _ if fault.signal == libc::SIGFPE => float_error(fault.code),
        _ => return protection_fault(context),
    };
    exception(status, context, &[])
}

fn exception(status: NtStatus, context: &Context, parameters: &[u64]) -> Outcome {
    let mut record = ExceptionRecord {
        code: status.0,
        address: context.rip,
        parameters: parameters.len() as u32,
        ..ExceptionRecord::default()
    };
    record.information[..parameters.len()].copy_from_slice(parameters);
    Outcome::Exception(record)
}

fn page_fault(fault: &Fault, context: &Context) -> Outcome {
    let access = match fault.error {
        error if error & 0x10 != 0 => 8,
        error if error & 0x02 != 0 => 1,
        _ => 0,
    };
    if fault.signal == libc::SIGBUS {
        // The file behind the page became shorter, or could not be read.
        let reason = u64::from(NtStatus::END_OF_FILE.0);
        return exception(NtStatus::IN_PAGE_ERROR, context, &[access, fault.address, reason]);
    }
    exception(NtStatus::ACCESS_VIOLATION, context, &[access, fault.address])
}

/// A fault without an address: instructions that programs must not execute, calls of the system
/// by interrupt, misaligned vectors and addresses that cannot be.
fn protection_fault(context: &mut Context) -> Outcome {
    let code = Code::at(context.rip);
    match code.operation() {
        Some(Operation::Interrupt(0x29)) => Outcome::FastFail(context.rcx as u32),
        Some(Operation::Interrupt(0x2C)) => exception(NtStatus::ASSERTION_FAILURE, context, &[]),
        Some(Operation::Interrupt(0x2D)) => {
            // The debugger's service: as a breakpoint, which lies behind the instruction's byte.
            context.rip = context.rip.wrapping_add(1);
            exception(NtStatus::BREAKPOINT, context, &[context.rax])
        }
        Some(Operation::Privileged) => exception(NtStatus::PRIVILEGED_INSTRUCTION, context, &[]),
        _ => exception(NtStatus::ACCESS_VIOLATION, context, &[0, u64::MAX]),
    }
}

/// The values of `si_code` for `SIGFPE` (Linux: "sigaction(2)").
fn float_error(code: i32) -> NtStatus {
    match code {
        3 => NtStatus::FLOAT_DIVIDE_BY_ZERO,
        4 => NtStatus::FLOAT_OVERFLOW,
        5 => NtStatus::FLOAT_UNDERFLOW,
        6 => NtStatus::FLOAT_INEXACT_RESULT,
        _ => NtStatus::FLOAT_INVALID_OPERATION,
    }
}

/// The processor reports a division by zero and a quotient that is too large alike; the divisor
/// tells them apart.
fn divide_error(context: &Context) -> NtStatus {
    match Code::at(context.rip).divisor(context) {
        Some(divisor) if divisor != 0 => NtStatus::INTEGER_OVERFLOW,
        _ => NtStatus::INTEGER_DIVIDE_BY_ZERO,
    }
}

/// What an instruction that faulted without an address is.
enum Operation {
    Interrupt(u8),
    Privileged,
}

/// The bytes of an instruction.
struct Code {
    bytes: [u8; 15],
    /// Bytes of prefixes.
    prefixes: usize,
    /// The REX prefix, or 0.
    rex: u8,
    /// Whether there is an operand size prefix.
    short: bool,
    /// Whether a prefix adds the base of FS (0x64) or GS (0x65).
    segment: Option<u8>,
}

impl Code {
    fn at(rip: u64) -> Self {
        let mut bytes = [0; 15];
        // A page may end behind the instruction.
        for (offset, byte) in bytes.iter_mut().enumerate() {
            match guest::read(rip as usize + offset) {
                Ok(read) => *byte = read,
                Err(_) => break,
            }
        }
        let mut code = Self { bytes, prefixes: 0, rex: 0, short: false, segment: None };
        for byte in bytes {
            match byte {
                0x66 => code.short = true,
                0x64 | 0x65 => code.segment = Some(byte),
                0xF0 | 0xF2 | 0xF3 | 0x2E | 0x36 | 0x3E | 0x26 | 0x67 => {}
                0x40..=0x4F => {
                    code.rex = byte;
                    code.prefixes += 1;
                    break;
                }
                _ => break,
            }
            code.prefixes += 1;
        }
        code
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.prefixes.min(15)..]
    }

    fn operation(&self) -> Option<Operation> {
        match *self.rest() {
            [0xCD, number, ..] => Some(Operation::Interrupt(number)),
            // hlt, cli, sti, and input and output.
            [0xF4 | 0xFA | 0xFB | 0x6C..=0x6F | 0xE4..=0xE7 | 0xEC..=0xEF, ..] => {
                Some(Operation::Privileged)
            }
            // System instructions: descriptor tables, clts, invd, wbinvd, control and debug
            // registers, model-specific registers and counters.
            [0x0F, 0x00 | 0x01 | 0x06 | 0x08 | 0x09 | 0x20..=0x23 | 0x30 | 0x32 | 0x33, ..] => {
                Some(Operation::Privileged)
            }
            _ => None,
        }
    }

    /// The divisor of a `div` or `idiv`; `None` when it is another instruction.
    fn divisor(&self, context: &Context) -> Option<u64> {
        let [opcode @ (0xF6 | 0xF7), modrm, ref tail @ ..] = *self.rest() else { return None };
        if modrm >> 3 & 7 < 6 {
            return None;
        }
        let size = match opcode {
            0xF6 => 1,
            _ if self.rex & 8 != 0 => 8,
            _ if self.short => 2,
            _ => 4,
        };
        let mask = u64::MAX >> (64 - 8 * size);
        let register = |low: u8, extension: u8| low | if self.rex & extension != 0 { 8 } else { 0 };
        if modrm >> 6 == 3 {
            let low = modrm & 7;
            if size == 1 && self.rex == 0 && low >= 4 {
                return Some(context.integer(low - 4) >> 8 & 0xFF);
            }
            return Some(context.integer(register(low, 1)) & mask);
        }
        let byte = |at: usize| tail.get(at).copied();
        let long = |at: usize| {
            Some(i32::from_le_bytes([byte(at)?, byte(at + 1)?, byte(at + 2)?, byte(at + 3)?]))
        };
        let mut used = 0;
        let mut address = 0u64;
        let mut based = true;
        if modrm & 7 == 4 {
            let sib = byte(0)?;
            used = 1;
            let index = register(sib >> 3 & 7, 2);
            if index != 4 {
                address = context.integer(index) << (sib >> 6);
            }
            if sib & 7 == 5 && modrm >> 6 == 0 {
                based = false;
            } else {
                address = address.wrapping_add(context.integer(register(sib & 7, 1)));
            }
        } else if modrm >> 6 == 0 && modrm & 7 == 5 {
            let next = context.rip + (self.prefixes + 2 + 4) as u64;
            address = next.wrapping_add_signed(long(0)?.into());
        } else {
            address = context.integer(register(modrm & 7, 1));
        }
        address = address.wrapping_add_signed(match modrm >> 6 {
            1 => (byte(used)? as i8).into(),
            2 => long(used)?.into(),
            _ if !based => long(used)?.into(),
            _ => 0,
        });
        if self.segment == Some(0x65) {
            address = address.wrapping_add(crate::gs::teb() as u64);
        }
        guest::read::<u8>(address as usize).ok()?;
        let mut value = [0; 8];
        guest::copy_in(&mut value[..size], address as usize).ok()?;
        Some(u64::from_le_bytes(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(code: &[u8]) -> Context {
        crate::guest::testing::handler();
        Context { rip: code.as_ptr() as u64, ..Context::default() }
    }

    fn fault(vector: u64) -> Fault {
        Fault { signal: libc::SIGSEGV, code: 128, vector, error: 0, address: 0 }
    }

    fn code_of(vector: u64, context: &mut Context) -> NtStatus {
        match classify(&fault(vector), context) {
            Outcome::Exception(record) => NtStatus(record.code),
            Outcome::FastFail(_) => NtStatus::STACK_BUFFER_OVERRUN,
        }
    }

    #[test]
    fn page_faults_say_what_was_tried() {
        let mut context = at(&[0x90; 16]);
        for (error, kind) in [(4, 0), (6, 1), (0x14, 8)] {
            let fault = Fault { error, address: 0x10, ..fault(PAGE_FAULT) };
            let Outcome::Exception(record) = classify(&fault, &mut context) else { panic!() };
            assert_eq!(record.code, 0xC000_0005);
            assert_eq!((record.parameters, record.information[0]), (2, kind));
            assert_eq!((record.information[1], record.address), (0x10, context.rip));
        }
    }

    #[test]
    fn a_breakpoint_is_at_its_instruction() {
        let code = [0xCC; 16];
        let mut context = at(&code);
        context.rip += 1;
        assert_eq!(code_of(BREAKPOINT, &mut context), NtStatus::BREAKPOINT);
        assert_eq!(context.rip, code.as_ptr() as u64);
    }

    #[test]
    fn protection_faults_are_told_by_the_instruction() {
        let told = |code: &[u8]| {
            let mut bytes = [0x90; 16];
            bytes[..code.len()].copy_from_slice(code);
            code_of(13, &mut at(&bytes))
        };
        assert_eq!(told(&[0xF4]), NtStatus::PRIVILEGED_INSTRUCTION);
        assert_eq!(told(&[0x66, 0xED]), NtStatus::PRIVILEGED_INSTRUCTION);
        assert_eq!(told(&[0x0F, 0x22, 0xD8]), NtStatus::PRIVILEGED_INSTRUCTION);
        assert_eq!(told(&[0x0F, 0x28, 0x00]), NtStatus::ACCESS_VIOLATION);
        assert_eq!(told(&[0xCD, 0x2C]), NtStatus::ASSERTION_FAILURE);
        let code = [0xCD, 0x29, 0x90];
        let mut context = at(&code);
        context.rcx = 7;
        assert_eq!(classify(&fault(13), &mut context), Outcome::FastFail(7));
    }

    #[test]
    fn divisions_are_told_by_the_divisor() {
        let value = [0u64, 5];
        let told = |code: &[u8], rbx: u64| {
            let mut bytes = [0; 16];
            bytes[..code.len()].copy_from_slice(code);
            let mut context = at(&bytes);
            context.rbx = rbx;
            context.r11 = rbx;
            code_of(DIVIDE, &mut context)
        };
        let (zero, overflow) = (NtStatus::INTEGER_DIVIDE_BY_ZERO, NtStatus::INTEGER_OVERFLOW);
        // idiv ebx; idiv r11; div bl; div bh.
        assert_eq!(told(&[0xF7, 0xFB], 0x1_0000_0000), zero);
        assert_eq!(told(&[0xF7, 0xFB], u64::MAX), overflow);
        assert_eq!(told(&[0x49, 0xF7, 0xFB], 0x1_0000_0000), overflow);
        assert_eq!(told(&[0xF6, 0xF3], 0x100), zero);
        assert_eq!(told(&[0xF6, 0xF7], 0x100), overflow);
        // idiv dword ptr [rbx]; idiv qword ptr [rbx + 8]; idiv qword ptr [r11 + 8].
        let place = value.as_ptr() as u64;
        assert_eq!(told(&[0xF7, 0x3B], place), zero);
        assert_eq!(told(&[0x48, 0xF7, 0x7B, 8], place), overflow);
        assert_eq!(told(&[0x49, 0xF7, 0x7B, 8], place), overflow);
        // idiv dword ptr [rbx + rbx] and [disp32] with a scaled index.
        assert_eq!(told(&[0xF7, 0x3C, 0x1B], place / 2), zero);
    }
}
