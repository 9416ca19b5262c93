//! Leaving haft for the program: calls of program code by address, and switches of stacks.
#![allow(unsafe_code, reason = "the program's code is called by address")]

use crate::border::calls_program;
use core::arch::naked_asm;

/// Calls a program's function of up to four integer arguments and returns its RAX.
///
/// The program's code is not held by the type system: it runs in this process with all that
/// this process may do, exactly as on Windows.
pub fn call(function: usize, args: [usize; 4]) -> usize {
    // SAFETY: the address is one that the program itself named as a function of this ABI; what
    // it does is the program's own doing, and a wild address faults into an exception.
    unsafe { call_program(function, &raw const args) }
}

/// Calls a program's function of up to six integer arguments and returns its RAX.
pub fn call_six(function: usize, args: [usize; 6]) -> usize {
    let [a, b, c, d, e, f] = args;
    call_nine(function, [a, b, c, d, e, f, 0, 0, 0])
}

/// Calls a program's function of up to nine integer arguments and returns its RAX.
pub fn call_nine(function: usize, args: [usize; 9]) -> usize {
    // SAFETY: as for `call`; the caller takes the arguments from the stack, however many there are.
    unsafe { call_program_nine(function, &raw const args) }
}

calls_program! {
    fn call_program(function: usize, args: *const [usize; 4]);
    frame: 40;
    before: [];
    behind: [];
    label: [];
}

calls_program! {
    fn call_program_nine(function: usize, args: *const [usize; 9]);
    frame: 88;
    before: [];
    behind: [
        "mov rax, [rsi + 32]",
        "mov rcx, [rsi + 40]",
        "mov rdx, [rsi + 48]",
        "mov r8, [rsi + 56]",
        "mov r9, [rsi + 64]",
        "mov [rsp + 32], rax",
        "mov [rsp + 40], rcx",
        "mov [rsp + 48], rdx",
        "mov [rsp + 56], r8",
        "mov [rsp + 64], r9"
    ];
    label: [];
}

/// The place on a Linux stack that [`run_on_stack`] was called from, to [`leave`] to.
#[derive(Clone, Copy, Debug)]
pub struct ReturnPoint(usize);

/// Runs `body` on the stack that ends at `stack_top`, and returns when some code on that stack
/// calls [`leave`] with the point that `body` is given.
pub fn run_on_stack(stack_top: usize, body: fn(ReturnPoint) -> !) {
    assert!(stack_top.is_multiple_of(16), "a stack ends at a multiple of 16");
    // SAFETY: the stack is fresh memory that the caller mapped for this use alone; `enter` keeps
    // every callee-saved register on the old stack until `leave` takes them up again.
    unsafe { enter(stack_top, body as usize, begin) }
}

extern "C" fn begin(saved: usize, body: usize) -> ! {
    // SAFETY: `body` is the function pointer that `run_on_stack` turned into an address.
    let body: fn(ReturnPoint) -> ! = unsafe { core::mem::transmute(body) };
    body(ReturnPoint(saved))
}

/// Goes back to where [`run_on_stack`] was called. The stack that is left may then be released;
/// nothing on it is dropped.
pub fn leave(point: ReturnPoint) -> ! {
    // SAFETY: the point was made by `enter` on a Linux stack of this very thread, whose frame is
    // still there because it waits in `run_on_stack`.
    unsafe { switch_back(point.0) }
}

/// Leaves the running stack for good and calls the function on the one that ends at `stack_top`.
pub(crate) fn leave_for(stack_top: usize, function: extern "C" fn() -> !) -> ! {
    // SAFETY: the stack is the running thread's own; nothing that lies there is used any more.
    unsafe { call_at(stack_top & !15, function) }
}

#[unsafe(naked)]
unsafe extern "C" fn call_at(stack_top: usize, function: extern "C" fn() -> !) -> ! {
    naked_asm!("mov rsp, rdi", "xor ebp, ebp", "call rsi", "ud2")
}

#[unsafe(naked)]
unsafe extern "C" fn enter(stack_top: usize, body: usize, begin: extern "C" fn(usize, usize) -> !) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov rax, rsp",
        "mov rsp, rdi",
        "mov rdi, rax",
        "xor ebp, ebp",
        // Null return addresses end every stack walk here.
        "push rbp",
        "push rbp",
        "call rdx",
        "ud2",
    )
}

#[unsafe(naked)]
unsafe extern "C" fn switch_back(saved: usize) -> ! {
    naked_asm!(
        "mov rsp, rdi",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Stack;
    use core::cell::Cell;

    thread_local!(static SEEN: Cell<usize> = const { Cell::new(0) });

    #[test]
    fn nine_arguments_and_the_result_pass_through() {
        #[rustfmt::skip]
        extern "win64" fn digits(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize,
                                 g: usize, h: usize, i: usize) -> usize {
            [a, b, c, d, e, f, g, h, i].iter().fold(0, |sum, digit| sum * 10 + digit)
        }
        crate::gs::have_teb();
        let digits = digits as *const () as usize;
        assert_eq!(call_nine(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9]), 123_456_789);
        assert_eq!(call_six(digits, [1, 2, 3, 4, 5, 6]), 123_456_000);
    }

    #[test]
    fn a_body_runs_on_its_stack_and_leaves_it() {
        let stack = Stack::new(0x2_0000).unwrap();
        run_on_stack(stack.base, |point| {
            let here = 0u8;
            SEEN.set(&raw const here as usize);
            leave(point)
        });
        let seen = SEEN.get();
        assert!((stack.limit..stack.base).contains(&seen), "{seen:#x} is not in {stack:x?}");
        stack.release();
    }
}
