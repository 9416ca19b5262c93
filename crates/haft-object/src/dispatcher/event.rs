//! Events (Microsoft: "Event Objects").

use super::state::{Discipline, State};
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::record::Backing;
use crate::types::ObjectType;
use haft_abi::NtStatus;

/// The two kinds of events, and of timers, by NT's names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum EventKind {
    /// Manual reset: releases everybody until it is reset.
    Notification,
    /// Auto reset: releases one thread and is reset by that.
    Synchronization,
}

impl EventKind {
    pub(crate) const fn discipline(self) -> Discipline {
        match self {
            Self::Notification => Discipline::Notification,
            Self::Synchronization => Discipline::Synchronization,
        }
    }
}

impl<H: Host> ObjectManager<'_, H> {
    /// Makes an event (Microsoft: "CreateEventW function").
    ///
    /// # Errors
    /// `INSUFFICIENT_RESOURCES` if the block has no room for another object.
    #[inline(always)]
    pub fn create_event(
        &self,
        kind: EventKind,
        signalled: bool,
    ) -> Result<Pinned<'_, H>, NtStatus> {
        let state = State::new(kind.discipline(), i32::from(signalled));
        self.create(ObjectType::Event, Backing::Private, state, [0; 2])
    }

    /// Sets an event or another signalled-or-not object, and releases who waits for it: whether
    /// it was set (Microsoft: "SetEvent function").
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn set_event(&self, event: &Pinned<'_, H>) -> Result<bool, NtStatus> {
        self.signal(
            event,
            |locked, _| {
                let before = locked.state.signal() > 0;
                locked.state.set_signal(1);
                Ok(before)
            },
            |_| {},
        )
    }

    /// Resets an event: whether it was set (Microsoft: "ResetEvent function").
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn reset_event(&self, event: &Pinned<'_, H>) -> Result<bool, NtStatus> {
        let mut locked = self.lock_here(event)?;
        let before = locked.state.signal() > 0;
        locked.state.set_signal(0);
        Ok(before)
    }

    /// Releases who waits now, one or all by the event's kind, and leaves the event reset:
    /// whether it was set (Microsoft: "PulseEvent function").
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn pulse_event(&self, event: &Pinned<'_, H>) -> Result<bool, NtStatus> {
        self.signal(
            event,
            |locked, _| {
                let before = locked.state.signal() > 0;
                locked.state.set_signal(1);
                Ok(before)
            },
            |locked| locked.state.set_signal(0),
        )
    }

    /// An event's kind and whether it is set (NtQueryEvent).
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn query_event(&self, event: &Pinned<'_, H>) -> Result<(EventKind, bool), NtStatus> {
        let locked = self.lock_here(event)?;
        let kind = match locked.state.discipline() {
            Discipline::Notification => EventKind::Notification,
            _ => EventKind::Synchronization,
        };
        Ok((kind, locked.state.signal() > 0))
    }
}
