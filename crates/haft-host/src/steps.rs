//! Taking a thread across the border to the program one instruction at a time.
//!
//! A signal has found it in a function that has a last look (see [`crate::border`]), before or
//! behind it. The processor's trap flag has it come back after each instruction: when it is in the
//! program it was behind, and when it is elsewhere in haft, or has gone farther than any way out is
//! long, it was before.
#![allow(unsafe_code, reason = "the machine state of a signal handler, and the code it was in")]

use crate::{border, context, guest};
use core::cell::Cell;

thread_local! {
    /// How many more steps are taken; zero when none are.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// More instructions than lie behind any last look.
const MOST: u32 = 200;

/// The trap flag.
const TRAP: i64 = 0x100;

/// Where a thread is after a step.
pub(crate) enum Where {
    /// Still on the way.
    OnTheWay,
    /// In haft, with its last look before it.
    InHaft,
    /// In the program.
    InProgram,
}

/// Begins to step from where a signal has found the running thread, in [`border`]'s section.
pub(crate) fn begin(ucontext: &mut libc::ucontext_t) -> Where {
    // Behind a last look there is no call of Linux, which may last.
    if crate::suspend::is_call(ucontext.uc_mcontext.gregs[libc::REG_RIP as usize] as usize) {
        return Where::InHaft;
    }
    LEFT.set(MOST);
    go_on(ucontext)
}

/// Takes no further steps.
pub(crate) fn end(ucontext: &mut libc::ucontext_t) {
    if LEFT.replace(0) != 0 {
        ucontext.uc_mcontext.gregs[libc::REG_EFL as usize] &= !TRAP;
    }
}

/// What a trap means; `None` if it is none of these steps.
pub(crate) fn after_one(ucontext: &mut libc::ucontext_t) -> Option<Where> {
    let left = LEFT.get().checked_sub(1)?;
    let rip = ucontext.uc_mcontext.gregs[libc::REG_RIP as usize] as usize;
    let is_in_program = !crate::suspend::is_host(rip);
    let looks_yet = || left == 0 || !border::contains(rip) || crate::suspend::is_call(rip);
    if is_in_program || looks_yet() {
        end(ucontext);
        return Some(if is_in_program { Where::InProgram } else { Where::InHaft });
    }
    LEFT.set(left);
    Some(go_on(ucontext))
}

/// Has the processor do the next instruction and come back. What sets all flags is done here.
fn go_on(ucontext: &mut libc::ucontext_t) -> Where {
    const POP_FLAGS: u8 = 0x9D;
    let registers = &mut ucontext.uc_mcontext.gregs;
    let rip = registers[libc::REG_RIP as usize] as usize;
    let rsp = registers[libc::REG_RSP as usize] as usize;
    let flags = |kept: u64| (kept & u64::from(context::USER_FLAGS) | 0x202) as i64;
    if context::is_return(rip)
        && let Ok([rip, _, kept, rsp]) = guest::read::<[u64; 4]>(rsp)
    {
        registers[libc::REG_RIP as usize] = rip as i64;
        registers[libc::REG_RSP as usize] = rsp as i64;
        registers[libc::REG_EFL as usize] = flags(kept);
        LEFT.set(0);
        return Where::InProgram;
    }
    // SAFETY: the instruction that the thread is at, in haft's own code.
    if unsafe { *(rip as *const u8) } == POP_FLAGS
        && let Ok(kept) = guest::read::<u64>(rsp)
    {
        registers[libc::REG_RIP as usize] += 1;
        registers[libc::REG_RSP as usize] += 8;
        registers[libc::REG_EFL as usize] = flags(kept);
    }
    registers[libc::REG_EFL as usize] |= TRAP;
    Where::OnTheWay
}
