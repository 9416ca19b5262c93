//! Stopping another thread: a signal to it, whose handler looks at where the thread is.
//!
//! A thread of the program is stopped only in the program's own code, never in haft's, where it may
//! hold what others need; so a request is a mark in its TEB as well, which haft looks at whenever it
//! is about to go back to the program. A thread that is stopped in the program's code waits in the
//! signal handler, on the thread's signal stack, with its registers within the reach of others. One
//! that is found in haft says so, once it is sure that it has yet to look ([`crate::border`]).
#![allow(unsafe_code, reason = "signal handlers get raw machine state")]

use crate::border::{self, MARK};
use crate::signal::{context_of, set_context};
use crate::steps::{self, Where};
use crate::{context, gs, guest, host_unwind, jump, thread};
use core::sync::atomic::{Ordering, fence};
use haft_abi::{Context, NtStatus, Pid, Tid};
use std::sync::OnceLock;

/// What a thread does that has looked at a request.
#[derive(Clone, Copy, Debug)]
pub enum Next {
    /// It goes on as it was.
    GoOn,
    /// It goes on with the registers, which were changed.
    Changed,
    /// It never runs the program again: it calls the function, on the stack that ends there.
    End {
        /// One past the highest address of a stack.
        stack_top: usize,
        /// The function.
        function: extern "C" fn() -> !,
    },
}

/// What the kernel does about requests.
#[derive(Clone, Copy)]
pub struct Handlers {
    /// Whether the running thread is the program's. Called in a signal handler.
    pub is_program_thread: fn() -> bool,
    /// Waits, if the running thread is to, and says how it goes on. Called where it holds nothing,
    /// also in a signal handler that has interrupted the program's own code.
    pub stop: fn(registers: &mut Context) -> Next,
    /// Takes note of where in haft the running thread is, which is marked and will look before it
    /// is back in the program; whether it is in a call of Linux. Called in a signal handler that
    /// has interrupted haft itself.
    pub pass: fn(registers: &Context, in_call: bool),
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

/// The signal, one of those that Linux leaves to programs.
pub(crate) fn signal() -> libc::c_int {
    libc::SIGRTMIN() + 3
}

/// Installs the handler.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses it.
pub fn install(handlers: Handlers) -> Result<(), NtStatus> {
    // A second call is a second program in one process, with the same handlers.
    let _ = HANDLERS.set(handlers);
    // Found now, because a signal handler must not wait for another thread to find it.
    let _ = (host_unwind::text_start(), vdso());
    // SAFETY: the handler looks at the machine state and, only in the program's own code, waits.
    let refused = unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = on_request as *const () as usize;
        // A system call of haft's goes on where it was, but for sleeps with a time limit.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        libc::sigaction(signal(), &raw const action, core::ptr::null_mut()) != 0
    };
    if refused { Err(NtStatus::UNSUCCESSFUL) } else { Ok(()) }
}

/// Marks a thread by its TEB: it looks at its request before it goes back to the program.
pub fn mark(teb: usize) {
    // A program that unmapped a TEB has nothing there to be asked.
    let _ = guest::write(teb + MARK, 1u64);
}

/// Takes the running thread's mark away.
pub fn unmark() {
    gs::set_field(MARK, 0);
    // Whoever asks counts first and marks then: who took the mark away must see the count.
    fence(Ordering::SeqCst);
}

/// Whether the running thread is marked. It must have a TEB.
#[must_use]
#[inline(always)]
pub fn is_marked() -> bool {
    gs::field_at::<MARK>() != 0
}

/// Has the running thread look, given its registers; see [`border::look`].
pub(crate) fn look(registers: &Context) {
    // They stay as they are: whoever sends the thread elsewhere may send it back here.
    let mut new = *registers;
    if stop_with(&mut new) {
        context::resume(&new);
    }
}

/// Has the running thread, which is about to have these registers, look at its request; whether
/// they were changed.
pub(crate) fn stop_with(registers: &mut Context) -> bool {
    let Some(handlers) = HANDLERS.get() else {
        unmark();
        return false;
    };
    match (handlers.stop)(registers) {
        Next::GoOn => false,
        Next::Changed => true,
        Next::End { stack_top, function } => jump::leave_for(stack_top, function),
    }
}

/// Has a thread of this process look at its request, if it is in the program's code.
pub fn interrupt(pid: Pid, tid: Tid) {
    // SAFETY: the system call takes numbers; a thread that is gone is an error, which means that
    // nothing is left to be done.
    unsafe { libc::syscall(libc::SYS_tgkill, pid.0, tid.0, signal()) };
}

/// The code that Linux gives to every process for reading clocks; haft calls it, programs do not.
fn vdso() -> usize {
    static VDSO: OnceLock<usize> = OnceLock::new();
    // SAFETY: getauxval reads what the system gave the process at its start.
    *VDSO.get_or_init(|| unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) } as usize)
}

/// More than the code of the vDSO has.
const VDSO_SIZE: usize = 0x4000;

pub(crate) fn is_host(rip: usize) -> bool {
    host_unwind::contains(rip) || (vdso()..vdso() + VDSO_SIZE).contains(&rip) && vdso() != 0
}

unsafe extern "C" fn on_request(
    _signal: libc::c_int,
    _info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: errno's location is always valid.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the kernel passes a valid ucontext that is this handler's alone.
    let ucontext = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    if let Some(handlers) = HANDLERS.get().filter(|h| (h.is_program_thread)()) {
        // The steps of an earlier request, if any, are not over: they begin anew.
        steps::end(ucontext);
        let rip = ucontext.uc_mcontext.gregs[libc::REG_RIP as usize] as usize;
        if !is_host(rip) {
            stop(handlers, ucontext);
        } else if is_marked() {
            let place = if border::contains(rip) { steps::begin(ucontext) } else { Where::InHaft };
            arrived(handlers, ucontext, &place);
        }
    }
    // SAFETY: errno's location is always valid.
    unsafe { *libc::__errno_location() = errno };
}

/// Whether a trap was one of the steps that a thread takes to the program; then it is dealt with.
/// Called in a signal handler.
pub(crate) fn on_trap(ucontext: &mut libc::ucontext_t) -> bool {
    // SAFETY: errno's location is always valid.
    let errno = unsafe { *libc::__errno_location() };
    let Some(place) = steps::after_one(ucontext) else { return false };
    if let Some(handlers) = HANDLERS.get() {
        arrived(handlers, ucontext, &place);
    }
    // SAFETY: errno's location is always valid.
    unsafe { *libc::__errno_location() = errno };
    true
}

/// Does what is to be done where a marked thread is now.
fn arrived(handlers: &Handlers, ucontext: &mut libc::ucontext_t, place: &Where) {
    match place {
        Where::OnTheWay => {}
        Where::InProgram => stop(handlers, ucontext),
        Where::InHaft => {
            let [rip, rsp] = [libc::REG_RIP, libc::REG_RSP]
                .map(|register| ucontext.uc_mcontext.gregs[register as usize] as usize);
            if thread::signal_stack().is_some_and(|stack| (stack.start..=stack.end).contains(&rsp))
            {
                // It is looking just now, or about to; and it has no place there to tell others of.
                return;
            }
            (handlers.pass)(&context_of(ucontext), is_call(rip));
        }
    }
}

/// Whether an instruction of haft's makes a call of Linux, or the one before has made it.
pub(crate) fn is_call(rip: usize) -> bool {
    const SYSCALL: [u8; 2] = [0x0F, 0x05];
    [rip, rip.wrapping_sub(2)].iter().any(|&at| guest::read::<[u8; 2]>(at) == Ok(SYSCALL))
}

fn stop(handlers: &Handlers, ucontext: &mut libc::ucontext_t) {
    let mut registers = context_of(ucontext);
    let next = (handlers.stop)(&mut registers);
    go_on(ucontext, &registers, next);
}

fn go_on(ucontext: &mut libc::ucontext_t, registers: &Context, next: Next) {
    match next {
        Next::GoOn => {}
        Next::Changed => set_context(ucontext, registers),
        Next::End { stack_top, function } => {
            let registers = &mut ucontext.uc_mcontext.gregs;
            registers[libc::REG_RIP as usize] = function as *const () as i64;
            // As if it had been called.
            registers[libc::REG_RSP as usize] = (stack_top & !15) as i64 - 8;
            registers[libc::REG_EFL as usize] &= !0x4_0500;
        }
    }
}
