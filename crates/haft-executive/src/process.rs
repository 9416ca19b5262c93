//! A process as the session knows it: its process block and its pidfd, also after its end.

use crate::client::map_block;
use core::sync::atomic::{AtomicBool, Ordering};
use haft_abi::{NtStatus, Pid};
use haft_host::mem::{self, SharedWords};
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::fs::fstat;
use haft_host::rustix::process::{Signal, pidfd_send_signal};
use haft_host::{clock, process as linux, spawn, usage};
use haft_object::block::BLOCK_SIZE;
use haft_object::{ProcessBlock, ProcessState, Usage};
use haft_wire::ProcessFacts;
use std::sync::Arc;

/// The name of the memory file that a process block is.
const BLOCK_NAME: &str = "haft-process-block";

/// A process of the session.
pub struct Process {
    /// Its identifier.
    pub pid: Pid,
    /// Readable once it has ended.
    pub pidfd: OwnedFd,
    /// Its process block.
    pub words: Arc<SharedWords>,
    /// Device and inode of the block's file.
    file: (u64, u64),
    /// Whether its end is in its block.
    ended: AtomicBool,
}

impl Process {
    /// The process that has this block, by the pidfd of it that somebody has, or one that is
    /// opened here.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a file that is no process block of this session's that cannot
    /// become shorter; `INVALID_CID` when there is no such process.
    pub fn new(
        pid: Pid,
        pidfd: Option<OwnedFd>,
        file: &OwnedFd,
        session: Option<u64>,
    ) -> Result<Self, NtStatus> {
        const NONE: NtStatus = NtStatus::PORT_DISCONNECTED;
        let words = map_block(file)?;
        let pidfd = match pidfd {
            Some(given) if linux::is_pidfd_of(&given, pid) => given,
            Some(_) => return Err(NONE),
            None => spawn::open_process(pid)?,
        };
        let identity = fstat(file).map(|s| (s.st_dev, s.st_ino)).map_err(|_| NONE)?;
        let fits = ProcessBlock::open(words.words()).is_ok_and(|block| {
            block.pid() == pid && session.is_none_or(|session| block.session() == session)
        });
        if !fits {
            return Err(NONE);
        }
        Ok(Self {
            pid,
            pidfd,
            words: Arc::new(words),
            file: identity,
            ended: AtomicBool::new(false),
        })
    }

    /// Looks for a process that nobody has told of. Its block is open in itself, or where it has
    /// ended in the process that created it.
    ///
    /// # Errors
    /// `INVALID_CID` when there is none, or it is none of this session's.
    pub fn find(pid: Pid, session: Option<u64>) -> Result<Self, NtStatus> {
        let pidfd = spawn::open_process(pid)?;
        let mut candidates = linux::memory_files(pid, BLOCK_NAME).chain(
            linux::parent_of(pid).into_iter().flat_map(|p| linux::memory_files(p, BLOCK_NAME)),
        );
        // A creator has its children's blocks open too.
        let block = candidates.find(|file| {
            SharedWords::map_to_read(file, BLOCK_SIZE).is_ok_and(|words| {
                mem::cannot_shrink(file, BLOCK_SIZE as u64)
                    && ProcessBlock::open(words.words()).is_ok_and(|block| block.pid() == pid)
            })
        });
        let block = block.ok_or(NtStatus::INVALID_CID)?;
        Self::new(pid, Some(pidfd), &block, session).map_err(|_| NtStatus::INVALID_CID)
    }

    /// Its process block.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` when the process has spoilt it.
    pub fn block(&self) -> Result<ProcessBlock<'_>, NtStatus> {
        ProcessBlock::open(self.words.words()).map_err(|_| NtStatus::PORT_DISCONNECTED)
    }

    /// Whether this file is its block.
    pub fn is_block(&self, file: &OwnedFd) -> bool {
        fstat(file).is_ok_and(|s| (s.st_dev, s.st_ino) == self.file)
    }

    /// Whether it has ended. Its block says how from then on.
    pub fn has_ended(&self) -> bool {
        let known = self.ended.load(Ordering::Relaxed);
        if !known && linux::has_ended(&self.pidfd) {
            self.ended.store(true, Ordering::Relaxed);
            self.note_end();
            return true;
        }
        known
    }

    /// Writes into the block what only Linux knows of the end.
    fn note_end(&self) {
        let Ok(block) = self.block() else { return };
        if block.usage() == Usage::default()
            && let Some(used) = usage::of_process(self.pid.0)
        {
            let (user, kernel) = (used.user, used.kernel);
            block.set_usage(Usage { user, kernel, page_faults: used.page_faults });
        }
        // A parent that has waited for it already has taken the status along.
        let status = linux::status_of_ended(self.pid).unwrap_or(NtStatus::UNSUCCESSFUL.0);
        block.set_exited(status, clock::system_time());
    }

    /// Its exit code, once it has ended.
    pub fn exit_code(&self) -> Option<u32> {
        if !self.has_ended() {
            return None;
        }
        match self.block().map(ProcessBlock::state) {
            Ok(ProcessState::Exited(code)) => Some(code),
            _ => Some(NtStatus::UNSUCCESSFUL.0),
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// `PROCESS_IS_TERMINATING` when it has ended already; `ACCESS_DENIED` where Linux does not
    /// let this user.
    pub fn terminate(&self, code: u32) -> Result<(), NtStatus> {
        if self.has_ended() {
            return Err(NtStatus::PROCESS_IS_TERMINATING);
        }
        // The code is written first: whoever sees the end finds it.
        self.block()?.set_exited(code, clock::system_time());
        pidfd_send_signal(&self.pidfd, Signal::KILL).map_err(|_| NtStatus::ACCESS_DENIED)
    }

    /// What is known of it.
    ///
    /// # Errors
    /// As for [`Process::block`].
    pub fn facts(&self) -> Result<ProcessFacts, NtStatus> {
        let exit_code = self.exit_code();
        let block = self.block()?;
        Ok(ProcessFacts {
            pid: self.pid,
            parent: block.parent(),
            exit_code,
            created: block.created(),
            exited: if exit_code.is_some() { block.exited() } else { 0 },
            used: [block.usage().user, block.usage().kernel],
            // The handles of a process are closed with it.
            handles: if exit_code.is_some() { 0 } else { block.handle_count() },
            settled: block.has_inherited(),
            peb: block.peb(),
            image: block.image_name(),
        })
    }
}
