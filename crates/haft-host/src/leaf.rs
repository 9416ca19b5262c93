//! Functions on memory that programs call by the million, in the program's own calling convention.
//!
//! They touch only registers that a caller expects to lose. A call into code of Linux' convention
//! would have to save ten vector registers first, which costs more than most of these calls do.
//! What is longer than [`SHORT`] bytes is worth that and goes to the C library.
//!
//! # Safety
//! Each takes what the C function takes. The program's own pointers may be bad: the fault is then
//! the program's, as it is on Windows.
#![allow(unsafe_code, reason = "raw memory is what these functions are about")]
#![allow(clippy::missing_safety_doc, reason = "it is the same for all: see the module")]

use core::arch::naked_asm;
use core::ptr;

/// The longest block that is worked on here; measured: beyond it the C library's wider registers
/// win.
const SHORT: usize = 128;

/// `memmove`: copies a block, whatever it overlaps.
#[inline(always)]
pub unsafe fn copy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's pointers.
    unsafe { if count <= SHORT { copy_short(to, from, count) } else { copy_long(to, from, count) } }
}

/// `memset`: fills a block.
#[inline(always)]
pub unsafe fn fill(to: *mut u8, byte: u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's pointer.
    unsafe { if count <= SHORT { fill_short(to, byte, count) } else { fill_long(to, byte, count) } }
}

/// The length of a string that is not short.
#[cold]
unsafe extern "win64" fn length_long(string: *const u8) -> usize {
    // SAFETY: the caller's pointer.
    unsafe { libc::strlen(string.cast()) }
}

#[cold]
#[inline(never)]
unsafe extern "win64" fn copy_long(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's pointers.
    unsafe { ptr::copy(from, to, count) };
    to
}

#[cold]
#[inline(never)]
unsafe extern "win64" fn fill_long(to: *mut u8, byte: u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's pointer.
    unsafe { ptr::write_bytes(to, byte, count) };
    to
}

// The ends of a block are read before anything is written, so that parts may overlap.
#[unsafe(naked)]
unsafe extern "win64" fn copy_short(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    naked_asm!(
        ".cfi_startproc",
        "mov rax, rcx",
        "cmp r8, 16",
        "jb 3f",
        "movups xmm4, [rdx]",
        "movups xmm5, [rdx + r8 - 16]",
        "cmp r8, 32",
        "jbe 2f",
        "mov r9, rcx",
        "sub r9, rdx",
        "cmp r9, r8",
        "jb 6f",
        // Upwards: whole 16 bytes, then the last 16.
        "lea r9, [rcx + r8 - 16]",
        "5:",
        "movups xmm0, [rdx]",
        "add rdx, 16",
        "movups [rcx], xmm0",
        "add rcx, 16",
        "cmp rcx, r9",
        "jb 5b",
        "movups [r9], xmm5",
        "ret",
        // Downwards, because the target begins inside the source.
        "6:",
        "lea r9, [rcx + r8]",
        "lea r10, [rdx + r8]",
        "add rcx, 16",
        "7:",
        "sub r10, 16",
        "sub r9, 16",
        "movups xmm0, [r10]",
        "movups [r9], xmm0",
        "cmp r9, rcx",
        "ja 7b",
        "movups [rax], xmm4",
        "ret",
        "2:",
        "movups [rcx], xmm4",
        "movups [rcx + r8 - 16], xmm5",
        "ret",
        "3:",
        "cmp r8, 8",
        "jb 3f",
        "mov r9, [rdx]",
        "mov r10, [rdx + r8 - 8]",
        "mov [rcx], r9",
        "mov [rcx + r8 - 8], r10",
        "ret",
        "3:",
        "cmp r8, 4",
        "jb 3f",
        "mov r9d, [rdx]",
        "mov r10d, [rdx + r8 - 4]",
        "mov [rcx], r9d",
        "mov [rcx + r8 - 4], r10d",
        "ret",
        "3:",
        "test r8, r8",
        "jz 4f",
        // One to three bytes: the first, the middle one and the last.
        "mov r11, r8",
        "shr r11, 1",
        "movzx r9d, byte ptr [rdx]",
        "movzx r10d, byte ptr [rdx + r11]",
        "movzx edx, byte ptr [rdx + r8 - 1]",
        "mov [rcx], r9b",
        "mov [rcx + r11], r10b",
        "mov [rcx + r8 - 1], dl",
        "4:",
        "ret",
        ".cfi_endproc",
    )
}

#[unsafe(naked)]
unsafe extern "win64" fn fill_short(to: *mut u8, byte: u8, count: usize) -> *mut u8 {
    naked_asm!(
        ".cfi_startproc",
        "mov rax, rcx",
        "movzx edx, dl",
        "mov r9, 0x0101010101010101",
        "imul rdx, r9",
        "lea r9, [rcx + r8 - 16]",
        "cmp r8, 16",
        "jb 3f",
        "movq xmm0, rdx",
        "punpcklqdq xmm0, xmm0",
        "2:",
        "movups [rcx], xmm0",
        "add rcx, 16",
        "cmp rcx, r9",
        "jb 2b",
        "movups [r9], xmm0",
        "ret",
        "3:",
        "cmp r8, 8",
        "jb 3f",
        "mov [rcx], rdx",
        "mov [rcx + r8 - 8], rdx",
        "ret",
        "3:",
        "cmp r8, 4",
        "jb 3f",
        "mov [rcx], edx",
        "mov [rcx + r8 - 4], edx",
        "ret",
        "3:",
        "test r8, r8",
        "jz 4f",
        "mov r9, r8",
        "shr r9, 1",
        "mov [rcx], dl",
        "mov [rcx + r9], dl",
        "mov [rcx + r8 - 1], dl",
        "4:",
        "ret",
        ".cfi_endproc",
    )
}

/// `strlen`. It reads whole aligned 16 bytes, which lie in one page.
#[unsafe(naked)]
pub unsafe extern "win64" fn length(string: *const u8) -> usize {
    naked_asm!(
        ".cfi_startproc",
        "mov r8, rcx",
        "mov rdx, rcx",
        "and rdx, -16",
        "and ecx, 15",
        "pxor xmm0, xmm0",
        "pcmpeqb xmm0, [rdx]",
        "pmovmskb eax, xmm0",
        // What stands in front of the string does not count.
        "shr eax, cl",
        "test eax, eax",
        "jnz 3f",
        "neg rcx",
        "2:",
        "add rdx, 16",
        "add rcx, 16",
        "pxor xmm0, xmm0",
        "pcmpeqb xmm0, [rdx]",
        "pmovmskb eax, xmm0",
        "test eax, eax",
        "jnz 4f",
        "cmp rcx, {short}",
        "jb 2b",
        "mov rcx, r8",
        "jmp {long}",
        "4:",
        "bsf eax, eax",
        "add rax, rcx",
        "ret",
        "3:",
        "bsf eax, eax",
        "ret",
        ".cfi_endproc",
        short = const SHORT,
        long = sym length_long,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern() -> Vec<u8> {
        (0..2600u32).map(|n| (n * 7 + n / 251) as u8).collect()
    }

    /// Every length up to what goes to the C library.
    fn lengths() -> impl Iterator<Item = usize> {
        (0..SHORT + 20).chain([500, 1000])
    }

    #[test]
    fn copies_may_overlap_either_way() {
        for count in lengths() {
            for (to, from) in [(1500, 3), (20, 20), (20, 21), (21, 20), (40, 25), (25, 41), (90, 7)]
            {
                let (mut ours, mut right) = (pattern(), pattern());
                right.copy_within(from..from + count, to);
                let at = ours.as_mut_ptr();
                // SAFETY: all of it lies in the vector.
                let result = unsafe { copy(at.add(to), at.add(from), count) };
                assert_eq!(result, at.wrapping_add(to));
                assert!(ours == right, "{count} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn fills_end_where_they_should() {
        for count in lengths() {
            let (mut ours, mut right) = (pattern(), pattern());
            right[5..5 + count].fill(0xA7);
            let at = ours.as_mut_ptr();
            // SAFETY: all of it lies in the vector.
            assert_eq!(unsafe { fill(at.add(5), 0xA7, count) }, at.wrapping_add(5));
            assert!(ours == right, "{count} bytes");
        }
    }

    #[test]
    fn lengths_are_found_from_every_alignment() {
        for start in 0..32 {
            for count in (0..70).chain([120, 127, 128, 129, 150, 300]) {
                let mut text = vec![0u8; 32];
                text.truncate(start);
                text.extend(std::iter::repeat_n(b'x', count));
                text.extend([0, b'y']);
                // SAFETY: the string ends in the vector.
                assert_eq!(unsafe { length(text.as_ptr().add(start)) }, count, "at {start}");
            }
        }
    }
}
