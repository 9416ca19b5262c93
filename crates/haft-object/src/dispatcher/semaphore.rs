//! Semaphores (Microsoft: "Semaphore Objects").

use super::state::{Discipline, State};
use crate::host::Host;
use crate::manager::{ObjectManager, Pinned};
use crate::record::Backing;
use crate::sync::Ordering;
use crate::types::ObjectType;
use haft_abi::NtStatus;

impl<H: Host> ObjectManager<'_, H> {
    /// Makes a semaphore (Microsoft: "CreateSemaphoreW function").
    ///
    /// # Errors
    /// `INVALID_PARAMETER` unless 0 <= `count` <= `limit` and `limit` > 0;
    /// `INSUFFICIENT_RESOURCES` if the block has no room for another object.
    pub fn create_semaphore(&self, count: i32, limit: i32) -> Result<Pinned<'_, H>, NtStatus> {
        if limit <= 0 || count < 0 || count > limit {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let state = State::new(Discipline::Count, count);
        let by_type = [u64::from(limit.cast_unsigned()), 0];
        self.create(ObjectType::Semaphore, Backing::Private, state, by_type)
    }

    /// Adds to a semaphore's count and releases as many waiters: the count before (Microsoft:
    /// "ReleaseSemaphore function").
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for `count` <= 0; `SEMAPHORE_LIMIT_EXCEEDED`, with the count unchanged,
    /// if it would rise above the limit; `RETRY` if the object has moved to the executive.
    pub fn release_semaphore(
        &self,
        semaphore: &Pinned<'_, H>,
        count: i32,
    ) -> Result<i32, NtStatus> {
        if count <= 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        self.signal(
            semaphore,
            |locked, _| {
                let before = locked.state.signal();
                let limit = locked.record.by_type()[0].load(Ordering::Relaxed) as i32;
                match before.checked_add(count) {
                    Some(after) if after <= limit => locked.state.set_signal(after),
                    _ => return Err(NtStatus::SEMAPHORE_LIMIT_EXCEEDED),
                }
                Ok(before)
            },
            |_| {},
        )
    }

    /// A semaphore's count and limit (NtQuerySemaphore).
    ///
    /// # Errors
    /// `RETRY` if the object has moved to the executive.
    pub fn query_semaphore(&self, semaphore: &Pinned<'_, H>) -> Result<(i32, i32), NtStatus> {
        let locked = self.lock_here(semaphore)?;
        let limit = locked.record.by_type()[0].load(Ordering::Relaxed) as i32;
        Ok((locked.state.signal(), limit))
    }
}
