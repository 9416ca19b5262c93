//! Threads: a Linux thread each, with a Windows stack and a TEB.

use super::current::process;
use super::registers::Registers;
pub use super::suspend::checkpoint;
use super::thread_times::ThreadTimes;
use crate::ke::apc::{self, ApcQueue};
use crate::ke::{fls, timer};
use crate::ldr;
use crate::mm;
use crate::ob::{Pinned, objects, reference, shared};
use core::cell::Cell;
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use haft_abi::nt::Teb;
use haft_abi::{AccessMask, Context, Handle, NtStatus, Pid, Tid};
use haft_host::guest;
use haft_host::jump::{self, ReturnPoint};
use haft_host::rustix::fd::OwnedFd;
use haft_host::thread::Stack;
use haft_host::{gs, park};
use haft_object::share::Share;
use haft_object::{Backing, ObjectType, ThreadIndex};
use haft_wire::service::ThreadCall;
use haft_wire::{ProcessRequest, Request};
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
    apcs: ApcQueue,
    /// How often it was suspended and not resumed since; it runs at zero.
    pub(super) suspended: AtomicU32,
    /// 1 while it waits for that, with its registers within the reach of others.
    pub(super) stopped: AtomicU32,
    /// Those registers.
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

/// What a thread runs.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// The program's entry point, called with the PEB.
    Program(usize),
    /// A thread routine, called with its parameter.
    Routine(usize, usize),
    /// A routine of haft's own that calls the program: a worker of the thread pool.
    Kernel(fn()),
    /// The program's entry point, which does not come first: the thread goes on with the registers
    /// that another process has set.
    Registers,
}

impl Start {
    /// Its address.
    pub(super) fn address(self) -> usize {
        match self {
            Self::Registers => 0,
            Self::Program(entry) => entry,
            Self::Routine(routine, _) => routine,
            Self::Kernel(routine) => routine as usize,
        }
    }
}

/// Whether the process is ending: no thread begins to run.
pub(super) static ENDING: AtomicBool = AtomicBool::new(false);

/// In the suspend count: the process is ending, and the thread stays where it is.
pub(super) const FROZEN: u32 = 1 << 31;

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
            apcs: ApcQueue::default(),
            suspended: AtomicU32::new(0),
            stopped: AtomicU32::new(0),
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

    /// Lays out a thread's stack and TEB.
    fn prepare(
        start: Start,
        stack_reserve: usize,
        peb: usize,
        suspended: bool,
    ) -> Result<&'static Self, NtStatus> {
        super::job::charge(stack_reserve)?;
        let stack = Stack::new(stack_reserve)?;
        let thread = Self::idle().inspect_err(|_| stack.release())?;
        mm::register_stack(&stack);
        let teb = thread.teb;
        // Word by word: most of it stays zero, and its second page is not touched.
        for (field, value) in [
            (offset_of!(Teb, stack_base), stack.base),
            (offset_of!(Teb, stack_limit), stack.limit),
            (offset_of!(Teb, deallocation_stack), stack.allocation),
            (offset_of!(Teb, self_pointer), teb),
            (offset_of!(Teb, peb), peb),
        ] {
            guest::write(teb + field, value as u64)?;
        }
        guest::write(teb + offset_of!(Teb, current_locale), 0x0409_u32)?;
        let static_string = haft_abi::nt::UnicodeString {
            length: 0,
            maximum_length: 522,
            buffer: (teb + offset_of!(Teb, static_buffer)) as u64,
        };
        guest::write(teb + offset_of!(Teb, static_string), static_string)?;
        thread.tid.store(0, Ordering::Relaxed);
        thread.exit_code.store(STILL_ACTIVE, Ordering::Relaxed);
        thread.ended.store(0, Ordering::Relaxed);
        thread.terminated.store(false, Ordering::Relaxed);
        thread.stopped.store(0, Ordering::Relaxed);
        thread.index.store(0, Ordering::Relaxed);
        thread.suspended.store(u32::from(suspended), Ordering::Relaxed);
        thread.alerted.store(0, Ordering::Relaxed);
        thread.priority.store(0, Ordering::Relaxed);
        thread.start_address.store(start.address(), Ordering::Relaxed);
        thread.boost_disabled.store(false, Ordering::Relaxed);
        thread.ideal_processor.store(0, Ordering::Relaxed);
        thread.description.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *thread.own_times() =
            ThreadTimes { created: haft_host::clock::system_time(), ..ThreadTimes::default() };
        thread.apcs.clear();
        *thread.tls.lock().unwrap_or_else(PoisonError::into_inner) = ldr::ThreadTls::default();
        let words = [thread.key, 0];
        let object = objects()
            .create_object(ObjectType::Thread, Backing::Kernel { words }, false)
            .inspect_err(|_| {
                mm::release_stack(stack);
                dispose(thread.key);
            })?;
        if suspended {
            haft_host::suspend::mark(teb);
        }
        *thread.life() =
            Life { stack: Some(stack), start: Some(start), object: Some(object), registers: None };
        Ok(thread)
    }

    /// Gives a thread that does not run yet a stack of another size.
    fn replace_stack(&self, reserve: usize) -> Result<(), NtStatus> {
        let stack = Stack::new(reserve)?;
        mm::register_stack(&stack);
        let old = self.life().stack.replace(stack);
        if let Some(old) = old {
            mm::release_stack(old);
        }
        for (field, value) in [
            (offset_of!(Teb, stack_base), stack.base),
            (offset_of!(Teb, stack_limit), stack.limit),
            (offset_of!(Teb, deallocation_stack), stack.allocation),
        ] {
            guest::write(self.teb + field, value as u64)?;
        }
        Ok(())
    }

    fn own_times(&self) -> MutexGuard<'_, ThreadTimes> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its times; how long it ran is not known before its end.
    pub(super) fn times(&self) -> ThreadTimes {
        *self.own_times()
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this the running Linux thread's Windows thread and runs it to its end.
    fn run(&'static self, held: Option<OwnedFd>) {
        let tid = haft_host::thread::current_tid();
        let pid = process().pid;
        let teb = self.teb;
        // The TEB was mapped with the record, so these stores fail only for a program that
        // unmapped it.
        let _ = guest::write(teb + offset_of!(Teb, process_id), u64::from(pid.0));
        let _ = guest::write(teb + offset_of!(Teb, thread_id), u64::from(tid.0));
        CURRENT.set(Some(self));
        if let Ok(index) = objects().register_thread(tid) {
            self.index.store(index.get(), Ordering::Release);
            SHARE.set(Some(objects().block().share(index)));
        }
        if haft_host::thread::install_signal_stack().is_err() || gs::set_base(teb).is_err() {
            crate::log::say("a thread could not be set up: the machine is out of memory");
        }
        process().threads.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        if ENDING.load(Ordering::SeqCst) {
            self.suspended.fetch_or(FROZEN, Ordering::AcqRel);
            haft_host::suspend::mark(teb);
        }
        // Who looks at a handle from outside is told which thread it is.
        self.object().record().set_notes([u64::from(pid.0), u64::from(tid.0)]);
        self.tid.store(tid.0, Ordering::Release);
        park::unpark(&self.tid, 1);
        let stack = self.life().stack;
        let Some(stack) = stack else { return };
        if let Some(wire) = held {
            self.hold(wire, stack.base);
        }
        jump::run_on_stack(stack.base, |point| {
            RETURN.set(Some(point));
            checkpoint();
            begin(current())
        });
        haft_host::thread::release_signal_stack();
        let _ = gs::set_base(0);
        mm::release_stack(stack);
        // When nobody else holds the object, another thread may use this record from here on.
        let object = self.life().object.take();
        drop(object);
    }
}

impl Thread {
    /// Waits for the first thread of a suspended process to be resumed, and takes over what was
    /// set of its registers.
    fn hold(&self, wire: OwnedFd, stack_top: usize) {
        let Some(start) = self.life().start else { return };
        let before = super::hold::initial(start, stack_top, process().peb);
        let Some(now) = super::hold::wait(self, wire, before) else { return };
        let start = if now.rip == before.rip {
            Start::Program(now.rcx as usize)
        } else {
            self.life().registers = Some(Box::new(now));
            Start::Registers
        };
        self.life().start = Some(start);
    }
}

/// The first Rust frame on a thread's Windows stack.
fn begin(thread: &'static Thread) -> ! {
    super::hold::set_ready();
    let start = thread.life().start;
    let status = match start {
        Some(Start::Program(entry)) => {
            ldr::initialize_process();
            jump::call(entry, [process().peb, 0, 0, 0])
        }
        Some(Start::Routine(routine, parameter)) => {
            ldr::thread_attach();
            // What was queued before the thread began comes first.
            apc::deliver();
            jump::call(routine, [parameter, 0, 0, 0])
        }
        Some(Start::Registers) => {
            ldr::initialize_process();
            let registers = thread.life().registers.take();
            if let Some(registers) = registers {
                haft_host::context::resume(&registers);
            }
            0
        }
        Some(Start::Kernel(routine)) => {
            ldr::thread_attach();
            routine();
            0
        }
        None => 0,
    };
    exit_thread(status as u32)
}

/// The stack that a process's first thread gets before its program is known: most programs' size.
const FIRST_STACK: usize = 2 << 20;

/// Lays out the process's first thread.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub(super) fn prepare_first(peb: usize) -> Result<&'static Thread, NtStatus> {
    Thread::prepare(Start::Program(0), FIRST_STACK, peb, false)
}

/// Runs the process's first thread on the running Linux thread, and comes back when it ended
/// while others go on.
///
/// # Errors
/// `NO_MEMORY`.
pub(super) fn run_first(
    thread: &'static Thread,
    entry: usize,
    stack_reserve: usize,
    held: Option<OwnedFd>,
) -> Result<(), NtStatus> {
    if stack_reserve != FIRST_STACK {
        thread.replace_stack(stack_reserve)?;
    }
    thread.life().start = Some(Start::Program(entry));
    thread.start_address.store(entry, Ordering::Relaxed);
    thread.own_times().created = haft_host::clock::system_time();
    if held.is_some() {
        thread.suspended.store(1, Ordering::Release);
    }
    thread.run(held);
    Ok(())
}

/// A thread that was started: its object, and its identifier.
#[derive(Debug)]
pub struct Started {
    /// What handles to it name.
    pub object: Pinned,
    /// Its identifier.
    pub tid: Tid,
}

/// Starts a thread (Microsoft: "CreateThread function"). `stack_reserve` is in bytes, zero for
/// the program's own default.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn create(start: Start, stack_reserve: usize, suspended: bool) -> Result<Started, NtStatus> {
    let reserve = if stack_reserve == 0 { ldr::default_stack_reserve() } else { stack_reserve };
    let thread = Thread::prepare(start, reserve, process().peb, suspended)?;
    // Held, so that the record is this thread's for as long as it is looked at here.
    let object = thread.object();
    if let Err(status) = haft_host::thread::spawn(move || thread.run(None)) {
        let life = core::mem::take(&mut *thread.life());
        if let Some(stack) = life.stack {
            mm::release_stack(stack);
        }
        return Err(status);
    }
    while thread.tid.load(Ordering::Acquire) == 0 {
        let _ = park::park(&thread.tid, 0, None);
    }
    Ok(Started { object, tid: thread.tid() })
}

/// How large a stack is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackSize {
    /// This much is reserved; zero is the program's own default.
    Reserve(usize),
    /// This much is committed at once, and what the program's default is, or more, reserved.
    Commit(usize),
}

impl StackSize {
    /// The size that a commit size and a reserve size, each zero for the default, stand for.
    #[must_use]
    pub const fn of(commit: usize, reserve: usize) -> Self {
        if reserve == 0 { Self::Commit(commit) } else { Self::Reserve(reserve) }
    }

    /// Bytes to commit and to reserve, as [`StackSize::of`] takes them.
    #[must_use]
    pub const fn parts(self) -> [usize; 2] {
        match self {
            Self::Reserve(size) => [0, size],
            Self::Commit(size) => [size, 0],
        }
    }

    /// Bytes to reserve. Pages are committed as they are touched, so that a commit size larger
    /// than the default makes the reservation larger, to a multiple of 1 MB (Microsoft: "Thread
    /// Stack Size").
    #[must_use]
    pub fn reserve(self) -> usize {
        let default = ldr::default_stack_reserve();
        match self {
            Self::Reserve(0) => default,
            Self::Reserve(size) => size,
            Self::Commit(size) if size < default => default,
            Self::Commit(size) => size.checked_next_multiple_of(1 << 20).unwrap_or(size),
        }
    }
}

/// Starts a thread of the program; a handle to it, and its identifier.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that threads do not have.
pub fn create_by_handle(
    (routine, parameter): (usize, usize),
    size: StackSize,
    suspended: bool,
    access: AccessMask,
    inherit: bool,
) -> Result<(Handle, Tid), NtStatus> {
    let start = Start::Routine(routine, parameter);
    let started = create(start, size.reserve(), suspended)?;
    Ok((crate::ob::insert(started.object, access, inherit)?, started.tid))
}

/// Lets a suspended thread of this process go on; how often it was suspended before (Microsoft:
/// "ResumeThread function").
pub fn resume(thread: &Thread) -> u32 {
    let before = thread
        .suspended
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count & !FROZEN != 0).then(|| count - 1)
        })
        .unwrap_or(0)
        & !FROZEN;
    if before == 1 {
        park::unpark(&thread.suspended, 1);
        super::hold::poke();
    }
    before
}

/// The right to ask for an exit code and the like (`THREAD_QUERY_LIMITED_INFORMATION`, which
/// `THREAD_QUERY_INFORMATION` implies).
pub(super) const THREAD_QUERY_LIMITED_INFORMATION: AccessMask = AccessMask(0x800);

/// The exit code of a thread, `STILL_ACTIVE` before its end (Microsoft: "GetExitCodeThread
/// function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn exit_code_by_handle(handle: Handle) -> Result<u32, NtStatus> {
    let wanted = THREAD_QUERY_LIMITED_INFORMATION;
    let object = reference(handle, Some(ObjectType::Thread), wanted)?;
    match super::remote_thread::of(&object) {
        Some(thread) => thread.exit_code(),
        None => Ok(of(&object)?.exit_code()),
    }
}

/// The identifiers of a thread and of its process (Microsoft: "GetThreadId function",
/// "GetProcessIdOfThread function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn ids_by_handle(handle: Handle) -> Result<(Pid, Tid), NtStatus> {
    let wanted = THREAD_QUERY_LIMITED_INFORMATION;
    let object = reference(handle, Some(ObjectType::Thread), wanted)?;
    match super::remote_thread::of(&object) {
        Some(thread) => Ok((thread.pid, thread.tid)),
        None => Ok((process().pid, of(&object)?.tid())),
    }
}

/// The identifier of the thread of a thread object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type.
pub fn id_of(object: &Pinned) -> Result<Tid, NtStatus> {
    match super::remote_thread::of(object) {
        Some(thread) => Ok(thread.tid),
        None => Ok(of(object)?.tid()),
    }
}

/// Calls `body` with the thread of this process that has an identifier. It does not end meanwhile.
///
/// # Errors
/// `INVALID_CID` when this process has no such thread.
pub fn with_id<R>(tid: Tid, body: impl FnOnce(&Thread) -> R) -> Result<R, NtStatus> {
    let threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    threads.iter().find(|t| t.tid() == tid).map(|t| body(t)).ok_or(NtStatus::INVALID_CID)
}

/// Opens a thread of the session by its identifier, of this process alone if one is named
/// (Microsoft: "OpenThread function").
///
/// # Errors
/// `INVALID_CID` when there is no such thread, `ACCESS_DENIED`, `PORT_DISCONNECTED` without an
/// executive.
pub fn open(
    tid: Tid,
    process: Option<Pid>,
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    let own = super::process().pid;
    if process.is_none_or(|wanted| wanted == own)
        && let Ok(object) = with_id(tid, Thread::object)
    {
        return crate::ob::insert(object, access, inherit);
    }
    if tid.0 == 0 || process == Some(own) {
        return Err(NtStatus::INVALID_CID);
    }
    super::opened::open(ProcessRequest::OpenThread { tid, process, access }, inherit)
}

/// The right to suspend and resume a thread (`THREAD_SUSPEND_RESUME`).
const THREAD_SUSPEND_RESUME: AccessMask = AccessMask(2);

/// Lets a suspended thread go on, of this process or the first one of a child; how often it was
/// suspended before (Microsoft: "ResumeThread function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn resume_by_handle(handle: Handle) -> Result<u32, NtStatus> {
    let object = reference(handle, Some(ObjectType::Thread), THREAD_SUSPEND_RESUME)?;
    match super::remote_thread::of(&object) {
        Some(thread) => match thread.first_of().map(|process| process.resume_first_thread()) {
            None | Some(0) => resume_other(&object),
            Some(before) => Ok(before),
        },
        None => Ok(resume(of(&object)?)),
    }
}

fn resume_other(object: &Pinned) -> Result<u32, NtStatus> {
    match super::remote::thread(object)? {
        Some(other) => other.count(ThreadCall::Resume),
        None => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// Ends the running thread (Microsoft: "ExitThread function"); the last one ends the process.
pub fn exit_thread(code: u32) -> ! {
    let thread = current();
    fls::end_current();
    ldr::thread_detach();
    timer::forget_thread(thread);
    finish(thread, code)
}

/// Ends the running thread as another one has decided: nobody is told.
pub(super) fn end_terminated() -> ! {
    let thread = current();
    timer::forget_thread(thread);
    finish(thread, thread.terminated_code.load(Ordering::Acquire))
}

/// Makes it known that a thread has ended that another one decided to end, if it is not yet.
pub(super) fn declare_ended(thread: &Thread) {
    let code = thread.terminated_code.load(Ordering::Acquire);
    match mark_ended(thread, code) {
        Ended::Before => {}
        Ended::Last => super::terminate(code),
        Ended::AmongOthers => {
            if thread.asks_executive() {
                // It holds mutexes no longer, and others wait for its end.
                let _ = crate::session::ask(&Request::ThreadEnded { thread: thread.index(), code });
            }
            announce_end(thread);
        }
    }
}

/// What the end of a thread is to its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ended {
    /// It has been marked before: only the first end counts.
    Before,
    /// Other threads go on.
    AmongOthers,
    /// It was the last thread.
    Last,
}

/// Says that the executive knows of a thread of this process.
pub(crate) fn mark_asking(index: ThreadIndex) {
    objects().block().thread(index).set_told();
}

/// Marks a thread as ended.
fn mark_ended(thread: &Thread, code: u32) -> Ended {
    let mut threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    if thread.has_ended() {
        return Ended::Before;
    }
    {
        let mut times = thread.own_times();
        times.ended = haft_host::clock::system_time();
        if let Some([user, kernel]) = haft_host::thread::processor_time(thread.tid()) {
            times.user = user;
            times.kernel = kernel;
        }
    }
    thread.exit_code.store(code, Ordering::Release);
    thread.ended.store(1, Ordering::Release);
    threads.retain(|t| !core::ptr::eq(*t, thread));
    if threads.is_empty() { Ended::Last } else { Ended::AmongOthers }
}

/// Wakes who waits for the end of a thread that is marked.
fn announce_end(thread: &Thread) {
    park::unpark(&thread.ended, u32::MAX >> 1);
    let object = thread.life().object.clone();
    if let Some(object) = object {
        let _ = objects().signal_object(&object);
    }
}

/// The end of the running thread; the last one ends the process.
fn finish(thread: &'static Thread, code: u32) -> ! {
    let ended = mark_ended(thread, code);
    if ended == Ended::Last {
        super::exit_process(code);
    }
    crate::se::impersonation::forget(thread);
    shared::end_thread(thread.index(), code);
    if ended == Ended::AmongOthers {
        announce_end(thread);
    }
    SHARE.set(None);
    CURRENT.set(None);
    let point = RETURN.take().expect("a Windows thread was entered by `run_on_stack`");
    jump::leave(point)
}
