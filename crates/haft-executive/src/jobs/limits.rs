//! The limits of jobs (Microsoft: "JOBOBJECT_EXTENDED_LIMIT_INFORMATION structure").

use super::{JobKey, Jobs, MemberKey};
use crate::objects::SharedObjects;
use haft_abi::NtStatus;
use haft_host::{thread, usage};
use haft_object::JobState;
use haft_wire::job::{JobLimits, LimitFlags};

/// The nice value of a priority class, by the numbers of NT; `None` for no class.
const fn nice(class: u32) -> Option<i32> {
    Some(match class {
        1 => 19,
        2 => 0,
        3 => -10,
        4 => -20,
        5 => 10,
        6 => -5,
        _ => return None,
    })
}

/// Whether these limits can be: `INVALID_PARAMETER` for what makes no sense, `NOT_SUPPORTED` for
/// what Linux cannot keep, `PRIVILEGE_NOT_HELD` for what it does not let this user.
fn check(limits: &JobLimits, extended: bool) -> Result<(), NtStatus> {
    let flags = limits.flags;
    let valid = if extended { LimitFlags::VALID } else { LimitFlags::BASIC };
    let wrong = |flag, wrong: bool| flags.any(flag) && wrong;
    // A number of 100 ns units has a sign.
    let no_time = |time: u64| time.cast_signed() <= 0;
    let alone = flags.any(LimitFlags::SUBSET_AFFINITY) && !flags.any(LimitFlags::AFFINITY);
    let processors = thread::affinity(std::process::id()).unwrap_or(u64::MAX);
    if flags.any(LimitFlags(!valid.0))
        || alone
        || wrong(LimitFlags::JOB_TIME, flags.any(LimitFlags::PRESERVE_JOB_TIME))
        || wrong(LimitFlags::JOB_TIME, no_time(limits.job_time))
        || wrong(LimitFlags::PROCESS_TIME, no_time(limits.process_time))
        || wrong(LimitFlags::ACTIVE_PROCESS, limits.active_processes == 0)
        || wrong(LimitFlags::PRIORITY_CLASS, nice(limits.priority_class).is_none())
        || wrong(LimitFlags::AFFINITY, limits.affinity == 0)
        || wrong(LimitFlags::AFFINITY, limits.affinity & !processors != 0)
        || wrong(LimitFlags::PROCESS_MEMORY, limits.process_memory < 4096)
        || wrong(LimitFlags::JOB_MEMORY, limits.job_memory < 4096)
    {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let memory = LimitFlags::PROCESS_MEMORY.with(LimitFlags::JOB_MEMORY);
    let measured = usage::committed_by(std::process::id()).is_some();
    if flags.any(LimitFlags::NOT_KEPT) || wrong(memory, !measured) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let raises = nice(limits.priority_class).is_some_and(|nice| nice < 0);
    if wrong(LimitFlags::PRIORITY_CLASS, raises && !thread::may_raise_priority()) {
        return Err(NtStatus::PRIVILEGE_NOT_HELD);
    }
    Ok(())
}

impl Jobs {
    /// Sets the limits of a job; the basic ones alone if not `extended`.
    ///
    /// # Errors
    /// `INVALID_PARAMETER`, `NOT_SUPPORTED`, `PRIVILEGE_NOT_HELD`.
    pub fn set_limits(
        &mut self,
        job: JobKey,
        limits: JobLimits,
        extended: bool,
        objects: &SharedObjects,
    ) -> Result<(), NtStatus> {
        check(&limits, extended)?;
        let old = self.jobs[job].limits;
        let mut new = JobLimits {
            peak_process_memory: old.peak_process_memory,
            peak_job_memory: old.peak_job_memory,
            ..limits
        };
        if !extended {
            let kept = LimitFlags(old.flags.0 & !LimitFlags::BASIC.0);
            new = JobLimits {
                flags: limits.flags.with(kept),
                process_memory: old.process_memory,
                job_memory: old.job_memory,
                ..new
            };
        }
        if new.flags.any(LimitFlags::PRESERVE_JOB_TIME) {
            new.flags = new.flags.with(LimitFlags(old.flags.0 & LimitFlags::JOB_TIME.0));
            new.job_time = old.job_time;
        } else if new.flags.any(LimitFlags::JOB_TIME) {
            self.begin_period(job, objects);
        }
        self.jobs[job].limits = new;
        for member in self.members_in(job) {
            self.apply(member);
        }
        self.look_at_times();
        Ok(())
    }

    /// Sets what a job keeps its processes from (Microsoft: "JOBOBJECT_BASIC_UI_RESTRICTIONS
    /// structure"): windows, the clipboard, desktops and what else haft does not have.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a restriction that there is not, `ACCESS_DENIED` for a job that lies
    /// in another one.
    pub fn restrict(&mut self, job: JobKey, restrictions: u32) -> Result<(), NtStatus> {
        const VALID: u32 = 0x1FF;
        if restrictions & !VALID != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if restrictions != 0 && self.jobs[job].parent.is_some() {
            return Err(NtStatus::ACCESS_DENIED);
        }
        self.jobs[job].restrictions = restrictions;
        Ok(())
    }

    /// Has a process obey the jobs that it is in.
    pub(super) fn apply(&self, member: MemberKey) {
        let member = &self.members[member];
        let mut state = JobState::MEMBER;
        let mut lowest = None;
        let mut processors = u64::MAX;
        for job in self.chain(member.job) {
            let limits = &self.jobs[job].limits;
            let has = |flag| limits.flags.any(flag);
            if has(LimitFlags::PROCESS_MEMORY.with(LimitFlags::JOB_MEMORY)) {
                state = state.with(JobState::COUNTS_MEMORY);
            }
            if has(LimitFlags::PRIORITY_CLASS) {
                state = state.with(JobState::FIXED_PRIORITY);
                lowest = lowest.max(nice(limits.priority_class));
            }
            // A job that names others than those of the job that it lies in has that one's.
            let common = processors & limits.affinity;
            if has(LimitFlags::AFFINITY) {
                state = state.with(JobState::FIXED_AFFINITY);
                processors = if common == 0 { limits.affinity } else { common };
                if has(LimitFlags::SUBSET_AFFINITY) {
                    state = state.with(JobState::SUBSET_AFFINITY);
                }
            }
        }
        // The process is told first, so that it changes nothing back.
        member.tell(state);
        member.schedule(lowest, (processors != u64::MAX).then_some(processors));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(flags: LimitFlags, limits: JobLimits) -> Result<(), NtStatus> {
        check(&JobLimits { flags, ..limits }, true)
    }

    #[test]
    fn limits_that_cannot_be_are_refused() {
        let limits = JobLimits { job_time: 1, active_processes: 1, ..JobLimits::default() };
        let wrong = Err(NtStatus::INVALID_PARAMETER);
        assert_eq!(status(LimitFlags::JOB_TIME, limits), Ok(()));
        assert_eq!(status(LimitFlags::ACTIVE_PROCESS, limits), Ok(()));
        for flags in [
            LimitFlags(0x8000),
            LimitFlags::PROCESS_TIME,
            LimitFlags::JOB_TIME.with(LimitFlags::PRESERVE_JOB_TIME),
            LimitFlags::AFFINITY,
            LimitFlags::SUBSET_AFFINITY,
            LimitFlags::PRIORITY_CLASS,
            LimitFlags::PROCESS_MEMORY,
            LimitFlags::JOB_MEMORY,
        ] {
            assert_eq!(status(flags, limits), wrong, "{flags:?}");
        }
        let negative = JobLimits { job_time: u64::MAX, ..limits };
        assert_eq!(status(LimitFlags::JOB_TIME, negative), wrong);
        for flags in [LimitFlags::WORKING_SET, LimitFlags::SCHEDULING_CLASS] {
            assert_eq!(status(flags, limits), Err(NtStatus::NOT_SUPPORTED));
        }
        let basic = JobLimits { flags: LimitFlags::KILL_ON_JOB_CLOSE, ..limits };
        assert_eq!(check(&basic, false), wrong);
    }
}
