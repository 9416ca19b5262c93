//! Waiting for objects (Microsoft: "Wait Functions").

use super::join::Wait;
use super::state::{Discipline, State};
use super::timer::{DueTime, remaining};
use super::wait_word::{self, Decision, Notice};
use crate::host::{Deadline, Host};
use crate::manager::{ObjectManager, Pinned};
use crate::sync::Ordering;
use crate::thread::{MAXIMUM_WAIT_OBJECTS, ThreadIndex};
use haft_abi::NtStatus;

/// How long a wait lasts at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timeout {
    /// For ever.
    Never,
    /// Until a moment; one that has come already tests the objects without waiting.
    Due(DueTime),
}

impl Timeout {
    /// Tests the objects without waiting.
    pub const ZERO: Self = Self::Due(DueTime::After(0));

    /// NT's encoding: no time is for ever, a negative one from now, another a system time.
    #[must_use]
    pub const fn from_nt(time: Option<i64>) -> Self {
        match time {
            None => Self::Never,
            Some(0) => Self::ZERO,
            Some(time) => Self::Due(DueTime::from_nt(time)),
        }
    }
}

/// Whether a wait is for one of its objects or for all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum WaitKind {
    /// For any of them.
    Any,
    /// For all of them at once.
    All,
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    /// The object at this place satisfied it; place 0 where it was for all.
    Object(u8),
    /// So did this one, a mutant whose owner ended without releasing it; place 0 where it was for
    /// all and some mutant was abandoned.
    Abandoned(u8),
    /// The time-out elapsed.
    TimedOut,
    /// User APCs are to be delivered.
    UserApc,
    /// The thread was alerted.
    Alerted,
    /// The kernel interrupted it ([`Notice::Interrupt`]).
    Interrupted,
}

impl Waited {
    /// The status that NtWaitForSingleObject and NtWaitForMultipleObjects give; an interrupt, which
    /// no program sees, is `RETRY`.
    #[must_use]
    pub const fn status(self) -> NtStatus {
        match self {
            Self::Object(at) => NtStatus(NtStatus::SUCCESS.0 + at as u32),
            Self::Abandoned(at) => NtStatus(NtStatus::ABANDONED_WAIT_0.0 + at as u32),
            Self::TimedOut => NtStatus::TIMEOUT,
            Self::UserApc => NtStatus::USER_APC,
            Self::Alerted => NtStatus::ALERTED,
            Self::Interrupted => NtStatus::RETRY,
        }
    }
}

impl From<Notice> for Waited {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Interrupt => Self::Interrupted,
            Notice::Alert => Self::Alerted,
            Notice::UserApc => Self::UserApc,
        }
    }
}

impl From<Decision> for Waited {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Object(key) => Self::Object(key),
            Decision::Abandoned(key) => Self::Abandoned(key),
            Decision::Timeout => Self::TimedOut,
            Decision::Notice(notice) => notice.into(),
        }
    }
}

impl<H: Host> ObjectManager<'_, H> {
    /// Waits on behalf of `thread`, which is the calling one, for one object.
    ///
    /// # Errors
    /// As for [`ObjectManager::wait_for_multiple`].
    #[inline]
    pub fn wait_for_single(
        &self,
        thread: ThreadIndex,
        object: &Pinned<'_, H>,
        timeout: Timeout,
        alertable: bool,
    ) -> Result<Waited, NtStatus> {
        self.wait_for_any(thread, core::slice::from_ref(object), timeout, alertable)
    }

    /// Waits on behalf of `thread`, which is the calling one, for any or all of up to 64 objects.
    ///
    /// A satisfied wait takes what it waited for: resets the event, owns the mutant, counts the
    /// semaphore down. A wait for all takes nothing until it can take everything. Where several
    /// objects are signalled at the start, a wait for any takes the first (Microsoft:
    /// "WaitForMultipleObjectsEx function"). Objects that are signalled win over a pending
    /// user APC, and that wins over a time-out of zero.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_1` for no object or more than 64, `INVALID_PARAMETER_MIX` for an object
    /// that a wait for all names twice, `MUTANT_LIMIT_EXCEEDED` for a mutant owned too often,
    /// `RETRY` if an object has moved to the executive.
    pub fn wait_for_multiple(
        &self,
        thread: ThreadIndex,
        objects: &[Pinned<'_, H>],
        kind: WaitKind,
        timeout: Timeout,
        alertable: bool,
    ) -> Result<Waited, NtStatus> {
        if objects.is_empty() || objects.len() > MAXIMUM_WAIT_OBJECTS {
            return Err(NtStatus::INVALID_PARAMETER_1);
        }
        match kind {
            WaitKind::All if objects.len() > 1 => {
                self.wait_for_all(thread, objects, timeout, alertable)
            }
            _ => self.wait_for_any(thread, objects, timeout, alertable),
        }
    }

    /// Waits for nothing but the time-out and, if `alertable`, notices (Microsoft: "SleepEx
    /// function").
    pub fn delay(&self, thread: ThreadIndex, timeout: Timeout, alertable: bool) -> Waited {
        let deadline = match self.deadline_or_ended(thread, timeout, alertable) {
            Ok(deadline) => deadline,
            Err(ended) => return ended,
        };
        match wait_word::begin(&self.wait_word(thread), alertable) {
            Ok(_) => self.block_on(thread, &[], deadline).into(),
            Err(notice) => notice.into(),
        }
    }

    fn wait_for_any(
        &self,
        thread: ThreadIndex,
        objects: &[Pinned<'_, H>],
        timeout: Timeout,
        alertable: bool,
    ) -> Result<Waited, NtStatus> {
        // At most 64 objects: a place fits in a byte.
        for (at, object) in objects.iter().enumerate() {
            if let Some(decision) = self.try_take(thread, object, at as u8)? {
                return Ok(decision.into());
            }
        }
        let deadline = match self.deadline_or_ended(thread, timeout, alertable) {
            Ok(deadline) => deadline,
            Err(ended) => return Ok(ended),
        };
        let word = self.wait_word(thread);
        let number = match wait_word::begin(&word, alertable) {
            Ok(number) => number,
            Err(notice) => return Ok(notice.into()),
        };
        let wait = Wait { thread, number };
        // An object that was queued for earlier may have satisfied the wait when another fails.
        if let Err(error) = self.join_any(wait, 0, objects, |slot| slot as u8)
            && wait_word::decide(&word, Decision::Timeout)
        {
            self.leave_all(thread, objects.len());
            wait_word::end(&word);
            return Err(error);
        }
        self.linger(thread);
        Ok(self.block_on(thread, objects, deadline).into())
    }

    /// Takes the object at place `at` of a wait if it is signalled, without queueing for it.
    #[inline]
    fn try_take(
        &self,
        thread: ThreadIndex,
        object: &Pinned<'_, H>,
        at: u8,
    ) -> Result<Option<Decision>, NtStatus> {
        let load = || State::from_word(object.record().state().load(Ordering::Acquire));
        let mut state = load();
        if state.is_moved() {
            return Err(NtStatus::RETRY);
        }
        if state.is_timer() {
            self.expire_timer(object)?;
            state = load();
        }
        match state.discipline() {
            // Nothing changes, so there is nothing to lock.
            Discipline::Notification => {
                return Ok((state.signal() > 0).then_some(Decision::Object(at)));
            }
            Discipline::Synchronization | Discipline::Count if state.signal() <= 0 => {
                return Ok(None);
            }
            _ => {}
        }
        let mut locked = self.lock_here(object)?;
        if !locked.is_signalled_for(thread) {
            return Ok(None);
        }
        locked.check_limit(thread)?;
        let decision = locked.decision(at);
        locked.consume(thread);
        Ok(Some(decision))
    }

    /// The deadline of a wait that begins now and is not satisfied at once, or how it ends if it
    /// is not to last.
    pub(crate) fn deadline_or_ended(
        &self,
        thread: ThreadIndex,
        timeout: Timeout,
        alertable: bool,
    ) -> Result<Option<Deadline>, Waited> {
        let Timeout::Due(due) = timeout else { return Ok(None) };
        let deadline = due.deadline(self.host());
        if due != DueTime::After(0) && remaining(self.host(), deadline) > 0 {
            return Ok(Some(deadline));
        }
        Err(wait_word::take_notice(&self.wait_word(thread), alertable)
            .map_or(Waited::TimedOut, Waited::from))
    }

    /// Sees whether the wait of `thread` is decided at once, or nearly so.
    pub(crate) fn linger(&self, thread: ThreadIndex) {
        let word = self.wait_word(thread);
        self.host().linger(|| wait_word::is_decided(&word));
    }

    /// Parks until the wait of `thread` is decided, leaves the queues of `objects`, which it has
    /// wait blocks for, and ends the wait: how it was decided.
    pub(crate) fn block_on(
        &self,
        thread: ThreadIndex,
        objects: &[Pinned<'_, H>],
        deadline: Option<Deadline>,
    ) -> Decision {
        self.park_until_decided(thread, objects, deadline);
        self.leave_all(thread, objects.len());
        wait_word::end(&self.wait_word(thread))
    }

    /// Parks until the wait of `thread`, for `objects` among others, is decided.
    pub fn park_until_decided(
        &self,
        thread: ThreadIndex,
        objects: &[Pinned<'_, H>],
        deadline: Option<Deadline>,
    ) {
        let word = self.wait_word(thread);
        while let Some(low) = wait_word::arm(&word) {
            let Some(wake_at) = self.next_deadline(objects, deadline) else { continue };
            // Not `wake_at`: a timer may have become due just now.
            if deadline.is_some_and(|d| remaining(self.host(), d) <= 0) {
                wait_word::decide(&word, Decision::Timeout);
            } else {
                self.host().park(&word, low, wake_at);
            }
        }
    }

    /// The sooner of `deadline` and the due times of those objects that are timers. Timers that
    /// are due are signalled and handed over instead: then there is nothing to park for yet.
    fn next_deadline(
        &self,
        objects: &[Pinned<'_, H>],
        deadline: Option<Deadline>,
    ) -> Option<Option<Deadline>> {
        let mut expired = false;
        let mut sooner = deadline;
        for object in objects {
            let Some(due) = self.timer_due(object) else { continue };
            let left = remaining(self.host(), due);
            if left <= 0 {
                expired |= self.expire_timer(object).is_ok();
            } else if sooner.is_none_or(|s| left < remaining(self.host(), s)) {
                sooner = Some(due);
            }
        }
        (!expired).then_some(sooner)
    }
}
