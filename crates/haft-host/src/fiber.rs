//! Switching between the stacks of one thread.
#![allow(unsafe_code, reason = "stacks are switched by assembly")]

use crate::guest;
use core::arch::naked_asm;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::NtStatus;

/// Where a stack that is not run on stands: the address of what [`switch`] keeps there.
#[derive(Debug, Default)]
pub struct Place(AtomicUsize);

/// Bytes that [`switch`] keeps on a stack: the float control words, six registers, and the
/// address to go on at.
const KEPT: usize = 8 * 8;

impl Place {
    /// Prepares a stack that ends at `top`, a multiple of 16, to run `body` at the first switch
    /// to it.
    ///
    /// # Errors
    /// `ACCESS_VIOLATION` when the stack cannot be written.
    pub fn prepare(&self, top: usize, body: extern "C" fn() -> !) -> Result<(), NtStatus> {
        // Null return addresses end every stack walk there.
        let at = top - 32 - KEPT;
        let float = u64::from(DEFAULT_MXCSR) | u64::from(DEFAULT_CONTROL_WORD) << 32;
        let body = body as *const () as u64;
        // As `switch_stacks` takes them: float, r15, r14, r13, r12, rbx, rbp, the address.
        let words = [float, 0, 0, 0, body, 0, 0, start as *const () as u64, 0, 0, 0, 0];
        guest::write_slice(at, &words)?;
        self.0.store(at, Ordering::Release);
        Ok(())
    }

    /// Whether there is a stack to switch to.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }
}

/// What Windows sets for a new thread: all exceptions masked, rounding to nearest.
const DEFAULT_MXCSR: u32 = 0x1F80;
/// As above, for the x87: double precision.
const DEFAULT_CONTROL_WORD: u32 = 0x027F;

/// Leaves the running stack at `from` and goes on with the one at `to`, which has to be set. It
/// returns when some thread switches to `from`. What a function of either calling convention keeps
/// is kept; of the rest the compiler takes care, which sees a call.
pub fn switch(from: &Place, to: &Place) {
    let to = to.0.swap(0, Ordering::AcqRel);
    assert!(to != 0, "the stack is run on already");
    // SAFETY: `to` was left by this function, or made by `prepare`, and is taken once.
    unsafe { switch_stacks(from.0.as_ptr(), to) }
}

/// Keeps no exclusive access to `from` once the other stack runs.
#[unsafe(naked)]
unsafe extern "C" fn switch_stacks(from: *mut usize, to: usize) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "stmxcsr [rsp]",
        "fnstcw [rsp + 4]",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "ldmxcsr [rsp]",
        "fldcw [rsp + 4]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// The first instructions on a new stack; the body is in R12.
#[unsafe(naked)]
unsafe extern "C" fn start() -> ! {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "xor ebp, ebp",
        "call r12",
        "ud2",
        ".cfi_endproc",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Stack;
    use core::cell::Cell;

    thread_local! {
        static PLACES: [Place; 2] = [Place::default(), Place::default()];
        static SEEN: Cell<u32> = const { Cell::new(0) };
    }

    extern "C" fn body() -> ! {
        loop {
            SEEN.set(SEEN.get() + 1);
            PLACES.with(|[first, second]| switch(second, first));
        }
    }

    #[test]
    fn two_stacks_take_turns() {
        crate::guest::testing::handler();
        let stack = Stack::new(0x2_0000).unwrap();
        PLACES.with(|[first, second]| {
            second.prepare(stack.base, body).unwrap();
            for turn in 1..=3 {
                switch(first, second);
                assert_eq!(SEEN.get(), turn);
            }
        });
        stack.release();
    }
}
