//! Stopping threads: suspension, registers of others, ends that others decide (Microsoft:
//! "SuspendThread function", "GetThreadContext function", "TerminateThread function").
//!
//! A request is a number in the thread's record and a mark in its TEB. The thread looks at it at
//! once where a signal finds it in the program's code, and else when haft is about to go back
//! there or wakes from a wait: never while it holds anything of haft's.

use super::current::process;
use super::remote;
use super::thread::{self, FROZEN, Thread};
use crate::ob::{ObjectType, Pinned, objects, reference};
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::{AccessMask, Context, Handle, NtStatus};
use haft_host::suspend::{self, Handlers, Next};
use haft_host::{context, park};
use haft_object::Notice;
use haft_wire::service::ThreadCall;
use std::sync::PoisonError;

/// `MAXIMUM_SUSPEND_COUNT`.
const MOST_SUSPENSIONS: u32 = 127;

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
        stop_here();
    }
}

/// In the program's calling convention, so that a call with nothing else to do need not save the
/// registers that this one would have to.
#[cold]
#[inline(never)]
extern "win64" fn stop_here() {
    let next = context::with_captured(|registers| {
        let next = stop(registers);
        if matches!(next, Next::Changed) {
            context::resume(registers);
        }
        next
    });
    if let Next::End { .. } = next {
        end();
    }
}

/// Waits while the running thread is suspended. Called also in a signal handler that interrupted
/// the program's code: then no lock of haft's is held by the thread itself.
fn stop(registers: &mut Context) -> Next {
    let Some(thread) = thread::try_current() else { return Next::GoOn };
    suspend::unmark();
    let mut stopped = false;
    loop {
        if thread.terminated.load(Ordering::Acquire) {
            return Next::End { stack_top: thread.stack_top(), function: end };
        }
        let count = thread.suspended.load(Ordering::Acquire);
        if count == 0 {
            break;
        }
        if !stopped {
            stopped = true;
            thread.registers.leave(registers);
            thread.stopped.store(1, Ordering::Release);
            park::unpark(&thread.stopped, u32::MAX >> 1);
        }
        let _ = park::park(&thread.suspended, count, None);
    }
    if !stopped {
        return Next::GoOn;
    }
    thread.stopped.store(0, Ordering::Release);
    match thread.registers.take() {
        Some(new) if new != *registers => {
            *registers = new;
            Next::Changed
        }
        _ => Next::GoOn,
    }
}

/// Takes note of where in haft a thread is that is asked to stop and sleeps, perhaps for long.
fn pass(registers: &Context) {
    let Some(thread) = thread::try_current() else { return };
    if thread.suspended.load(Ordering::Acquire) != 0 {
        thread.registers.note(registers);
    }
}

/// Ends the running thread without telling the program.
extern "C" fn end() -> ! {
    thread::end_terminated()
}

/// How long is waited for a thread to look at a request, in 100 ns units, before it is asked again.
/// One that never looks sleeps or reads in haft, which on Windows is the kernel: it looks before
/// it is back in the program.
const PATIENCE: [u64; 8] = [500, 1000, 2000, 4000, 4000, 8000, 8000, 16000];

/// Asks a thread to look at its request, and waits a little until `done` is not zero.
fn ask(target: &Thread, done: &AtomicU32) {
    suspend::mark(target.teb);
    if let Some(index) = target.try_index() {
        objects().post_notice(index, Notice::Interrupt);
    }
    for patience in PATIENCE {
        if done.load(Ordering::Acquire) != 0 {
            return;
        }
        suspend::interrupt(process().pid, target.tid());
        let _ = park::park(done, 0, Some(patience));
    }
}

/// Suspends a thread of this process once more; how often it was suspended before.
///
/// # Errors
/// `THREAD_IS_TERMINATING` for one that has ended, `SUSPEND_COUNT_EXCEEDED`.
pub fn suspend(target: &Thread) -> Result<u32, NtStatus> {
    if target.has_ended() {
        return Err(NtStatus::THREAD_IS_TERMINATING);
    }
    let before = target
        .suspended
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count & !FROZEN < MOST_SUSPENSIONS).then_some(count + 1)
        })
        .map_err(|_| NtStatus::SUSPEND_COUNT_EXCEEDED)?;
    if before & !FROZEN == 0 {
        target.registers.forget_note();
    }
    if is_current(target) {
        suspend::mark(target.teb);
        checkpoint();
    } else if target.stopped.load(Ordering::Acquire) == 0 {
        ask(target, &target.stopped);
    }
    Ok(before & !FROZEN)
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
    let before = target
        .suspended
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count & !FROZEN != 0).then(|| count - 1)
        })
        .unwrap_or(0)
        & !FROZEN;
    if before == 1 {
        park::unpark(&target.suspended, 1);
        super::hold::poke();
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

/// Calls `body` with the registers of a thread that is stopped meanwhile, and sets what it gives
/// back.
fn with_registers(
    target: &Thread,
    body: impl FnOnce(&mut Context) -> Result<(), NtStatus>,
) -> Result<(), NtStatus> {
    if is_current(target) {
        return context::with_captured(body);
    }
    /// How often a thread is asked that has said nothing at all: it wants a processor first.
    const ATTEMPTS: u32 = 50;
    suspend(target)?;
    for _ in 0..ATTEMPTS {
        let is_stopped = target.stopped.load(Ordering::Acquire) != 0;
        if is_stopped || target.registers.are_known() || target.has_ended() {
            break;
        }
        ask(target, &target.stopped);
    }
    // What is known of none sleeps or reads in haft, without registers of the program's.
    let result = target.registers.with(body).unwrap_or(Err(NtStatus::UNSUCCESSFUL));
    let _ = resume(target);
    result
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
    with_registers(target, |own| {
        into.take(own, into.context_flags);
        Ok(())
    })
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
    let mut to_resume = None;
    with_registers(target, |own| {
        if target.stopped.load(Ordering::Acquire) == 0 && !is_current(target) {
            return Err(NtStatus::UNSUCCESSFUL);
        }
        own.take(from, from.context_flags);
        to_resume = Some(*own);
        Ok(())
    })?;
    match to_resume {
        Some(own) if is_current(target) => context::resume(&own),
        _ => Ok(()),
    }
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
    // One that is stopped looks again when its count changes.
    target.suspended.fetch_or(FROZEN, Ordering::AcqRel);
    park::unpark(&target.suspended, 1);
    super::hold::poke();
    ask(target, &target.ended);
    // One that sleeps or reads in haft never comes back to the program: for that it has ended.
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
        thread.suspended.fetch_or(FROZEN, Ordering::AcqRel);
        suspend::mark(thread.teb);
        suspend::interrupt(process().pid, thread.tid());
    }
    for thread in others {
        ask(thread, &thread.stopped);
    }
}
