//! Thread local storage in slots: 64 in the TEB and 1024 more behind it (Microsoft: "Thread Local
//! Storage").

use crate::ps::{process, thread};
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::nt::Teb;
use haft_host::gs;
use haft_host::guest::{self, atomic::Word64};
use std::sync::{Mutex, PoisonError};

/// Slots in the TEB itself.
const IN_TEB: u32 = 64;
/// `TLS_MINIMUM_AVAILABLE` and the expansion slots.
pub const SLOTS: u32 = IN_TEB + EXPANSION;
const EXPANSION: u32 = 1024;
const WORDS: usize = SLOTS as usize / 64;

/// A bit for each slot that is allocated. The first one is never given, as on Windows: programs
/// take 0 for "none yet".
static ALLOCATED: Mutex<[u64; WORDS]> = Mutex::new({
    let mut words = [0; WORDS];
    words[0] = RESERVED;
    words
});
const RESERVED: u64 = 1;

/// Allocates a slot, which is zero in every thread.
///
/// # Errors
/// `NO_MEMORY` when there is none.
pub fn allocate() -> Result<u32, NtStatus> {
    let mut words = ALLOCATED.lock().unwrap_or_else(PoisonError::into_inner);
    let (at, word) = words
        .iter_mut()
        .enumerate()
        .find(|(_, word)| **word != u64::MAX)
        .ok_or(NtStatus::NO_MEMORY)?;
    let bit = word.trailing_ones();
    *word |= 1 << bit;
    let slot = at as u32 * 64 + bit;
    drop(words);
    clear(slot);
    Ok(slot)
}

/// Frees a slot.
///
/// # Errors
/// `INVALID_PARAMETER` for one that is not allocated.
pub fn free(slot: u32) -> Result<(), NtStatus> {
    let mut words = ALLOCATED.lock().unwrap_or_else(PoisonError::into_inner);
    let word = words.get_mut(slot as usize / 64).ok_or(NtStatus::INVALID_PARAMETER)?;
    let bit = 1 << (slot % 64);
    if *word & bit == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    *word &= !bit;
    drop(words);
    clear(slot);
    Ok(())
}

/// Makes a slot zero in every thread.
fn clear(slot: u32) {
    let threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    for thread in threads.iter() {
        // A thread whose TEB the program has unmapped has no slots either.
        if slot < IN_TEB {
            let _ = guest::write(in_teb(thread.teb, slot), 0u64);
        } else if let Ok(more @ 1..) =
            guest::read::<usize>(thread.teb + offset_of!(Teb, tls_expansion_slots))
        {
            let _ = guest::write(more + (slot - IN_TEB) as usize * 8, 0u64);
        }
    }
}

const fn in_teb(teb: usize, slot: u32) -> usize {
    teb + offset_of!(Teb, tls_slots) + slot as usize * 8
}

/// The running thread's value in a slot.
///
/// # Errors
/// `INVALID_PARAMETER` for a slot that cannot be.
#[inline]
pub fn get(slot: u32) -> Result<u64, NtStatus> {
    if slot < IN_TEB {
        return Ok(gs::field(in_teb(0, slot)));
    }
    if slot >= SLOTS {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    match gs::field(offset_of!(Teb, tls_expansion_slots)) as usize {
        0 => Ok(0),
        more => Ok(Word64::at(more + (slot - IN_TEB) as usize * 8).load()),
    }
}

/// Sets the running thread's value in a slot.
///
/// # Errors
/// `INVALID_PARAMETER` for a slot that cannot be, `NO_MEMORY`.
#[inline]
pub fn set(slot: u32, value: u64) -> Result<(), NtStatus> {
    if slot < IN_TEB {
        gs::set_field(in_teb(0, slot), value);
        return Ok(());
    }
    if slot >= SLOTS {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let more = match gs::field(offset_of!(Teb, tls_expansion_slots)) as usize {
        0 => thread::current().add_expansion_slots(EXPANSION as usize)?,
        more => more,
    };
    Word64::at(more + (slot - IN_TEB) as usize * 8).store(value);
    Ok(())
}
