//! Waits on handles (Microsoft: "Wait Functions").

use super::apc;
use crate::ob::{Pinned, objects, reference};
use crate::{io, ps};
use arrayvec::ArrayVec;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::{ObjectType, Timeout, WaitKind, Waited};

/// The most objects that one wait takes.
pub const MAXIMUM_WAIT_OBJECTS: usize = 64;

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
    finish(|| objects().wait_for_single(thread, object, timeout, alertable))
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
        let object = reference(handle, None, AccessMask::SYNCHRONIZE)?;
        prepare(&object);
        waited.push(object);
    }
    let thread = ps::thread::current().index();
    finish(|| objects().wait_for_multiple(thread, &waited, kind, timeout, alertable))
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
    let object = reference(wait, None, AccessMask::SYNCHRONIZE)?;
    prepare(&object);
    let thread = ps::thread::current().index();
    let ended = objects().signal_and_wait(thread, &signalled, &object, timeout, alertable)?;
    match ended {
        Waited::Interrupted => wait_for_object(&object, timeout, alertable),
        ended => finish(|| Ok(ended)),
    }
}

/// Sleeps (Microsoft: "SleepEx function").
#[must_use]
pub fn delay(timeout: Timeout, alertable: bool) -> NtStatus {
    let thread = ps::thread::current().index();
    finish(|| Ok(objects().delay(thread, timeout, alertable))).unwrap_or_else(|status| status)
}

/// Has objects whose state is Linux's to know signal themselves.
fn prepare(object: &Pinned) {
    match object.object_type() {
        ObjectType::Process | ObjectType::Thread => ps::object::watch(object),
        ObjectType::File => io::file::prepare_wait(object),
        _ => {}
    }
}

/// Runs a wait to its end: interrupted ones begin anew, and APCs are delivered after it.
fn finish(wait: impl Fn() -> Result<Waited, NtStatus>) -> Result<NtStatus, NtStatus> {
    loop {
        match wait()? {
            Waited::Interrupted => ps::thread::checkpoint(),
            Waited::UserApc => {
                apc::deliver();
                return Ok(NtStatus::USER_APC);
            }
            ended => return Ok(ended.status()),
        }
    }
}
