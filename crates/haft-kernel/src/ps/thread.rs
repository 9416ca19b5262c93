//! Threads: a Linux thread each, with a Windows stack and a TEB.

use super::current::process;
use crate::ke::apc::ApcQueue;
use crate::ldr;
use crate::mm;
use crate::ob::side::SideTable;
use crate::ob::{Pinned, objects};
use core::cell::Cell;
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use haft_abi::nt::Teb;
use haft_abi::{NtStatus, Tid};
use haft_host::guest;
use haft_host::jump::{self, ReturnPoint};
use haft_host::thread::Stack;
use haft_host::{gs, park};
use haft_object::{Backing, ObjectType, ThreadIndex};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The kernel's record of a thread. It lives as long as the process, so that what still names
/// the thread after its end finds its exit code.
pub struct Thread {
    tid: AtomicU32,
    /// Address of its TEB.
    pub teb: usize,
    stack: Stack,
    exit_code: AtomicU32,
    ended: AtomicBool,
    object: Pinned,
    index: OnceLock<ThreadIndex>,
    apcs: ApcQueue,
    /// How often it was suspended and not resumed since; it runs at zero.
    suspended: AtomicU32,
    /// Its static TLS.
    pub tls: Mutex<ldr::ThreadTls>,
    start: Start,
}

/// What a thread runs.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// The program's entry point, called with the PEB.
    Program(usize),
    /// A thread routine, called with its parameter.
    Routine(usize, usize),
}

static THREADS: SideTable<OnceLock<&'static Thread>> = SideTable::new();

/// The thread behind a thread object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type.
pub fn of(object: &Pinned) -> Result<&'static Thread, NtStatus> {
    match (object.object_type(), object.backing()) {
        (ObjectType::Thread, Backing::Kernel { words: [key, 0] }) => THREADS
            .get(key)
            .and_then(|place| place.get().copied())
            .ok_or(NtStatus::OBJECT_TYPE_MISMATCH),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

thread_local! {
    static CURRENT: Cell<Option<&'static Thread>> = const { Cell::new(None) };
    static RETURN: Cell<Option<ReturnPoint>> = const { Cell::new(None) };
}

/// `STILL_ACTIVE`: the exit code of a thread or process that has not ended.
pub const STILL_ACTIVE: u32 = 259;

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
        self.ended.load(Ordering::Acquire)
    }

    /// The object that handles to it name.
    #[must_use]
    pub fn object(&self) -> &Pinned {
        &self.object
    }

    /// Its thread block.
    ///
    /// # Panics
    /// Before it runs; nobody but its creator knows of it then.
    #[must_use]
    pub fn index(&self) -> ThreadIndex {
        *self.index.get().expect("a thread that is known has a thread block")
    }

    /// The APCs that it has yet to run.
    #[must_use]
    pub fn apcs(&self) -> &ApcQueue {
        &self.apcs
    }

    /// Lays out a thread's stack and TEB.
    fn prepare(
        start: Start,
        stack_reserve: usize,
        peb: usize,
        suspended: bool,
    ) -> Result<&'static Self, NtStatus> {
        let stack = Stack::new(stack_reserve)?;
        mm::register_stack(&stack);
        let teb = mm::allocate_data(size_of::<Teb>())?;
        guest::write(
            teb,
            Teb {
                stack_base: stack.base as u64,
                stack_limit: stack.limit as u64,
                deallocation_stack: stack.allocation as u64,
                self_pointer: teb as u64,
                peb: peb as u64,
                current_locale: 0x0409,
                static_string: haft_abi::nt::UnicodeString {
                    length: 0,
                    maximum_length: 522,
                    buffer: (teb + offset_of!(Teb, static_buffer)) as u64,
                },
                ..Teb::default()
            },
        )?;
        let place = Arc::new(OnceLock::new());
        let words = [THREADS.insert(Arc::clone(&place)), 0];
        let object =
            objects().create_object(ObjectType::Thread, Backing::Kernel { words }, false)?;
        let thread: &'static Self = Box::leak(Box::new(Self {
            tid: AtomicU32::new(0),
            teb,
            stack,
            exit_code: AtomicU32::new(STILL_ACTIVE),
            ended: AtomicBool::new(false),
            object,
            index: OnceLock::new(),
            apcs: ApcQueue::default(),
            suspended: AtomicU32::new(u32::from(suspended)),
            tls: Mutex::default(),
            start,
        }));
        let _ = place.set(thread);
        Ok(thread)
    }

    /// Makes this the running Linux thread's Windows thread and runs it to its end.
    fn run(&'static self) {
        let tid = haft_host::thread::current_tid();
        let pid = process().pid;
        let teb = self.teb;
        // The TEB was mapped by `prepare`, so these stores cannot fail.
        let _ = guest::write(teb + offset_of!(Teb, process_id), u64::from(pid.0));
        let _ = guest::write(teb + offset_of!(Teb, thread_id), u64::from(tid.0));
        CURRENT.set(Some(self));
        if let Ok(index) = objects().register_thread(tid) {
            let _ = self.index.set(index);
        }
        if haft_host::thread::install_signal_stack().is_err() || gs::set_base(teb).is_err() {
            crate::log::say("a thread could not be set up: the machine is out of memory");
        }
        process().threads.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        self.tid.store(tid.0, Ordering::Release);
        park::unpark(&self.tid, 1);
        jump::run_on_stack(self.stack.base, |point| {
            RETURN.set(Some(point));
            checkpoint();
            begin(current())
        });
        haft_host::thread::release_signal_stack();
        let _ = gs::set_base(0);
        mm::release_stack(self.stack);
        let _ = mm::free(self.teb, 0, mm::FreeType::Release);
    }
}

/// The first Rust frame on a thread's Windows stack.
fn begin(thread: &'static Thread) -> ! {
    let status = match thread.start {
        Start::Program(entry) => {
            ldr::initialize_process();
            jump::call(entry, [process().peb, 0, 0, 0])
        }
        Start::Routine(routine, parameter) => {
            ldr::thread_attach();
            jump::call(routine, [parameter, 0, 0, 0])
        }
    };
    exit_thread(status as u32)
}

/// Runs the process's first thread on the running Linux thread, and comes back when it ended
/// while others go on.
///
/// # Errors
/// `NO_MEMORY`.
pub(super) fn run_first(entry: usize, stack_reserve: usize) -> Result<(), NtStatus> {
    Thread::prepare(Start::Program(entry), stack_reserve, process().peb, false)?.run();
    Ok(())
}

/// Starts a thread (Microsoft: "CreateThread function"). `stack_reserve` is in bytes, zero for
/// the program's own default.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`.
pub fn create(
    routine: usize,
    parameter: usize,
    stack_reserve: usize,
    suspended: bool,
) -> Result<&'static Thread, NtStatus> {
    let reserve = if stack_reserve == 0 { ldr::default_stack_reserve() } else { stack_reserve };
    let thread =
        Thread::prepare(Start::Routine(routine, parameter), reserve, process().peb, suspended)?;
    haft_host::thread::spawn(move || thread.run())?;
    while thread.tid.load(Ordering::Acquire) == 0 {
        let _ = park::park(&thread.tid, 0, None);
    }
    Ok(thread)
}

/// Where a thread stops while it is suspended: at its start, and when a wait was interrupted.
pub fn checkpoint() {
    let thread = current();
    loop {
        let count = thread.suspended.load(Ordering::Acquire);
        if count == 0 {
            return;
        }
        let _ = park::park(&thread.suspended, count, None);
    }
}

/// Lets a suspended thread of this process go on; how often it was suspended before (Microsoft:
/// "ResumeThread function").
#[must_use]
pub fn resume(thread: &Thread) -> u32 {
    let before = thread
        .suspended
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1))
        .unwrap_or(0);
    if before == 1 {
        park::unpark(&thread.suspended, 1);
    }
    before
}

/// Ends the running thread (Microsoft: "ExitThread function"); the last one ends the process.
pub fn exit_thread(code: u32) -> ! {
    let thread = current();
    ldr::thread_detach();
    thread.exit_code.store(code, Ordering::Release);
    thread.ended.store(true, Ordering::Release);
    let last = {
        let mut threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|t| !core::ptr::eq(*t, thread));
        threads.is_empty()
    };
    if last {
        super::exit_process(code);
    }
    objects().unregister_thread(thread.index());
    let _ = objects().signal_object(thread.object());
    CURRENT.set(None);
    let point = RETURN.take().expect("a Windows thread was entered by `run_on_stack`");
    jump::leave(point)
}
