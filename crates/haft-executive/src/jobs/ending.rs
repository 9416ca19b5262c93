//! Processes and jobs that end.

use super::{JobKey, Jobs, MemberKey};
use crate::host::Pinned;
use haft_abi::NtStatus;
use haft_wire::job::LimitFlags;

impl Jobs {
    /// Ends every process of a job and of those in it (Microsoft: "TerminateJobObject function").
    pub fn terminate(&mut self, job: JobKey, code: u32) {
        for member in self.members_in(job) {
            self.members[member].process.kill(code);
        }
    }

    /// The last handle to a job is closed.
    pub fn closed(&mut self, object: &Pinned) {
        let Ok(job) = self.of(object) else { return };
        let Some(closed) = self.jobs.get_mut(job) else { return };
        closed.open = false;
        if closed.limits.flags.any(LimitFlags::KILL_ON_JOB_CLOSE) {
            self.terminate(job, NtStatus::SUCCESS.0);
        }
        self.forget(job);
    }

    /// A process has ended.
    pub(super) fn process_ended(&mut self, key: MemberKey) {
        let Some(member) = self.members.try_remove(key) else { return };
        // Its descriptor leaves the epoll with its last user, which this is.
        self.by_pid.remove(&member.process.pid);
        self.jobs[member.job].members.remove(&key);
        let usage = member.process.usage();
        let transferred = member.process.transferred();
        let chain: Vec<JobKey> = self.chain(member.job).collect();
        for job in chain {
            let counted = &mut self.jobs[job].counted;
            counted.active = counted.active.saturating_sub(1);
            super::accounting::add(counted, usage, transferred);
        }
        self.forget(member.job);
    }

    /// Forgets a job that nobody has a handle to and nothing is in, and then those that it lay in.
    fn forget(&mut self, job: JobKey) {
        let mut next = Some(job);
        while let Some(job) = next.filter(|&at| !self.jobs[at].open && self.jobs[at].is_blank()) {
            next = self.jobs[job].parent;
            self.take_out(job);
            self.jobs.remove(job);
        }
    }
}
