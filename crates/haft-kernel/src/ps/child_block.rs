//! The block of a child, as its creator has it.
//!
//! Most creators want to know of a child that it ended, and how. For that, and for what a creator
//! says of a new process, the block's file does; mapping a block and unmapping it would take a
//! tenth of what a process costs. It is mapped once more is wanted.

use haft_abi::NtStatus;
use haft_host::mem::SharedWords;
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::io::{Errno, pread, pwrite};
use haft_object::block::BLOCK_SIZE;
use haft_object::block_file::{self, HeaderWord};
use haft_object::{JobState, ProcessBlock, ProcessState};
use std::sync::OnceLock;

/// A child's block.
pub(super) struct ChildBlock {
    file: OwnedFd,
    words: OnceLock<SharedWords>,
}

impl ChildBlock {
    /// The block in this file, which nobody can make smaller.
    pub fn new(file: OwnedFd) -> Self {
        Self { file, words: OnceLock::new() }
    }

    /// Its file.
    pub const fn file(&self) -> &OwnedFd {
        &self.file
    }

    /// All of it; `None` where there is no room to map it, or it is no block.
    pub fn view(&self) -> Option<ProcessBlock<'_>> {
        let words = match self.words.get() {
            Some(words) => words,
            None => {
                let words = SharedWords::map(&self.file, BLOCK_SIZE).ok()?;
                self.words.get_or_init(|| words)
            }
        };
        ProcessBlock::open(words.words()).ok()
    }

    /// Says what is known of the process before it is told itself.
    ///
    /// # Errors
    /// `NO_MEMORY`.
    pub fn introduce(&self, created: i64, session: u64, image: &[u8]) -> Result<(), NtStatus> {
        for (at, bytes) in block_file::introduction(created, session, image) {
            write_all(&self.file, at, &bytes)?;
        }
        Ok(())
    }

    /// Where the process is in its life.
    pub fn state(&self) -> ProcessState {
        ProcessState::from_word(self.word(HeaderWord::STATE))
    }

    /// Whether it has ended and let go of all that others could miss.
    pub fn has_let_go(&self) -> bool {
        HeaderWord::has_let_go(self.word(HeaderWord::STATE))
    }

    /// What its job asks of it.
    pub fn job(&self) -> JobState {
        JobState::from_word(self.word(HeaderWord::JOB))
    }

    fn word(&self, which: HeaderWord) -> u64 {
        let mut bytes = [0; 8];
        loop {
            match pread(&self.file, &mut bytes, which.offset()) {
                Err(Errno::INTR) => {}
                // What cannot be read is as in a block that was just made.
                _ => return u64::from_le_bytes(bytes),
            }
        }
    }
}

fn write_all(file: &OwnedFd, mut at: u64, mut bytes: &[u8]) -> Result<(), NtStatus> {
    while !bytes.is_empty() {
        match pwrite(file, bytes, at) {
            Ok(written) if written > 0 => {
                at += written as u64;
                bytes = &bytes[written..];
            }
            Err(Errno::INTR) => {}
            _ => return Err(NtStatus::NO_MEMORY),
        }
    }
    Ok(())
}
