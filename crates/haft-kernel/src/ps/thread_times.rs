//! When a thread was created and ended, and how long it ran (Microsoft: "GetThreadTimes
//! function").

use super::remote;
use super::thread::{self, Thread};
use crate::ob::{ObjectType, reference};
use haft_abi::{Handle, NtStatus};
use haft_host::thread::processor_time;

/// Times in 100 ns units: the first two since 1601.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadTimes {
    /// When it was created.
    pub created: i64,
    /// When it ended; zero before that.
    pub ended: i64,
    /// How long it ran in Linux.
    pub kernel: u64,
    /// How long it ran in the program and haft.
    pub user: u64,
}

/// A thread's times.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; for a thread of another process
/// those of [`super::service::ask`].
pub fn times(handle: Handle) -> Result<ThreadTimes, NtStatus> {
    let wanted = thread::THREAD_QUERY_LIMITED_INFORMATION;
    let object = reference(handle, Some(ObjectType::Thread), wanted)?;
    match remote::thread(&object)? {
        Some(other) => other.times(),
        None => Ok(of(thread::of(&object)?)),
    }
}

/// The times of a thread of this process.
pub(super) fn of(thread: &Thread) -> ThreadTimes {
    let mut times = thread.times();
    if times.ended == 0
        && let Some([user, kernel]) = processor_time(thread.tid())
    {
        times.user = user;
        times.kernel = kernel;
    }
    times
}
