//! What the processes of a job have used.

use super::{JobKey, Jobs};
use haft_host::usage::Transferred;
use haft_object::Usage;
use haft_wire::job::JobAccounting;

/// Adds what one process has used.
pub fn add(to: &mut JobAccounting, usage: Usage, transferred: Transferred) {
    // A process writes its own block: any number may be there.
    let more = |sum: &mut u64, by: u64| *sum = sum.saturating_add(by);
    more(&mut to.user, usage.user);
    more(&mut to.kernel, usage.kernel);
    more(&mut to.page_faults, usage.page_faults);
    more(&mut to.read.calls, transferred.reads);
    more(&mut to.read.bytes, transferred.bytes_read);
    more(&mut to.written.calls, transferred.writes);
    more(&mut to.written.bytes, transferred.bytes_written);
}

impl Jobs {
    /// What the processes of a job and of those in it have used, those that have ended too.
    pub fn accounting(&self, job: JobKey) -> JobAccounting {
        let mut sum = self.jobs[job].counted;
        for member in self.members_in(job) {
            let member = &self.members[member];
            add(&mut sum, member.usage(), member.transferred());
        }
        let [user, kernel] = self.jobs[job].base;
        sum.period_user = sum.user.saturating_sub(user);
        sum.period_kernel = sum.kernel.saturating_sub(kernel);
        sum
    }
}
