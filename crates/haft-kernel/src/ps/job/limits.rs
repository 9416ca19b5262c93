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
