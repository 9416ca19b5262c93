//! The border between haft and the program.
//!
//! Before haft goes to the program's code it looks whether another thread wants this one to stop.
//! Between that look and the first instruction of the program lie a few more of haft's: a signal
//! that finds a thread there must not take it for one that has yet to look. So every function that
//! has such a last look is in one section of the binary, [`SECTION`], and behind a last look nothing
//! outside of the section is called. [`crate::suspend`] takes a thread that it finds there step by
//! step until that shows which it is. It costs those who are not stopped nothing.
//!
//! In the section are the entries of all exports, what calls the program's functions, and what loads
//! its registers. A signal handler that comes back to the program looks, too: Linux holds the
//! request back until it is over ([`hold_requests`]).
#![allow(unsafe_code, reason = "the section is found by symbols of the linker's")]

use crate::{context, gs, suspend, thread};
use core::arch::naked_asm;
use haft_abi::Context;

const _: () = assert!(size_of::<Context>().is_multiple_of(16));

/// Where in the TEB the mark of a thread is that is asked to stop.
pub const MARK: usize = core::mem::offset_of!(haft_abi::nt::Teb, reserved_end);

unsafe extern "C" {
    static __start_haft_border: u8;
    static __stop_haft_border: u8;
}

/// Whether an address is in a function that has a last look.
#[must_use]
pub fn contains(address: usize) -> bool {
    (&raw const __start_haft_border as usize..&raw const __stop_haft_border as usize)
        .contains(&address)
}

/// The last look, for a function in the section; behind it, nothing may be called.
#[inline(always)]
pub fn last_look() {
    while gs::field_at::<MARK>() != 0 {
        look();
    }
}

/// Makes a function that calls one of the program's, behind a last look: its address comes in RDI,
/// a pointer to its arguments in RSI, of which the first four go into registers. It keeps `frame`
/// bytes of stack, and writes there `before` the look what it was given itself, which the look does not
/// leave in registers, and `behind` it more arguments. `label` names where the function returns to.
macro_rules! calls_program {
    (
        fn $name:ident($($parameter:ident: $type:ty),*);
        frame: $frame:literal;
        before: [$($before:literal),*];
        behind: [$($behind:literal),*];
        label: [$($label:literal),*];
    ) => {
        #[unsafe(naked)]
        #[unsafe(link_section = "haft_border")]
        unsafe extern "C" fn $name($($parameter: $type),*) -> usize {
            core::arch::naked_asm!(
                ".cfi_startproc",
                concat!("sub rsp, ", $frame),
                concat!(".cfi_adjust_cfa_offset ", $frame),
                $($before,)*
                "2:",
                "cmp qword ptr gs:[{mark}], 0",
                "jne 3f",
                $($behind,)*
                "mov rax, rdi",
                "mov rcx, [rsi]",
                "mov rdx, [rsi + 8]",
                "mov r8, [rsi + 16]",
                "mov r9, [rsi + 24]",
                "call rax",
                $($label,)*
                concat!("add rsp, ", $frame),
                concat!(".cfi_adjust_cfa_offset -", $frame),
                "ret",
                concat!(".cfi_adjust_cfa_offset ", $frame),
                "3:",
                // It keeps RDI and RSI, as the program's convention has it.
                "call {look}",
                "jmp 2b",
                ".cfi_endproc",
                mark = const $crate::border::MARK,
                look = sym $crate::border::look,
            )
        }
    };
}

pub(crate) use calls_program;

/// Looks at the request for which the running thread is marked, and waits as long as it says.
///
/// In the program's calling convention, so that a call with nothing else to do need not save the
/// registers that another one would have to. While the thread waits, nothing that it needs is below
/// the stack pointer that others are told: they may write there, as to a thread's stack of Windows,
/// and send the thread on with it. So it waits on its signal stack.
#[cold]
#[inline(never)]
pub extern "win64" fn look() {
    // SAFETY: it keeps what the convention says, and switches to a stack of the thread's own.
    unsafe { look_beside() }
}

#[unsafe(naked)]
unsafe extern "win64" fn look_beside() {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "push rbx",
        ".cfi_offset rbx, -24",
        "push r12",
        ".cfi_offset r12, -32",
        "sub rsp, {context} + 32",
        "mov rcx, rsp",
        "call {stack}",
        "mov r12, rax",
        "lea rcx, [rsp + 32]",
        "call {capture}",
        // The thread may be sent on from here once more.
        "mov rbx, rsp",
        "lea rcx, [rsp + 32]",
        "mov rsp, r12",
        "sub rsp, 32",
        "call {wait}",
        "mov rsp, rbx",
        "add rsp, {context} + 32",
        "pop r12",
        "pop rbx",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
        context = const size_of::<Context>(),
        stack = sym stack,
        capture = sym context::capture,
        wait = sym wait,
    )
}

extern "win64" fn stack(rsp: usize) -> usize {
    stack_for(rsp)
}

/// The end of the stack to wait on: the signal stack, unless that is the running one.
pub(crate) fn stack_for(rsp: usize) -> usize {
    match thread::signal_stack() {
        Some(stack) if !stack.contains(&rsp) => stack.end & !15,
        _ => rsp & !15,
    }
}

extern "win64" fn wait(registers: &Context) {
    suspend::look(registers);
}

/// Has a signal handler's action hold back requests to stop while it runs.
pub(crate) fn hold_requests(action: &mut libc::sigaction) {
    // SAFETY: the set is valid, and the signal one of Linux's.
    unsafe { libc::sigaddset(&raw mut action.sa_mask, suspend::signal()) };
}
