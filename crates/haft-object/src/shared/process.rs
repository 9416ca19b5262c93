//! A process's part: its objects move to the executive, its threads wait for objects there.

use super::{Joining, Member, SharedId};
use crate::dispatcher::join::Wait;
use crate::dispatcher::moving::Surrendered;
use crate::dispatcher::wait::{Timeout, WaitKind, Waited};
use crate::host::{Deadline, Host};
use crate::manager::{ObjectManager, Pinned};
use crate::thread::ThreadIndex;
use crate::types::ObjectType;
use haft_abi::NtStatus;

/// The executive, as a process asks it.
pub trait Authority<'m, H: Host + 'm> {
    /// The executive's number of an object that is there; one that was given and never used is
    /// fetched first.
    fn number_of(&self, object: &Pinned<'m, H>) -> Option<SharedId>;

    /// A number for an object that is about to move.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` without an executive; `INSUFFICIENT_RESOURCES`.
    fn reserve(&self) -> Result<SharedId, NtStatus>;

    /// Fills the place that was reserved with an object of this process.
    ///
    /// # Errors
    /// As for [`Authority::reserve`].
    fn publish(&self, id: SharedId, moved: &Surrendered) -> Result<(), NtStatus>;

    /// Has a wait join the queues of shared objects; whether it is decided.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` without an executive; those of the object model's waits.
    fn join(&self, joining: Joining) -> Result<bool, NtStatus>;

    /// Has a wait join the queues of shared objects without waiting for an answer; false where that
    /// is not to be had. The executive decides the wait if the objects are signalled, and interrupts
    /// it if it cannot join.
    fn post(&self, _joining: &Joining) -> bool {
        false
    }

    /// Says that a wait is over that the executive did not decide.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` when it is certain that there is no executive any more.
    fn leave(&self, wait: Wait) -> Result<(), NtStatus>;

    /// Leave to move an object, which one thread of the process has at a time.
    type Moving<'a>
    where
        Self: 'a;

    /// Waits for it.
    fn begin_to_move(&self) -> Self::Moving<'_>;

    /// Says that a thread of this process has ended, with this exit code.
    fn thread_ended(&self, thread: ThreadIndex, code: u32);
}

/// When a wait ends at the latest; `Some(None)` at once, `None` never.
type End = Option<Option<Deadline>>;

impl<H: Host> ObjectManager<'_, H> {
    /// The executive's number of an object that is there, or on its way there, for which the caller
    /// waits.
    pub fn number_of<'m, A: Authority<'m, H>>(
        &self,
        executive: &A,
        object: &Pinned<'m, H>,
    ) -> Option<SharedId> {
        let number = executive.number_of(object);
        if number.is_some() || !object.has_moved() {
            return number;
        }
        drop(executive.begin_to_move());
        executive.number_of(object)
    }

    /// Moves a dispatcher object to the executive, waiters and all, unless it is there; its number
    /// there.
    ///
    /// # Errors
    /// `NOT_SUPPORTED` for an object that is no event, mutant, semaphore or timer;
    /// `PORT_DISCONNECTED` without an executive.
    pub fn publish<'m, A: Authority<'m, H>>(
        &self,
        executive: &A,
        object: &Pinned<'m, H>,
    ) -> Result<SharedId, NtStatus> {
        if let Some(id) = executive.number_of(object) {
            return Ok(id);
        }
        if !object.object_type().is_dispatcher_state() {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        // Who finds the object moved asks the executive for it, and has to wait until it is there.
        let _moving = executive.begin_to_move();
        if let Some(id) = executive.number_of(object) {
            return Ok(id);
        }
        let id = executive.reserve()?;
        let moved = self.surrender(object)?;
        let published = executive.publish(id, &moved);
        self.arrive(object, id.0);
        if published.is_err() {
            // They ask again, and learn why.
            moved.waiting.iter().for_each(|w| self.interrupt_wait(w.wait));
        }
        published.map(|()| id)
    }

    /// Ends a thread that is in no wait: the mutants it owns become abandoned, here and in the
    /// executive, and its thread block is free again.
    pub fn end_thread<'m, A: Authority<'m, H>>(&self, executive: &A, thread: ThreadIndex, code: u32)
    where
        H: 'm,
    {
        // What moves while this looks is the executive's, which is told then.
        let moved = self.abandon_mutants(thread);
        if moved || self.block().thread(thread).is_told() {
            // It may be on its way yet.
            drop(executive.begin_to_move());
            executive.thread_ended(thread, code);
        }
        self.unregister_thread(thread);
    }

    /// Waits on behalf of `thread`, which is the calling one, for objects of which some are the
    /// executive's. A wait for all has one authority: what is private among its objects moves
    /// first. Processes and threads stay signalled once they are, so such a wait takes those
    /// first, by themselves.
    ///
    /// With `post` the executive is asked without waiting for its answer where that is possible;
    /// not to be set for a wait that was just interrupted, which is then told why.
    ///
    /// # Errors
    /// As for [`ObjectManager::wait_for_multiple`], but never `RETRY`; `NOT_SUPPORTED` for all of
    /// shared objects and one that neither moves nor stays signalled; `PORT_DISCONNECTED` when the
    /// executive is gone.
    pub fn wait_with<'m, A: Authority<'m, H>>(
        &self,
        executive: &A,
        thread: ThreadIndex,
        waited: &[Pinned<'m, H>],
        kind: WaitKind,
        timeout: Timeout,
        (alertable, post): (bool, bool),
    ) -> Result<Waited, NtStatus> {
        self.block().thread(thread).set_told();
        let end = match timeout {
            Timeout::Never => None,
            Timeout::ZERO => Some(None),
            Timeout::Due(due) => Some(Some(due.deadline(self.host()))),
        };
        // What is signalled wins over notices, and over a time-out that comes before the answer.
        let post = post && !alertable && end.is_none();
        let steps = Steps { ob: self, executive, thread, end, alertable, post };
        match kind {
            WaitKind::All if waited.len() > 1 => steps.wait_for_all(waited),
            _ => steps.run(|joined| steps.join_any(joined, waited)),
        }
    }
}

/// A wait for objects of which some are the executive's.
struct Steps<'s, 'b, H: Host, A> {
    ob: &'s ObjectManager<'b, H>,
    executive: &'s A,
    thread: ThreadIndex,
    end: End,
    alertable: bool,
    post: bool,
}

/// What a wait under way has joined.
struct Joined<'m, H: Host> {
    wait: Wait,
    /// Objects of this process, by wait block.
    own: Vec<Pinned<'m, H>>,
    /// The places of those of the executive, where it keeps the wait; every bit for a wait for
    /// all, which the executive alone decides.
    shared: u64,
}

impl<'m, H: Host + 'm, A: Authority<'m, H>> Steps<'_, '_, H, A> {
    /// Joins in the objects' order: the first that is signalled decides. Whether one has.
    fn join_any(
        &self,
        joined: &mut Joined<'m, H>,
        waited: &[Pinned<'m, H>],
    ) -> Result<bool, NtStatus> {
        let mut members = Vec::new();
        for (place, object) in waited.iter().enumerate() {
            // At most 64 objects: a place fits in a byte.
            let place = place as u8;
            loop {
                if let Some(object) = self.ob.number_of(self.executive, object) {
                    members.push(Member { object, place });
                    break;
                }
                if self.join_shared(joined, &mut members, false)? {
                    return Ok(true);
                }
                let one = core::slice::from_ref(object);
                match self.ob.join_any(joined.wait, joined.own.len(), one, |_| place) {
                    // It has moved meanwhile.
                    Err(NtStatus::RETRY) => {}
                    // Something else may have decided the wait when it had joined this queue.
                    Ok(decided) => {
                        joined.own.push(object.clone());
                        if decided {
                            return Ok(true);
                        }
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        self.join_shared(joined, &mut members, self.post)
    }

    fn join_shared(
        &self,
        joined: &mut Joined<'_, H>,
        members: &mut Vec<Member>,
        post: bool,
    ) -> Result<bool, NtStatus> {
        if members.is_empty() {
            return Ok(false);
        }
        let members = core::mem::take(members);
        // A wait that is not to last is not kept.
        let stay = self.end != Some(None);
        if stay {
            members.iter().for_each(|m| joined.shared |= 1 << m.place);
        }
        let wait = joined.wait;
        self.ask(Joining { wait, kind: WaitKind::Any, members, stay, posted: post })
    }

    fn ask(&self, mut joining: Joining) -> Result<bool, NtStatus> {
        if joining.posted && self.executive.post(&joining) {
            return Ok(false);
        }
        joining.posted = false;
        self.executive.join(joining)
    }

    fn wait_for_all(&self, waited: &[Pinned<'m, H>]) -> Result<Waited, NtStatus> {
        let mut lasting = Vec::new();
        let mut members = Vec::with_capacity(waited.len());
        for (place, object) in waited.iter().enumerate() {
            let place = place as u8;
            match object.object_type() {
                ObjectType::Process | ObjectType::Thread
                    if self.executive.number_of(object).is_none() =>
                {
                    lasting.push(object);
                }
                _ => {
                    let object = self.ob.publish(self.executive, object)?;
                    members.push(Member { object, place });
                }
            }
        }
        for object in lasting {
            let ended = self.run(|joined| self.join_any(joined, core::slice::from_ref(object)))?;
            if ended != Waited::Object(0) {
                return Ok(ended);
            }
        }
        self.run(|joined| {
            let (wait, kind, stay) = (joined.wait, WaitKind::All, self.end != Some(None));
            if stay {
                joined.shared = u64::MAX;
            }
            self.ask(Joining { wait, kind, members, stay, posted: self.post })
        })
    }

    /// Begins a wait, has it join queues by `join`, which says whether it is decided, parks until
    /// it is, and ends it.
    fn run(
        &self,
        join: impl FnOnce(&mut Joined<'m, H>) -> Result<bool, NtStatus>,
    ) -> Result<Waited, NtStatus> {
        let (ob, thread) = (self.ob, self.thread);
        let wait = match ob.begin_wait(thread) {
            Ok(wait) => wait,
            Err(notice) => return Ok(notice.into()),
        };
        let mut joined = Joined { wait, own: Vec::new(), shared: 0 };
        let decided = join(&mut joined);
        if decided == Ok(false) {
            // Objects that are signalled win over notices, and those over a time-out of zero.
            if self.alertable {
                ob.admit_notices(thread);
            }
            if self.end != Some(None) {
                ob.linger(thread);
            }
            match self.end {
                Some(None) => ob.time_out(thread),
                None => ob.park_until_decided(thread, &joined.own, None),
                Some(deadline) => ob.park_until_decided(thread, &joined.own, deadline),
            }
        } else {
            // What failed may come after something that satisfied the wait.
            ob.time_out(thread);
        }
        let moved = ob.leave(thread, joined.own.len());
        let ended = ob.end_wait(thread);
        // What the executive has decided it has left.
        let decided_there = match ended {
            Waited::Object(place) | Waited::Abandoned(place) => {
                joined.shared.checked_shr(place.into()).unwrap_or(0) & 1 != 0
            }
            _ => false,
        };
        let is_left = joined.shared == 0 || decided_there;
        let left = if is_left && moved.is_none() { Ok(()) } else { self.executive.leave(wait) };
        match (ended, decided, left) {
            (Waited::TimedOut, Err(error), _) => Err(error),
            (Waited::Interrupted, _, Err(error)) => Err(error),
            _ => Ok(ended),
        }
    }
}
