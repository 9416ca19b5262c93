//! A process that is in a job.

use super::JobKey;
use super::memory::Promise;
use crate::process::Process;
use haft_abi::Tid;
use haft_host::{thread, usage};
use haft_object::{JobState, ProcessBlock, Usage};
use std::sync::Arc;

/// A process that is in a job.
pub struct Member {
    /// The process.
    pub process: Arc<Process>,
    /// Its innermost job.
    pub job: JobKey,
    /// Whether a limit has ended it.
    pub hit_limit: bool,
    /// Memory that it was allowed and may not have yet.
    pub promise: Option<Promise>,
}

impl Member {
    /// A process whose innermost job this is from now on.
    pub const fn new(process: Arc<Process>, job: JobKey) -> Self {
        Self { process, job, hit_limit: false, promise: None }
    }

    /// Tells the process what its jobs ask of it.
    pub fn tell(&self, state: JobState) {
        // One that has spoilt its block deceives only itself.
        if let Ok(block) = self.process.block() {
            block.set_job(state);
        }
    }

    /// Ends it at once.
    pub fn kill(&self, code: u32) {
        // One that has ended needs no end.
        let _ = self.process.terminate(code);
    }

    /// Gives all its threads a nice value and processors, where its jobs say some.
    pub fn schedule(&self, nice: Option<i32>, processors: Option<u64>) {
        if nice.is_none() && processors.is_none() {
            return;
        }
        let mut done = Vec::new();
        // A thread that is just made has what its maker had: there is none once all are known.
        loop {
            let mut threads = usage::threads_of(self.process.pid.0);
            threads.retain(|thread| !done.contains(thread));
            if threads.is_empty() {
                return;
            }
            for &tid in &threads {
                if let Some(nice) = nice {
                    thread::set_nice(Tid(tid), nice);
                }
                if let Some(processors) = processors {
                    let _ = thread::set_affinity(tid, processors);
                }
            }
            done.extend(threads);
        }
    }

    /// What it has used so far. Of one that has ended and that its parent has asked for, that is
    /// what its parent has recorded, or itself, which is more exact than what Linux counts.
    pub fn usage(&self) -> Usage {
        let told = usage::of_process(self.process.pid.0);
        // If Linux had forgotten it, that was another process of the same identifier.
        let told = told.filter(|_| usage::is_known(&self.process.pidfd)).unwrap_or_default();
        let own = self.process.block().map(ProcessBlock::usage).unwrap_or_default();
        Usage {
            user: told.user.max(own.user),
            kernel: told.kernel.max(own.kernel),
            page_faults: told.page_faults.max(own.page_faults),
        }
    }

    /// What it has read and written, as far as Linux tells.
    pub fn transferred(&self) -> usage::Transferred {
        let told = usage::transferred_by(self.process.pid.0);
        told.filter(|_| usage::is_known(&self.process.pidfd)).unwrap_or_default()
    }
}
