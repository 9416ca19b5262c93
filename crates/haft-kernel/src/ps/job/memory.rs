//! What this process commits, where a job limits that.

use super::{ask, done};
use crate::ob::own_block;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::NtStatus;
use haft_host::alloc;
use haft_object::JobState;
use haft_wire::job::JobRequest;

/// A block of a heap of this size is asked for; smaller ones when so many bytes have come
/// together.
const ASKED_FOR: usize = 64 << 10;
const TOGETHER: usize = 256 << 10;

/// Bytes of small blocks since the executive was asked last.
static SMALL: AtomicUsize = AtomicUsize::new(0);

#[inline]
fn counts() -> bool {
    own_block().is_some_and(|block| block.job().contains(JobState::COUNTS_MEMORY))
}

/// Asks whether this process may commit so much more, where a job limits that.
///
/// # Errors
/// `COMMITMENT_LIMIT`.
#[inline]
pub(crate) fn charge(size: usize) -> Result<(), NtStatus> {
    if counts() { ask_to_commit(size) } else { Ok(()) }
}

/// As [`charge`], for a block of a heap.
#[inline]
pub(crate) fn charge_block(size: usize) -> Result<(), NtStatus> {
    if counts() { charge_block_counted(size) } else { Ok(()) }
}

#[cold]
fn charge_block_counted(size: usize) -> Result<(), NtStatus> {
    if size < ASKED_FOR && SMALL.fetch_add(size, Ordering::Relaxed) + size < TOGETHER {
        return Ok(());
    }
    ask_to_commit(size).or_else(|status| {
        // What heaps keep for later is committed, too.
        alloc::trim();
        ask_to_commit(size).map_err(|_| status)
    })?;
    SMALL.store(0, Ordering::Relaxed);
    Ok(())
}

#[cold]
fn ask_to_commit(size: usize) -> Result<(), NtStatus> {
    match ask(JobRequest::Commit { bytes: size as u64 }, done) {
        // Nobody keeps the limit any more; what is this process's own goes on.
        Err(NtStatus::PORT_DISCONNECTED) => Ok(()),
        answer => answer,
    }
}
