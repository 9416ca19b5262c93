//! Long jumps.
#![allow(unsafe_code, reason = "registers are taken by assembly")]

use haft_abi::exception::JumpBuffer;
use haft_kernel::ke::exception;
use haft_macros::export;

/// Takes the caller's registers for `longjmp` and returns 0. The second argument is the frame
/// that a jump unwinds to, or null for one that does not unwind. (Microsoft: "setjmp")
#[export(
    msvcrt,
    ucrtbase,
    vcruntime140,
    raw,
    name = "__intrinsic_setjmpex",
    also = "_setjmp",
    also = "_setjmpex",
    also = "__intrinsic_setjmp"
)]
#[unsafe(naked)]
unsafe extern "win64" fn setjmp(env: *mut JumpBuffer, frame: usize) -> i32 {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "mov [rcx], rdx",
        "mov [rcx + 0x08], rbx",
        "lea rax, [rsp + 8]",
        "mov [rcx + 0x10], rax",
        "mov [rcx + 0x18], rbp",
        "mov [rcx + 0x20], rsi",
        "mov [rcx + 0x28], rdi",
        "mov [rcx + 0x30], r12",
        "mov [rcx + 0x38], r13",
        "mov [rcx + 0x40], r14",
        "mov [rcx + 0x48], r15",
        "mov rax, [rsp]",
        "mov [rcx + 0x50], rax",
        "stmxcsr [rcx + 0x58]",
        "fnstcw [rcx + 0x5C]",
        "movups [rcx + 0x60], xmm6",
        "movups [rcx + 0x70], xmm7",
        "movups [rcx + 0x80], xmm8",
        "movups [rcx + 0x90], xmm9",
        "movups [rcx + 0xA0], xmm10",
        "movups [rcx + 0xB0], xmm11",
        "movups [rcx + 0xC0], xmm12",
        "movups [rcx + 0xD0], xmm13",
        "movups [rcx + 0xE0], xmm14",
        "movups [rcx + 0xF0], xmm15",
        "xor eax, eax",
        "ret",
        ".cfi_endproc",
    )
}

/// Goes back to where `setjmp` took the registers, which returns again with a value that is not
/// zero. (Microsoft: "longjmp")
#[export(msvcrt, ucrtbase, vcruntime140)]
fn longjmp(env: usize, value: i32) -> ! {
    match exception::long_jump(env, value) {
        Err(fault) => crate::hooks::fault(fault),
    }
}

/// Makes the stack's guard anew after an overflow was handled; 0 when it cannot, which is as long
/// as the thread still is where the guard was. (Microsoft: "_resetstkoflw")
#[export(msvcrt, ucrtbase)]
fn _resetstkoflw() -> bool {
    exception::reset_stack_overflow()
}
