//! Calls to the executive that travel in the process block, without a system call where the
//! executive is awake.
//!
//! ```text
//! word  0      which slots are in use, a bit each
//!       8      which slots have a call that the executive has not taken yet
//!      16      whether the executive sleeps, and is to be rung for
//!      24      whether the executive is gone
//!  32..63      unused
//!  from 64     slots of 32 words:
//!       0      state, and whether the caller sleeps: what a futex compares is the low half
//!       1      when it was posted, on a clock that all processes have in common
//!       2      bytes of the call or of the answer, and whether an answer is wanted
//!    3..31     the bytes
//! ```
//!
//! A caller takes a slot, fills it and says so in word 8. The executive takes what was posted, copies
//! it once and looks at it then; what it reads costs, if it makes no sense, the client alone. A
//! slot whose call wants an answer is its caller's until that has read it; any other is free as soon as
//! the executive has copied it. Slots are not a queue: a thread that dies on its way to posting
//! costs a slot and holds up nobody.

use crate::sync::{AtomicU64, Ordering};

/// How many calls of one process can be under way.
pub const SLOTS: usize = if cfg!(feature = "shuttle") { 4 } else { 64 };
const SLOT_WORDS: usize = 32;
const HEADER: usize = 64;
/// 64-bit words of the part.
pub(crate) const CALL_WORDS: usize = HEADER + SLOTS * SLOT_WORDS;

const IN_USE: usize = 0;
const POSTED: usize = 8;
const ASLEEP: usize = 16;
const GONE: usize = 24;
const STATE: usize = 0;
const WHEN: usize = 1;
const LENGTH: usize = 2;
const BYTES: usize = 3;

/// The most bytes of a call, and of an answer.
pub const MAX_CALL: usize = (SLOT_WORDS - BYTES) * 8;

const WANTS_ANSWER: u64 = 1 << 32;

/// States of a slot.
const UNDER_WAY: u64 = 1;
const ANSWERED: u64 = 2;
const LOST: u64 = 3;
const STATES: u64 = 3;
const PARKED: u64 = 1 << 2;
/// Counts what the slot is used for, so that a futex never takes one call for another.
const USE_ONE: u64 = 1 << 3;

/// One call's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(usize);

impl Slot {
    /// The slots that these bits say.
    pub fn of_bits(bits: u64) -> impl Iterator<Item = Self> {
        (0..SLOTS).filter(move |at| bits >> at & 1 != 0).map(Self)
    }

    const fn bit(self) -> u64 {
        1 << self.0
    }
}

/// What the executive reads of a slot. Nothing in it is to be believed.
#[derive(Debug)]
pub struct Posted<'b> {
    /// When it was posted, as its caller says.
    pub when: u64,
    /// Whether the caller waits for an answer.
    pub wants_answer: bool,
    /// The bytes.
    pub bytes: &'b [u8],
}

/// How a call stands that an answer is wanted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is no answer yet; the low half of the slot's word, to park on.
    UnderWay(u32),
    /// There is one.
    Answered,
    /// There will be none: the executive is gone.
    Lost,
}

/// A view of the calls of one process.
#[derive(Clone, Copy)]
pub struct Calls<'b>(&'b [AtomicU64; CALL_WORDS]);

impl<'b> Calls<'b> {
    pub(crate) const fn new(words: &'b [AtomicU64; CALL_WORDS]) -> Self {
        Self(words)
    }

    fn word(self, slot: Slot, at: usize) -> &'b AtomicU64 {
        &self.0[HEADER + slot.0 * SLOT_WORDS + at]
    }

    // The process's part.

    /// Takes a free slot; `None` if there is none, or the executive is gone.
    #[must_use]
    pub fn take(self) -> Option<Slot> {
        if self.is_gone() {
            return None;
        }
        let mut used = self.0[IN_USE].load(Ordering::Relaxed);
        loop {
            let free = (!used).trailing_zeros() as usize;
            if free >= SLOTS {
                return None;
            }
            let slot = Slot(free);
            match self.0[IN_USE].compare_exchange_weak(
                used,
                used | slot.bit(),
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(slot),
                Err(now) => used = now,
            }
        }
    }

    /// Gives a slot back that was not posted, or whose answer has been read.
    pub fn give_back(self, slot: Slot) {
        self.0[IN_USE].fetch_and(!slot.bit(), Ordering::Release);
    }

    /// Posts a call of at most [`MAX_CALL`] bytes at the time `now`. Whether the executive is to be
    /// rung for.
    #[must_use]
    pub fn post(self, slot: Slot, now: u64, bytes: &[u8], wants_answer: bool) -> bool {
        let state = self.word(slot, STATE);
        let used = state.load(Ordering::Relaxed) & !(STATES | PARKED);
        state.store(used.wrapping_add(USE_ONE) | UNDER_WAY, Ordering::SeqCst);
        self.word(slot, WHEN).store(now, Ordering::Relaxed);
        self.fill(slot, bytes, if wants_answer { WANTS_ANSWER } else { 0 });
        self.0[POSTED].fetch_or(slot.bit(), Ordering::SeqCst);
        if self.is_gone() {
            self.lose(slot);
        }
        // Until the executive itself says that it is awake: another thread that rings too may not
        // have come to it yet.
        self.0[ASLEEP].load(Ordering::SeqCst) != 0
    }

    fn fill(self, slot: Slot, bytes: &[u8], flags: u64) {
        let bytes = &bytes[..bytes.len().min(MAX_CALL)];
        for (at, chunk) in bytes.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(slot, BYTES + at).store(u64::from_le_bytes(word), Ordering::Relaxed);
        }
        self.word(slot, LENGTH).store(bytes.len() as u64 | flags, Ordering::Release);
    }

    /// The word that a caller parks on, and that [`Calls::answer`] changes.
    #[must_use]
    pub fn state(self, slot: Slot) -> &'b AtomicU64 {
        self.word(slot, STATE)
    }

    /// How a call stands. With `park` the executive is asked to wake who parks on the slot's word.
    #[must_use]
    pub fn standing(self, slot: Slot, park: bool) -> Standing {
        let state = self.word(slot, STATE);
        let mut seen = state.load(Ordering::Acquire);
        loop {
            match seen & STATES {
                ANSWERED => return Standing::Answered,
                UNDER_WAY => {}
                _ => return Standing::Lost,
            }
            if !park || seen & PARKED != 0 {
                return Standing::UnderWay(seen as u32);
            }
            match state.compare_exchange(seen, seen | PARKED, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => seen |= PARKED,
                Err(now) => seen = now,
            }
        }
    }

    /// Copies the bytes of a slot: of its answer for its caller.
    pub fn read(self, slot: Slot, into: &mut [u8; MAX_CALL]) -> &[u8] {
        let length = self.word(slot, LENGTH).load(Ordering::Acquire) as u32 as usize;
        let length = length.min(MAX_CALL);
        for (at, chunk) in into[..length.next_multiple_of(8)].chunks_mut(8).enumerate() {
            let word = self.word(slot, BYTES + at).load(Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        &into[..length]
    }

    /// Whether the executive is gone.
    #[must_use]
    pub fn is_gone(self) -> bool {
        self.0[GONE].load(Ordering::SeqCst) != 0
    }

    /// Says that the executive is gone. The slots whose callers are to be woken: also those of who
    /// has its answer, as the executive may have been killed before it woke them.
    pub fn set_gone(self) -> impl Iterator<Item = Slot> {
        self.0[GONE].store(1, Ordering::SeqCst);
        (0..SLOTS).map(Slot).for_each(|slot| self.lose(slot));
        Slot::of_bits(self.0[IN_USE].load(Ordering::SeqCst))
    }

    /// Says that there will be no answer, where one is waited for.
    fn lose(self, slot: Slot) {
        let state = self.word(slot, STATE);
        let mut seen = state.load(Ordering::SeqCst);
        while seen & STATES == UNDER_WAY {
            let lost = (seen & !(STATES | PARKED)) | LOST;
            match state.compare_exchange(seen, lost, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    // The executive's part.

    /// Whether calls may have been posted.
    #[must_use]
    pub fn has_posted(self) -> bool {
        self.0[POSTED].load(Ordering::SeqCst) != 0
    }

    /// Takes what was posted: bits for [`Slot::of_bits`].
    #[must_use]
    pub fn take_posted(self) -> u64 {
        if self.has_posted() { self.0[POSTED].swap(0, Ordering::SeqCst) } else { 0 }
    }

    /// Copies a call that was taken. A slot whose caller wants no answer is free then.
    pub fn receive(self, slot: Slot, into: &mut [u8; MAX_CALL]) -> Posted<'_> {
        let when = self.word(slot, WHEN).load(Ordering::Relaxed);
        let wants_answer = self.word(slot, LENGTH).load(Ordering::Acquire) & WANTS_ANSWER != 0;
        let bytes = self.read(slot, into);
        if !wants_answer {
            self.give_back(slot);
        }
        Posted { when, wants_answer, bytes }
    }

    /// Answers a call; whether its caller is to be woken.
    #[must_use]
    pub fn answer(self, slot: Slot, bytes: &[u8]) -> bool {
        self.fill(slot, bytes, 0);
        let state = self.word(slot, STATE);
        let mut seen = state.load(Ordering::Relaxed);
        loop {
            let answered = (seen & !(STATES | PARKED)) | ANSWERED;
            match state.compare_exchange(seen, answered, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return seen & PARKED != 0,
                Err(now) => seen = now,
            }
        }
    }

    /// Says that the executive goes to sleep, and is to be rung for; whether it may, because
    /// nothing has been posted.
    #[must_use]
    pub fn fall_asleep(self) -> bool {
        self.0[ASLEEP].store(1, Ordering::SeqCst);
        !self.has_posted()
    }

    /// Says that the executive looks by itself for what is posted.
    pub fn wake_up(self) {
        self.0[ASLEEP].store(0, Ordering::SeqCst);
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    fn with_calls(test: impl FnOnce(Calls<'_>)) {
        let words: Vec<AtomicU64> = (0..CALL_WORDS).map(|_| AtomicU64::new(0)).collect();
        test(Calls::new(words.first_chunk().unwrap()));
    }

    #[test]
    fn a_call_and_its_answer_arrive() {
        with_calls(|calls| {
            let slot = calls.take().unwrap();
            assert!(calls.fall_asleep());
            assert!(calls.post(slot, 7, b"hello, executive", true));
            assert!(!calls.fall_asleep());
            let Standing::UnderWay(word) = calls.standing(slot, true) else { panic!() };
            assert_eq!(calls.state(slot).load(Ordering::Relaxed) as u32, word);
            let posted: Vec<_> = Slot::of_bits(calls.take_posted()).collect();
            assert_eq!(posted, [slot]);
            assert_eq!(calls.take_posted(), 0);
            let mut bytes = [0; MAX_CALL];
            let got = calls.receive(slot, &mut bytes);
            assert_eq!(
                (got.when, got.wants_answer, got.bytes),
                (7, true, &b"hello, executive"[..])
            );
            assert!(calls.answer(slot, b"hello"));
            assert_eq!(calls.standing(slot, true), Standing::Answered);
            assert_eq!(calls.read(slot, &mut bytes), b"hello");
            calls.give_back(slot);
        });
    }

    #[test]
    fn every_slot_is_taken_once_and_one_without_an_answer_comes_back() {
        with_calls(|calls| {
            let slots: Vec<_> = core::iter::from_fn(|| calls.take()).collect();
            assert_eq!(slots.len(), SLOTS);
            assert!(!calls.post(slots[5], 0, b"", false));
            let mut bytes = [0; MAX_CALL];
            for slot in Slot::of_bits(calls.take_posted()) {
                assert_eq!(calls.receive(slot, &mut bytes).bytes, b"");
            }
            assert_eq!(calls.take(), Some(slots[5]));
            assert_eq!(calls.take(), None);
        });
    }

    #[test]
    fn nobody_waits_for_an_executive_that_is_gone() {
        with_calls(|calls| {
            let [first, second, third] = core::array::from_fn(|_| calls.take().unwrap());
            let _ = calls.post(first, 0, b"x", true);
            // Whoever answers this one is killed before it wakes the caller.
            let _ = calls.post(third, 0, b"x", true);
            assert!(matches!(calls.standing(third, true), Standing::UnderWay(_)));
            assert!(calls.answer(third, b"y"));
            let woken: Vec<_> = calls.set_gone().collect();
            assert!(woken.contains(&first) && woken.contains(&third));
            assert_eq!(calls.standing(first, true), Standing::Lost);
            assert_eq!(calls.standing(third, true), Standing::Answered);
            let _ = calls.post(second, 0, b"x", true);
            assert_eq!(calls.standing(second, false), Standing::Lost);
            assert_eq!(calls.take(), None);
        });
    }

    #[test]
    fn any_length_is_read_within_the_slot() {
        with_calls(|calls| {
            let slot = calls.take().unwrap();
            for length in [0, 1, MAX_CALL as u64, MAX_CALL as u64 + 1, u64::MAX] {
                calls.word(slot, LENGTH).store(length, Ordering::Relaxed);
                let mut bytes = [0; MAX_CALL];
                assert!(calls.receive(slot, &mut bytes).bytes.len() <= MAX_CALL);
            }
        });
    }
}
