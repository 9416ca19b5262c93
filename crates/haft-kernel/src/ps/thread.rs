//! Threads: a Linux thread each, with a Windows stack and a TEB.

use super::current::process;
use crate::ldr;
use crate::mm;
use core::cell::Cell;
use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::nt::Teb;
use haft_abi::{NtStatus, Tid};
use haft_host::guest;
use haft_host::jump::{self, ReturnPoint};
use haft_host::thread::Stack;
use haft_host::{gs, park};
use std::sync::Mutex;

/// The kernel's record of a thread. It lives as long as the process, so that what still names
/// the thread after its end finds its exit code.
pub struct Thread {
    tid: AtomicU32,
    /// Address of its TEB.
    pub teb: usize,
    stack: Stack,
    exit_code: AtomicU32,
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

    /// Lays out a thread's stack and TEB.
    fn prepare(start: Start, stack_reserve: usize, peb: usize) -> Result<&'static Self, NtStatus> {
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
        Ok(Box::leak(Box::new(Self {
            tid: AtomicU32::new(0),
            teb,
            stack,
            exit_code: AtomicU32::new(STILL_ACTIVE),
            tls: Mutex::default(),
            start,
        })))
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
        if haft_host::thread::install_signal_stack().is_err() || gs::set_base(teb).is_err() {
            crate::log::say("a thread could not be set up: the machine is out of memory");
        }
        process().threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(self);
        self.tid.store(tid.0, Ordering::Release);
        park::unpark(&self.tid, 1);
        jump::run_on_stack(self.stack.base, |point| {
            RETURN.set(Some(point));
            begin(current())
        });
        haft_host::thread::release_signal_stack();
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
    Thread::prepare(Start::Program(entry), stack_reserve, process().peb)?.run();
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
) -> Result<&'static Thread, NtStatus> {
    let reserve = if stack_reserve == 0 { ldr::default_stack_reserve() } else { stack_reserve };
    let thread = Thread::prepare(Start::Routine(routine, parameter), reserve, process().peb)?;
    haft_host::thread::spawn(move || thread.run())?;
    while thread.tid.load(Ordering::Acquire) == 0 {
        let _ = park::park(&thread.tid, 0, None);
    }
    Ok(thread)
}

/// Ends the running thread (Microsoft: "ExitThread function"); the last one ends the process.
pub fn exit_thread(code: u32) -> ! {
    let thread = current();
    ldr::thread_detach();
    thread.exit_code.store(code, Ordering::Release);
    let last = {
        let mut threads =
            process().threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        threads.retain(|t| !core::ptr::eq(*t, thread));
        threads.is_empty()
    };
    if last {
        super::exit_process(code);
    }
    CURRENT.set(None);
    let point = RETURN.take().expect("a Windows thread was entered by `run_on_stack`");
    jump::leave(point)
}
