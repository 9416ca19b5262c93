//! What clients ask about jobs.

use super::{JobKey, Process};
use crate::client::{Client, Session, map_block};
use haft_abi::{NtStatus, Pid};
use haft_host::rustix::fd::OwnedFd;
use haft_object::ObjectType;
use haft_wire::job::{JobAnswer, JobRequest, LimitFlags, MAX_JOB_LIST, MAX_LISTED};
use haft_wire::{Answer, SharedId};
use std::sync::Arc;

impl Client {
    /// Answers a request about jobs.
    ///
    /// # Errors
    /// As for [`Client::answer`].
    pub fn job(
        &mut self,
        request: JobRequest,
        fds: &[OwnedFd],
        session: &mut Session<'_>,
    ) -> Result<Answer, NtStatus> {
        Ok(Answer::Job(match request {
            JobRequest::Assign { job, process } => {
                let job = self.job_named(job, session)?;
                session.jobs.assign(process_of(process, fds)?, job)?;
                JobAnswer::Done
            }
            JobRequest::Born { process, parent, breakaway, jobs } => {
                if jobs.len() > MAX_JOB_LIST {
                    return Err(NtStatus::PORT_DISCONNECTED);
                }
                let list = jobs.iter().map(|&job| self.job_named(job, session));
                let list: Vec<JobKey> = list.collect::<Result<_, _>>()?;
                let parent = parent.unwrap_or(self.process.pid);
                session.jobs.born(process_of(process, fds)?, parent, breakaway, &list)?;
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
                JobAnswer::Limits(session.jobs.jobs[job].limits)
            }
            JobRequest::SetLimits { job, limits, extended } => {
                let job = self.job_named(job, session)?;
                let _ = extended;
                if limits.flags.any(LimitFlags(!LimitFlags::KEPT.0)) {
                    return Err(NtStatus::NOT_SUPPORTED);
                }
                session.jobs.jobs[job].limits = limits;
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
        if let Some(name) = &name {
            name.check()?;
            match session.objects.open(name, ObjectType::Job) {
                Ok(key) => return self.object(key, true, session.objects),
                Err(NtStatus::OBJECT_NAME_NOT_FOUND) => {}
                Err(error) => return Err(error),
            }
        }
        let object = session.jobs.create(session.objects)?;
        let key = session.objects.keep(name, object);
        self.object(key, false, session.objects)
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

/// The process whose descriptor and block are beside a request.
fn process_of(pid: Pid, fds: &[OwnedFd]) -> Result<Process, NtStatus> {
    let [pidfd, block] = fds else { return Err(NtStatus::PORT_DISCONNECTED) };
    Process::new(pid, pidfd, Arc::new(map_block(block)?))
}
