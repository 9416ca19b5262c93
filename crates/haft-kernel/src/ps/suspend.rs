//! Stopping threads: suspension, registers of others, ends that others decide (Microsoft:
//! "SuspendThread function", "GetThreadContext function", "TerminateThread function").
//!
//! A request is a number in the thread's record and a mark in its TEB. The thread looks at it at
//! once where a signal finds it in the program's code, and else when haft is about to go back
//! there or wakes from a wait: never while it holds anything of haft's. One that a signal finds in
//! haft says so: from then on it runs nothing of the program's, as a thread of Windows that is in
//! the kernel, and nobody need wait for it.

use super::current::process;
use super::registers::Registers;
use super::remote;
use super::thread::{self, Thread};
use crate::ob::{ObjectType, Pinned, objects, reference};
use core::mem::offset_of;
use core::sync::atomic::Ordering;
use haft_abi::nt::Teb;
use haft_abi::{AccessMask, Context, Handle, NtStatus};
use haft_host::suspend::{self, Handlers, Next};
use haft_host::{context, park};
use haft_object::Notice;
use haft_wire::service::ThreadCall;
use std::sync::PoisonError;

const THREAD_TERMINATE: AccessMask = AccessMask(1);
const THREAD_SUSPEND_RESUME: AccessMask = AccessMask(2);
const THREAD_GET_CONTEXT: AccessMask = AccessMask(8);
const THREAD_SET_CONTEXT: AccessMask = AccessMask(0x10);

/// What the host is told to do about requests.
pub(super) fn handlers() -> Handlers {
    Handlers { is_program_thread: || thread::try_current().is_some(), stop, pass }
}

/// Where the running thread, which holds nothing, looks at a request.
#[inline]
pub fn checkpoint() {
    if suspend::is_marked() {
        haft_host::border::look();
    }
}

/// Waits while the running thread is suspended. Called also in a signal handler that interrupted
/// the program's code: then no lock of haft's is held by the thread itself.
fn stop(registers: &mut Context) -> Next {
    suspend::unmark();
    let Some(thread) = thread::try_current() else { return Next::GoOn };
    let ends = || {
        thread
            .terminated
            .load(Ordering::Acquire)
            .then(|| Next::End { stack_top: thread.stack_top(), function: end })
    };
    if let Some(end) = ends() {
        return end;
    }
    if !thread.suspension.is_asked() {
        return Next::GoOn;
    }
    thread.registers.leave(registers);
    if thread.suspension.stop() {
        loop {
            let seen = thread.suspension.seen();
            if let Some(end) = ends() {
                return end;
            }
            if thread.suspension.try_go_on() {
                break;
            }
            thread.suspension.wait_changed(seen);
        }
    }
    match thread.registers.take() {
        Some(new) if new != *registers => {
            *registers = new;
            Next::Changed
        }
        _ => Next::GoOn,
    }
}

/// Takes note of where in haft a thread is that is asked to stop.
fn pass(registers: &Context, in_call: bool) {
    let Some(thread) = thread::try_current() else { return };
    if thread.suspension.is_asked() {
        let mut told = *registers;
        told.rsp = below(thread, told.rsp);
        thread.registers.note(&told);
        thread.suspension.found_in_haft(in_call);
        // Who wants it to end need not wait any longer, either.
        park::unpark(&thread.ended, u32::MAX >> 1);
    }
}

/// What others are told of the stack pointer of a thread that is in haft: it goes on there, and they
/// may write below what they know.
fn below(thread: &Thread, rsp: u64) -> u64 {
    /// More than the frames of haft take from where a thread waits until it looks.
    const FRAMES: u64 = 0x4000;
    let field = |offset| haft_host::guest::read::<u64>(thread.teb + offset).unwrap_or(0);
    let [limit, base] = [offset_of!(Teb, stack_limit), offset_of!(Teb, stack_base)].map(field);
    if (limit..base).contains(&rsp) { rsp.saturating_sub(FRAMES).max(limit) } else { rsp }
}

/// Ends the running thread without telling the program.
extern "C" fn end() -> ! {
    thread::end_terminated()
}

/// How long is waited for a thread to look at a request, in 100 ns units, before it is asked again.
const PATIENCE: [u64; 8] = [500, 1000, 2000, 4000, 4000, 8000, 8000, 16000];

/// How often a thread is asked all over that has said nothing at all: it wants a processor first,
/// or Linux lets no signal through to it.
const ATTEMPTS: u32 = 200;

/// Asks a thread to look at its request, and waits a little until it is stopped, sleeps in haft or
/// has ended.
fn ask(target: &Thread) {
    mark(target);
    for patience in PATIENCE {
        if target.suspension.is_settled() || target.has_ended() {
            return;
        }
        suspend::interrupt(process().pid, target.tid());
        target.suspension.wait_settled(patience);
    }
}

fn mark(target: &Thread) {
    suspend::mark(target.teb);
    if let Some(index) = target.try_index() {
        objects().post_notice(index, Notice::Interrupt);
    }
}

/// Asks a thread until it runs nothing of the program's any more; whether it is so.
fn hold(target: &Thread) -> bool {
    (0..ATTEMPTS).any(|_| {
        ask(target);
        target.suspension.is_held() || target.has_ended()
    })
}

/// Suspends a thread of this process once more; how often it was suspended before.
///
/// # Errors
/// `THREAD_IS_TERMINATING` for one that has ended, `SUSPEND_COUNT_EXCEEDED`.
pub fn suspend(target: &Thread) -> Result<u32, NtStatus> {
    if target.has_ended() {
        return Err(NtStatus::THREAD_IS_TERMINATING);
    }
    let before = target.suspension.add()?;
    if before == 0 {
        target.registers.forget_note();
    }
    if is_current(target) {
        suspend::mark(target.teb);
        checkpoint();
    } else if !target.suspension.is_stopped() {
        ask(target);
    }
    Ok(before)
}

/// [`suspend`] by handle (Microsoft: "SuspendThread function").
///
/// # Errors
/// As for [`suspend`]; `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; for a thread of
/// another process those of [`super::service::ask`].
pub fn suspend_by_handle(handle: Handle) -> Result<u32, NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_SUSPEND_RESUME)?;
    let held = super::remote_thread::of(&object)
        .and_then(|remote| remote.first_of())
        .filter(|process| !process.has_ended());
    if let Some(before) = held.and_then(|process| process.suspend_first_thread()) {
        return Ok(before);
    }
    match remote::thread(&object)? {
        Some(other) => other.count(ThreadCall::Suspend),
        None => suspend(thread::of(&object)?),
    }
}

/// Lets a suspended thread of this process go on; how often it was suspended before (Microsoft:
/// "ResumeThread function").
pub fn resume(target: &Thread) -> u32 {
    let before = target.suspension.subtract();
    if before == 1 {
        super::hold::poke(target);
    }
    before
}

/// Lets a suspended thread go on, of this process or the first one of a child; how often it was
/// suspended before (Microsoft: "ResumeThread function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn resume_by_handle(handle: Handle) -> Result<u32, NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_SUSPEND_RESUME)?;
    match super::remote_thread::of(&object) {
        Some(thread) => match thread.first_of().map(|process| process.resume_first_thread()) {
            None | Some(0) => resume_other(&object),
            Some(before) => Ok(before),
        },
        None => Ok(resume(thread::of(&object)?)),
    }
}

fn resume_other(object: &Pinned) -> Result<u32, NtStatus> {
    match remote::thread(object)? {
        Some(other) => other.count(ThreadCall::Resume),
        None => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

fn is_current(thread: &Thread) -> bool {
    thread::try_current().is_some_and(|own| core::ptr::eq(own, thread))
}

/// Calls `body`, which says whether anything is known, with the registers of a thread that runs
/// nothing of the program's meanwhile. It is given so many of [`PATIENCE`] to come out of haft,
/// as it does out of a wait.
fn with_registers(
    target: &Thread,
    patience: &[u64],
    mut body: impl FnMut(&Registers) -> Option<()>,
) -> Result<(), NtStatus> {
    suspend(target)?;
    let mut done = None;
    if hold(target) {
        for patience in patience {
            target.suspension.wait_stopped(*patience);
        }
        // A note that could not be taken is taken the next time.
        for _ in 0..ATTEMPTS {
            let is_settled = target.suspension.is_settled() || target.has_ended();
            done = body(&target.registers);
            if done.is_some() || is_settled {
                break;
            }
            ask(target);
        }
    }
    let _ = resume(target);
    done.ok_or(NtStatus::UNSUCCESSFUL)
}

/// Gets those registers of a thread that `flags` names; it is stopped for that if it is not
/// suspended (Microsoft: "GetThreadContext function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `UNSUCCESSFUL` for a thread that
/// cannot be stopped just now.
pub fn registers(handle: Handle, into: &mut Context) -> Result<(), NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_GET_CONTEXT)?;
    match remote::thread(&object)? {
        Some(other) => other.registers(into),
        None => registers_of(thread::of(&object)?, into),
    }
}

/// [`registers`] of a thread of this process.
///
/// # Errors
/// `UNSUCCESSFUL` as for [`registers`].
pub(super) fn registers_of(target: &Thread, into: &mut Context) -> Result<(), NtStatus> {
    if is_current(target) {
        context::with_captured(|own| into.take(own, into.context_flags));
        return Ok(());
    }
    with_registers(target, &PATIENCE[..3], |own| own.get(into))
}

/// Sets those registers of a thread that `from.context_flags` names (Microsoft: "SetThreadContext
/// function").
///
/// # Errors
/// As for [`registers`].
pub fn set_registers(handle: Handle, from: &Context) -> Result<(), NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_SET_CONTEXT)?;
    match remote::thread(&object)? {
        Some(other) => other.set_registers(from),
        None => set_registers_of(thread::of(&object)?, from),
    }
}

/// [`set_registers`] of a thread of this process.
///
/// # Errors
/// `UNSUCCESSFUL` as for [`registers`].
pub(super) fn set_registers_of(target: &Thread, from: &Context) -> Result<(), NtStatus> {
    if is_current(target) {
        context::with_captured(|own| {
            own.take(from, from.context_flags);
            context::resume(own)
        });
    }
    with_registers(target, &PATIENCE, |own| own.set(from))
}

/// Ends a thread wherever it is, without telling the program (Microsoft: "TerminateThread
/// function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; for a thread of another process
/// those of [`super::service::ask`].
pub fn terminate_by_handle(handle: Handle, code: u32) -> Result<(), NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_TERMINATE)?;
    match remote::thread(&object)? {
        Some(other) => match other.act(ThreadCall::Terminate { code }) {
            Err(NtStatus::THREAD_IS_TERMINATING) => Ok(()),
            done => done,
        },
        None => terminate(thread::of(&object)?, code),
    }
}

/// [`terminate_by_handle`] for a thread of this process.
///
/// # Errors
/// None that happens.
pub(super) fn terminate(target: &Thread, code: u32) -> Result<(), NtStatus> {
    if target.has_ended() {
        return Ok(());
    }
    target.set_terminated(code);
    if is_current(target) {
        end();
    }
    // One that is stopped looks again when its word changes.
    target.suspension.freeze();
    super::hold::poke(target);
    mark(target);
    for patience in PATIENCE.iter().chain(std::iter::repeat_n(&PATIENCE[7], ATTEMPTS as usize)) {
        if target.has_ended() || target.suspension.is_held() {
            break;
        }
        suspend::interrupt(process().pid, target.tid());
        let _ = park::park(&target.ended, 0, Some(*patience));
    }
    // One that is in haft never comes back to the program: for that it has ended.
    thread::declare_ended(target);
    Ok(())
}

/// Stops every other thread for good: the process is ending, and they must not go on meanwhile.
pub fn freeze_others() {
    let own = thread::try_current();
    thread::ENDING.store(true, Ordering::SeqCst);
    let others: Vec<&'static Thread> = {
        let threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().copied().filter(|t| !own.is_some_and(|own| core::ptr::eq(own, *t))).collect()
    };
    for thread in &others {
        thread.suspension.freeze();
        suspend::mark(thread.teb);
        suspend::interrupt(process().pid, thread.tid());
    }
    for thread in others {
        hold(thread);
    }
}
