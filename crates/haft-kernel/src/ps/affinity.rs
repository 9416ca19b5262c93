//! On which processors a thread runs (Microsoft: "Multiple Processors", "Processor Groups"). There
//! is one group, of the first 64 processors.

use super::object;
use super::priority::{queried, settable};
use crate::ex::processor;
use crate::ob::objects;
use core::sync::atomic::{AtomicU64, Ordering};
use haft_abi::{Handle, NtStatus};
use haft_host::thread::{affinity, set_affinity};
use haft_object::JobState;
use std::sync::PoisonError;

/// `MAXIMUM_PROCESSORS`.
pub const MAXIMUM_PROCESSORS: u32 = 64;

/// The processors that this process may use; zero before anybody asked.
static PROCESS_MASK: AtomicU64 = AtomicU64::new(0);

fn own_job() -> JobState {
    objects().block().job()
}

/// The processors that this process may use: those that its first thread was given, or that were
/// set since.
#[must_use]
pub fn process_mask() -> u64 {
    if own_job().contains(JobState::FIXED_AFFINITY) {
        // The job's may have changed since.
        return affinity(super::process().pid.0).unwrap_or(1);
    }
    match PROCESS_MASK.load(Ordering::Relaxed) {
        0 => {
            let first = affinity(super::process().pid.0).unwrap_or(1);
            match PROCESS_MASK.compare_exchange(0, first, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => first,
                Err(set) => set,
            }
        }
        mask => mask,
    }
}

/// The processors that a process may use.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `INVALID_PARAMETER` for a process
/// that has ended.
pub fn of_process(handle: Handle) -> Result<u64, NtStatus> {
    let process = object::queried(handle)?;
    if process.is_own() {
        return Ok(process_mask());
    }
    affinity(process.pid.0).ok_or(NtStatus::INVALID_PARAMETER)
}

/// Sets the processors that the calling process may use, which all its threads run on then.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `INVALID_PARAMETER` for none, or for
/// one that Linux does not give; `NOT_IMPLEMENTED` for another process.
pub fn set_process(handle: Handle, mask: u64) -> Result<(), NtStatus> {
    object::require_own(handle, object::PROCESS_SET_INFORMATION)?;
    if mask == 0 || mask & !processor::mask() != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let before = process_mask();
    let job = own_job();
    if job.contains(JobState::FIXED_AFFINITY)
        && (!job.contains(JobState::SUBSET_AFFINITY) || mask & !before != 0)
    {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let threads = super::process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    let all = |mask| threads.iter().all(|thread| set_affinity(thread.tid().0, mask));
    if all(mask) {
        PROCESS_MASK.store(mask, Ordering::Relaxed);
        return Ok(());
    }
    all(before);
    Err(NtStatus::INVALID_PARAMETER)
}

/// The processors that a thread may run on.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `NOT_SUPPORTED` for a thread of
/// another process.
pub fn get(handle: Handle) -> Result<u64, NtStatus> {
    let thread = queried(handle)?;
    Ok(affinity(thread.tid().0).unwrap_or_else(process_mask))
}

/// Sets the processors that a thread may run on; what they were.
///
/// # Errors
/// As for [`get`]; `INVALID_PARAMETER` for none, or for one that the process may not use.
pub fn set(handle: Handle, mask: u64) -> Result<u64, NtStatus> {
    let thread = settable(handle)?;
    if mask == 0 || mask & !process_mask() != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let before = affinity(thread.tid().0).unwrap_or_else(process_mask);
    if set_affinity(thread.tid().0, mask) { Ok(before) } else { Err(NtStatus::INVALID_PARAMETER) }
}

/// Sets the processor that a thread would best run on, which is a hint that haft keeps;
/// `MAXIMUM_PROCESSORS` only asks. What it was.
///
/// # Errors
/// As for [`get`]; `INVALID_PARAMETER` for a processor that there cannot be.
pub fn set_ideal(handle: Handle, processor: u32) -> Result<u32, NtStatus> {
    let thread = settable(handle)?;
    match processor {
        MAXIMUM_PROCESSORS => Ok(thread.ideal_processor.load(Ordering::Relaxed)),
        n if n < MAXIMUM_PROCESSORS && process_mask() & 1 << n != 0 => {
            Ok(thread.ideal_processor.swap(n, Ordering::Relaxed))
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// The processor that a thread would best run on.
///
/// # Errors
/// As for [`get`].
pub fn ideal(handle: Handle) -> Result<u32, NtStatus> {
    Ok(queried(handle)?.ideal_processor.load(Ordering::Relaxed))
}
