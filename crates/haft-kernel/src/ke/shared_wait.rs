//! Waits that the executive has a part in.
//!
//! The thread joins the queues of its own objects here and of the others there; its one wait word
//! decides (DESIGN, "Waits"). A wait for all has one authority: the private objects among its own
//! are moved to the executive first. Processes and threads stay signalled once they are, so such a
//! wait takes them first, by themselves.

use super::wait::MAXIMUM_WAIT_OBJECTS;
use crate::ob::{KernelHost, ObjectType, Pinned, objects, shared};
use crate::{ps, session};
use arrayvec::ArrayVec;
use haft_abi::NtStatus;
use haft_object::{Deadline, ThreadIndex, Timeout, WaitKind, Waited};
use haft_wire::{Answer, Member, Request};

/// Waits for objects of which some are the executive's.
///
/// # Errors
/// As for the object model's waits; `NOT_SUPPORTED` for all of shared objects and one that
/// neither moves nor stays signalled; `PORT_DISCONNECTED` when the executive is gone.
#[cold]
pub fn wait(
    thread: ThreadIndex,
    waited: &[Pinned],
    kind: WaitKind,
    timeout: Timeout,
    alertable: bool,
) -> Result<Waited, NtStatus> {
    ps::thread::mark_asking(thread);
    match kind {
        WaitKind::All if waited.len() > 1 => wait_for_all(thread, waited, timeout, alertable),
        _ => wait_for_any(thread, waited, timeout, alertable),
    }
}

fn wait_for_any(
    thread: ThreadIndex,
    waited: &[Pinned],
    timeout: Timeout,
    alertable: bool,
) -> Result<Waited, NtStatus> {
    let mut own: ArrayVec<Pinned, MAXIMUM_WAIT_OBJECTS> = ArrayVec::new();
    let join = |own: &mut ArrayVec<Pinned, MAXIMUM_WAIT_OBJECTS>| {
        let mut at = 0;
        while at < waited.len() {
            let is_shared = shared::id_of(&waited[at]).is_some();
            let same = |o: &Pinned| shared::id_of(o).is_some() == is_shared;
            let end = at + waited[at..].iter().take_while(|o| same(o)).count();
            let run = &waited[at..end];
            let decided = if is_shared {
                let members = (at..).zip(run).filter_map(|(place, o)| {
                    Some(Member { object: shared::id_of(o)?, place: place as u8 })
                });
                joined(&Request::JoinAny { thread, members: members.collect() })?
            } else {
                let first = own.len();
                own.extend(run.iter().cloned());
                objects().join_any(thread, first, run, |slot| (at + slot) as u8)?
            };
            if decided {
                return Ok(true);
            }
            at = end;
        }
        Ok(false)
    };
    run(thread, deadline(timeout), alertable, &mut own, join)
}

fn wait_for_all(
    thread: ThreadIndex,
    waited: &[Pinned],
    timeout: Timeout,
    alertable: bool,
) -> Result<Waited, NtStatus> {
    let deadline = deadline(timeout);
    let mut lasting: ArrayVec<Pinned, MAXIMUM_WAIT_OBJECTS> = ArrayVec::new();
    let mut ids = Vec::with_capacity(waited.len());
    for object in waited {
        match object.object_type() {
            ObjectType::Process | ObjectType::Thread if shared::id_of(object).is_none() => {
                lasting.push(object.clone());
            }
            _ => ids.push(shared::publish(object)?),
        }
    }
    for object in &lasting {
        let one = std::slice::from_ref(object);
        let mut own = ArrayVec::from_iter([object.clone()]);
        let join = |_: &mut _| objects().join_any(thread, 0, one, |_| 0);
        let ended = run(thread, deadline, alertable, &mut own, join)?;
        if ended != Waited::Object(0) {
            return Ok(ended);
        }
    }
    let join = |_: &mut _| joined(&Request::JoinAll { thread, objects: ids });
    run(thread, deadline, alertable, &mut ArrayVec::new(), join)
}

/// When a wait ends at the latest; `Some(None)` at once, `None` never.
type End = Option<Option<Deadline>>;

fn deadline(timeout: Timeout) -> End {
    match timeout {
        Timeout::Never => None,
        Timeout::ZERO => Some(None),
        Timeout::Due(due) => Some(Some(due.deadline(&KernelHost))),
    }
}

fn joined(request: &Request) -> Result<bool, NtStatus> {
    session::ask_for(request, |answer| match answer {
        Answer::Joined(decided) => Some(decided),
        _ => None,
    })
}

/// Begins a wait, has it join queues by `join`, which says whether it is decided and keeps the
/// objects of this process in `own`, parks until it is, and ends it.
fn run(
    thread: ThreadIndex,
    end: End,
    alertable: bool,
    own: &mut ArrayVec<Pinned, MAXIMUM_WAIT_OBJECTS>,
    join: impl FnOnce(&mut ArrayVec<Pinned, MAXIMUM_WAIT_OBJECTS>) -> Result<bool, NtStatus>,
) -> Result<Waited, NtStatus> {
    let ob = objects();
    if let Err(notice) = ob.begin_wait(thread) {
        return Ok(notice.into());
    }
    let decided = join(own);
    if decided == Ok(false) {
        // Objects that are signalled win over notices, and those over a time-out of zero.
        if alertable {
            ob.admit_notices(thread);
        }
        match end {
            Some(None) => ob.time_out(thread),
            None => ob.park_until_decided(thread, own, None),
            Some(Some(deadline)) => ob.park_until_decided(thread, own, Some(deadline)),
        }
    } else {
        // What failed may come after something that satisfied the wait.
        ob.time_out(thread);
    }
    ob.leave(thread, own.len());
    let left = session::ask(&Request::Leave { thread });
    let ended = ob.end_wait(thread);
    match (ended, decided, left) {
        (Waited::TimedOut, Err(error), _) => Err(error),
        (Waited::Interrupted, _, Err(error)) => Err(error),
        _ => Ok(ended),
    }
}
