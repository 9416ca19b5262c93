//! The handle table of another process, into which this one puts a handle.

use super::{HandleFlags, ObjectType};
use core::sync::atomic::AtomicU64;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::{clock, park};
use haft_object::{Backing, Deadline, Host, ObjectManager, ProcessBlock, ThreadIndex};

/// The object model's host for a block of another process: its threads can be woken; nothing is
/// waited for in it, and what ends in it is its process's to dispose of.
struct Elsewhere;

impl Host for Elsewhere {
    fn park(&self, _word: &AtomicU64, _expected: u32, _deadline: Option<Deadline>) {
        unreachable!("nobody waits in another process's block");
    }

    fn unpark(&self, word: &AtomicU64) {
        park::unpark(park::low_half(word), 1);
    }

    fn now_interrupt(&self) -> u64 {
        clock::interrupt_time()
    }

    fn now_system(&self) -> i64 {
        clock::system_time()
    }

    fn spin(&self, _round: u32) {
        std::thread::yield_now();
    }

    fn dispose(&self, _object_type: ObjectType, _backing: Backing) {}

    type WaitWord<'a> = &'a AtomicU64;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        block.thread(thread).wait_word()
    }
}

/// Puts a handle to what the executive keeps under `offer` into a process's table, without the
/// process's help: its value there.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the table is full.
pub fn insert(
    block: ProcessBlock<'_>,
    object_type: ObjectType,
    offer: u64,
    access: AccessMask,
    flags: HandleFlags,
) -> Result<Handle, NtStatus> {
    let manager = ObjectManager::new(block, Elsewhere);
    let object = manager.create_pending(object_type, offer)?;
    manager.insert_from_outside(object, access, flags)
}
