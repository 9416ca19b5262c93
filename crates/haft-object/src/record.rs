//! Object records: what the process block knows about one object, in 64 bytes.
//!
//! ```text
//! word 0  references (low half) and handles (high half)
//!      1  type, kind of backing, version of the backing, descriptor
//!      2  first word of the backing
//!      3  dispatcher state and lock    (see `dispatcher::state`)
//!      4  wait queue: first and last wait block
//!    5,6  by type: mutant, semaphore, timer; for other types the kernel's own
//!      7  second word of the backing; the link while the record is free
//! ```
//!
//! A record is free when its references are zero. Records are never unmapped and never change
//! their kind of use, so a reader that was overtaken reads stale words, not foreign memory.

use crate::block::{halves, pair};
use crate::sync::{AtomicU64, Ordering};
use crate::types::ObjectType;
use core::fmt;

/// 64-bit words of a record.
pub(crate) const RECORD_WORDS: usize = 8;

const COUNTS: usize = 0;
const KIND: usize = 1;
const BACKING: usize = 2;
const STATE: usize = 3;
const QUEUE: usize = 4;
const BY_TYPE: usize = 5;
const LINK: usize = 7;

/// One reference, in the counts word.
pub(crate) const REFERENCE: u64 = 1;
/// One handle, in the counts word; every handle is a reference too.
pub(crate) const HANDLE: u64 = 1 << 32;

/// The place of a record in its process block; never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct RecordIndex(pub(crate) u32);

impl RecordIndex {
    /// The index as a number, for traces.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for RecordIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.0)
    }
}

/// Where an object really is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backing {
    /// Here: a dispatcher object of this process, whose whole state is its record.
    Private,
    /// A descriptor of this process, and a word of the kernel's.
    Descriptor {
        /// The descriptor.
        fd: i32,
        /// Whatever the kernel keeps with it.
        extra: u64,
    },
    /// In the executive, under this number.
    Executive {
        /// The executive's number of the object.
        id: u64,
    },
    /// Given from outside; the executive hands the backing over at first use.
    Pending {
        /// The executive's number of the gift.
        id: u64,
    },
    /// Known to the kernel by two words of its own.
    Kernel {
        /// The words.
        words: [u64; 2],
    },
}

impl Backing {
    /// The number of a shared object that went with an executive: no executive gives it.
    pub const LOST: u64 = 0;

    /// (kind, descriptor, first word, second word)
    const fn encode(self) -> (u8, u32, u64, u64) {
        match self {
            Self::Private => (0, 0, 0, 0),
            Self::Descriptor { fd, extra } => (1, fd.cast_unsigned(), extra, 0),
            Self::Executive { id } => (2, 0, id, 0),
            Self::Pending { id } => (3, 0, id, 0),
            Self::Kernel { words: [first, second] } => (4, 0, first, second),
        }
    }

    const fn decode(kind: u8, fd: u32, first: u64, second: u64) -> Option<Self> {
        Some(match kind {
            0 => Self::Private,
            1 => Self::Descriptor { fd: fd.cast_signed(), extra: first },
            2 => Self::Executive { id: first },
            3 => Self::Pending { id: first },
            4 => Self::Kernel { words: [first, second] },
            _ => return None,
        })
    }
}

const VERSION_SHIFT: u32 = 16;
const VERSION_ONE: u64 = 1 << VERSION_SHIFT;
const VERSION_MASK: u64 = 0xFFFF << VERSION_SHIFT;

const fn kind_word(object_type: u8, backing_kind: u8, version: u64, fd: u32) -> u64 {
    (object_type as u64)
        | ((backing_kind as u64) << 8)
        | (version & VERSION_MASK)
        | ((fd as u64) << 32)
}

/// A view of one record.
#[derive(Clone, Copy)]
pub struct Record<'b>(&'b [AtomicU64; RECORD_WORDS]);

impl<'b> Record<'b> {
    pub(crate) fn new(words: &'b [AtomicU64; RECORD_WORDS]) -> Self {
        Self(words)
    }

    /// The object's type; `None` for a record that was never used or was tampered with.
    #[must_use]
    pub fn object_type(self) -> Option<ObjectType> {
        ObjectType::from_number(self.0[KIND].load(Ordering::Relaxed) as u8)
    }

    /// Where the object really is, as another process reads it, which cannot wait for long:
    /// `None` for a record that was tampered with, or whose backing is being replaced and stays so.
    #[must_use]
    pub fn backing(self) -> Option<Backing> {
        const PATIENCE: usize = 100;
        (0..PATIENCE).find_map(|_| self.try_backing().ok())?
    }

    /// Where the object really is, unless that is just being replaced; `None` for a record that
    /// was tampered with.
    pub(crate) fn try_backing(self) -> Result<Option<Backing>, BeingReplaced> {
        let kind = self.0[KIND].load(Ordering::Acquire);
        let first = self.0[BACKING].load(Ordering::Acquire);
        let second = self.0[LINK].load(Ordering::Acquire);
        // An odd version says that the words are being replaced.
        if kind & VERSION_ONE != 0 || self.0[KIND].load(Ordering::Acquire) != kind {
            return Err(BeingReplaced);
        }
        Ok(Backing::decode((kind >> 8) as u8, halves(kind).1, first, second))
    }

    /// Replaces the backing. The caller holds the record's lock, so there is one writer.
    pub(crate) fn replace(self, backing: Backing) {
        self.replace_backing(backing, backing.encode().3);
    }

    fn replace_backing(self, backing: Backing, second: u64) {
        let old = self.0[KIND].load(Ordering::Relaxed);
        let (kind, fd, first, _) = backing.encode();
        let busy = (old & !VERSION_MASK) | (old.wrapping_add(VERSION_ONE) & VERSION_MASK);
        self.0[KIND].store(busy, Ordering::Release);
        // Release, so that who reads the new words also sees that the version has changed.
        self.0[BACKING].store(first, Ordering::Release);
        self.0[LINK].store(second, Ordering::Release);
        let new = kind_word(old as u8, kind, busy.wrapping_add(VERSION_ONE), fd);
        self.0[KIND].store(new, Ordering::Release);
    }

    /// [`Record::replace`] by the executive's number, by another process, which goes on being
    /// named.
    pub(crate) fn move_from_outside(self, id: u64) {
        let name = self.0[LINK].load(Ordering::Relaxed);
        self.replace_backing(Backing::Executive { id }, name);
    }

    /// Brings a replacement by [`Record::move_from_outside`] to its end that somebody began who
    /// died; whether one was begun. Whatever the executive's number was that did not arrive, the
    /// object is lost.
    pub(crate) fn finish_moving(self) -> bool {
        let kind = self.0[KIND].load(Ordering::Relaxed);
        if kind & VERSION_ONE == 0 {
            return matches!(self.try_backing(), Ok(Some(Backing::Executive { .. })));
        }
        self.0[BACKING].store(Backing::LOST, Ordering::Release);
        let (backing, ..) = Backing::Executive { id: Backing::LOST }.encode();
        let moved = kind_word(kind as u8, backing, kind.wrapping_add(VERSION_ONE), 0);
        self.0[KIND].store(moved, Ordering::Release);
        true
    }

    /// The first step of a replacement, for tests that stop there.
    #[cfg(test)]
    pub(crate) fn begin_to_replace(self) {
        self.0[KIND].fetch_add(VERSION_ONE, Ordering::Relaxed);
    }

    /// Who locks the record from another process, by its [`Host::name`](crate::Host::name): said
    /// before it is locked. Private objects, and those that have moved, have nothing else there.
    pub(crate) fn outside_holder(self) -> &'b AtomicU64 {
        &self.0[LINK]
    }

    /// How many references there are: handles and pins.
    #[must_use]
    pub fn references(self) -> u32 {
        halves(self.0[COUNTS].load(Ordering::Acquire)).0
    }

    /// How many handles of this process name the object.
    #[must_use]
    pub fn handles(self) -> u32 {
        halves(self.0[COUNTS].load(Ordering::Acquire)).1
    }

    /// Fills a record that was just taken off the free list, and gives its maker one reference.
    pub(crate) fn initialize(
        self,
        object_type: ObjectType,
        backing: Backing,
        state: u64,
        by_type: [u64; 2],
    ) {
        let (kind, fd, first, second) = backing.encode();
        // The version goes on counting, so that no reader takes two lives of a record for one.
        let version = self.0[KIND].load(Ordering::Relaxed).wrapping_add(2 * VERSION_ONE);
        let set = |at: usize, value: u64| self.0[at].store(value, Ordering::Relaxed);
        set(KIND, kind_word(object_type as u8, kind, version, fd));
        set(BACKING, first);
        set(STATE, state);
        set(QUEUE, 0);
        set(BY_TYPE, by_type[0]);
        set(BY_TYPE + 1, by_type[1]);
        set(LINK, second);
        self.0[COUNTS].store(REFERENCE, Ordering::Release);
    }

    /// Adds a reference if there is one already; false for a record that is free or on its way.
    #[inline]
    pub(crate) fn try_reference(self) -> bool {
        let mut counts = self.0[COUNTS].load(Ordering::Relaxed);
        while counts as u32 != 0 {
            match self.0[COUNTS].compare_exchange_weak(
                counts,
                counts + REFERENCE,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => counts = now,
            }
        }
        false
    }

    /// Adds `what` for somebody who holds a reference.
    pub(crate) fn add(self, what: u64) {
        self.0[COUNTS].fetch_add(what, Ordering::Relaxed);
    }

    /// Takes `what` away: what was left.
    #[inline]
    pub(crate) fn subtract(self, what: u64) -> Remaining {
        let (references, handles) =
            halves(self.0[COUNTS].fetch_sub(what, Ordering::AcqRel).wrapping_sub(what));
        Remaining { references, handles }
    }

    /// Type, backing and version in one word: equal as long as the record has not changed hands.
    #[must_use]
    pub fn kind_word(self) -> u64 {
        self.0[KIND].load(Ordering::Acquire)
    }

    /// Two words of the kernel's own about an object that is no event, mutant, semaphore or timer,
    /// readable from outside; zero at first.
    #[must_use]
    pub fn notes(self) -> [u64; 2] {
        self.by_type().map(|word| word.load(Ordering::Acquire))
    }

    /// Sets [`Record::notes`].
    pub fn set_notes(self, notes: [u64; 2]) {
        for (word, value) in self.by_type().into_iter().zip(notes) {
            word.store(value, Ordering::Release);
        }
    }

    pub(crate) fn link(self) -> &'b AtomicU64 {
        &self.0[LINK]
    }

    pub(crate) fn state(self) -> &'b AtomicU64 {
        &self.0[STATE]
    }

    /// First and last wait block of the queue; 0 for none.
    pub(crate) fn queue(self) -> (u32, u32) {
        halves(self.0[QUEUE].load(Ordering::Relaxed))
    }

    pub(crate) fn set_queue(self, first: u32, last: u32) {
        self.0[QUEUE].store(pair(first, last), Ordering::Relaxed);
    }

    /// The two words whose meaning depends on the type.
    pub(crate) fn by_type(self) -> [&'b AtomicU64; 2] {
        [&self.0[BY_TYPE], &self.0[BY_TYPE + 1]]
    }
}

/// A backing was being replaced while it was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BeingReplaced;

/// What is left of an object's counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Remaining {
    pub references: u32,
    pub handles: u32,
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    fn words() -> [AtomicU64; RECORD_WORDS] {
        [const { AtomicU64::new(0) }; RECORD_WORDS]
    }

    const BACKINGS: [Backing; 5] = [
        Backing::Private,
        Backing::Descriptor { fd: -1, extra: 7 },
        Backing::Executive { id: u64::MAX },
        Backing::Pending { id: 12 },
        Backing::Kernel { words: [3, 4] },
    ];

    #[test]
    fn a_backing_survives_the_record() {
        for backing in BACKINGS {
            let words = words();
            let record = Record::new(&words);
            record.initialize(ObjectType::File, backing, 0, [0; 2]);
            assert_eq!(record.backing(), Some(backing));
            assert_eq!(record.object_type(), Some(ObjectType::File));
            for other in BACKINGS {
                record.replace(other);
                assert_eq!(record.backing(), Some(other));
                assert_eq!(record.object_type(), Some(ObjectType::File));
            }
        }
    }

    #[test]
    fn a_version_that_wraps_does_not_spill() {
        let words = words();
        let record = Record::new(&words);
        record.initialize(ObjectType::Key, Backing::Private, 0, [0; 2]);
        for id in 0..40_000 {
            record.replace(Backing::Descriptor { fd: 5, extra: id });
        }
        assert_eq!(record.object_type(), Some(ObjectType::Key));
        assert_eq!(record.backing(), Some(Backing::Descriptor { fd: 5, extra: 39_999 }));
    }

    #[test]
    fn a_free_record_cannot_be_referenced() {
        let words = words();
        let record = Record::new(&words);
        assert!(!record.try_reference());
        record.initialize(ObjectType::Event, Backing::Private, 0, [0; 2]);
        assert!(record.try_reference());
        assert_eq!(record.subtract(REFERENCE), Remaining { references: 1, handles: 0 });
        assert_eq!(record.subtract(REFERENCE), Remaining { references: 0, handles: 0 });
        assert!(!record.try_reference());
    }
}
