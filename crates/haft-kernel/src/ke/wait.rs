//! Waits on handles (Microsoft: "Wait Functions").

use super::{apc, event, mutant, semaphore};
use crate::ob::{Pinned, objects, reference, shared};
use crate::{io, ps};
use arrayvec::ArrayVec;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::{DueTime, ObjectType, ThreadIndex, Waited};
pub use haft_object::{Timeout, WaitKind};

/// The most objects that one wait takes.
pub const MAXIMUM_WAIT_OBJECTS: usize = 64;

/// The end of a wait that lasts so many milliseconds.
#[must_use]
pub const fn after_milliseconds(milliseconds: u32) -> Timeout {
    Timeout::Due(DueTime::After(milliseconds as u64 * 10_000))
}

/// Waits for one object; `SUCCESS`, `ABANDONED_WAIT_0`, `TIMEOUT`, `USER_APC` or `ALERTED`.
///
/// # Errors
/// `INVALID_HANDLE`, `ACCESS_DENIED` without SYNCHRONIZE.
pub fn wait_for_single(
    handle: Handle,
    timeout: Timeout,
    alertable: bool,
) -> Result<NtStatus, NtStatus> {
    let object = reference(handle, None, AccessMask::SYNCHRONIZE)?;
    wait_for_object(&object, timeout, alertable)
}

/// [`wait_for_single`] for an object that is at hand.
///
/// # Errors
/// As for the object model's waits.
pub fn wait_for_object(
    object: &Pinned,
    timeout: Timeout,
    alertable: bool,
) -> Result<NtStatus, NtStatus> {
    match object.object_type() {
        ObjectType::Process | ObjectType::Thread if !alertable => {
            if let Some(status) = ps::object::wait_alone(object, timeout) {
                return Ok(status);
            }
        }
        _ => prepare(object),
    }
    let thread = ps::thread::current().index();
    finish(timeout, alertable, |round| {
        let one = std::slice::from_ref(object);
        wherever(thread, one, WaitKind::Any, round, alertable)
    })
}

/// One round of a wait, for objects of this process or of the executive.
fn wherever(
    thread: ThreadIndex,
    waited: &[Pinned],
    kind: WaitKind,
    Round { timeout, is_first }: Round,
    alertable: bool,
) -> Result<Waited, NtStatus> {
    match objects().wait_for_multiple(thread, waited, kind, timeout, alertable) {
        // One has moved.
        Err(NtStatus::RETRY) => shared::wait(thread, waited, kind, timeout, (alertable, is_first)),
        ended => ended,
    }
}

/// Waits for any or all of up to 64 objects.
///
/// # Errors
/// `INVALID_PARAMETER_1` for none or too many, `INVALID_HANDLE`, `ACCESS_DENIED`.
pub fn wait_for_multiple(
    handles: &[Handle],
    kind: WaitKind,
    timeout: Timeout,
    alertable: bool,
) -> Result<NtStatus, NtStatus> {
    if handles.is_empty() || handles.len() > MAXIMUM_WAIT_OBJECTS {
        return Err(NtStatus::INVALID_PARAMETER_1);
    }
    let mut waited: ArrayVec<Pinned, MAXIMUM_WAIT_OBJECTS> = ArrayVec::new();
    for &handle in handles {
        waited.push(reference(handle, None, AccessMask::SYNCHRONIZE)?);
    }
    wait_for_objects(&waited, kind, timeout, alertable)
}

/// [`wait_for_multiple`] for objects that are at hand.
///
/// # Errors
/// As for the object model's waits.
pub fn wait_for_objects(
    waited: &[Pinned],
    kind: WaitKind,
    timeout: Timeout,
    alertable: bool,
) -> Result<NtStatus, NtStatus> {
    waited.iter().for_each(prepare);
    let thread = ps::thread::current().index();
    finish(timeout, alertable, |round| wherever(thread, waited, kind, round, alertable))
}

/// Signals one object and waits for another (Microsoft: "SignalObjectAndWait function").
///
/// # Errors
/// As for both steps.
pub fn signal_and_wait(
    signal: Handle,
    wait: Handle,
    timeout: Timeout,
    alertable: bool,
) -> Result<NtStatus, NtStatus> {
    let signalled = reference(signal, None, AccessMask::NONE)?;
    let needed = match signalled.object_type() {
        ObjectType::Event => event::MODIFY_STATE,
        ObjectType::Semaphore => semaphore::MODIFY_STATE,
        _ => AccessMask::NONE,
    };
    if !signalled.access().contains(needed) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let object = reference(wait, None, AccessMask::SYNCHRONIZE)?;
    prepare(&object);
    let thread = ps::thread::current().index();
    match signalled.object_type() {
        ObjectType::Event => event::set_object_unheard(&signalled)?,
        ObjectType::Mutant => mutant::release_object(&signalled).map(drop)?,
        ObjectType::Semaphore => semaphore::release_object(&signalled, 1).map(drop)?,
        _ => return Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
    finish(timeout, alertable, |round| {
        wherever(thread, std::slice::from_ref(&object), WaitKind::Any, round, alertable)
    })
}

/// Sleeps (Microsoft: "SleepEx function").
#[must_use]
pub fn delay(timeout: Timeout, alertable: bool) -> NtStatus {
    let thread = ps::thread::current().index();
    finish(timeout, alertable, |round| Ok(objects().delay(thread, round.timeout, alertable)))
        .unwrap_or_else(|status| status)
}

/// Has objects whose state is Linux's to know signal themselves.
fn prepare(object: &Pinned) {
    match object.object_type() {
        ObjectType::Process | ObjectType::Thread => ps::object::watch(object),
        ObjectType::File => io::file::prepare_wait(object),
        _ => {}
    }
}

/// Runs a wait to its end: one that was interrupted goes on for what is left of its time, and
/// APCs are delivered after it.
fn finish(
    timeout: Timeout,
    alertable: bool,
    mut wait: impl FnMut(Round) -> Result<Waited, NtStatus>,
) -> Result<NtStatus, NtStatus> {
    let mut clock = Remaining::new(timeout);
    let mut is_first = true;
    loop {
        let round = Round { timeout: clock.left(alertable), is_first };
        is_first = false;
        match wait(round)? {
            Waited::Interrupted => {
                objects().end_given_up();
                ps::thread::checkpoint();
            }
            Waited::UserApc => {
                apc::deliver();
                return Ok(NtStatus::USER_APC);
            }
            Waited::TimedOut if clock.runs_on(alertable) => {}
            ended => return Ok(ended.status()),
        }
    }
}

/// A part of a wait.
#[derive(Clone, Copy)]
struct Round {
    /// What is left of its time.
    timeout: Timeout,
    /// Whether it has not been interrupted yet.
    is_first: bool,
}

/// What is left of a wait's time. The clock is read only where that matters.
struct Remaining {
    timeout: Timeout,
    /// When it ends, for one that lasts for some time.
    end: Option<u64>,
    /// Whether the next wait ends sooner, for the sake of a timer's APC.
    cut: bool,
}

impl Remaining {
    fn new(timeout: Timeout) -> Self {
        let end = match timeout {
            Timeout::Due(DueTime::After(ticks @ 1..)) => {
                Some(haft_host::clock::interrupt_time().saturating_add(ticks))
            }
            _ => None,
        };
        Self { timeout, end, cut: false }
    }

    /// The time-out of the next wait: until the end, or until an APC of a timer is due, which
    /// ends an alertable wait.
    fn left(&mut self, alertable: bool) -> Timeout {
        let now = haft_host::clock::interrupt_time;
        let until = |end: u64| Timeout::Due(DueTime::After(end.saturating_sub(now())));
        let due = if alertable { super::timer::next_apc() } else { None };
        self.cut = due.is_some();
        match (self.end, due) {
            (Some(end), Some(due)) => until(end.min(due)),
            (Some(end), None) => until(end),
            (None, Some(due)) if self.timeout == Timeout::Never => until(due),
            _ => self.timeout,
        }
    }

    /// Whether a wait that timed out is not over yet.
    fn runs_on(&self, alertable: bool) -> bool {
        if alertable && self.cut && super::timer::queue_due_apcs() {
            return true;
        }
        self.cut
            && match (self.timeout, self.end) {
                (Timeout::Never, _) => true,
                (_, Some(end)) => haft_host::clock::interrupt_time() < end,
                _ => false,
            }
    }
}
