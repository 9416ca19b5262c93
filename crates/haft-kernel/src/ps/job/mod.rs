//! Jobs by handle (Microsoft: "Job Objects"). The jobs themselves are the executive's.

mod birth;
pub mod information;
mod limits;
mod memory;
mod port;

pub(super) use birth::{JobBirth, enter};
pub use limits::{
    Options, accounting, limits, options, set_limits, set_post_at_end, set_restrictions,
};
pub(crate) use memory::{charge, charge_block};
pub use port::associate;

use super::object;
use crate::ob::shared::{self, Created, Wanted};
use crate::ob::{self, ObjectType, objects, reference};
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_object::{JobState, ProcessBlock, Usage};
use haft_wire::job::{JobAnswer, JobRequest};
use haft_wire::{Answer, Request, SharedId};

/// The right to put processes into a job (`JOB_OBJECT_ASSIGN_PROCESS`).
const ASSIGN_PROCESS: AccessMask = AccessMask(1);
/// The right to set limits (`JOB_OBJECT_SET_ATTRIBUTES`).
const SET_ATTRIBUTES: AccessMask = AccessMask(2);
/// The right to ask (`JOB_OBJECT_QUERY`).
const QUERY: AccessMask = AccessMask(4);
/// The right to end the processes (`JOB_OBJECT_TERMINATE`).
const TERMINATE: AccessMask = AccessMask(8);

/// The executive's number of the job that a handle names.
fn by_handle(job: Handle, wanted: AccessMask) -> Result<(ob::Pinned, SharedId), NtStatus> {
    let object = reference(job, Some(ObjectType::Job), wanted)?;
    let id = shared::id_of(&object).ok_or(NtStatus::INVALID_HANDLE)?;
    Ok((object, id))
}

/// Asks about jobs, and takes from the answer what `part` finds there.
fn ask<R>(request: JobRequest, part: impl FnOnce(JobAnswer) -> Option<R>) -> Result<R, NtStatus> {
    session::ask_for(&Request::Job(request), |answer| match answer {
        Answer::Job(answer) => part(answer),
        _ => None,
    })
}

/// As [`ask`], of a job by a handle that may be asked, or of the one that this process is in.
fn ask_of<R>(
    job: Option<Handle>,
    request: impl FnOnce(Option<SharedId>) -> JobRequest,
    part: impl FnOnce(JobAnswer) -> Option<R>,
) -> Result<R, NtStatus> {
    let named = job.map(|job| by_handle(job, QUERY)).transpose()?;
    if named.is_none() && !is_member() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    ask(request(named.as_ref().map(|(_, id)| *id)), part)
}

fn done(answer: JobAnswer) -> Option<()> {
    (answer == JobAnswer::Done).then_some(())
}

/// Whether this process is in a job.
pub(super) fn is_member() -> bool {
    objects().block().job().contains(JobState::MEMBER)
}

/// Notes what a child that has ended has used, before Linux forgets it, for the accounts of its
/// job.
pub(super) fn note_usage_of(child: Pid, block: ProcessBlock<'_>) {
    if !block.job().contains(JobState::MEMBER) {
        return;
    }
    if let Some(used) = haft_host::usage::of_process(child.0) {
        let haft_host::usage::Used { user, kernel, page_faults } = used;
        block.set_usage(Usage { user, kernel, page_faults });
    }
}

/// Creates a job (Microsoft: "CreateJobObjectW function").
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` when the name is another type's, `ACCESS_DENIED` for rights that jobs do
/// not have, `PORT_DISCONNECTED` without an executive.
pub fn create(wanted: Wanted) -> Result<Created, NtStatus> {
    let Wanted { name, access, inherit, descriptor } = wanted;
    let descriptor = descriptor.map(|descriptor| *descriptor);
    let request = Request::Job(JobRequest::Create { name });
    let answer = shared::create_protected(&request, descriptor)?;
    let (object, existed) = shared::adopt(answer)?;
    Ok(Created { handle: ob::insert(object, access, inherit)?, existed })
}

fn ask_with(
    request: JobRequest,
    fds: [haft_host::rustix::fd::BorrowedFd<'_>; 2],
) -> Result<(), NtStatus> {
    let (answer, _) = session::holding(|turn| turn.ask_with(&Request::Job(request), &fds))?;
    if answer == Answer::Job(JobAnswer::Done) { Ok(()) } else { Err(NtStatus::PORT_DISCONNECTED) }
}

/// Puts a process into a job (Microsoft: "AssignProcessToJobObject function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also for a process that is in a job
/// in which this one cannot lie; `PROCESS_IS_TERMINATING`; `QUOTA_EXCEEDED` when the job has as
/// many processes as it may have, and the process ends; `PORT_DISCONNECTED` without an executive.
pub fn assign(job: Handle, process: Handle) -> Result<(), NtStatus> {
    /// `PROCESS_SET_QUOTA` and `PROCESS_TERMINATE`.
    const WANTED: AccessMask = AccessMask(0x101);
    let (_job, id) = by_handle(job, ASSIGN_PROCESS)?;
    let process = object::by_handle(process, WANTED)?;
    if process.has_ended() {
        return Err(NtStatus::PROCESS_IS_TERMINATING);
    }
    ask(JobRequest::Assign { job: id, process: process.number()? }, done)
}

/// Whether a process is in the job, or in any (Microsoft: "IsProcessInJob function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn contains(process: Handle, job: Option<Handle>) -> Result<bool, NtStatus> {
    let process = object::queried(process)?;
    let named = job.map(|job| by_handle(job, QUERY)).transpose()?;
    if named.is_none() {
        // What the executive has said of a process is in its block.
        if let Some(job) = process.job() {
            return Ok(job.contains(JobState::MEMBER));
        }
    }
    let job = named.as_ref().map(|(_, id)| *id);
    ask(JobRequest::Contains { job, process: process.pid }, |answer| match answer {
        JobAnswer::Contains(is) => Some(is),
        _ => None,
    })
}

/// Ends every process of a job (Microsoft: "TerminateJobObject function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn terminate(job: Handle, code: u32) -> Result<(), NtStatus> {
    let (_job, id) = by_handle(job, TERMINATE)?;
    ask(JobRequest::Terminate { job: id, code }, done)
}

/// The processes of a job, of the one that this process is in for `None`.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also when this process is in none.
pub fn processes(job: Option<Handle>) -> Result<Vec<Pid>, NtStatus> {
    let mut all = Vec::new();
    loop {
        let from = all.len() as u32;
        let request = |job| JobRequest::Processes { job, from };
        let (assigned, listed) = ask_of(job, request, |answer| match answer {
            JobAnswer::Processes { assigned, listed } => Some((assigned, listed)),
            _ => None,
        })?;
        let more = !listed.is_empty();
        all.extend(listed);
        if !more || all.len() >= assigned as usize {
            return Ok(all);
        }
    }
}
