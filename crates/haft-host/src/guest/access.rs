//! The guarded instructions.
//!
//! Everything between `haft_guest_begin` and `haft_guest_end` follows two rules, which make one
//! error return serve all: the stack pointer is the one at entry wherever a fault can happen, and
//! no register that a callee must keep is changed. A fault at any instruction in the range
//! resumes at `haft_guest_fault`, which returns "not ok" to the routine's caller.

use core::arch::global_asm;
use core::mem::MaybeUninit;

/// A value and whether it is one; returned in RAX and RDX.
#[repr(C)]
pub(super) struct Got {
    pub(super) value: u64,
    pub(super) ok: u64,
}

global_asm!(
    ".pushsection .text.haft_guest,\"ax\",@progbits",
    ".p2align 4",
    ".globl haft_guest_begin",
    "haft_guest_begin:",
    // load(address: rdi) -> Got
    ".globl haft_guest_load1",
    "haft_guest_load1:",
    "movzx eax, byte ptr [rdi]",
    "mov edx, 1",
    "ret",
    ".globl haft_guest_load2",
    "haft_guest_load2:",
    "movzx eax, word ptr [rdi]",
    "mov edx, 1",
    "ret",
    ".globl haft_guest_load4",
    "haft_guest_load4:",
    "mov eax, dword ptr [rdi]",
    "mov edx, 1",
    "ret",
    ".globl haft_guest_load8",
    "haft_guest_load8:",
    "mov rax, qword ptr [rdi]",
    "mov edx, 1",
    "ret",
    // store(address: rdi, value: rsi) -> Got
    ".globl haft_guest_store1",
    "haft_guest_store1:",
    "mov byte ptr [rdi], sil",
    "mov edx, 1",
    "ret",
    ".globl haft_guest_store2",
    "haft_guest_store2:",
    "mov word ptr [rdi], si",
    "mov edx, 1",
    "ret",
    ".globl haft_guest_store4",
    "haft_guest_store4:",
    "mov dword ptr [rdi], esi",
    "mov edx, 1",
    "ret",
    ".globl haft_guest_store8",
    "haft_guest_store8:",
    "mov qword ptr [rdi], rsi",
    "mov edx, 1",
    "ret",
    // touch(address: rdi) -> Got: proves that a byte can be written
    ".globl haft_guest_touch",
    "haft_guest_touch:",
    "lock or byte ptr [rdi], 0",
    "mov edx, 1",
    "ret",
    // copy(dst: rdi, src: rsi, len: rdx) -> Got. A short copy in two overlapping halves:
    // "rep movsb" has some 20 ns to start.
    ".globl haft_guest_copy",
    "haft_guest_copy:",
    "cmp rdx, 32",
    "ja 4f",
    "cmp rdx, 16",
    "jae 3f",
    "cmp rdx, 8",
    "jae 2f",
    "test rdx, rdx",
    "jz 5f",
    "6:",
    "mov al, byte ptr [rsi]",
    "mov byte ptr [rdi], al",
    "inc rsi",
    "inc rdi",
    "dec rdx",
    "jnz 6b",
    "jmp 5f",
    "2:",
    "mov rax, qword ptr [rsi]",
    "mov rcx, qword ptr [rsi + rdx - 8]",
    "mov qword ptr [rdi], rax",
    "mov qword ptr [rdi + rdx - 8], rcx",
    "jmp 5f",
    "3:",
    "movdqu xmm0, xmmword ptr [rsi]",
    "movdqu xmm1, xmmword ptr [rsi + rdx - 16]",
    "movdqu xmmword ptr [rdi], xmm0",
    "movdqu xmmword ptr [rdi + rdx - 16], xmm1",
    "jmp 5f",
    "4:",
    "mov rcx, rdx",
    "rep movsb",
    "5:",
    "mov edx, 1",
    "ret",
    // fill(dst: rdi, byte: sil, len: rdx) -> Got
    ".globl haft_guest_fill",
    "haft_guest_fill:",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov edx, 1",
    "ret",
    // bytes_len(address: rdi, max: rsi) -> Got. Bytes up to a 16-byte boundary, then 16 at a
    // time: an aligned load never reaches into a page that the string does not.
    ".globl haft_guest_bytes_len",
    "haft_guest_bytes_len:",
    "xor eax, eax",
    "2:",
    "cmp rax, rsi",
    "jae 9f",
    "lea rcx, [rdi + rax]",
    "test cl, 15",
    "jz 3f",
    "cmp byte ptr [rcx], 0",
    "je 8f",
    "inc rax",
    "jmp 2b",
    "3:",
    "pxor xmm0, xmm0",
    "4:",
    "cmp rax, rsi",
    "jae 9f",
    "movdqa xmm1, xmmword ptr [rdi + rax]",
    "pcmpeqb xmm1, xmm0",
    "pmovmskb ecx, xmm1",
    "test ecx, ecx",
    "jnz 5f",
    "add rax, 16",
    "jmp 4b",
    "5:",
    "bsf ecx, ecx",
    "add rax, rcx",
    "cmp rax, rsi",
    "jb 8f",
    "9:",
    "mov rax, rsi",
    "8:",
    "mov edx, 1",
    "ret",
    // wide_len(address: rdi, max: rsi) -> Got. As above by units; a string at an odd address
    // goes unit by unit.
    ".globl haft_guest_wide_len",
    "haft_guest_wide_len:",
    "xor eax, eax",
    "2:",
    "cmp rax, rsi",
    "jae 9f",
    "lea rcx, [rdi + rax * 2]",
    "test cl, 15",
    "jz 3f",
    "cmp word ptr [rcx], 0",
    "je 8f",
    "inc rax",
    "jmp 2b",
    "3:",
    "pxor xmm0, xmm0",
    "4:",
    "cmp rax, rsi",
    "jae 9f",
    "movdqa xmm1, xmmword ptr [rdi + rax * 2]",
    "pcmpeqw xmm1, xmm0",
    "pmovmskb ecx, xmm1",
    "test ecx, ecx",
    "jnz 5f",
    "add rax, 8",
    "jmp 4b",
    "5:",
    "bsf ecx, ecx",
    "shr ecx, 1",
    "add rax, rcx",
    "cmp rax, rsi",
    "jb 8f",
    "9:",
    "mov rax, rsi",
    "8:",
    "mov edx, 1",
    "ret",
    ".globl haft_guest_end",
    "haft_guest_end:",
    ".globl haft_guest_fault",
    "haft_guest_fault:",
    "cld",
    "xor eax, eax",
    "xor edx, edx",
    "ret",
    ".popsection",
);

mod asm {
    use super::Got;
    use core::mem::MaybeUninit;

    unsafe extern "C" {
        pub static haft_guest_begin: u8;
        pub static haft_guest_end: u8;
        pub static haft_guest_fault: u8;
        pub fn haft_guest_load1(address: usize) -> Got;
        pub fn haft_guest_load2(address: usize) -> Got;
        pub fn haft_guest_load4(address: usize) -> Got;
        pub fn haft_guest_load8(address: usize) -> Got;
        pub fn haft_guest_store1(address: usize, value: MaybeUninit<u64>) -> Got;
        pub fn haft_guest_store2(address: usize, value: MaybeUninit<u64>) -> Got;
        pub fn haft_guest_store4(address: usize, value: MaybeUninit<u64>) -> Got;
        pub fn haft_guest_store8(address: usize, value: MaybeUninit<u64>) -> Got;
        pub fn haft_guest_touch(address: usize) -> Got;
        pub fn haft_guest_copy(dst: usize, src: usize, len: usize) -> Got;
        pub fn haft_guest_fill(dst: usize, byte: u8, len: usize) -> Got;
        pub fn haft_guest_bytes_len(address: usize, max: usize) -> Got;
        pub fn haft_guest_wide_len(address: usize, max: usize) -> Got;
    }
}

pub(super) use asm::{
    haft_guest_bytes_len as bytes_len, haft_guest_load1 as load1, haft_guest_load2 as load2,
    haft_guest_load4 as load4, haft_guest_load8 as load8, haft_guest_wide_len as wide_len,
};

/// Where to resume a thread that faulted at `rip`, if that is inside a guarded access: set RIP to
/// it and return from the signal handler, changing nothing else. `None` is any other fault.
///
/// Reads three link-time constants, so it may be called from a signal handler.
#[must_use]
#[inline]
pub fn fixup(rip: usize) -> Option<usize> {
    let begin = &raw const asm::haft_guest_begin as usize;
    let end = &raw const asm::haft_guest_end as usize;
    (begin..end).contains(&rip).then_some(&raw const asm::haft_guest_fault as usize)
}

/// Copies; false on a fault.
///
/// # Safety
/// Whichever side is haft's own memory must be valid for the access.
#[inline]
pub(super) unsafe fn copy(dst: usize, src: usize, len: usize) -> bool {
    // SAFETY: the caller's, for haft's own side; the other is guarded.
    unsafe { asm::haft_guest_copy(dst, src, len) }.ok != 0
}

/// Fills; false on a fault.
///
/// # Safety
/// The range must be the program's.
#[inline]
pub(super) unsafe fn fill(dst: usize, byte: u8, len: usize) -> bool {
    // SAFETY: guarded.
    unsafe { asm::haft_guest_fill(dst, byte, len) }.ok != 0
}

/// Proves that a byte can be written; false on a fault.
///
/// # Safety
/// The byte must be the program's.
#[inline]
pub(super) unsafe fn touch(address: usize) -> bool {
    // SAFETY: guarded; the byte keeps its value.
    unsafe { asm::haft_guest_touch(address) }.ok != 0
}

macro_rules! stores {
    ($($name:ident $asm:ident $size:literal,)*) => {$(
        /// Stores the value of this size that stands at `from`; false on a fault.
        ///
        /// # Safety
        /// `from` must be valid for reads of the size; `address` must be the program's.
        #[inline]
        pub(super) unsafe fn $name(address: usize, from: *const u8) -> bool {
            // Through `MaybeUninit`, because some bytes may be a structure's padding.
            let mut value = MaybeUninit::<u64>::uninit();
            // SAFETY: the caller's; the size is at most 8.
            unsafe { core::ptr::copy_nonoverlapping(from, value.as_mut_ptr().cast(), $size) };
            // SAFETY: guarded.
            unsafe { asm::$asm(address, value) }.ok != 0
        }
    )*};
}

stores! {
    store1 haft_guest_store1 1,
    store2 haft_guest_store2 2,
    store4 haft_guest_store4 4,
    store8 haft_guest_store8 8,
}
