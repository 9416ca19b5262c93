//! Limits of memory. What a process has committed is what Linux says of it; a process that is
//! about to commit more asks, and does nothing else meanwhile.

use super::{JobKey, Jobs, MemberKey};
use haft_abi::{NtStatus, Pid};
use haft_host::{clock, usage};
use haft_wire::job::{JobEvent, LimitFlags};

/// How long a process may take from being allowed memory to having it, in 100 ns units. What it
/// has given up meanwhile counts for as long.
const GRACE: u64 = 500_000;

/// Memory that a process was allowed.
#[derive(Clone, Copy)]
pub struct Promise {
    /// What it has committed when it has that.
    total: u64,
    /// Until when it may not have it yet.
    until: u64,
}

impl Jobs {
    /// Whether a process may commit so much more.
    ///
    /// # Errors
    /// `COMMITMENT_LIMIT` when a limit forbids it.
    pub fn commit(&mut self, pid: Pid, bytes: u64) -> Result<(), NtStatus> {
        let Some(&member) = self.by_pid.get(&pid) else { return Ok(()) };
        // It asks once at a time: what it was allowed before it has, or never takes.
        self.members[member].promise = None;
        let total = self.committed(member).saturating_add(bytes);
        let chain: Vec<JobKey> = self.chain(self.members[member].job).collect();
        for job in chain {
            let limits = self.jobs[job].limits;
            if limits.flags.any(LimitFlags::PROCESS_MEMORY) && total > limits.process_memory {
                self.say(job, JobEvent::ProcessMemoryLimit, pid);
                return Err(NtStatus::COMMITMENT_LIMIT);
            }
            let mut all = 0;
            if limits.flags.any(LimitFlags::JOB_MEMORY) {
                all = self.committed_in(job).saturating_add(bytes);
                if all > limits.job_memory {
                    self.say(job, JobEvent::JobMemoryLimit, pid);
                    return Err(NtStatus::COMMITMENT_LIMIT);
                }
            }
            self.jobs[job].note_peaks(total, all);
        }
        let until = clock::interrupt_time() + GRACE;
        self.members[member].promise = Some(Promise { total, until });
        Ok(())
    }

    /// What a process has committed, or was allowed to.
    fn committed(&self, member: MemberKey) -> u64 {
        let member = &self.members[member];
        let has = usage::committed_by(member.process.pid.0).unwrap_or(0);
        let promised = member.promise.filter(|p| p.until > clock::interrupt_time());
        promised.map_or(has, |promise| has.max(promise.total))
    }

    /// What the processes of a job and of those in it have committed.
    fn committed_in(&self, job: JobKey) -> u64 {
        self.members_in(job).iter().fold(0, |sum, &m| sum.saturating_add(self.committed(m)))
    }

    /// Notes what the processes of a job have committed now, if it was never as much.
    pub fn note_peaks_of(&mut self, job: JobKey) {
        let all: Vec<u64> = self.members_in(job).iter().map(|&m| self.committed(m)).collect();
        let sum = all.iter().fold(0, |sum: u64, &own| sum.saturating_add(own));
        self.jobs[job].note_peaks(all.into_iter().max().unwrap_or(0), sum);
    }
}
