//! A thread's wait word: the one place where its wait is decided.
//!
//! ```text
//! bit 0..1   0 not waiting, 1 waiting, 2 decided
//!     2      alertable
//!     3      nudged: look at the deadlines again before parking
//!     4..31  counts the thread's waits
//!    32..39  decided: the object's place in the wait
//!    40..47  decided: by what
//!     48     the thread has parked for this wait, or is about to
//!     61     interrupt pending
//!     62     alert pending
//!     63     user APC pending
//! ```
//!
//! The low half is what a futex compares: it changes when the wait is decided or nudged, and when
//! another wait begins. What is pending lies in the same word, so it cannot slip in between the
//! check for it and the beginning of a wait.

use crate::sync::{AtomicU64, Ordering};
use serde::{Deserialize, Serialize};

const PHASE: u64 = 3;
const WAITING: u64 = 1;
const DECIDED: u64 = 2;
const ALERTABLE: u64 = 1 << 2;
const NUDGED: u64 = 1 << 3;
const COUNT_SHIFT: u32 = 4;
const COUNT_ONE: u64 = 1 << COUNT_SHIFT;
const LOW_HALF: u64 = u32::MAX as u64;
const KEY_SHIFT: u32 = 32;
const WHAT_SHIFT: u32 = 40;
const PARKED: u64 = 1 << 48;
const PENDING: u64 = 7 << 61;
/// What stays as it is when a wait is decided.
const KEPT: u64 = PENDING | PARKED;

/// Which of a thread's waits: bits 4 to 31 of its wait word while the wait lasts. Who has only seen
/// the wait from afar claims it by this number, and finds a later one undecided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WaitNumber(u32);

impl WaitNumber {
    /// Bits that a number has.
    pub(crate) const BITS: u32 = 32 - COUNT_SHIFT;

    pub(crate) const fn of_word(word: u64) -> Self {
        Self(((word & LOW_HALF) >> COUNT_SHIFT) as u32)
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self((bits & ((1 << Self::BITS) - 1)) as u32)
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0 as u64 & ((1 << Self::BITS) - 1)
    }
}

/// What is pending for a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Ends any wait, alertable or not.
    Interrupt,
    /// Ends an alertable wait, or the next one.
    Alert,
    /// User APCs are queued: ends alertable waits until the kernel says that there are none.
    UserApc,
}

impl Notice {
    const fn bit(self) -> u64 {
        match self {
            Self::Interrupt => 1 << 61,
            Self::Alert => 1 << 62,
            Self::UserApc => 1 << 63,
        }
    }

    /// Whether the notice is used up by the wait that it ends.
    const fn is_taken(self) -> bool {
        !matches!(self, Self::UserApc)
    }

    /// In the order in which NT looks at them.
    const ALL: [Self; 3] = [Self::Interrupt, Self::Alert, Self::UserApc];
}

/// What decided a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// The object at this place in the wait.
    Object(u8),
    /// The object at this place, an abandoned mutant.
    Abandoned(u8),
    /// The deadline.
    Timeout,
    /// A notice.
    Notice(Notice),
}

impl Decision {
    const fn encode(self) -> u64 {
        let (what, key) = match self {
            Self::Object(key) => (0, key),
            Self::Abandoned(key) => (1, key),
            Self::Timeout => (2, 0),
            Self::Notice(Notice::Interrupt) => (3, 0),
            Self::Notice(Notice::Alert) => (4, 0),
            Self::Notice(Notice::UserApc) => (5, 0),
        };
        ((what as u64) << WHAT_SHIFT) | ((key as u64) << KEY_SHIFT)
    }

    const fn decode(word: u64) -> Self {
        let key = (word >> KEY_SHIFT) as u8;
        match (word >> WHAT_SHIFT) as u8 {
            0 => Self::Object(key),
            1 => Self::Abandoned(key),
            2 => Self::Timeout,
            3 => Self::Notice(Notice::Interrupt),
            4 => Self::Notice(Notice::Alert),
            _ => Self::Notice(Notice::UserApc),
        }
    }
}

/// Changes the word by `new` in one step; what it was, or `None` if `new` had nothing to change.
fn update(word: &AtomicU64, new: impl Fn(u64) -> Option<u64>) -> Option<u64> {
    let mut seen = word.load(Ordering::Acquire);
    loop {
        let next = new(seen)?;
        match word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Some(seen),
            Err(now) => seen = now,
        }
    }
}

/// The notice that ends a wait with this word, if one is pending, and the word without it.
const fn pending(word: u64, alertable: bool) -> Option<(Notice, u64)> {
    let mut at = 0;
    while at < Notice::ALL.len() {
        let notice = Notice::ALL[at];
        let ends = alertable || matches!(notice, Notice::Interrupt);
        if ends && word & notice.bit() != 0 {
            let rest = if notice.is_taken() { word & !notice.bit() } else { word };
            return Some((notice, rest));
        }
        at += 1;
    }
    None
}

/// Makes the word that of a new thread: not waiting, nothing pending.
pub(crate) fn reset(word: &AtomicU64) {
    // The count goes on, so that a claim meant for the thread before this one finds another word.
    update(word, |w| Some((w & LOW_HALF & !(PHASE | ALERTABLE | NUDGED)).wrapping_add(COUNT_ONE)));
}

/// Takes the notice that would end a wait at once, if one is pending.
pub(crate) fn take_notice(word: &AtomicU64, alertable: bool) -> Option<Notice> {
    let seen = update(word, |w| pending(w, alertable).map(|(_, rest)| rest))?;
    pending(seen, alertable).map(|(notice, _)| notice)
}

/// Begins a wait, unless a notice is pending that ends it at once, which is taken.
pub(crate) fn begin(word: &AtomicU64, alertable: bool) -> Result<WaitNumber, Notice> {
    let flags = WAITING | if alertable { ALERTABLE } else { 0 };
    let begun = |w: u64| {
        let count = (w & LOW_HALF & !(PHASE | ALERTABLE | NUDGED)).wrapping_add(COUNT_ONE);
        (w & PENDING) | (count & LOW_HALF) | flags
    };
    let seen =
        update(word, |w| Some(pending(w, alertable).map_or_else(|| begun(w), |(_, rest)| rest)));
    let seen = seen.unwrap_or(0);
    match pending(seen, alertable) {
        None => Ok(WaitNumber::of_word(begun(seen))),
        Some((notice, _)) => Err(notice),
    }
}

/// Makes a wait under way one that any notice ends; a notice that is pending does at once.
pub(crate) fn admit_notices(word: &AtomicU64) {
    update(word, |w| {
        if w & PHASE != WAITING {
            return None;
        }
        Some(match pending(w, true) {
            None => w | ALERTABLE,
            Some((notice, rest)) => {
                (rest & KEPT)
                    | (w & LOW_HALF & !PHASE)
                    | DECIDED
                    | Decision::Notice(notice).encode()
            }
        })
    });
}

/// Decides the wait, if it is still undecided: whether it was.
pub(crate) fn decide(word: &AtomicU64, decision: Decision) -> bool {
    update(word, |w| {
        (w & PHASE == WAITING)
            .then(|| (w & KEPT) | (w & LOW_HALF & !PHASE) | DECIDED | decision.encode())
    })
    .is_some()
}

/// Whether the word is that of this wait, undecided.
const fn is_undecided(word: u64, number: WaitNumber) -> bool {
    word & PHASE == WAITING && WaitNumber::of_word(word).0 == number.0
}

/// Decides this wait, if it lasts and is still undecided: whether it was.
pub(crate) fn decide_for(word: &AtomicU64, number: WaitNumber, decision: Decision) -> bool {
    update(word, |w| {
        is_undecided(w, number)
            .then(|| (w & KEPT) | (w & LOW_HALF & !PHASE) | DECIDED | decision.encode())
    })
    .is_some()
}

/// Whether this wait lasts and is still undecided.
pub(crate) fn is_waiting(word: &AtomicU64, number: WaitNumber) -> bool {
    is_undecided(word.load(Ordering::Acquire), number)
}

/// Makes a notice pending, and decides the wait under way by it if it ends such waits: whether
/// the thread is to be woken.
pub(crate) fn post(word: &AtomicU64, notice: Notice) -> bool {
    let ends = |w: u64| {
        w & PHASE == WAITING && (w & ALERTABLE != 0 || matches!(notice, Notice::Interrupt))
    };
    let seen = update(word, |w| {
        if !ends(w) {
            return Some(w | notice.bit());
        }
        let kept = if notice.is_taken() { 0 } else { notice.bit() };
        Some(
            (w & KEPT)
                | kept
                | (w & LOW_HALF & !PHASE)
                | DECIDED
                | Decision::Notice(notice).encode(),
        )
    });
    seen.is_some_and(ends)
}

/// Says that a notice is no longer pending: whether it was.
pub(crate) fn withdraw(word: &AtomicU64, notice: Notice) -> bool {
    update(word, |w| (w & notice.bit() != 0).then_some(w & !notice.bit())).is_some()
}

/// Makes the waiter look at its deadlines again: whether it is to be woken for that.
pub(crate) fn nudge(word: &AtomicU64) -> bool {
    update(word, |w| (w & PHASE == WAITING && w & NUDGED == 0).then_some(w | NUDGED)).is_some()
}

/// Prepares the waiter for parking: the low half to park on, or `None` if the wait is decided.
/// Deadlines read after this are the right ones, or the low half changes.
pub(crate) fn arm(word: &AtomicU64) -> Option<u32> {
    let seen = update(word, |w| (w & PHASE == WAITING).then_some((w & !NUDGED) | PARKED))?;
    Some((seen & !NUDGED) as u32)
}

/// Whether the thread's wait is decided, if it is in one.
pub(crate) fn is_decided(word: &AtomicU64) -> bool {
    word.load(Ordering::Acquire) & PHASE != WAITING
}

/// Whether the thread may be parked on its wait word. Asked by who has just decided or nudged its
/// wait: one that had not come to parking by then finds out for itself.
#[must_use]
pub fn may_be_parked(word: &AtomicU64) -> bool {
    word.load(Ordering::Acquire) & PARKED != 0
}

/// Ends a wait that is decided: by what.
pub(crate) fn end(word: &AtomicU64) -> Decision {
    let seen =
        update(word, |w| Some((w & PENDING) | (w & LOW_HALF & !(PHASE | ALERTABLE | NUDGED))));
    Decision::decode(seen.unwrap_or(0))
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    fn word() -> AtomicU64 {
        AtomicU64::new(0)
    }

    #[test]
    fn a_wait_is_decided_once() {
        let word = word();
        assert!(!decide(&word, Decision::Timeout));
        let number = begin(&word, false).unwrap();
        assert!(is_waiting(&word, number));
        assert!(decide(&word, Decision::Abandoned(63)));
        assert!(!decide(&word, Decision::Timeout));
        assert_eq!(arm(&word), None);
        assert_eq!(end(&word), Decision::Abandoned(63));
        assert!(!decide(&word, Decision::Timeout));
    }

    #[test]
    fn a_wait_is_claimed_by_its_number_alone() {
        let word = word();
        let first = begin(&word, false).unwrap();
        decide(&word, Decision::Timeout);
        assert!(!decide_for(&word, first, Decision::Object(0)));
        end(&word);
        let second = begin(&word, true).unwrap();
        assert_ne!(first, second);
        assert!(!is_waiting(&word, first) && is_waiting(&word, second));
        assert!(!decide_for(&word, first, Decision::Object(0)));
        assert!(nudge(&word));
        assert!(decide_for(&word, second, Decision::Object(1)));
        assert_eq!(end(&word), Decision::Object(1));
    }

    #[test]
    fn every_decision_survives_the_word() {
        for decision in [
            Decision::Object(0),
            Decision::Object(63),
            Decision::Abandoned(5),
            Decision::Timeout,
            Decision::Notice(Notice::Interrupt),
            Decision::Notice(Notice::Alert),
            Decision::Notice(Notice::UserApc),
        ] {
            let word = word();
            begin(&word, false).unwrap();
            decide(&word, decision);
            assert_eq!(end(&word), decision);
        }
    }

    #[test]
    fn the_futex_sees_decisions_nudges_and_new_waits() {
        let word = word();
        begin(&word, true).unwrap();
        let first = arm(&word).unwrap();
        assert!(nudge(&word));
        assert!(!nudge(&word));
        assert_ne!(word.load(Ordering::Relaxed) as u32, first);
        assert_eq!(arm(&word), Some(first));
        decide(&word, Decision::Timeout);
        assert_ne!(word.load(Ordering::Relaxed) as u32, first);
        end(&word);
        begin(&word, true).unwrap();
        assert_ne!(arm(&word).unwrap(), first);
    }

    #[test]
    fn only_who_came_to_parking_is_parked() {
        let word = word();
        begin(&word, true).unwrap();
        assert!(!may_be_parked(&word) && !is_decided(&word));
        assert!(nudge(&word) && !may_be_parked(&word));
        decide(&word, Decision::Object(1));
        assert!(!may_be_parked(&word) && is_decided(&word));
        assert_eq!(arm(&word), None);
        end(&word);

        let number = begin(&word, true).unwrap();
        arm(&word).unwrap();
        assert!(decide_for(&word, number, Decision::Object(1)) && may_be_parked(&word));
        assert_eq!(end(&word), Decision::Object(1));
        assert!(!may_be_parked(&word));

        begin(&word, true).unwrap();
        arm(&word).unwrap();
        assert!(post(&word, Notice::Alert) && may_be_parked(&word));
        begin(&word, true).unwrap();
        assert!(!may_be_parked(&word));
    }

    #[test]
    fn a_user_apc_ends_alertable_waits_until_it_is_withdrawn() {
        let word = word();
        assert!(!post(&word, Notice::UserApc));
        assert!(begin(&word, false).is_ok());
        assert!(!post(&word, Notice::UserApc));
        decide(&word, Decision::Timeout);
        assert_eq!(end(&word), Decision::Timeout);
        assert_eq!(begin(&word, true), Err(Notice::UserApc));
        assert_eq!(begin(&word, true), Err(Notice::UserApc));
        assert!(withdraw(&word, Notice::UserApc));
        assert!(begin(&word, true).is_ok());
        assert!(post(&word, Notice::UserApc));
        assert_eq!(end(&word), Decision::Notice(Notice::UserApc));
        assert!(withdraw(&word, Notice::UserApc));
    }

    #[test]
    fn an_alert_is_used_up_by_the_wait_it_ends() {
        let word = word();
        post(&word, Notice::Alert);
        post(&word, Notice::UserApc);
        assert_eq!(begin(&word, true), Err(Notice::Alert));
        assert_eq!(begin(&word, true), Err(Notice::UserApc));
        withdraw(&word, Notice::UserApc);
        begin(&word, true).unwrap();
        assert!(post(&word, Notice::Alert));
        assert_eq!(end(&word), Decision::Notice(Notice::Alert));
        assert!(!withdraw(&word, Notice::Alert));
    }

    #[test]
    fn an_interrupt_ends_a_wait_that_is_not_alertable() {
        let word = word();
        begin(&word, false).unwrap();
        assert!(post(&word, Notice::Interrupt));
        assert_eq!(end(&word), Decision::Notice(Notice::Interrupt));
        post(&word, Notice::Interrupt);
        assert_eq!(begin(&word, false), Err(Notice::Interrupt));
        assert!(begin(&word, false).is_ok());
    }

    #[test]
    fn the_count_of_waits_does_not_spill() {
        let word = AtomicU64::new(LOW_HALF & !(PHASE | ALERTABLE | NUDGED));
        begin(&word, false).unwrap();
        assert_eq!(word.load(Ordering::Relaxed), WAITING);
    }

    #[test]
    fn a_reset_word_is_clean() {
        let word = word();
        post(&word, Notice::Alert);
        reset(&word);
        assert!(begin(&word, true).is_ok());
    }
}
