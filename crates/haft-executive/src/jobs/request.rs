//! What clients ask about jobs.

use super::JobKey;
use crate::client::{Client, Session};
use crate::objects::{Meaning, Named};
use crate::process::Process;
use crate::process_calls::PROCESS_CREATE_PROCESS;
use haft_abi::{AccessMask, NtStatus, Pid};
use haft_host::rustix::fd::OwnedFd;
use haft_object::ObjectType;
use haft_wire::job::{JobAnswer, JobRequest, MAX_JOB_LIST, MAX_LISTED};
use haft_wire::{Answer, SharedId};
use std::sync::Arc;

/// `PROCESS_SET_QUOTA` and `PROCESS_TERMINATE`.
const PROCESS_SET_QUOTA_AND_TERMINATE: AccessMask = AccessMask(0x101);

impl Client {
    /// Answers a request about jobs.
    ///
    /// # Errors
    /// As for [`Client::answer`].
    pub fn job(
        &mut self,
        request: JobRequest,
        fds: Vec<OwnedFd>,
        session: &mut Session<'_>,
    ) -> Result<(Answer, Vec<OwnedFd>), NtStatus> {
        if let JobRequest::Listen { job } = request {
            let job = self.job_named(job, session)?;
            let messages = session.jobs.listen(job)?;
            return Ok((Answer::Job(JobAnswer::Done), vec![messages]));
        }
        self.plain_job(request, fds, session).map(|answer| (answer, Vec::new()))
    }

    /// Answers a request that takes no descriptors.
    fn plain_job(
        &mut self,
        request: JobRequest,
        fds: Vec<OwnedFd>,
        session: &mut Session<'_>,
    ) -> Result<Answer, NtStatus> {
        Ok(Answer::Job(match request {
            JobRequest::Listen { .. } => return Err(NtStatus::PORT_DISCONNECTED),
            JobRequest::Assign { job, process } => {
                self.require(process, PROCESS_SET_QUOTA_AND_TERMINATE)?;
                let process = Meaning::process_of(session.objects, self.key(process)?)?;
                if process.has_ended() {
                    return Err(NtStatus::PROCESS_IS_TERMINATING);
                }
                let job = self.job_named(job, session)?;
                session.jobs.assign(process, job)?;
                JobAnswer::Done
            }
            JobRequest::Born { process, parent, breakaway, jobs } => {
                if jobs.len() > MAX_JOB_LIST || process == self.process.pid {
                    return Err(NtStatus::PORT_DISCONNECTED);
                }
                let list = jobs.iter().map(|&job| self.job_named(job, session));
                let list: Vec<JobKey> = list.collect::<Result<_, _>>()?;
                let parent = parent.unwrap_or(self.process.pid);
                let may = parent == self.process.pid
                    || session
                        .objects
                        .process(parent)
                        .is_some_and(|key| self.may(key, PROCESS_CREATE_PROCESS));
                if !may {
                    return Err(NtStatus::ACCESS_DENIED);
                }
                let process = newborn(self.process.pid, process, fds, session)?;
                session.jobs.born(process, parent, breakaway, &list)?;
                JobAnswer::Done
            }
            _ if !fds.is_empty() => return Err(NtStatus::PORT_DISCONNECTED),
            JobRequest::Create { name } => return self.create_job(name, session),
            JobRequest::Contains { job, process } => {
                let job = job.map(|job| self.job_named(job, session)).transpose()?;
                JobAnswer::Contains(session.jobs.contains(job, process))
            }
            JobRequest::Terminate { job, code } => {
                let job = self.job_named(job, session)?;
                session.jobs.terminate(job, code);
                JobAnswer::Done
            }
            JobRequest::Processes { job, from } => {
                let job = self.job_meant(job, session)?;
                let members = session.jobs.members_in(job);
                let some = members.iter().skip(from as usize).take(MAX_LISTED);
                let listed = some.map(|&member| session.jobs.members[member].process.pid);
                JobAnswer::Processes { assigned: members.len() as u32, listed: listed.collect() }
            }
            JobRequest::Accounting { job } => {
                let job = self.job_meant(job, session)?;
                JobAnswer::Accounting(session.jobs.accounting(job))
            }
            JobRequest::Limits { job } => {
                let job = self.job_meant(job, session)?;
                session.jobs.note_peaks_of(job);
                JobAnswer::Limits(session.jobs.jobs[job].limits)
            }
            JobRequest::SetLimits { job, limits, extended } => {
                let job = self.job_named(job, session)?;
                session.jobs.set_limits(job, limits, extended, session.objects)?;
                JobAnswer::Done
            }
            JobRequest::Options { job } => {
                let job = &session.jobs.jobs[self.job_meant(job, session)?];
                JobAnswer::Options { restrictions: job.restrictions, post_at_end: job.post_at_end }
            }
            JobRequest::Restrict { job, restrictions } => {
                let job = self.job_named(job, session)?;
                session.jobs.restrict(job, restrictions)?;
                JobAnswer::Done
            }
            JobRequest::PostAtEnd { job, post } => {
                let job = self.job_named(job, session)?;
                session.jobs.jobs[job].post_at_end = post;
                JobAnswer::Done
            }
            JobRequest::Mute { job } => {
                let job = self.job_named(job, session)?;
                session.jobs.mute(job);
                JobAnswer::Done
            }
            JobRequest::Commit { bytes } => {
                session.jobs.commit(self.process.pid, bytes)?;
                JobAnswer::Done
            }
        }))
    }

    fn create_job(
        &mut self,
        name: Option<haft_wire::ObjectName>,
        session: &mut Session<'_>,
    ) -> Result<Answer, NtStatus> {
        self.check_room()?;
        match self.find_if_named(name.as_ref(), ObjectType::Job, session.objects)? {
            Named::There(key) => self.object(key, true, session.objects),
            Named::Free(place) => {
                let object = session.jobs.create(session.objects)?;
                let key = session.objects.keep(place, object);
                self.object(key, false, session.objects)
            }
        }
    }

    /// The job that the client names so.
    fn job_named(&self, job: SharedId, session: &Session<'_>) -> Result<JobKey, NtStatus> {
        session.jobs.of(session.objects.get(self.key(job)?)?)
    }

    /// The job that the client names so, or its own innermost one.
    fn job_meant(&self, job: Option<SharedId>, session: &Session<'_>) -> Result<JobKey, NtStatus> {
        match job {
            Some(job) => self.job_named(job, session),
            None => session.jobs.job_of(self.process.pid).ok_or(NtStatus::ACCESS_DENIED),
        }
    }
}

/// The process that a creator has just started, whose descriptor and block are beside the request.
fn newborn(
    asker: Pid,
    pid: Pid,
    fds: Vec<OwnedFd>,
    session: &mut Session<'_>,
) -> Result<Arc<Process>, NtStatus> {
    let Ok([pidfd, block]) = <[OwnedFd; 2]>::try_from(fds) else {
        return Err(NtStatus::PORT_DISCONNECTED);
    };
    let met = session.clients.meet(asker, pid, pidfd, &block, session.objects, session.watch);
    met.map_err(|error| match error {
        NtStatus::ACCESS_DENIED => NtStatus::PORT_DISCONNECTED,
        other => other,
    })
}
