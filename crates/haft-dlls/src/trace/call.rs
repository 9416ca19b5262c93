//! The one routine that traces calls.
//!
//! The traced entry of an export loads its description into RAX and jumps to [`call`], which
//! shows the arguments, calls the export's plain entry with the same ones, and shows the result.
//! So a traced entry is two instructions, and what can be traced costs nothing while it is not.
#![allow(unsafe_code, reason = "calls are passed on without knowing their types")]

use crate::abi::{Param, Register, Return};
use crate::export::{Body, Export};
use core::arch::naked_asm;
use core::mem::offset_of;
use haft_abi::nt::Teb;
use haft_host::{border, gs, guest};

/// How a trace line shows an argument.
pub struct Argument {
    float: bool,
    show: fn(slot: u64, name: &str, out: &mut String),
}

impl Argument {
    /// An argument of the parameter type `P`.
    #[must_use]
    pub const fn of<P: Param>() -> Self {
        fn show<P: Param>(slot: u64, name: &str, out: &mut String) {
            P::show(P::Raw::from_slot(slot), name, out);
        }
        Self { float: P::Raw::FLOAT, show: show::<P> }
    }

    pub(super) fn show(&self, slot: u64, name: &str, out: &mut String) {
        (self.show)(slot, name, out);
    }
}

/// How a trace line shows a result.
pub struct Answer {
    float: bool,
    /// `None` if the call does not return.
    show: Option<fn(slot: u64, out: &mut String)>,
}

impl Answer {
    /// The call does not return.
    pub const NEVER: Self = Self { float: false, show: None };

    /// A result of the type `R`.
    #[must_use]
    pub const fn of<R: Return>() -> Self {
        fn show<R: Return>(slot: u64, out: &mut String) {
            R::show(R::Raw::from_slot(slot), out);
        }
        Self { float: R::Raw::FLOAT, show: Some(show::<R>) }
    }

    pub(super) fn is_never(&self) -> bool {
        self.show.is_none()
    }

    pub(super) fn show(&self, slot: u64, out: &mut String) {
        if let Some(show) = self.show {
            show(slot, out);
        }
    }
}

/// What [`call`] keeps on its stack.
#[repr(C)]
struct Frame {
    floats: [u64; 4],
    export: &'static Export,
    id: u64,
    entry: usize,
    stack_arguments: usize,
    result: u64,
    float_result: u64,
}

const _: () = assert!(size_of::<Frame>() == 80);

/// Arguments on the stack that a variadic call is taken to have.
const VARIABLE_ARGUMENTS: usize = 32;

/// Shows the call and prepares it. `arguments` is the address of the row of arguments, the first
/// four in their home slots.
extern "win64" fn begin(frame: &mut Frame, arguments: usize) {
    let export = frame.export;
    let Body::Function { entry, arguments: kinds, .. } = &export.body else {
        unreachable!("{} is a variable", export.name)
    };
    let floats = frame.floats;
    frame.id = super::begin(export, |n, argument| match floats.get(n) {
        Some(&float) if argument.float => float,
        _ => guest::read(arguments + n * 8).unwrap_or(0),
    });
    frame.entry = entry.address();
    frame.stack_arguments = if export.is_variadic() {
        // No further than the stack goes.
        let end = guest::read(gs::teb() + offset_of!(Teb, stack_base)).unwrap_or(0);
        VARIABLE_ARGUMENTS.min(usize::saturating_sub(end, arguments + 32) / 8)
    } else {
        kinds.len().saturating_sub(4)
    };
}

/// Shows the result.
extern "win64" fn end(frame: &Frame) {
    let Body::Function { result, .. } = &frame.export.body else { return };
    let slot = if result.float { frame.float_result } else { frame.result };
    super::end(frame.export, frame.id, slot);
}

/// Traces a call of the export in RAX, whose arguments are where the program put them.
#[unsafe(naked)]
#[unsafe(link_section = "haft_border")]
pub(crate) extern "win64" fn call() {
    naked_asm!(
        ".cfi_startproc",
        "mov [rsp + 8], rcx",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], r8",
        "mov [rsp + 32], r9",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        // The frame, and the home slots of the calls below.
        "sub rsp, 80 + 32",
        "movsd [rbp - 80], xmm0",
        "movsd [rbp - 72], xmm1",
        "movsd [rbp - 64], xmm2",
        "movsd [rbp - 56], xmm3",
        "mov [rbp - 80 + {export}], rax",
        "lea rcx, [rbp - 80]",
        "lea rdx, [rbp + 16]",
        "call {begin}",
        // The same arguments again, those on the stack copied.
        "mov rcx, [rbp - 80 + {stack_arguments}]",
        "lea rax, [rcx * 8 + 15]",
        "and rax, -16",
        "sub rsp, rax",
        "2:",
        "test rcx, rcx",
        "jz 3f",
        "dec rcx",
        "mov rax, [rbp + 48 + rcx * 8]",
        "mov [rsp + 32 + rcx * 8], rax",
        "jmp 2b",
        "3:",
        "mov rcx, [rbp + 16]",
        "mov rdx, [rbp + 24]",
        "mov r8, [rbp + 32]",
        "mov r9, [rbp + 40]",
        "movsd xmm0, [rbp - 80]",
        "movsd xmm1, [rbp - 72]",
        "movsd xmm2, [rbp - 64]",
        "movsd xmm3, [rbp - 56]",
        "call [rbp - 80 + {entry}]",
        "mov [rbp - 80 + {result}], rax",
        "movsd [rbp - 80 + {float_result}], xmm0",
        "lea rcx, [rbp - 80]",
        "call {end}",
        "4:",
        "cmp qword ptr gs:[{mark}], 0",
        "je 5f",
        "call {look}",
        "jmp 4b",
        "5:",
        "mov rax, [rbp - 80 + {result}]",
        "movsd xmm0, [rbp - 80 + {float_result}]",
        "mov rsp, rbp",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
        export = const offset_of!(Frame, export),
        stack_arguments = const offset_of!(Frame, stack_arguments),
        entry = const offset_of!(Frame, entry),
        result = const offset_of!(Frame, result),
        float_result = const offset_of!(Frame, float_result),
        begin = sym begin,
        end = sym end,
        mark = const border::MARK,
        look = sym border::look,
    )
}
