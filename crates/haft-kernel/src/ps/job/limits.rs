//! What jobs are limited to, and what their processes have used.

use super::{SET_ATTRIBUTES, ask, ask_of, by_handle, done};
use haft_abi::{Handle, NtStatus};
use haft_wire::job::{JobAccounting, JobAnswer, JobLimits, JobRequest};

/// What the processes of a job have used; of the one that this process is in for `None`.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also when this process is in none.
pub fn accounting(job: Option<Handle>) -> Result<JobAccounting, NtStatus> {
    ask_of(
        job,
        |job| JobRequest::Accounting { job },
        |answer| match answer {
            JobAnswer::Accounting(accounting) => Some(accounting),
            _ => None,
        },
    )
}

/// The limits of a job; of the one that this process is in for `None`.
///
/// # Errors
/// As for [`accounting`].
pub fn limits(job: Option<Handle>) -> Result<JobLimits, NtStatus> {
    ask_of(
        job,
        |job| JobRequest::Limits { job },
        |answer| match answer {
            JobAnswer::Limits(limits) => Some(limits),
            _ => None,
        },
    )
}

/// Sets the limits of a job; the basic ones alone if not `extended`.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `INVALID_PARAMETER` for limits that
/// cannot be, `NOT_SUPPORTED` for one that haft cannot keep.
pub fn set_limits(job: Handle, limits: JobLimits, extended: bool) -> Result<(), NtStatus> {
    let (_job, id) = by_handle(job, SET_ATTRIBUTES)?;
    match ask(JobRequest::SetLimits { job: id, limits, extended }, done) {
        Err(NtStatus::NOT_SUPPORTED) => {
            crate::log::say_once(&format!(
                "a limit of a job that cannot be kept was asked for ({:#x}); it is refused",
                limits.flags.0
            ));
            Err(NtStatus::NOT_SUPPORTED)
        }
        other => other,
    }
}

/// What a job keeps its processes from, and what happens when its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// `UIRestrictionsClass`.
    pub restrictions: u32,
    /// Whether a message is sent when its time is over, and its processes go on.
    pub post_at_end: bool,
}

/// The options of a job; of the one that this process is in for `None`.
///
/// # Errors
/// As for [`accounting`].
pub fn options(job: Option<Handle>) -> Result<Options, NtStatus> {
    ask_of(
        job,
        |job| JobRequest::Options { job },
        |answer| match answer {
            JobAnswer::Options { restrictions, post_at_end } => {
                Some(Options { restrictions, post_at_end })
            }
            _ => None,
        },
    )
}

/// Sets what a job keeps its processes from.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also for a job that lies in another;
/// `INVALID_PARAMETER` for a restriction that there is not.
pub fn set_restrictions(job: Handle, restrictions: u32) -> Result<(), NtStatus> {
    let (_job, id) = by_handle(job, SET_ATTRIBUTES)?;
    ask(JobRequest::Restrict { job: id, restrictions }, done)
}

/// Sets whether a message is sent when a job's time is over, and its processes go on.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn set_post_at_end(job: Handle, post: bool) -> Result<(), NtStatus> {
    let (_job, id) = by_handle(job, SET_ATTRIBUTES)?;
    ask(JobRequest::PostAtEnd { job: id, post }, done)
}
