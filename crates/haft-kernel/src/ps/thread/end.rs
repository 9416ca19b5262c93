//! How a thread ends.

use super::{CURRENT, RETURN, SHARE, Thread, current};
use crate::ke::{fls, timer};
use crate::ldr;
use crate::ob::{objects, shared};
use crate::ps;
use core::sync::atomic::Ordering;
use haft_host::{jump, park};
use haft_wire::Request;
use std::sync::PoisonError;

/// Ends the running thread (Microsoft: "ExitThread function"); the last one ends the process.
pub fn exit_thread(code: u32) -> ! {
    let thread = current();
    fls::end_current();
    ldr::thread_detach();
    timer::forget_thread(thread);
    finish(thread, code)
}

/// Ends the running thread as another one has decided: nobody is told.
pub(in crate::ps) fn end_terminated() -> ! {
    let thread = current();
    // It may have been in a `DllMain`. Windows leaves the loader locked for good then.
    ldr::leave_for_good();
    timer::forget_thread(thread);
    finish(thread, thread.terminated_code.load(Ordering::Acquire))
}

/// Makes it known that a thread has ended that another one decided to end, if it is not yet.
pub(in crate::ps) fn declare_ended(thread: &Thread) {
    let code = thread.terminated_code.load(Ordering::Acquire);
    match mark_ended(thread, code) {
        Ended::Before => {}
        Ended::Last => ps::terminate(code),
        Ended::AmongOthers => {
            abandon(thread, code);
            announce_end(thread);
        }
    }
}

/// What the end of a thread is to its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ended {
    /// It has been marked before: only the first end counts.
    Before,
    /// Other threads go on.
    AmongOthers,
    /// It was the last thread.
    Last,
}

/// Marks a thread as ended.
fn mark_ended(thread: &Thread, code: u32) -> Ended {
    let mut threads = ps::process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    if thread.has_ended() {
        return Ended::Before;
    }
    {
        let mut times = thread.own_times();
        times.ended = haft_host::clock::system_time();
        if let Some([user, kernel]) = haft_host::thread::processor_time(thread.tid()) {
            times.user = user;
            times.kernel = kernel;
        }
    }
    thread.exit_code.store(code, Ordering::Release);
    thread.ended.store(1, Ordering::Release);
    threads.retain(|t| !core::ptr::eq(*t, thread));
    ps::message_queue::forget(thread.tid());
    if threads.is_empty() { Ended::Last } else { Ended::AmongOthers }
}

/// Has a thread that another one has ended own nothing any more, if it has not seen to that itself.
fn abandon(thread: &Thread, code: u32) {
    let gone = thread.block_given_back();
    if !*gone && let Some(index) = thread.try_index() {
        let moved = objects().abandon_mutants(index);
        if moved || thread.asks_executive() {
            let _ = crate::session::ask(&Request::ThreadEnded { thread: index, code });
        }
    }
}

/// Wakes who waits for the end of a thread that is marked.
fn announce_end(thread: &Thread) {
    park::unpark(&thread.ended, u32::MAX >> 1);
    let object = thread.life().object.clone();
    if let Some(object) = object {
        let _ = objects().signal_object(&object);
    }
}

/// The end of the running thread; the last one ends the process.
fn finish(thread: &'static Thread, code: u32) -> ! {
    let ended = mark_ended(thread, code);
    if ended == Ended::Last {
        ps::exit_process(code);
    }
    crate::se::impersonation::forget(thread);
    {
        let mut gone = thread.block_given_back();
        shared::end_thread(thread.index(), code);
        *gone = true;
    }
    // Also where another one has marked it: it may find no object any more when it comes to that.
    announce_end(thread);
    SHARE.set(None);
    CURRENT.set(None);
    let point = RETURN.take().expect("a Windows thread was entered by `run_on_stack`");
    jump::leave(point)
}
