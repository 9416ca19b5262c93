//! Threads: a Linux thread each, with a Windows stack and a TEB. Here is the record that the kernel
//! keeps of one; how it starts, how it ends and what is done to one by its handle are beside it.

mod by_handle;
mod end;
mod stack_size;
mod start;

pub(super) use by_handle::THREAD_QUERY_LIMITED_INFORMATION;
pub use by_handle::{exit_code_by_handle, id_of, ids_by_handle, open, with_id};
pub use end::exit_thread;
pub(super) use end::{declare_ended, end_terminated};
pub use stack_size::StackSize;
pub use start::{Start, Started, create, create_by_handle};
pub(super) use start::{prepare_first, run_first};

use super::registers::Registers;
pub use super::suspend::checkpoint;
use super::suspension::Suspension;
use super::thread_times::ThreadTimes;
use crate::ke::apc::ApcQueue;
use crate::ldr;
use crate::mm;
use crate::ob::{Pinned, objects};
use core::cell::Cell;
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use haft_abi::nt::Teb;
use haft_abi::{Context, NtStatus, Tid};
use haft_host::guest;
use haft_host::jump::ReturnPoint;
use haft_host::thread::Stack;
use haft_object::share::Share;
use haft_object::{Backing, ObjectType, ThreadIndex};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

/// The kernel's record of a thread. It stays what it is until the thread has ended and the last
/// handle to it is closed; then it, with its TEB, is for another thread to use. So a reference to
/// one may be kept for as long as its thread runs or a handle to it is pinned.
pub struct Thread {
    /// Its place in [`RECORDS`].
    key: u64,
    tid: AtomicU32,
    /// Address of its TEB.
    pub teb: usize,
    life: Mutex<Life>,
    exit_code: AtomicU32,
    /// 1 once it has ended; who waits for that sleeps here.
    pub(super) ended: AtomicU32,
    /// Whether another thread has decided that it ends.
    pub(super) terminated: AtomicBool,
    /// The exit code that it gets then.
    terminated_code: AtomicU32,
    /// Number of its thread block; zero before it runs.
    index: AtomicU32,
    /// Whether it has given that back, at its end.
    block_given_back: Mutex<bool>,
    apcs: ApcQueue,
    /// Whether it is suspended, and where it is.
    pub(super) suspension: Suspension,
    /// Its registers, as far as others have asked where it is.
    pub(super) registers: Registers,
    /// Its static TLS.
    pub tls: Mutex<ldr::ThreadTls>,
    /// Its priority within the process's class.
    pub(super) priority: AtomicI32,
    /// The address that it began to run at.
    pub(super) start_address: AtomicUsize,
    pub(super) boost_disabled: AtomicBool,
    pub(super) ideal_processor: AtomicU32,
    pub(super) description: Mutex<Vec<u16>>,
    times: Mutex<ThreadTimes>,
    /// The token that it impersonates with.
    pub(crate) token: Mutex<Option<Pinned>>,
    /// 1 when it was alerted by its identifier, and does not know yet.
    pub(crate) alerted: AtomicU32,
    /// TLS slots 64 and up, once it has used one.
    expansion: OnceLock<Box<[AtomicU64]>>,
}

/// What a record holds for one thread only.
#[derive(Default)]
struct Life {
    stack: Option<Stack>,
    start: Option<Start>,
    /// What another process has set before the thread ran.
    registers: Option<Box<Context>>,
    /// The thread's own reference to its object, until it has ended.
    object: Option<Pinned>,
}

/// Whether the process is ending: no thread begins to run.
pub(super) static ENDING: AtomicBool = AtomicBool::new(false);

/// Every record there is. They are as many as threads were alive, or held by handles, at once.
static RECORDS: RwLock<Vec<&'static Thread>> = RwLock::new(Vec::new());
/// Those that no thread uses.
static IDLE: Mutex<Vec<&'static Thread>> = Mutex::new(Vec::new());

/// The thread behind a thread object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type, `NOT_SUPPORTED` for a thread of another
/// process.
pub fn of(object: &Pinned) -> Result<&'static Thread, NtStatus> {
    match (object.object_type(), object.backing()) {
        (ObjectType::Thread, Backing::Kernel { words: [key, 0] }) => {
            let records = RECORDS.read().unwrap_or_else(PoisonError::into_inner);
            records.get(key as usize).copied().ok_or(NtStatus::OBJECT_TYPE_MISMATCH)
        }
        (ObjectType::Thread, Backing::Pending { .. }) => {
            crate::ob::pending::backing(object)?;
            of(object)
        }
        (ObjectType::Thread, _) => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// Lets another thread use the record of one that has ended and that nobody holds.
pub(crate) fn dispose(key: u64) {
    let records = RECORDS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(&thread) = records.get(key as usize) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }
}

thread_local! {
    static CURRENT: Cell<Option<&'static Thread>> = const { Cell::new(None) };
    static SHARE: Cell<Option<Share<'static>>> = const { Cell::new(None) };
    static RETURN: Cell<Option<ReturnPoint>> = const { Cell::new(None) };
}

/// `STILL_ACTIVE`: the exit code of a thread or process that has not ended.
pub const STILL_ACTIVE: u32 = 259;

/// The running thread's share of the free places in the process block; `None` on a thread that is
/// haft's own.
#[inline]
pub(crate) fn share() -> Option<Share<'static>> {
    SHARE.get()
}

/// The running thread, or `None` on a thread that is haft's own.
#[must_use]
pub fn try_current() -> Option<&'static Thread> {
    CURRENT.get()
}

/// The running thread.
///
/// # Panics
/// On a thread of haft's own, which runs no program code.
#[must_use]
pub fn current() -> &'static Thread {
    CURRENT.get().expect("program code runs on Windows threads only")
}

impl Thread {
    /// Its identifier: the Linux thread id.
    #[must_use]
    pub fn tid(&self) -> Tid {
        Tid(self.tid.load(Ordering::Acquire))
    }

    /// Its exit code, `STILL_ACTIVE` before its end.
    #[must_use]
    pub fn exit_code(&self) -> u32 {
        self.exit_code.load(Ordering::Acquire)
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire) != 0
    }

    /// The object that handles to it name.
    ///
    /// # Panics
    /// After its end.
    #[must_use]
    pub fn object(&self) -> Pinned {
        let life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.object.clone().expect("a thread that runs holds its object")
    }

    /// Its thread block.
    ///
    /// # Panics
    /// Before it runs; nobody but its creator knows of it then.
    #[must_use]
    #[inline]
    pub fn index(&self) -> ThreadIndex {
        ThreadIndex::from_number(self.index.load(Ordering::Acquire))
            .expect("a thread that is known has a thread block")
    }

    /// Whether the executive knows of it.
    #[must_use]
    pub fn asks_executive(&self) -> bool {
        self.try_index().is_some_and(|index| objects().block().thread(index).is_told())
    }

    /// Its thread block, once it runs.
    pub(super) fn try_index(&self) -> Option<ThreadIndex> {
        ThreadIndex::from_number(self.index.load(Ordering::Acquire))
    }

    /// The end of its stack; zero when it has none.
    pub(super) fn stack_top(&self) -> usize {
        self.life().stack.map_or(0, |stack| stack.base)
    }

    /// Says that another thread has decided that it ends, with this exit code.
    pub(super) fn set_terminated(&self, code: u32) {
        self.terminated_code.store(code, Ordering::Release);
        self.terminated.store(true, Ordering::Release);
    }

    /// The APCs that it has yet to run.
    #[must_use]
    pub fn apcs(&self) -> &ApcQueue {
        &self.apcs
    }

    /// Gives it TLS slots behind those in its TEB, all zero; their address.
    ///
    /// # Errors
    /// `ACCESS_VIOLATION` when the program unmapped the TEB.
    pub fn add_expansion_slots(&self, count: usize) -> Result<usize, NtStatus> {
        let slots = self.expansion.get_or_init(|| (0..count).map(|_| AtomicU64::new(0)).collect());
        for slot in slots {
            slot.store(0, Ordering::Relaxed);
        }
        let address = slots.as_ptr() as usize;
        guest::write(self.teb + offset_of!(Teb, tls_expansion_slots), address)?;
        Ok(address)
    }

    /// A record that no thread uses, with a TEB that is all zero.
    fn idle() -> Result<&'static Self, NtStatus> {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(thread) = idle {
            return thread.clear_teb().map(|()| thread);
        }
        let teb = mm::allocate_data(size_of::<Teb>())?;
        let mut records = RECORDS.write().unwrap_or_else(PoisonError::into_inner);
        let thread: &'static Self = Box::leak(Box::new(Self {
            key: records.len() as u64,
            tid: AtomicU32::new(0),
            teb,
            life: Mutex::default(),
            exit_code: AtomicU32::new(STILL_ACTIVE),
            ended: AtomicU32::new(0),
            terminated: AtomicBool::new(false),
            terminated_code: AtomicU32::new(0),
            index: AtomicU32::new(0),
            block_given_back: Mutex::default(),
            apcs: ApcQueue::default(),
            suspension: Suspension::default(),
            registers: Registers::default(),
            tls: Mutex::default(),
            priority: AtomicI32::new(0),
            start_address: AtomicUsize::new(0),
            boost_disabled: AtomicBool::new(false),
            ideal_processor: AtomicU32::new(0),
            description: Mutex::default(),
            times: Mutex::default(),
            token: Mutex::default(),
            alerted: AtomicU32::new(0),
            expansion: OnceLock::new(),
        }));
        records.push(thread);
        Ok(thread)
    }

    /// A function of its own, for the two pages of stack that it takes.
    #[inline(never)]
    fn clear_teb(&self) -> Result<(), NtStatus> {
        Ok(guest::write(self.teb, Teb::default())?)
    }

    fn own_times(&self) -> MutexGuard<'_, ThreadTimes> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its times; how long it ran is not known before its end.
    pub(super) fn times(&self) -> ThreadTimes {
        *self.own_times()
    }

    fn block_given_back(&self) -> MutexGuard<'_, bool> {
        self.block_given_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that the executive knows of a thread of this process.
pub(crate) fn mark_asking(index: ThreadIndex) {
    objects().block().thread(index).set_told();
}
