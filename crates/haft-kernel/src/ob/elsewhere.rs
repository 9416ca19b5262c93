//! The handle table of another process, into which this one puts a handle.

use super::{HandleFlags, KernelHost, ObjectType};
use core::sync::atomic::AtomicU64;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::{Backing, Deadline, Host, ObjectManager, ProcessBlock, ThreadIndex};

/// The host of another process's block while a handle is put into it: waits for nobody, and its
/// threads are not this process's.
struct OtherHost;

impl Host for OtherHost {
    fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>) {
        KernelHost.park(word, expected, deadline);
    }

    fn unpark(&self, thread: ThreadIndex, word: &AtomicU64) {
        KernelHost.unpark(thread, word);
    }

    fn now_interrupt(&self) -> u64 {
        KernelHost.now_interrupt()
    }

    fn now_system(&self) -> i64 {
        KernelHost.now_system()
    }

    fn spin(&self, round: u32) {
        KernelHost.spin(round);
    }

    fn dispose(&self, object_type: ObjectType, backing: Backing) {
        // An object that finds no place: its offer is declined as one of this process's is.
        KernelHost.dispose(object_type, backing);
    }

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
    let manager = ObjectManager::new(block, OtherHost);
    let object = manager.create_pending(object_type, offer)?;
    manager.insert_from_outside(object, access, flags)
}
