//! Leaving haft for the program: calls of program code by address, and the switch to a stack.
#![allow(unsafe_code, reason = "the program's code is called by address")]

use core::arch::naked_asm;

/// Calls a program's function of up to four integer arguments and returns its RAX.
///
/// The program's code is not trusted by the type system: it runs in this process with all that
/// this process may do, exactly as on Windows.
#[must_use]
pub fn call(function: usize, args: [usize; 4]) -> usize {
    // SAFETY: the address is one that the program itself named as a function of this ABI; what
    // it does is the program's own doing, and a wild address faults into an exception.
    unsafe {
        let f: unsafe extern "win64" fn(usize, usize, usize, usize) -> usize =
            core::mem::transmute(function);
        f(args[0], args[1], args[2], args[3])
    }
}

/// Runs `function(argument)` on the stack that ends at `stack_top` and never comes back.
pub fn run_on_stack(stack_top: usize, function: extern "C" fn(usize) -> !, argument: usize) -> ! {
    assert!(stack_top.is_multiple_of(16), "a stack ends at a multiple of 16");
    // SAFETY: the stack is fresh memory that the caller mapped; the old one is never used again.
    unsafe { switch(argument, stack_top, function) }
}

#[unsafe(naked)]
unsafe extern "C" fn switch(
    argument: usize,
    stack_top: usize,
    function: extern "C" fn(usize) -> !,
) -> ! {
    naked_asm!(
        "mov rsp, rsi",
        "xor ebp, ebp",
        // A null return address ends every stack walk here.
        "push rbp",
        "push rbp",
        "call rdx",
        "ud2",
    )
}
