//! The process block of this process, and the object manager over it.

use super::KernelHost;
use haft_abi::{NtStatus, Pid};
use haft_host::clock;
use haft_host::mem::{self, SharedWords};
use haft_host::rustix::fd::OwnedFd;
use haft_object::block::BLOCK_SIZE;
use haft_object::{Geometry, ObjectManager, ProcessBlock};
use std::sync::OnceLock;

/// The objects and handles of this process.
pub type Objects = ObjectManager<'static, KernelHost>;

/// A reference to an object of this process.
pub type Pinned = haft_object::Pinned<'static, KernelHost>;

static OBJECTS: OnceLock<Objects> = OnceLock::new();
static FILE: OnceLock<OwnedFd> = OnceLock::new();

/// The objects and handles of this process.
///
/// # Panics
/// Before the process is set up; nothing asks then.
#[must_use]
#[inline]
pub fn objects() -> &'static Objects {
    OBJECTS.get().expect("the process block is set up before anything asks for it")
}

/// The block of this process, once it is set up.
#[inline]
pub(crate) fn own_block() -> Option<ProcessBlock<'static>> {
    OBJECTS.get().map(ObjectManager::block)
}

/// The memfd of this process's block.
#[must_use]
pub fn block_file() -> Option<&'static OwnedFd> {
    FILE.get()
}

/// Makes the block of a process that is being created: its file, and a mapping of it. Who knows
/// the session says it there; a zygote does not.
pub(crate) fn create_block(
    pid: Pid,
    parent: Pid,
    image: &[u8],
) -> Result<(OwnedFd, SharedWords), NtStatus> {
    let file = mem::memfd("haft-process-block", BLOCK_SIZE as u64)?;
    let words = SharedWords::map(&file, BLOCK_SIZE)?;
    ProcessBlock::format(words.words(), Geometry::FULL, pid, parent, clock::system_time())?
        .set_image_name(image);
    Ok((file, words))
}

/// Makes a block this process's own.
pub(crate) fn adopt_block(file: OwnedFd, words: SharedWords) -> Result<(), NtStatus> {
    let block = ProcessBlock::open(words.leak())?;
    let _ = OBJECTS.set(ObjectManager::new(block, KernelHost));
    let _ = FILE.set(file);
    Ok(())
}
