//! What the object model is given by this process: futexes, clocks, and the end of objects.

use crate::{io, mm, ps};
use core::sync::atomic::AtomicU64;
use haft_host::{clock, park};
use haft_object::share::Share;
use haft_object::{Backing, Deadline, Host, ObjectType, ProcessBlock, ThreadIndex, Wait};
use haft_wire::SharedId;

/// The running process as the object model's host.
#[derive(Debug, Clone, Copy)]
pub struct KernelHost;

impl Host for KernelHost {
    fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>) {
        let timeout = deadline.map(|deadline| match deadline {
            Deadline::Interrupt(at) => at.saturating_sub(clock::interrupt_time()),
            Deadline::System(at) => u64::try_from(at - clock::system_time()).unwrap_or(0),
        });
        crate::log::flush();
        // Whatever woke the thread, the object model looks at the word again.
        let _ = park::park(park::low_half(word), expected, timeout);
    }

    fn linger(&self, is_decided: impl Fn() -> bool) {
        super::linger::linger(is_decided);
    }

    fn unpark(&self, _thread: ThreadIndex, word: &AtomicU64) {
        if haft_object::may_be_parked(word) {
            park::unpark(park::low_half(word), 1);
        }
    }

    fn now_interrupt(&self) -> u64 {
        clock::interrupt_time()
    }

    fn now_system(&self) -> i64 {
        clock::system_time()
    }

    fn has_ended(&self, name: u64) -> bool {
        haft_host::process::has_named_ended(name)
    }

    fn spin(&self, round: u32) {
        if round < 32 {
            core::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }

    #[inline]
    fn share<'b>(&self, block: &ProcessBlock<'b>) -> Share<'b> {
        // This is the host of the process's own block alone.
        ps::thread::share().unwrap_or_else(|| block.share(ThreadIndex::FIRST))
    }

    fn dispose(&self, object_type: ObjectType, backing: Backing) {
        match (object_type, backing) {
            (ObjectType::File, Backing::Descriptor { extra, .. }) => io::file::dispose(extra),
            (ObjectType::Section, Backing::Descriptor { extra, .. }) => {
                mm::section::dispose(extra);
            }
            (ObjectType::IoCompletion, Backing::Kernel { words: [key, _] }) => {
                io::completion_port::dispose(key);
            }
            (ObjectType::Process, Backing::Kernel { words }) => ps::object::dispose(words[0]),
            (ObjectType::Token, Backing::Kernel { words }) => crate::se::token::dispose(words[0]),
            (ObjectType::Thread, Backing::Kernel { words }) => ps::remote_thread::dispose(words),
            (ObjectType::Section, Backing::Executive { id }) => {
                mm::named_section::dispose(id);
                super::shared::release(SharedId(id));
            }
            (_, Backing::Pending { id }) => super::pending::decline(object_type, id),
            (_, Backing::Executive { id: Backing::LOST }) => {}
            (_, Backing::Executive { id }) => super::shared::release(SharedId(id)),
            _ => {}
        }
    }

    fn last_handle_closed(&self, object_type: ObjectType, backing: Backing) {
        match (object_type, backing) {
            (ObjectType::File, Backing::Descriptor { extra, .. }) => {
                io::file::last_handle_closed(extra);
            }
            (ObjectType::IoCompletion, Backing::Kernel { words: [key, _] }) => {
                io::completion_port::last_handle_closed(key);
            }
            _ => {}
        }
    }

    fn left_elsewhere(&self, wait: Wait) {
        super::shared::leave(wait);
    }

    type WaitWord<'a> = &'a AtomicU64;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        block.thread(thread).wait_word()
    }
}
