//! Waitable timers (Microsoft: "Waitable Timer Objects").
//!
//! No thread runs them. A timer knows when it is due; whoever looks at it later than that finds
//! it signalled, and whoever waits for it parks no longer than until then. Setting it anew
//! nudges its waiters, who look at it again.

use super::event::EventKind;
use super::lock::Locked;
use super::state::{Discipline, State};
use crate::host::{Deadline, Host};
use crate::manager::{ObjectManager, Pinned};
use crate::record::Backing;
use crate::sync::Ordering;
use crate::types::ObjectType;
use haft_abi::NtStatus;

const DUE: usize = 0;
const SETTING: usize = 1;
/// The timer is set. The low half of the word is the period in milliseconds.
const SET: u64 = 1 << 63;
/// It is due at a system time, else at an interrupt time.
const SYSTEM: u64 = 1 << 62;

const TICKS_PER_MILLISECOND: u64 = 10_000;

/// When a timer is to be due, in 100 ns units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum DueTime {
    /// This long from now.
    After(u64),
    /// At this system time.
    At(i64),
}

impl DueTime {
    /// NT's encoding: a negative number is a time from now, another one a system time.
    #[must_use]
    pub const fn from_nt(time: i64) -> Self {
        if time < 0 { Self::After(time.unsigned_abs()) } else { Self::At(time) }
    }

    /// The moment that this is, for a start now.
    pub fn deadline<H: Host>(self, host: &H) -> Deadline {
        match self {
            Self::After(ticks) => Deadline::Interrupt(host.now_interrupt().saturating_add(ticks)),
            Self::At(time) => Deadline::System(time),
        }
    }
}

/// What NtQueryTimer tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct TimerState {
    /// 100 ns units until it is due, negative if it was due that long ago and is not set again;
    /// 0 if it is not set.
    pub remaining: i64,
    /// Whether it is signalled.
    pub signalled: bool,
}

/// How much later `deadline` is than now, in 100 ns units; not above 0 if it has passed.
pub(crate) fn remaining<H: Host>(host: &H, deadline: Deadline) -> i64 {
    match deadline {
        Deadline::Interrupt(time) => {
            let now = host.now_interrupt();
            i64::try_from(time.abs_diff(now)).map_or(i64::MAX, |d| if time < now { -d } else { d })
        }
        Deadline::System(time) => time.saturating_sub(host.now_system()),
    }
}

impl<H: Host> ObjectManager<'_, H> {
    /// Makes a timer that is not set and not signalled (Microsoft: "CreateWaitableTimerExW
    /// function").
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if the block has no room for another object.
    pub fn create_timer(&self, kind: EventKind) -> Result<Pinned<'_, H>, NtStatus> {
        let state = State::new(kind.discipline(), 0).timer();
        self.create(ObjectType::Timer, Backing::Private, state, [0; 2])
    }

    /// Sets a timer, whose signal is taken away: whether it was signalled. A `period` of 0
    /// milliseconds is none (Microsoft: "SetWaitableTimer function").
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn set_timer(
        &self,
        timer: &Pinned<'_, H>,
        due: DueTime,
        period: u32,
    ) -> Result<bool, NtStatus> {
        let deadline = due.deadline(self.host());
        self.signal(
            timer,
            |locked, wakes| {
                locked.expire();
                let before = locked.state.signal() > 0;
                locked.state.set_signal(0);
                locked.set_due(Some(deadline), period);
                locked.expire();
                locked.nudge_waiters(wakes);
                Ok(before)
            },
            |_| {},
        )
    }

    /// Makes a timer not set; its signal stays as it is: whether it was signalled (Microsoft:
    /// "CancelWaitableTimer function").
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn cancel_timer(&self, timer: &Pinned<'_, H>) -> Result<bool, NtStatus> {
        self.signal(
            timer,
            |locked, _| {
                locked.expire();
                let before = locked.state.signal() > 0;
                locked.set_due(None, 0);
                Ok(before)
            },
            |_| {},
        )
    }

    /// A timer's state (NtQueryTimer).
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn query_timer(&self, timer: &Pinned<'_, H>) -> Result<TimerState, NtStatus> {
        self.expire_timer(timer)?;
        let locked = self.lock_here(timer)?;
        Ok(TimerState {
            remaining: locked.due().map_or(0, |due| remaining(self.host(), due)),
            signalled: locked.state.signal() > 0,
        })
    }

    /// Signals a timer that is due and hands it over.
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn expire_timer(&self, timer: &Pinned<'_, H>) -> Result<(), NtStatus> {
        self.signal(
            timer,
            |locked, _| {
                locked.expire();
                Ok(())
            },
            |_| {},
        )
    }

    /// When a timer is due next; `None` if it is not set, or is no timer.
    pub fn timer_due(&self, object: &Pinned<'_, H>) -> Option<Deadline> {
        let state = State::from_word(object.record().state().load(Ordering::Relaxed));
        if state.is_timer() { self.lock_here(object).ok()?.due() } else { None }
    }
}

impl<H: Host> Locked<'_, H> {
    /// The period in milliseconds; 0 for none.
    pub(crate) fn period(&self) -> u32 {
        self.record.by_type()[SETTING].load(Ordering::Relaxed) as u32
    }

    pub(crate) fn due(&self) -> Option<Deadline> {
        let [due, setting] = self.record.by_type().map(|w| w.load(Ordering::Relaxed));
        if setting & SET == 0 {
            None
        } else if setting & SYSTEM == 0 {
            Some(Deadline::Interrupt(due))
        } else {
            Some(Deadline::System(due.cast_signed()))
        }
    }

    pub(crate) fn set_due(&self, due: Option<Deadline>, period: u32) {
        let (due, setting) = match due {
            None => (0, 0),
            Some(Deadline::Interrupt(time)) => (time, SET),
            Some(Deadline::System(time)) => (time.cast_unsigned(), SET | SYSTEM),
        };
        self.record.by_type()[DUE].store(due, Ordering::Relaxed);
        self.record.by_type()[SETTING].store(setting | u64::from(period), Ordering::Relaxed);
    }

    /// Signals the timer if it is due, and makes it due again if it is periodic.
    pub(crate) fn expire(&mut self) {
        debug_assert!(self.state.discipline() != Discipline::Owner);
        let Some(due) = self.due() else { return };
        let host = self.manager.host();
        let late = remaining(host, due).saturating_neg();
        if late < 0 {
            return;
        }
        self.state.set_signal(1);
        let period = self.period();
        if period == 0 {
            self.set_due(None, 0);
        } else {
            // Periods that were missed are one signal; the beat stays that of the first due time.
            let ticks = u64::from(period) * TICKS_PER_MILLISECOND;
            let next = host.now_interrupt() + ticks - late.unsigned_abs() % ticks;
            self.set_due(Some(Deadline::Interrupt(next)), period);
        }
    }
}
