//! Jobs that lie in one another, and the place of a process among them (Microsoft: "Nested
//! Jobs").
//!
//! A process is in one job, its innermost, and thereby in all that this lies in.

use super::{JobKey, Jobs, MemberKey};
use crate::process::Process;
use haft_abi::{NtStatus, Pid, Win32Error};
use haft_wire::job::{JobEvent, LimitFlags};
use std::sync::Arc;

impl Jobs {
    /// A job and those that it lies in, the innermost first.
    pub(super) fn chain(&self, job: JobKey) -> impl Iterator<Item = JobKey> + '_ {
        core::iter::successors(Some(job), |&at| self.jobs[at].parent)
    }

    /// A job and those that lie in it; every job before those in it.
    pub(super) fn subtree(&self, job: JobKey) -> Vec<JobKey> {
        let mut found = vec![job];
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            found.extend(&self.jobs[at].children);
            next += 1;
        }
        found
    }

    /// The processes of a job and of those in it.
    pub(super) fn members_in(&self, job: JobKey) -> Vec<MemberKey> {
        self.subtree(job).iter().flat_map(|&at| self.jobs[at].members.iter().copied()).collect()
    }

    /// The innermost job of a process.
    pub(super) fn job_of(&self, pid: Pid) -> Option<JobKey> {
        self.by_pid.get(&pid).map(|&member| self.members[member].job)
    }

    /// Whether a process is in a job, or in any.
    pub fn contains(&self, job: Option<JobKey>, pid: Pid) -> bool {
        match (self.job_of(pid), job) {
            (Some(own), Some(job)) => self.chain(own).any(|at| at == job),
            (own, None) => own.is_some(),
            (None, Some(_)) => false,
        }
    }

    /// Where a process whose innermost job is `own` is to be when it is put into `job`. A job that
    /// is laid into another for that is added to `laid`.
    ///
    /// # Errors
    /// `ACCESS_DENIED` when the two jobs cannot lie in one another.
    fn place(
        &mut self,
        own: Option<JobKey>,
        job: JobKey,
        laid: &mut Vec<JobKey>,
    ) -> Result<JobKey, NtStatus> {
        let Some(own) = own else { return Ok(job) };
        if self.chain(own).any(|at| at == job) {
            return Ok(own);
        }
        if self.chain(job).any(|at| at == own) {
            return Ok(job);
        }
        // Only a job that has nothing in it, and restricts no user interface, can be laid into
        // another.
        let inner = &self.jobs[job];
        if inner.parent.is_some() || !inner.is_blank() || inner.restrictions != 0 {
            return Err(NtStatus::ACCESS_DENIED);
        }
        self.jobs[job].parent = Some(own);
        self.jobs[own].children.push(job);
        laid.push(job);
        Ok(job)
    }

    /// Takes a job out of the one that it lies in.
    pub(super) fn take_out(&mut self, job: JobKey) {
        if let Some(parent) = self.jobs[job].parent.take() {
            self.jobs[parent].children.retain(|&child| child != job);
        }
    }

    /// Puts a process into a job.
    ///
    /// # Errors
    /// `ACCESS_DENIED` for a process that is in a job in which this one cannot lie,
    /// `QUOTA_EXCEEDED` when the job has as many processes as it may have: the process ends then.
    /// `INSUFFICIENT_RESOURCES`.
    pub fn assign(&mut self, process: Arc<Process>, job: JobKey) -> Result<(), NtStatus> {
        let own = self.job_of(process.pid);
        self.put(process, own, &[job])
    }

    /// Puts a process that has just been started into the jobs that it is born into.
    ///
    /// # Errors
    /// As for [`Jobs::assign`]; `ACCESS_DENIED` for one that is to break away and may not.
    pub fn born(
        &mut self,
        process: Arc<Process>,
        parent: Pid,
        breakaway: bool,
        list: &[JobKey],
    ) -> Result<(), NtStatus> {
        if self.by_pid.contains_key(&process.pid) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let inherited = self.inherited(parent, breakaway)?;
        self.put(process, inherited, list)
    }

    /// Puts a process into `first` and then into each job of the list.
    fn put(
        &mut self,
        process: Arc<Process>,
        first: Option<JobKey>,
        list: &[JobKey],
    ) -> Result<(), NtStatus> {
        let mut laid = Vec::new();
        let placed =
            list.iter().try_fold(first, |place, &job| self.place(place, job, &mut laid).map(Some));
        let entered = placed.and_then(|place| match place {
            Some(place) => self.enter(process, place),
            None => Ok(()),
        });
        if entered.is_err() {
            laid.into_iter().rev().for_each(|job| self.take_out(job));
        }
        entered
    }

    /// The job that a child of this process is born into.
    fn inherited(&self, parent: Pid, breakaway: bool) -> Result<Option<JobKey>, NtStatus> {
        let leaves = |job: JobKey| {
            let flags = self.jobs[job].limits.flags;
            flags.any(LimitFlags::SILENT_BREAKAWAY_OK)
                || breakaway && flags.any(LimitFlags::BREAKAWAY_OK)
        };
        let Some(own) = self.job_of(parent) else { return Ok(None) };
        if breakaway && !leaves(own) {
            return Err(NtStatus::ACCESS_DENIED);
        }
        // It leaves those, from the innermost on, that let it.
        Ok(self.chain(own).find(|&job| !leaves(job)))
    }

    /// Moves a process from its innermost job, if it has one, to `place`, which lies in that.
    fn enter(&mut self, process: Arc<Process>, place: JobKey) -> Result<(), NtStatus> {
        let own = self.job_of(process.pid);
        let entered: Vec<JobKey> = self.chain(place).take_while(|&at| Some(at) != own).collect();
        if let Some(&full) = entered.iter().find(|&&job| self.jobs[job].is_full()) {
            self.say(full, JobEvent::ActiveProcessLimit, Pid(0));
            // It may have ended by itself.
            let _ = process.terminate(Win32Error::NOT_ENOUGH_QUOTA.0);
            return Err(NtStatus::QUOTA_EXCEEDED);
        }
        let pid = process.pid;
        let member = match self.by_pid.get(&process.pid) {
            Some(&member) => member,
            None => self.admit(process, place)?,
        };
        if let Some(own) = own {
            self.jobs[own].members.remove(&member);
        }
        self.jobs[place].members.insert(member);
        self.members[member].job = place;
        for &job in &entered {
            let counted = &mut self.jobs[job].counted;
            counted.total += 1;
            counted.active += 1;
            self.say(job, JobEvent::NewProcess, pid);
        }
        self.apply(member);
        self.look_at_times();
        Ok(())
    }
}
