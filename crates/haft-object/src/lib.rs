//! The object model: access, handle table, inheritance, duplication, dispatcher objects and waits.
//!
//! Everything here works on a [`ProcessBlock`]: plain old data in shared memory, one block for
//! each Windows process, that other processes can read without its help. The crate makes no
//! system call and never blocks by itself; what it needs of the place it runs in is the
//! [`Host`] trait. [`ObjectManager`] brings a block and a host together:
//!
//! ```text
//! ObjectManager::create_event ──> Pinned ──insert──> Handle ──reference──> Pinned ──> set_event
//!                                   │ drop                │ close             │ drop
//!                                   └─────────────── last reference: Host::dispose
//! ```
//!
//! * [`block`], [`record`], [`thread`], `free_list`: what lies where in the block;
//! * [`table`], [`entry`]: the handle table;
//! * [`types`], [`rights`], [`duplicate`], [`inherit`]: the rules that decide on access and
//!   inheritance;
//! * [`security`]: SIDs, descriptors, tokens, and the access check;
//! * [`outside`]: the same block, changed by another process;
//! * [`dispatcher`]: events, mutants, semaphores, timers and the waits on them;
//! * [`shared`]: objects that move to the executive, and waits that span both;
//! * [`calls`]: how what is asked of the executive travels; [`share`]: the free places that a thread has
//!   at hand.
//!
//! # Locks
//! The handle table and the free lists have none. Each record has a lock bit that guards its
//! dispatcher state and wait queue; it is held for a few instructions and never across
//! [`Host::park`] or [`Host::unpark`]. Order: wait-all lock, then record locks, then one thread's
//! owned-mutants lock. Only who holds the wait-all lock may hold two record locks.
#![forbid(unsafe_code)]

pub mod block;
pub mod block_file;
pub mod calls;
pub mod dispatcher;
pub mod duplicate;
pub mod entry;
mod free_list;
pub mod host;
pub mod inherit;
pub mod manager;
#[cfg(all(test, not(feature = "shuttle")))]
mod model;
pub mod outside;
pub mod record;
pub mod rights;
pub mod security;
pub mod share;
pub mod shared;
pub mod sync;
pub mod table;
#[cfg(all(test, not(feature = "shuttle")))]
mod testing;
pub mod thread;
pub mod types;

pub use block::{Geometry, JobState, ProcessBlock, ProcessState, Usage};
pub use dispatcher::event::EventKind;
pub use dispatcher::join::Wait;
pub use dispatcher::moving::{DispatcherState, Surrendered, Waiting};
pub use dispatcher::mutant::MutantState;
pub use dispatcher::timer::DueTime;
pub use dispatcher::timer::TimerState;
pub use dispatcher::wait::{Timeout, WaitKind, Waited};
pub use dispatcher::wait_word::{Notice, may_be_parked};
pub use duplicate::{Duplicate, DuplicateOptions};
pub use entry::{Entry, HandleFlags};
pub use host::{Deadline, Host};
pub use inherit::{InheritRequest, Inherited};
pub use manager::{ObjectManager, Pinned};
pub use outside::Seen;
pub use record::{Backing, Record, RecordIndex};
pub use shared::{Joining, Member, SharedId};
pub use table::Closed;
pub use thread::ThreadIndex;
pub use types::ObjectType;
