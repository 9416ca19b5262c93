//! Frames of haft that a walk of the stack stops to read: calls of handlers, and the place where
//! a fault was sent to. Each keeps a note on the stack, which the walk finds by the return
//! address.
#![allow(unsafe_code, reason = "the frames are made by assembly, and their notes read by address")]

use crate::border::calls_program;
use crate::guest;
use core::arch::global_asm;
use haft_abi::Context;

/// Why a noted frame is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Kind {
    /// A language handler is asked about an exception; the note is its dispatcher context.
    Search = 1,
    /// A language handler cleans up; the note is its dispatcher context.
    Unwind = 2,
    /// The frames go on with the registers at the note, exactly there: a fault, or a frame that
    /// stands for one that is gone.
    Context = 3,
}

/// A frame with a note.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Noted {
    /// Why it is there.
    pub kind: Kind,
    /// An address; see [`Kind`].
    pub note: usize,
}

/// Where a noted frame keeps its note, from its stack pointer.
pub(crate) const NOTE: usize = 0x20;
/// Where a noted frame keeps its kind.
pub(crate) const KIND: usize = 0x28;
/// Bytes of the frame that a fault is sent to.
pub(crate) const FAULT_FRAME: usize = 0x40;

calls_program! {
    fn noted_call(function: usize, args: *const [usize; 4], note: usize, kind: u64);
    frame: 56;
    before: ["mov [rsp + 0x20], rdx", "mov [rsp + 0x28], rcx"];
    behind: [];
    label: [".globl haft_noted_return", "haft_noted_return:"];
}

global_asm!(
    ".pushsection .text.haft_frames,\"ax\",@progbits",
    ".p2align 4",
    ".globl haft_fault_entry",
    "haft_fault_entry:",
    "call {fault}",
    ".globl haft_fault_return",
    "haft_fault_return:",
    "ud2",
    ".popsection",
    fault = sym crate::signal::on_exception,
);

unsafe extern "C" {
    static haft_noted_return: u8;
    static haft_fault_entry: u8;
    static haft_fault_return: u8;
}

/// Calls a program's function as [`crate::jump::call`] does, from a frame with a note.
pub fn call(noted: Noted, function: usize, args: [usize; 4]) -> usize {
    // SAFETY: as for `jump::call`; the frame is the routine's own.
    unsafe { noted_call(function, &raw const args, noted.note, noted.kind as u64) }
}

/// Where the signal handler sends a thread with an exception.
pub(crate) fn fault_entry() -> usize {
    &raw const haft_fault_entry as usize
}

/// The note of the frame that these registers are in, if it has one.
#[must_use]
pub fn noted(context: &Context) -> Option<Noted> {
    let pc = context.rip as usize;
    if pc != &raw const haft_noted_return as usize && pc != &raw const haft_fault_return as usize {
        return None;
    }
    let at = |offset| guest::read::<u64>((context.rsp as usize).wrapping_add(offset)).ok();
    let kind = match at(KIND)? {
        1 => Kind::Search,
        2 => Kind::Unwind,
        3 => Kind::Context,
        _ => return None,
    };
    Some(Noted { kind, note: at(NOTE)? as usize })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_and_result_pass_through() {
        extern "win64" fn sum(a: usize, b: usize, c: usize, d: usize) -> usize {
            a + 10 * b + 100 * c + 1000 * d
        }
        crate::gs::have_teb();
        let noted = Noted { kind: Kind::Search, note: 0x1234 };
        assert_eq!(call(noted, sum as *const () as usize, [1, 2, 3, 4]), 4321);
    }

    #[test]
    fn a_walk_from_a_called_function_finds_the_note() {
        extern "win64" fn called(_: usize, _: usize, _: usize, _: usize) -> usize {
            crate::context::with_captured(|context| {
                let mut context = *context;
                for _ in 0..16 {
                    if let Some(found) = noted(&context) {
                        return found.note;
                    }
                    if crate::host_unwind::step(&mut context, false).is_none() {
                        break;
                    }
                }
                0
            })
        }
        crate::guest::testing::handler();
        crate::gs::have_teb();
        let noted = Noted { kind: Kind::Unwind, note: 0x5678 };
        assert_eq!(call(noted, called as *const () as usize, [0; 4]), 0x5678);
    }
}
