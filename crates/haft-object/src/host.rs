//! What the object model asks of the place it runs in.

use crate::block::ProcessBlock;
use crate::dispatcher::join::Wait;
use crate::record::Backing;
use crate::share::Share;
use crate::sync::AtomicU64;
use crate::thread::ThreadIndex;
use crate::types::ObjectType;
use core::ops::Deref;

/// A moment, in 100 ns units of one of the two clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Deadline {
    /// Interrupt time: since the system started; never set back. Relative time-outs use it.
    Interrupt(u64),
    /// System time: since 1601-01-01 UTC; follows changes of the clock. Absolute ones use it.
    System(i64),
}

/// The services of the place the object model runs in: parking, clocks, disposal.
///
/// In a Windows process `haft-host` implements it with futexes; tests do with a condition
/// variable, or with shuttle's.
pub trait Host {
    /// Sleeps while the low 32 bits of `word` are `expected`: until [`Host::unpark`] on the same
    /// word, until `deadline` (`None`: for ever), or for no reason at all. The check and the
    /// going to sleep must be one step against `unpark`, as with a futex, whose word is the low
    /// half, at the address of `word`.
    fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>);

    /// Looks at a wait that has begun for a moment longer, before its thread, the calling one, parks:
    /// returns once `is_decided` says so, or when parking is the better thing to do. A wait that
    /// another processor is about to end costs neither thread a system call then.
    fn linger(&self, _is_decided: impl Fn() -> bool) {}

    /// Wakes `thread`, if it is parked on `word`, which is its wait word
    /// ([`crate::may_be_parked`]). Called with no lock held.
    fn unpark(&self, thread: ThreadIndex, word: &AtomicU64);

    /// The interrupt time now.
    fn now_interrupt(&self) -> u64;

    /// The system time now.
    fn now_system(&self) -> i64;

    /// Whether `thread` may still take what it waits for: one of a process that has ended does not, though
    /// nobody has taken it out of the queues yet. Asked before something is handed over to it.
    #[inline]
    fn lives(&self, _thread: ThreadIndex) -> bool {
        true
    }

    /// What [`Host::has_ended`] knows this process by, where it locks records of other processes.
    fn name(&self) -> u64 {
        0
    }

    /// Whether a process that locks records of this one has ended, by its [`Host::name`]. Asked where
    /// a record stays locked.
    fn has_ended(&self, _name: u64) -> bool {
        false
    }

    /// Called while a lock is busy, with `round` counting up from 0: a pause instruction at
    /// first, later a yield to the holder, who may have lost the processor.
    fn spin(&self, round: u32);

    /// The calling thread's share of the block's free entries and records; any one will do.
    fn share<'b>(&self, block: &ProcessBlock<'b>) -> Share<'b> {
        block.share(ThreadIndex::FIRST)
    }

    /// Disposes of what backed an object, once, after its last reference is gone; for a
    /// descriptor that is closing it. Called with no record lock held, possibly while the inherit
    /// gate is shut: it may drop other pins, but must not use handles.
    fn dispose(&self, object_type: ObjectType, backing: Backing);

    /// Hears that the last handle to a file or a completion port is closed, while somebody uses
    /// it still: what waits on its account is to end. Called with no lock held.
    fn last_handle_closed(&self, _object_type: ObjectType, _backing: Backing) {}

    /// Hears that a wait has ended of which a part had moved to the executive, with its object:
    /// the executive is to forget of it. Called with no lock held.
    fn left_elsewhere(&self, _wait: Wait) {}

    /// A wait word, and whatever keeps it in place.
    type WaitWord<'a>: Deref<Target = AtomicU64>
    where
        Self: 'a;

    /// Where the wait word of `thread` is: in a process the thread's own block; the executive,
    /// whose threads stand for threads of other processes, points into their process blocks.
    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> Self::WaitWord<'a>;
}
