//! Fiber local storage (Microsoft: "Fibers", section "Fiber Local Storage").
//!
//! The slots of the running fiber, or of a thread that is none, are an array that the TEB points
//! to; it is made when the first value is set.

use core::mem::offset_of;
use core::sync::atomic::{AtomicU64, Ordering};
use haft_abi::NtStatus;
use haft_abi::nt::Teb;
use haft_host::guest::atomic::Word64;
use haft_host::{gs, jump};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// `FLS_MAXIMUM_AVAILABLE`. The first slot is never given away.
pub const SLOTS: u32 = 4080;

/// The slots of one fiber. They are the program's to change at any time.
type Values = Box<[AtomicU64]>;

struct Slots {
    /// For each slot that is allocated the callback, which may be zero.
    callbacks: Vec<Option<usize>>,
    fibers: Vec<Values>,
}

static STATE: Mutex<Slots> = Mutex::new(Slots { callbacks: Vec::new(), fibers: Vec::new() });

fn state() -> MutexGuard<'static, Slots> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

const DATA: usize = offset_of!(Teb, fls_data);

/// Allocates a slot. The callback, if it is not zero, is called with each value that is not zero
/// when its fiber ends or the slot is freed.
///
/// # Errors
/// `NO_MEMORY` when there is none.
pub fn allocate(callback: usize) -> Result<u32, NtStatus> {
    let mut state = state();
    if state.callbacks.is_empty() {
        state.callbacks.push(Some(0));
    }
    let slots = state.callbacks.len();
    let slot = state.callbacks.iter().position(Option::is_none).unwrap_or(slots);
    if slot >= SLOTS as usize {
        return Err(NtStatus::NO_MEMORY);
    }
    if slot == slots {
        state.callbacks.push(None);
    }
    state.callbacks[slot] = Some(callback);
    Ok(slot as u32)
}

/// Frees a slot, after its callback was called with every fiber's value.
///
/// # Errors
/// `INVALID_PARAMETER` for one that is not allocated.
pub fn free(slot: u32) -> Result<(), NtStatus> {
    let (callback, values) = {
        let mut state = state();
        let place = state.callbacks.get_mut(slot as usize).filter(|_| slot != 0);
        let callback = place.and_then(Option::take).ok_or(NtStatus::INVALID_PARAMETER)?;
        let taken = |values: &Values| values[slot as usize].swap(0, Ordering::AcqRel);
        (callback, state.fibers.iter().map(taken).collect::<Vec<_>>())
    };
    for value in values {
        call(callback, value);
    }
    Ok(())
}

/// Callbacks are called without the lock: they may use slots themselves.
fn call(callback: usize, value: u64) {
    if callback != 0 && value != 0 {
        jump::call(callback, [value as usize, 0, 0, 0]);
    }
}

/// The running fiber's value in a slot.
///
/// # Errors
/// `INVALID_PARAMETER` for a slot that cannot be.
#[inline]
pub fn get(slot: u32) -> Result<u64, NtStatus> {
    if slot == 0 || slot >= SLOTS {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    match gs::field(DATA) as usize {
        0 => Ok(0),
        values => Ok(Word64::at(values + slot as usize * 8).load()),
    }
}

/// Sets the running fiber's value in a slot.
///
/// # Errors
/// `INVALID_PARAMETER` for a slot that cannot be.
#[inline]
pub fn set(slot: u32, value: u64) -> Result<(), NtStatus> {
    if slot == 0 || slot >= SLOTS {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let values = match gs::field(DATA) as usize {
        0 => make_values(),
        values => values,
    };
    Word64::at(values + slot as usize * 8).store(value);
    Ok(())
}

fn make_values() -> usize {
    let values: Values = (0..SLOTS).map(|_| AtomicU64::new(0)).collect();
    let address = values.as_ptr() as usize;
    state().fibers.push(values);
    gs::set_field(DATA, address as u64);
    address
}

/// Ends the running fiber's slots: the callbacks are called with its values.
pub fn end_current() {
    let values = gs::field(DATA) as usize;
    end(values);
    gs::set_field(DATA, 0);
}

/// Ends the slots of a fiber, by the address that its TEB field had; zero for none.
pub fn end(values: usize) {
    if values == 0 {
        return;
    }
    let is_it = |v: &Values| v.as_ptr() as usize == values;
    let calls: Vec<(usize, u64)> = {
        let state = state();
        let Some(values) = state.fibers.iter().find(|v| is_it(v)) else { return };
        let value = |slot: usize| values[slot].swap(0, Ordering::AcqRel);
        let callbacks = state.callbacks.iter().enumerate();
        callbacks
            .filter_map(|(slot, callback)| Some((callback.as_ref().copied()?, value(slot))))
            .collect()
    };
    for (callback, value) in calls {
        call(callback, value);
    }
    let mut state = state();
    if let Some(place) = state.fibers.iter().position(is_it) {
        drop(state.fibers.swap_remove(place));
    }
}
