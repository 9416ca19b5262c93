//! The jobs that a new process is born into.

use super::{ASSIGN_PROCESS, ask_with, by_handle, is_member};
use haft_abi::{Handle, NtStatus, Pid};
use haft_host::rustix::fd::AsFd;
use haft_wire::job::{JobRequest, MAX_JOB_LIST};

/// What CreateProcess says of jobs.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobBirth<'a> {
    /// `CREATE_BREAKAWAY_FROM_JOB`.
    pub breakaway: bool,
    /// `PROC_THREAD_ATTRIBUTE_JOB_LIST`.
    pub list: &'a [Handle],
    /// `PROC_THREAD_ATTRIBUTE_PARENT_PROCESS`, where that is another process, whose jobs they are.
    pub parent: Option<Pid>,
}

/// Has a new process, which runs nothing before it is told to, be in the jobs that it is born
/// into. If this process ends before it tells that, the new one ends as well, in its jobs.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` for the list; `ACCESS_DENIED` when
/// it is to break away and may not; `QUOTA_EXCEEDED` when a job has as many processes as it may
/// have.
pub fn enter(
    birth: JobBirth<'_>,
    process: Pid,
    pidfd: impl AsFd,
    block: impl AsFd,
) -> Result<(), NtStatus> {
    if birth.parent.is_none() && !is_member() && birth.list.is_empty() {
        return Ok(());
    }
    if birth.list.len() > MAX_JOB_LIST {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let named = birth.list.iter().map(|&job| by_handle(job, ASSIGN_PROCESS));
    let named: Vec<_> = named.collect::<Result<_, _>>()?;
    let jobs = named.iter().map(|(_, id)| *id).collect();
    let request =
        JobRequest::Born { process, parent: birth.parent, breakaway: birth.breakaway, jobs };
    ask_with(request, [pidfd.as_fd(), block.as_fd()])
}
