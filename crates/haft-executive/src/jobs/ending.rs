//! Processes and jobs that end.

use super::{JobKey, Jobs, MemberKey};
use crate::host::Pinned;
use haft_abi::{NtStatus, Pid};
use haft_host::rustix::event::epoll;
use haft_wire::job::{JobEvent, LimitFlags};

/// Whether a process that ends with this code was ended by an exception (Microsoft:
/// "JOBOBJECT_ASSOCIATE_COMPLETION_PORT structure", its list of abnormal exit codes).
fn is_abnormal(code: NtStatus) -> bool {
    [
        NtStatus::ACCESS_VIOLATION,
        NtStatus::ARRAY_BOUNDS_EXCEEDED,
        NtStatus::BREAKPOINT,
        NtStatus::CONTROL_C_EXIT,
        NtStatus::DATATYPE_MISALIGNMENT,
        NtStatus::FLOAT_DENORMAL_OPERAND,
        NtStatus::FLOAT_DIVIDE_BY_ZERO,
        NtStatus::FLOAT_INEXACT_RESULT,
        NtStatus::FLOAT_INVALID_OPERATION,
        NtStatus::FLOAT_OVERFLOW,
        NtStatus::FLOAT_STACK_CHECK,
        NtStatus::FLOAT_UNDERFLOW,
        NtStatus::GUARD_PAGE_VIOLATION,
        NtStatus::ILLEGAL_INSTRUCTION,
        NtStatus::IN_PAGE_ERROR,
        NtStatus::INTEGER_DIVIDE_BY_ZERO,
        NtStatus::INTEGER_OVERFLOW,
        NtStatus::INVALID_DISPOSITION,
        NtStatus::NONCONTINUABLE_EXCEPTION,
        NtStatus::PRIVILEGED_INSTRUCTION,
        NtStatus::SINGLE_STEP,
        NtStatus::STACK_OVERFLOW,
    ]
    .contains(&code)
}

impl Jobs {
    /// Ends every process of a job and of those in it (Microsoft: "TerminateJobObject function").
    pub fn terminate(&mut self, job: JobKey, code: u32) {
        for member in self.members_in(job) {
            self.members[member].kill(code);
        }
    }

    /// Ends a process because of a limit; whether it was not ended so before.
    pub(super) fn end_for_limit(&mut self, key: MemberKey, code: u32) -> bool {
        let member = &mut self.members[key];
        if core::mem::replace(&mut member.hit_limit, true) {
            return false;
        }
        member.kill(code);
        let chain: Vec<JobKey> = self.chain(self.members[key].job).collect();
        for job in chain {
            self.jobs[job].counted.terminated += 1;
        }
        true
    }

    /// The last handle to a job is closed.
    pub fn closed(&mut self, object: &Pinned) {
        let Ok(job) = self.of(object) else { return };
        let Some(closed) = self.jobs.get_mut(job) else { return };
        closed.object = None;
        if closed.limits.flags.any(LimitFlags::KILL_ON_JOB_CLOSE) {
            self.terminate(job, NtStatus::SUCCESS.0);
        }
        self.forget(job);
    }

    /// A process has ended.
    pub(super) fn process_ended(&mut self, key: MemberKey) {
        let Some(member) = self.members.try_remove(key) else { return };
        // Others may have its descriptor too.
        let _ = epoll::delete(&self.epoll, &member.process.pidfd);
        self.by_pid.remove(&member.process.pid);
        self.jobs[member.job].members.remove(&key);
        let usage = member.usage();
        let transferred = member.transferred();
        let event = match member.process.exit_code() {
            Some(code) if !is_abnormal(NtStatus(code)) => JobEvent::ExitProcess,
            _ => JobEvent::AbnormalExitProcess,
        };
        let chain: Vec<JobKey> = self.chain(member.job).collect();
        for job in chain {
            self.say(job, event, member.process.pid);
            let counted = &mut self.jobs[job].counted;
            counted.active = counted.active.saturating_sub(1);
            super::accounting::add(counted, usage, transferred);
            if counted.active == 0 {
                self.say(job, JobEvent::ActiveProcessZero, Pid(0));
            }
        }
        self.forget(member.job);
    }

    /// Forgets a job that nobody has a handle to and nothing is in, and then those that it lay in.
    fn forget(&mut self, job: JobKey) {
        let mut next = Some(job);
        while let Some(job) =
            next.filter(|&at| self.jobs[at].object.is_none() && self.jobs[at].is_blank())
        {
            next = self.jobs[job].parent;
            self.take_out(job);
            self.jobs.remove(job);
        }
    }
}
