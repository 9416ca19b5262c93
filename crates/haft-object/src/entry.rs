//! The entries of the handle table.
//!
//! An entry is two words: what it says, and its link while it is free. All that an entry says
//! is in one word, so a reader sees it whole and a writer changes it in one step:
//!
//! ```text
//! bit  0..24  granted access (the generic rights and MAXIMUM_ALLOWED are never granted)
//!     25..48  object record
//!     49      inheritable
//!     50      protected from close
//!     62..63  0 never used, 1 free or being filled, 2 in use
//! ```

use crate::record::RecordIndex;
use haft_abi::AccessMask;

/// The flags of a handle (Microsoft: "SetHandleInformation function").
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct HandleFlags(u32);

haft_abi::flags!(HandleFlags);

impl HandleFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// HANDLE_FLAG_INHERIT: a child created with bInheritHandles TRUE inherits the handle.
    pub const INHERIT: Self = Self(1);
    /// HANDLE_FLAG_PROTECT_FROM_CLOSE: closing the handle fails.
    pub const PROTECT_FROM_CLOSE: Self = Self(2);

    /// The flags in `bits`, if all of them are known.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        if bits <= 3 { Some(Self(bits)) } else { None }
    }

    /// The flags as GetHandleInformation gives them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// These flags with those in `which` set to `on`.
    #[must_use]
    pub const fn set(self, which: Self, on: bool) -> Self {
        Self(if on { self.0 | which.0 } else { self.0 & !which.0 })
    }

    /// These flags, with those in `mask` taken from `values`.
    #[must_use]
    pub const fn replace(self, mask: Self, values: Self) -> Self {
        Self((self.0 & !mask.0) | (values.0 & mask.0))
    }
}

/// What an entry that is in use says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The object.
    pub record: RecordIndex,
    /// What the handle may do.
    pub access: AccessMask,
    /// Inheritable, protected from close.
    pub flags: HandleFlags,
}

const ACCESS_MASK: u64 = (1 << 25) - 1;
const RECORD_SHIFT: u32 = 25;
const RECORD_MASK: u64 = (1 << 24) - 1;
const FLAGS_SHIFT: u32 = 49;
const STATE_SHIFT: u32 = 62;
const IN_USE: u64 = 2;

/// An entry that has never been used.
pub(crate) const NEVER_USED: u64 = 0;
/// An entry that is on the free list, or that somebody has taken and not filled yet.
pub(crate) const TAKEN: u64 = 1 << STATE_SHIFT;

impl Entry {
    pub(crate) const fn to_word(self) -> u64 {
        (self.access.0 as u64 & ACCESS_MASK)
            | ((self.record.0 as u64 & RECORD_MASK) << RECORD_SHIFT)
            | ((self.flags.0 as u64) << FLAGS_SHIFT)
            | (IN_USE << STATE_SHIFT)
    }

    /// What `word` says, if it is of an entry that is in use.
    pub(crate) const fn from_word(word: u64) -> Option<Self> {
        if word >> STATE_SHIFT != IN_USE {
            return None;
        }
        Some(Self {
            record: RecordIndex(((word >> RECORD_SHIFT) & RECORD_MASK) as u32),
            access: AccessMask((word & ACCESS_MASK) as u32),
            flags: HandleFlags(((word >> FLAGS_SHIFT) & 3) as u32),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_word() {
        for record in [1, 0x00AB_CDEF, 0x00FF_FFFF] {
            for access in [0, 0x001F_FFFF, 0x0100_0001] {
                for flags in 0..4 {
                    let entry = Entry {
                        record: RecordIndex(record),
                        access: AccessMask(access),
                        flags: HandleFlags::from_bits(flags).unwrap(),
                    };
                    assert_eq!(Entry::from_word(entry.to_word()), Some(entry));
                }
            }
        }
    }

    #[test]
    fn a_free_entry_says_nothing() {
        assert_eq!(Entry::from_word(NEVER_USED), None);
        assert_eq!(Entry::from_word(TAKEN), None);
    }

    #[test]
    fn flags_outside_the_mask_stay() {
        let both = HandleFlags::from_bits(3).unwrap();
        assert_eq!(
            both.replace(HandleFlags::INHERIT, HandleFlags::NONE),
            HandleFlags::PROTECT_FROM_CLOSE
        );
        assert_eq!(HandleFlags::from_bits(4), None);
    }
}
