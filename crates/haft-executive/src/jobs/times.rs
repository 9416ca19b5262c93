//! Limits of processor time. Nobody tells the executive when one is reached: it looks at what the
//! processes have used, the sooner the less is left.

use super::{JobKey, Jobs, MemberKey};
use crate::objects::SharedObjects;
use haft_abi::{Pid, Win32Error};
use haft_host::clock;
use haft_wire::job::{JobEvent, LimitFlags};

/// How often the executive looks at most, in 100 ns units: Linux counts times in such steps.
const STEP: u64 = 100_000;
/// How often it looks at least.
const LONGEST: u64 = 10 * 10_000_000;

/// The exit code of a process that a limit of time ends (Microsoft:
/// "JOBOBJECT_END_OF_JOB_TIME_INFORMATION structure").
const OUT_OF_TIME: u32 = Win32Error::NOT_ENOUGH_QUOTA.0;

impl Jobs {
    /// A job's time counts from now on.
    pub(super) fn begin_period(&mut self, job: JobKey, objects: &SharedObjects) {
        let used = self.accounting(job);
        let reset = &mut self.jobs[job];
        reset.base = [used.user, used.kernel];
        reset.time_is_over = false;
        if let Some(object) = &reset.object {
            // A shared object never moves.
            let _ = objects.manager.clear_object(object);
        }
    }

    /// Has the executive look at the times next.
    pub(super) fn look_at_times(&mut self) {
        self.next_look = Some(0);
    }

    /// Ends what has used up its time, if that is to be looked at now; in how many 100 ns units it
    /// is to be looked at again.
    pub fn keep_time(&mut self, objects: &SharedObjects) -> Option<u64> {
        let next = self.next_look?;
        let now = clock::interrupt_time();
        if next > now {
            return Some(next - now);
        }
        let timed = LimitFlags::PROCESS_TIME.with(LimitFlags::JOB_TIME);
        let jobs = self.jobs.iter().filter(|(_, job)| job.limits.flags.any(timed));
        let jobs: Vec<JobKey> = jobs.map(|(key, _)| key).collect();
        let left = jobs.into_iter().filter_map(|job| self.keep_time_of(job, objects)).min();
        // As many processors can use it up at once.
        let processors = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        let wait = left.map(|left| (left / processors).clamp(STEP, LONGEST));
        self.next_look = wait.map(|wait| now.saturating_add(wait));
        wait
    }

    /// What is left of a job's and its processes' times; ends what has none left.
    fn keep_time_of(&mut self, job: JobKey, objects: &SharedObjects) -> Option<u64> {
        let mut least: Option<u64> = None;
        let mut note = |left: u64| least = Some(least.map_or(left, |l| l.min(left)));
        let limits = self.jobs[job].limits;
        let members = self.members_in(job);
        if members.is_empty() {
            return None;
        }
        if limits.flags.any(LimitFlags::PROCESS_TIME) {
            for &member in &members {
                match limits.process_time.checked_sub(self.members[member].usage().user) {
                    Some(left @ 1..) => note(left),
                    _ => self.end_for_time(member, job),
                }
            }
        }
        if limits.flags.any(LimitFlags::JOB_TIME) && !self.jobs[job].time_is_over {
            let used = self.accounting(job).period_user;
            match limits.job_time.checked_sub(used) {
                Some(left @ 1..) => note(left),
                _ => self.end_of_time(job, &members, objects),
            }
        }
        least
    }

    /// A process has used up the time that a job gives it.
    fn end_for_time(&mut self, member: MemberKey, job: JobKey) {
        let pid = self.members[member].process.pid;
        if self.end_for_limit(member, OUT_OF_TIME) {
            self.say(job, JobEvent::EndOfProcessTime, pid);
        }
    }

    /// The processes of a job have used up its time.
    fn end_of_time(&mut self, job: JobKey, members: &[MemberKey], objects: &SharedObjects) {
        if self.jobs[job].post_at_end && self.say(job, JobEvent::EndOfJobTime, Pid(0)) {
            let limits = &mut self.jobs[job].limits;
            limits.flags = limits.flags.without(LimitFlags::JOB_TIME);
            return;
        }
        self.jobs[job].time_is_over = true;
        if let Some(object) = &self.jobs[job].object {
            // A shared object never moves.
            let _ = objects.manager.signal_object(object);
        }
        for &member in members {
            self.end_for_limit(member, OUT_OF_TIME);
        }
    }
}
