//! Priorities of threads (Microsoft: "Scheduling Priorities").
//!
//! The relative priority is kept and told. It becomes a Linux nice value where this process may
//! also take that back again; an ordinary user may only ever make a thread nicer, and a thread
//! that was below normal for a moment must not stay so.

use super::remote;
use super::thread::{self, Thread};
use crate::ob::{ObjectType, reference};
use core::sync::atomic::{AtomicBool, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::thread::{may_raise_priority, set_nice};
use haft_wire::service::ThreadCall;

/// The right to set a priority and the like (`THREAD_SET_LIMITED_INFORMATION`, which
/// `THREAD_SET_INFORMATION` implies).
const THREAD_SET_LIMITED_INFORMATION: AccessMask = AccessMask(0x400);

/// `THREAD_PRIORITY_IDLE`.
const IDLE: i32 = -15;
/// `THREAD_PRIORITY_TIME_CRITICAL`.
const TIME_CRITICAL: i32 = 15;
/// `THREAD_MODE_BACKGROUND_BEGIN` and `THREAD_MODE_BACKGROUND_END`.
const BACKGROUND: [i32; 2] = [0x1_0000, 0x2_0000];

/// The thread behind a handle that may be asked about it.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `NOT_SUPPORTED` for a thread of
/// another process.
pub(super) fn queried(handle: Handle) -> Result<&'static Thread, NtStatus> {
    let wanted = thread::THREAD_QUERY_LIMITED_INFORMATION;
    thread::of(&reference(handle, Some(ObjectType::Thread), wanted)?)
}

/// The thread behind a handle that may be changed by it.
///
/// # Errors
/// As for [`queried`].
pub(super) fn settable(handle: Handle) -> Result<&'static Thread, NtStatus> {
    let wanted = THREAD_SET_LIMITED_INFORMATION;
    thread::of(&reference(handle, Some(ObjectType::Thread), wanted)?)
}

const fn nice(priority: i32) -> i32 {
    match priority {
        ..=IDLE => 19,
        -14..=-2 => 10,
        -1 => 5,
        0 => 0,
        1 => -5,
        2..TIME_CRITICAL => -10,
        _ => -20,
    }
}

/// A thread's relative priority.
///
/// # Errors
/// As for [`queried`].
pub fn get(handle: Handle) -> Result<i32, NtStatus> {
    let wanted = thread::THREAD_QUERY_LIMITED_INFORMATION;
    let object = reference(handle, Some(ObjectType::Thread), wanted)?;
    match remote::thread(&object)? {
        Some(other) => Ok(other.facts()?.priority),
        None => Ok(thread::of(&object)?.priority.load(Ordering::Relaxed)),
    }
}

/// Sets a thread's relative priority.
///
/// # Errors
/// As for [`queried`]; `INVALID_PARAMETER` for a priority that there is not, and for the
/// background mode of another thread than the running one.
pub fn set(handle: Handle, priority: i32) -> Result<(), NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_SET_LIMITED_INFORMATION)?;
    match remote::thread(&object)? {
        Some(other) => other.act(ThreadCall::SetPriority { priority }),
        None => apply(thread::of(&object)?, priority),
    }
}

/// [`set`] for a thread of this process.
///
/// # Errors
/// `INVALID_PARAMETER` as for [`set`].
pub(super) fn apply(thread: &Thread, priority: i32) -> Result<(), NtStatus> {
    let own = thread::try_current().is_some_and(|own| core::ptr::eq(thread, own));
    let nice = match priority {
        -2..=2 | IDLE | TIME_CRITICAL => {
            thread.priority.store(priority, Ordering::Relaxed);
            nice(priority)
        }
        begin if begin == BACKGROUND[0] && own => nice(IDLE),
        end if end == BACKGROUND[1] && own => nice(thread.priority.load(Ordering::Relaxed)),
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    if may_raise_priority() {
        // It only fails for a thread that has ended meanwhile.
        set_nice(thread.tid(), nice);
    }
    Ok(())
}

/// Whether Windows would not raise a thread's priority for a while when a wait of it ends, which
/// haft leaves to Linux in any case.
///
/// # Errors
/// As for [`queried`].
pub fn boost_disabled(handle: Handle) -> Result<bool, NtStatus> {
    Ok(queried(handle)?.boost_disabled.load(Ordering::Relaxed))
}

/// Keeps what [`boost_disabled`] tells.
///
/// # Errors
/// As for [`queried`].
pub fn set_boost_disabled(handle: Handle, disabled: bool) -> Result<(), NtStatus> {
    settable(handle)?.boost_disabled.store(disabled, Ordering::Relaxed);
    Ok(())
}
/// Whether priorities of the process's threads are not to be raised for a while after a wait.
static PROCESS_BOOST_DISABLED: AtomicBool = AtomicBool::new(false);

/// What [`set_process_boost_disabled`] kept.
#[must_use]
pub fn process_boost_disabled() -> bool {
    PROCESS_BOOST_DISABLED.load(Ordering::Relaxed)
}

/// Keeps whether priorities of the process's threads are not to be raised for a while after a
/// wait, which is Linux's to decide.
pub fn set_process_boost_disabled(disabled: bool) {
    PROCESS_BOOST_DISABLED.store(disabled, Ordering::Relaxed);
}
