//! Recognizing epilogues by their instructions.
//!
//! An epilogue is: `add rsp, constant` or `lea rsp, [frame register + constant]`, or neither;
//! pops of 64-bit registers; and a return, or a jump that leaves the function (Microsoft: "x64
//! prolog and epilog"). Control is in an epilogue when the instructions from rip on are the rest
//! of one, which can be told without knowing where it began.

use super::{Context, ContextPointers, StackMemory, UnwindError};

/// More bytes than the longest epilogue has.
pub(super) const MAX_LENGTH: usize = 64;

/// How an epilogue ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exit {
    /// With a return that frees this many bytes of parameters.
    Return(u16),
    /// With a jump through a register or memory.
    IndirectJump,
    /// With a jump to the place this far from the first byte of the code.
    Jump(i64),
}

/// The rest of an epilogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Epilogue {
    adjust: Adjust,
    pops: [u8; MAX_LENGTH],
    pop_count: usize,
    /// How it ends.
    pub exit: Exit,
}

/// What its first instruction does to rsp.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Adjust {
    Nothing,
    Add(i32),
    FromFrame(i32),
}

/// Decodes the rest of an epilogue at the beginning of `code`; `None` when it is none.
pub(super) fn decode(code: &[u8], frame_register: Option<u8>) -> Option<Epilogue> {
    let (adjust, adjust_length) = decode_adjust(code, frame_register)?;
    let mut pops = [0; MAX_LENGTH];
    let mut pop_count = 0;
    let mut at = adjust_length;
    while let Some((register, length)) = decode_pop(code.get(at..)?) {
        *pops.get_mut(pop_count)? = register;
        pop_count += 1;
        at += length;
    }
    let exit = match decode_exit(code.get(at..)?)? {
        Exit::Jump(distance) => Exit::Jump(distance + at as i64),
        exit => exit,
    };
    Some(Epilogue { adjust, pops, pop_count, exit })
}

fn decode_adjust(code: &[u8], frame_register: Option<u8>) -> Option<(Adjust, usize)> {
    let byte = |at: usize| code.get(at).map(|&byte| i32::from(byte as i8));
    let word =
        |at: usize| code.get(at..)?.first_chunk::<4>().map(|bytes| i32::from_le_bytes(*bytes));
    match *code {
        [0x48, 0x83, 0xC4, ..] => Some((Adjust::Add(byte(3)?), 4)),
        [0x48, 0x81, 0xC4, ..] => Some((Adjust::Add(word(3)?), 7)),
        [rex @ (0x48 | 0x49), 0x8D, modrm, ..] => {
            // lea rsp, [base + displacement]; r12 as base needs a SIB byte.
            let (mode, target, base) = (modrm >> 6, modrm >> 3 & 7, modrm & 7);
            if target != 4 || Some((rex & 1) << 3 | base) != frame_register {
                return None;
            }
            let displacement = match (base, code.get(3)) {
                (4, Some(0x24)) => 4,
                (4, _) => return None,
                _ => 3,
            };
            match mode {
                0 if base != 5 => Some((Adjust::FromFrame(0), displacement)),
                1 => Some((Adjust::FromFrame(byte(displacement)?), displacement + 1)),
                2 => Some((Adjust::FromFrame(word(displacement)?), displacement + 4)),
                _ => None,
            }
        }
        _ => Some((Adjust::Nothing, 0)),
    }
}

/// Gives the register that is popped and the instruction's length.
fn decode_pop(code: &[u8]) -> Option<(u8, usize)> {
    match *code {
        // pop rsp belongs to no epilogue.
        [0x5C, ..] => None,
        [opcode @ 0x58..=0x5F, ..] => Some((opcode - 0x58, 1)),
        [0x41, opcode @ 0x58..=0x5F, ..] => Some((opcode - 0x58 + 8, 2)),
        _ => None,
    }
}

fn decode_exit(code: &[u8]) -> Option<Exit> {
    match *code {
        [0xC3, ..] | [0xF3, 0xC3, ..] => Some(Exit::Return(0)),
        [0xC2, low, high, ..] => Some(Exit::Return(u16::from_le_bytes([low, high]))),
        [0xEB, distance, ..] => Some(Exit::Jump(2 + i64::from(distance as i8))),
        [0xE9, a, b, c, d, ..] => Some(Exit::Jump(5 + i64::from(i32::from_le_bytes([a, b, c, d])))),
        // jmp [memory] without a displacement from a register.
        [0xFF, modrm, ..] if modrm >> 6 == 0 && modrm >> 3 & 7 == 4 => Some(Exit::IndirectJump),
        // Compilers mark other jumps that leave a function with a needless REX.W.
        [0x48..=0x4F, 0xFF, modrm, ..] if modrm >> 3 & 7 == 4 => Some(Exit::IndirectJump),
        _ => None,
    }
}

impl Epilogue {
    /// Executes the rest of the epilogue. A jump out of the function is taken as the return that
    /// its target will do.
    ///
    /// # Errors
    /// [`UnwindError::Stack`] when the stack cannot be read.
    pub(super) fn execute<S: StackMemory + ?Sized>(
        &self,
        stack: &S,
        frame_register: Option<u8>,
        context: &mut Context,
        pointers: &mut Option<&mut ContextPointers>,
    ) -> Result<(), UnwindError> {
        match self.adjust {
            Adjust::Nothing => {}
            Adjust::Add(size) => {
                context.rsp = context.rsp.wrapping_add_signed(size.into());
            }
            Adjust::FromFrame(offset) => {
                let frame = context.integer(frame_register.unwrap_or(4));
                context.rsp = frame.wrapping_add_signed(offset.into());
            }
        }
        for &register in &self.pops[..self.pop_count] {
            super::step::pop(stack, register, context, pointers)?;
        }
        super::step::pop_return_address(stack, context)?;
        if let Exit::Return(parameters) = self.exit {
            context.rsp = context.rsp.wrapping_add(parameters.into());
        }
        Ok(())
    }
}
