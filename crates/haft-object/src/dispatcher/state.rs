//! The state word of a dispatcher object.
//!
//! ```text
//! bit 0      locked
//!     1      moved to the executive: this record says no more
//!     2..3   discipline: how a wait that is satisfied changes the object
//!     4      timer: due times are in the record
//!     5      abandoned: the next owner of the mutant is told
//!     6      locked by another process, which the record names
//!     8..31  how many waits for all are in the queue
//!    32..63  signal state, signed: signalled if above 0
//! ```

/// How a wait that is satisfied changes the object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discipline {
    /// Not at all: everybody is released until the object is reset.
    Notification,
    /// It is reset: one waiter is released.
    Synchronization,
    /// The count goes down by one.
    Count,
    /// The waiter becomes the owner; signal state 1 is free, 1 - n is owned n times.
    Owner,
}

/// The state word, as a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u64);

const LOCKED: u64 = 1 << 0;
const MOVED: u64 = 1 << 1;
const DISCIPLINE_SHIFT: u32 = 2;
const TIMER: u64 = 1 << 4;
const ABANDONED: u64 = 1 << 5;
const OUTSIDE: u64 = 1 << 6;
const WAIT_ALL_ONE: u64 = 1 << 8;
const WAIT_ALL_MASK: u64 = 0xFF_FFFF << 8;
const SIGNAL_SHIFT: u32 = 32;

impl State {
    pub(crate) const fn new(discipline: Discipline, signal: i32) -> Self {
        Self(((discipline as u64) << DISCIPLINE_SHIFT) | ((signal as u32 as u64) << SIGNAL_SHIFT))
    }

    pub(crate) const fn timer(self) -> Self {
        Self(self.0 | TIMER)
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(crate) const fn to_word(self) -> u64 {
        self.0
    }

    pub(crate) const fn is_locked(self) -> bool {
        self.0 & LOCKED != 0
    }

    pub(crate) const fn locked(self) -> Self {
        Self(self.0 | LOCKED)
    }

    pub(crate) const fn unlocked(self) -> Self {
        Self(self.0 & !(LOCKED | OUTSIDE))
    }

    pub(crate) const fn is_locked_from_outside(self) -> bool {
        self.0 & (LOCKED | OUTSIDE) == LOCKED | OUTSIDE
    }

    pub(crate) const fn locked_from_outside(self) -> Self {
        Self(self.0 | LOCKED | OUTSIDE)
    }

    /// The state of an object that is not here but in the executive.
    pub(crate) const fn moved(self) -> Self {
        Self(self.0 | MOVED)
    }

    pub(crate) const fn is_moved(self) -> bool {
        self.0 & MOVED != 0
    }

    pub(crate) const fn is_timer(self) -> bool {
        self.0 & TIMER != 0
    }

    pub(crate) const fn discipline(self) -> Discipline {
        match (self.0 >> DISCIPLINE_SHIFT) & 3 {
            0 => Discipline::Notification,
            1 => Discipline::Synchronization,
            2 => Discipline::Count,
            _ => Discipline::Owner,
        }
    }

    pub(crate) const fn is_abandoned(self) -> bool {
        self.0 & ABANDONED != 0
    }

    pub(crate) fn set_abandoned(&mut self, on: bool) {
        self.0 = if on { self.0 | ABANDONED } else { self.0 & !ABANDONED };
    }

    pub(crate) const fn waits_for_all(self) -> u32 {
        ((self.0 & WAIT_ALL_MASK) / WAIT_ALL_ONE) as u32
    }

    pub(crate) fn add_wait_for_all(&mut self) {
        self.0 += WAIT_ALL_ONE;
    }

    pub(crate) fn remove_wait_for_all(&mut self) {
        self.0 -= WAIT_ALL_ONE;
    }

    pub(crate) const fn signal(self) -> i32 {
        (self.0 >> SIGNAL_SHIFT) as u32 as i32
    }

    pub(crate) fn set_signal(&mut self, signal: i32) {
        self.0 = (self.0 & !(u64::MAX << SIGNAL_SHIFT))
            | (u64::from(signal.cast_unsigned()) << SIGNAL_SHIFT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_state_do_not_touch_one_another() {
        for discipline in [
            Discipline::Notification,
            Discipline::Synchronization,
            Discipline::Count,
            Discipline::Owner,
        ] {
            for signal in [0, 1, -1, i32::MAX, i32::MIN] {
                let mut state = State::new(discipline, 7).timer().locked();
                state.set_abandoned(true);
                state.add_wait_for_all();
                state.add_wait_for_all();
                state.remove_wait_for_all();
                state.set_signal(signal);
                assert_eq!(state.discipline(), discipline);
                assert_eq!(state.signal(), signal);
                assert_eq!(state.waits_for_all(), 1);
                assert!(state.is_timer() && state.is_locked() && state.is_abandoned());
                assert!(!state.is_moved());
                state.set_abandoned(false);
                assert!(!state.is_abandoned() && !state.unlocked().is_locked());
            }
        }
    }
}
