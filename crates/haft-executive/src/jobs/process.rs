//! A process that is, or is to be, in a job.

use super::JobKey;
use super::memory::Promise;
use haft_abi::{NtStatus, Pid, Tid};
use haft_host::mem::SharedWords;
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::process::{Signal, pidfd_send_signal};
use haft_host::{thread, usage};
use haft_object::{JobState, ProcessBlock, ProcessState, Usage};
use std::sync::Arc;

/// A process: who it is, a descriptor of it, its process block.
pub struct Process {
    /// Its identifier.
    pub pid: Pid,
    pidfd: OwnedFd,
    block: Arc<SharedWords>,
}

/// A process that is in a job.
pub struct Member {
    /// The process.
    pub process: Process,
    /// Its innermost job.
    pub job: JobKey,
    /// Whether a limit has ended it.
    pub hit_limit: bool,
    /// Memory that it was allowed and may not have yet.
    pub promise: Option<Promise>,
}

impl Process {
    /// The process `pid`, of which a client has given a descriptor and the block.
    ///
    /// # Errors
    /// `PROCESS_IS_TERMINATING` when Linux has forgotten it, `PORT_DISCONNECTED` for a descriptor
    /// that is none of a process.
    pub fn new(pid: Pid, given: &OwnedFd, block: Arc<SharedWords>) -> Result<Self, NtStatus> {
        let gone = NtStatus::PROCESS_IS_TERMINATING;
        let pidfd = haft_host::spawn::open_process(pid).map_err(|_| gone)?;
        // The identifier has been its own all the time if the client's descriptor still knows it.
        if !usage::is_known(given) {
            return Err(gone);
        }
        Ok(Self { pid, pidfd, block })
    }

    /// Readable once it has ended.
    pub fn pidfd(&self) -> &OwnedFd {
        &self.pidfd
    }

    /// Its process block, if the process has not spoilt it.
    fn block(&self) -> Option<ProcessBlock<'_>> {
        ProcessBlock::open(self.block.words()).ok()
    }

    /// Tells the process what its job asks of it.
    pub fn tell(&self, state: JobState) {
        if let Some(block) = self.block() {
            block.set_job(state);
        }
    }

    /// Ends it at once.
    pub fn kill(&self, code: u32) {
        // The code is written first: whoever sees the end finds it.
        if let Some(block) = self.block() {
            block.set_exited(code, haft_host::clock::system_time());
        }
        // One that has ended needs no end.
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
    }

    /// Gives all its threads a nice value and processors, where its jobs say some.
    pub fn schedule(&self, nice: Option<i32>, processors: Option<u64>) {
        if nice.is_none() && processors.is_none() {
            return;
        }
        let mut done = Vec::new();
        // A thread that is just made has what its maker had: there is none once all are known.
        loop {
            let mut threads = usage::threads_of(self.pid.0);
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

    /// Its exit code, once it has ended; `None` for one that Linux has ended.
    pub fn exit_code(&self) -> Option<u32> {
        match self.block()?.state() {
            ProcessState::Exited(code) => Some(code),
            _ => None,
        }
    }

    /// What it has used so far. Of one that has ended and that its parent has asked for, that is
    /// what its parent has recorded, or itself, which is more exact than what Linux counts.
    pub fn usage(&self) -> Usage {
        let told = usage::of_process(self.pid.0);
        // If Linux had forgotten it, that was another process of the same identifier.
        let told = told.filter(|_| usage::is_known(&self.pidfd)).unwrap_or_default();
        let own = self.block().map(ProcessBlock::usage).unwrap_or_default();
        Usage {
            user: told.user.max(own.user),
            kernel: told.kernel.max(own.kernel),
            page_faults: told.page_faults.max(own.page_faults),
        }
    }

    /// What it has read and written, as far as Linux tells.
    pub fn transferred(&self) -> usage::Transferred {
        let told = usage::transferred_by(self.pid.0);
        told.filter(|_| usage::is_known(&self.pidfd)).unwrap_or_default()
    }
}
