//! How a thread starts: its stack and TEB, its Linux thread, and the first frames on its stack.

use super::{
    CURRENT, ENDING, Life, RETURN, SHARE, STILL_ACTIVE, StackSize, Thread, current, dispose,
    exit_thread,
};
use crate::ke::apc;
use crate::ldr;
use crate::mm;
use crate::ob::{Pinned, objects};
use crate::ps::current::process;
use crate::ps::suspend::checkpoint;
use crate::ps::thread_times::ThreadTimes;
use crate::ps::{hold, job, suspend};
use crate::se::object_security;
use core::mem::offset_of;
use core::sync::atomic::Ordering;
use haft_abi::nt::Teb;
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_host::jump;
use haft_host::rustix::fd::OwnedFd;
use haft_host::thread::Stack;
use haft_host::{gs, guest, park};
use haft_object::security::SecurityDescriptor;
use haft_object::{Backing, ObjectType};
use std::sync::PoisonError;

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
    pub(in crate::ps) fn address(self) -> usize {
        match self {
            Self::Registers => 0,
            Self::Program(entry) => entry,
            Self::Routine(routine, _) => routine,
            Self::Kernel(routine) => routine as usize,
        }
    }
}

impl Thread {
    /// Lays out a thread's stack and TEB.
    fn prepare(
        start: Start,
        stack_reserve: usize,
        peb: usize,
        suspended: bool,
    ) -> Result<&'static Self, NtStatus> {
        job::charge(stack_reserve)?;
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
        thread.index.store(0, Ordering::Relaxed);
        *thread.block_given_back() = false;
        thread.suspension.reset(suspended.into());
        thread.registers.forget();
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
            self.suspension.freeze();
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
        let before = hold::initial(start, stack_top, process().peb);
        let Some(now) = hold::wait(self, wire, before) else { return };
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
    hold::set_ready();
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
pub(in crate::ps) fn prepare_first(peb: usize) -> Result<&'static Thread, NtStatus> {
    Thread::prepare(Start::Program(0), FIRST_STACK, peb, false)
}

/// Runs the process's first thread on the running Linux thread, and comes back when it ended
/// while others go on.
///
/// # Errors
/// `NO_MEMORY`.
pub(in crate::ps) fn run_first(
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
        thread.suspension.reset(1);
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

/// Starts a thread of the program; a handle to it, and its identifier.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`, `ACCESS_DENIED` for rights that threads do not have.
pub fn create_by_handle(
    (routine, parameter): (usize, usize),
    size: StackSize,
    suspended: bool,
    access: AccessMask,
    (inherit, descriptor): (bool, Option<&SecurityDescriptor>),
) -> Result<(Handle, Tid), NtStatus> {
    let start = Start::Routine(routine, parameter);
    let started = create(start, size.reserve(), suspended || descriptor.is_some())?;
    if let Some(descriptor) = descriptor {
        let thread = super::of(&started.object)?;
        // Before it runs, and anybody can know of it.
        object_security::protect_known(&started.object, descriptor).inspect_err(|_| {
            let _ = suspend::terminate(thread, 0);
        })?;
        if !suspended {
            suspend::resume(thread);
        }
    }
    Ok((crate::ob::insert(started.object, access, inherit)?, started.tid))
}
