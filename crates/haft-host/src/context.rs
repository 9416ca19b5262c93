//! The running thread's registers: taken as a `CONTEXT`, and put back.
#![allow(unsafe_code, reason = "registers are taken and set by assembly")]

use crate::{border, guest, suspend};
use core::arch::naked_asm;
use haft_abi::Context;
use haft_abi::context::{CONTEXT_FLOATING_POINT, CONTEXT_FULL, CONTEXT_SEGMENTS};

/// Fills `context` with the registers of its caller, as they are when it returns (Microsoft:
/// "RtlCaptureContext function"). Every register but the flags is as at the call.
///
/// # Safety
/// `context` must be valid for writes; an address that is not faults as an access of the
/// caller's own.
#[unsafe(naked)]
#[unsafe(link_section = "haft_border")]
pub unsafe extern "win64" fn capture(context: *mut Context) {
    naked_asm!(
        ".cfi_startproc",
        "pushfq",
        ".cfi_adjust_cfa_offset 8",
        "mov [rcx + 0x78], rax",
        "mov [rcx + 0x80], rcx",
        "mov [rcx + 0x88], rdx",
        "mov [rcx + 0x90], rbx",
        "lea rax, [rsp + 16]",
        "mov [rcx + 0x98], rax",
        "mov [rcx + 0xA0], rbp",
        "mov [rcx + 0xA8], rsi",
        "mov [rcx + 0xB0], rdi",
        "mov [rcx + 0xB8], r8",
        "mov [rcx + 0xC0], r9",
        "mov [rcx + 0xC8], r10",
        "mov [rcx + 0xD0], r11",
        "mov [rcx + 0xD8], r12",
        "mov [rcx + 0xE0], r13",
        "mov [rcx + 0xE8], r14",
        "mov [rcx + 0xF0], r15",
        "mov rax, [rsp + 8]",
        "mov [rcx + 0xF8], rax",
        "mov [rcx + 0x38], cs",
        "mov [rcx + 0x3A], ds",
        "mov [rcx + 0x3C], es",
        "mov [rcx + 0x3E], fs",
        "mov [rcx + 0x40], gs",
        "mov [rcx + 0x42], ss",
        "mov eax, [rsp]",
        // Not the steps that `suspend` takes.
        "and eax, 0xFFFFFEFF",
        "mov [rcx + 0x44], eax",
        "stmxcsr [rcx + 0x34]",
        "fxsave64 [rcx + 0x100]",
        "mov dword ptr [rcx + 0x30], {flags}",
        "mov rax, [rcx + 0x78]",
        "popfq",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
        flags = const CONTEXT_FULL | CONTEXT_SEGMENTS,
    )
}

/// Calls `body` with registers from which a walk finds the frames of this call and of its
/// callers, all of which are there for as long as `body` runs.
#[inline(never)]
pub fn with_captured<R>(body: impl FnOnce(&mut Context) -> R) -> R {
    let mut context = Context::default();
    // SAFETY: the context is valid for writes.
    unsafe { capture(&raw mut context) };
    let result = body(&mut context);
    // The frame that was captured must not be gone before the body is: no tail call.
    core::hint::black_box(&context);
    result
}

/// The bits of the flags register that a program may set: the others stay as Linux wants them.
pub(crate) const USER_FLAGS: u32 = 0x0024_0DD5;

/// Goes on with these registers. x87 and SSE are set when `context_flags` names them, all other
/// registers always; segments stay as they are.
pub fn resume(context: &Context) -> ! {
    set(context, core::ptr::null())
}

/// Goes to the signal stack, to load the registers there: the thread may be stopped until it has
/// them, and others may write below the stack pointer that they are told then.
fn set(context: &Context, area: *const Area) -> ! {
    // SAFETY: `load_beside` copies both before anything on this stack may change, and never comes
    // back.
    unsafe { set_beside(context, area, border::stack_for(context_stack())) }
}

/// About where the running stack pointer is.
#[inline(always)]
fn context_stack() -> usize {
    let rsp: usize;
    // SAFETY: reads a register.
    unsafe { core::arch::asm!("mov {}, rsp", out(reg) rsp, options(nomem, nostack)) };
    rsp
}

#[unsafe(naked)]
unsafe extern "C" fn set_beside(context: *const Context, area: *const Area, stack: usize) -> ! {
    naked_asm!("mov rsp, rdx", "xor ebp, ebp", "call {load}", "ud2", load = sym load_beside)
}

extern "C" fn load_beside(context: *const Context, area: *const Area) -> ! {
    // SAFETY: `set` passes valid ones, the area perhaps null.
    let (mut context, area) = unsafe { (*context, area.as_ref()) };
    match area.cloned() {
        Some(area) => load_when_free(&mut context, &raw const area),
        None => load_when_free(&mut context, core::ptr::null()),
    }
}

#[inline(always)]
fn load_when_free(context: &mut Context, area: *const Area) -> ! {
    loop {
        while suspend::is_marked() {
            stop_before(context);
        }
        context.eflags = context.eflags & USER_FLAGS | 0x202;
        context.mx_csr &= 0xFFFF;
        context.float_save.mx_csr = context.mx_csr;
        let float = context.context_flags & CONTEXT_FLOATING_POINT == CONTEXT_FLOATING_POINT;
        // SAFETY: the registers are the program's: what it does with them is its own doing, as a
        // jump to any address is. haft's frames that are left behind hold nothing to be dropped. The
        // area is null, or aligned with a header that names only what it has.
        unsafe { load(context, usize::from(float), area) }
    }
}

/// The thread is asked to stop: it is as if it had these registers already.
#[cold]
#[inline(never)]
fn stop_before(context: &mut Context) {
    if context.context_flags & CONTEXT_FLOATING_POINT != CONTEXT_FLOATING_POINT {
        let mut own = Context::default();
        // SAFETY: the context is valid for writes.
        unsafe { capture(&raw mut own) };
        context.take(&own, CONTEXT_FLOATING_POINT);
        context.context_flags |= CONTEXT_FLOATING_POINT;
    }
    suspend::stop_with(context);
}

/// The state that `CONTEXT` has no room for, as `xsave` writes it behind the first 512 bytes: the
/// upper halves of the vector registers, and the mask registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extended {
    /// Where it is; 0 when there is none.
    pub address: usize,
    /// How many bytes it has.
    pub length: usize,
}

/// Components of that state that a program may have: AVX, and the three of AVX-512.
const COMPONENTS: u64 = 1 << 2 | 1 << 5 | 1 << 6 | 1 << 7;
/// The bytes of all of them, with the header and what is in front.
const EXTENDED: usize = 4096;

/// Room for `xrstor`.
#[derive(Clone)]
#[repr(C, align(64))]
struct Area([u8; EXTENDED]);

/// Goes on with these registers, as [`resume`] does, and with what they had beyond a `CONTEXT`.
pub fn resume_extended(context: &Context, extended: Extended) -> ! {
    const LEGACY: usize = 512;
    const HEADER: usize = 64;
    let mut area = Area([0; EXTENDED]);
    let end = LEGACY + extended.length;
    if (LEGACY + HEADER..=EXTENDED).contains(&end)
        && guest::copy_in(&mut area.0[LEGACY..end], extended.address).is_ok()
    {
        let mut present = [0; 8];
        present.copy_from_slice(&area.0[LEGACY..LEGACY + 8]);
        let present = u64::from_le_bytes(present) & COMPONENTS;
        // The program may have written here: what is not plain would fault.
        area.0[LEGACY..LEGACY + HEADER].fill(0);
        area.0[LEGACY..LEGACY + 8].copy_from_slice(&present.to_le_bytes());
        // The instruction also takes the control register of the vectors from there.
        area.0[24..28].copy_from_slice(&(context.mx_csr & 0xFFFF).to_le_bytes());
        // That Linux gave the state says that the processor has `xrstor`.
        set(context, &raw const area);
    }
    resume(context)
}

#[unsafe(naked)]
#[unsafe(link_section = "haft_border")]
unsafe extern "C" fn load(context: *const Context, float: usize, area: *const Area) {
    naked_asm!(
        // The last look. Who is asked to stop comes back.
        "cmp qword ptr gs:[{mark}], 0",
        "je 4f",
        "ret",
        "4:",
        // No call may come behind this: library code clears the upper halves.
        "test rdx, rdx",
        "jz 3f",
        "mov rcx, rdx",
        "mov eax, {components}",
        "xor edx, edx",
        "xrstor64 [rcx]",
        "3:",
        "test esi, esi",
        "jz 2f",
        "fxrstor64 [rdi + 0x100]",
        "2:",
        // An interrupt return sets the stack pointer, the flags and the place in one step and
        // touches nothing on the stack that it goes to.
        "mov eax, ss",
        "push rax",
        "push qword ptr [rdi + 0x98]",
        "mov eax, [rdi + 0x44]",
        "push rax",
        "mov eax, cs",
        "push rax",
        "push qword ptr [rdi + 0xF8]",
        "mov rax, [rdi + 0x78]",
        "mov rcx, [rdi + 0x80]",
        "mov rdx, [rdi + 0x88]",
        "mov rbx, [rdi + 0x90]",
        "mov rbp, [rdi + 0xA0]",
        "mov rsi, [rdi + 0xA8]",
        "mov r8, [rdi + 0xB8]",
        "mov r9, [rdi + 0xC0]",
        "mov r10, [rdi + 0xC8]",
        "mov r11, [rdi + 0xD0]",
        "mov r12, [rdi + 0xD8]",
        "mov r13, [rdi + 0xE0]",
        "mov r14, [rdi + 0xE8]",
        "mov r15, [rdi + 0xF0]",
        "mov rdi, [rdi + 0xB0]",
        ".globl haft_load_return",
        "haft_load_return:",
        "iretq",
        components = const COMPONENTS,
        mark = const border::MARK,
    )
}

unsafe extern "C" {
    /// The interrupt return that ends [`load`].
    static haft_load_return: u8;
}

/// Whether an instruction is the interrupt return with which [`resume`] goes to the program.
pub(crate) fn is_return(rip: usize) -> bool {
    rip == &raw const haft_load_return as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_context_is_resumed_where_it_was_taken() {
        crate::gs::have_teb();
        let mut rounds = 0u32;
        let seen = with_captured(|context| {
            let again: *mut u32 = &raw mut rounds;
            // SAFETY: the pointer is to a live local; volatile since control comes twice.
            let round = unsafe {
                again.write_volatile(again.read_volatile() + 1);
                again.read_volatile()
            };
            if round == 1 {
                let mut context = *context;
                context.eflags |= 1;
                resume(&context);
            }
            round
        });
        assert_eq!(seen, 2);
    }

    #[test]
    fn floating_point_state_is_captured() {
        let context = with_captured(|context| *context);
        assert_eq!(context.mx_csr & 0x1F80, 0x1F80, "all exceptions are masked");
        assert_eq!(context.float_save.control_word, 0x37F);
        assert_eq!((context.seg_cs, context.seg_ss), (0x33, 0x2B));
    }
}
