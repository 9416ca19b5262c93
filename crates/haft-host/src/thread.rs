//! Linux threads for Windows threads.
#![allow(unsafe_code, reason = "pthread attributes and signal stacks are raw structures")]

use crate::mem::{self, Place, Protection};
use crate::{gs, guest};
use core::cell::Cell;
use haft_abi::nt::Teb;
use haft_abi::{NtStatus, Tid};

/// The running thread's identifier.
#[must_use]
pub fn current_tid() -> Tid {
    Tid(rustix::thread::gettid().as_raw_nonzero().get() as u32)
}

/// The memory of one thread's stack: `limit` is its lowest usable byte, `base` its end.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// Lowest address of the reservation; the guard is here.
    pub allocation: usize,
    /// Lowest usable address.
    pub limit: usize,
    /// One past the highest address.
    pub base: usize,
}

/// Bytes at a stack's lowest end that are never accessible.
pub const STACK_GUARD: usize = 0x1000;
/// Bytes above those that become accessible when the stack has overflowed, so that the exception
/// can be raised and handled. They are not part of the size that was asked for.
pub const STACK_RESERVE: usize = 0x1_F000;

impl Stack {
    /// Reserves a stack of at least `size` bytes; pages are committed as they are touched.
    ///
    /// # Errors
    /// `NO_MEMORY`.
    pub fn new(size: usize) -> Result<Self, NtStatus> {
        let closed = STACK_GUARD + STACK_RESERVE;
        let size = (size.max(0x1_0000) + closed).next_multiple_of(mem::GRANULARITY);
        let allocation = mem::map(Place::Anywhere, size, Protection::READ_WRITE)?;
        mem::protect(allocation, closed, Protection::NONE)?;
        Ok(Self { allocation, limit: allocation + closed, base: allocation + size })
    }

    /// Gives the stack's memory back; nobody may run on it any more.
    pub fn release(self) {
        let _ = mem::unmap(self.allocation, self.base - self.allocation);
    }
}

/// What an address is to the guard of the running thread's stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// It is elsewhere.
    NotThere,
    /// It was in the reserve, which is accessible from now on.
    Opened,
    /// It is at the very end, behind a reserve that is used up.
    UsedUp,
}

/// Makes the reserve of the running thread's stack accessible if `address` is in it. The bounds
/// are those in the TEB, which fibers change. May be called in a signal handler, on a thread with
/// a TEB.
#[must_use]
pub fn open_stack_guard(address: usize) -> Guard {
    let teb = gs::teb();
    let field = |offset| guest::read::<usize>(teb + offset).unwrap_or(0);
    let limit = field(TEB_STACK_LIMIT);
    let allocation = field(TEB_DEALLOCATION_STACK);
    if !(allocation..limit).contains(&address) {
        return Guard::NotThere;
    }
    let opened = allocation + STACK_GUARD;
    if address < opened
        || mem::protect(opened, limit - opened, Protection::READ_WRITE).is_err()
        || guest::write(teb + TEB_STACK_LIMIT, opened).is_err()
    {
        return Guard::UsedUp;
    }
    Guard::Opened
}

/// Makes the reserve of the running thread's stack inaccessible again, after
/// [`open_stack_guard`]; false when the thread is still in it or too close.
#[must_use]
pub fn close_stack_guard() -> bool {
    let teb = gs::teb();
    let field = |offset| guest::read::<usize>(teb + offset).unwrap_or(0);
    let allocation = field(TEB_DEALLOCATION_STACK);
    let limit = allocation + STACK_GUARD + STACK_RESERVE;
    let here = 0u8;
    // The handler of a fault needs some room above the guard as well.
    if (&raw const here as usize) < limit + STACK_GUARD {
        return false;
    }
    mem::protect(allocation, STACK_GUARD + STACK_RESERVE, Protection::NONE).is_ok()
        && guest::write(teb + TEB_STACK_LIMIT, limit).is_ok()
}

const TEB_STACK_LIMIT: usize = core::mem::offset_of!(Teb, stack_limit);
const TEB_DEALLOCATION_STACK: usize = core::mem::offset_of!(Teb, deallocation_stack);

/// Starts a Linux thread that runs `body`, with a small Linux stack of its own: Windows code
/// runs on a [`Stack`] that the body switches to.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the system has no thread to give.
pub fn spawn(body: impl FnOnce() + Send + 'static) -> Result<(), NtStatus> {
    std::thread::Builder::new()
        .stack_size(64 * 1024)
        .spawn(body)
        .map(drop)
        .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)
}

/// Whether the process has never had a second thread.
#[must_use]
pub fn is_alone() -> bool {
    unsafe extern "C" {
        /// What the C library knows of it.
        static __libc_single_threaded: core::ffi::c_char;
    }
    // SAFETY: the C library defines it, and writes it before there is a thread that could read it.
    unsafe { __libc_single_threaded != 0 && !crate::service::is_started() }
}

/// Bytes of each thread's signal stack: room for the largest extended register frame.
const SIGNAL_STACK: usize = 64 * 1024;

thread_local! {
    /// Where its signal stack is; zero when it has none.
    static SIGNAL_STACK_AT: Cell<usize> = const { Cell::new(0) };
}

/// Gives the running thread a stack of its own for signal handlers, so that a fault with a
/// wild or exhausted stack pointer can still be handled.
///
/// # Errors
/// `NO_MEMORY`.
pub fn install_signal_stack() -> Result<(), NtStatus> {
    if SIGNAL_STACK_AT.get() != 0 {
        return Ok(());
    }
    let at = mem::map(Place::Anywhere, SIGNAL_STACK, Protection::READ_WRITE)?;
    let stack =
        libc::stack_t { ss_sp: at as *mut libc::c_void, ss_flags: 0, ss_size: SIGNAL_STACK };
    // SAFETY: the range was just mapped, is that long, and is released only by
    // `release_signal_stack` at the thread's end.
    if unsafe { libc::sigaltstack(&raw const stack, core::ptr::null_mut()) } == 0 {
        SIGNAL_STACK_AT.set(at);
        Ok(())
    } else {
        Err(NtStatus::NO_MEMORY)
    }
}

/// Where the running thread's signal stack is, if it has one.
pub(crate) fn signal_stack() -> Option<core::ops::Range<usize>> {
    let at = SIGNAL_STACK_AT.get();
    (at != 0).then_some(at..at + SIGNAL_STACK)
}

/// Takes the running thread's signal stack back, at its end.
pub fn release_signal_stack() {
    SIGNAL_STACK_AT.set(0);
    let off =
        libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    let mut old = off;
    // SAFETY: both structures live through the call; no handler of this thread is running.
    if unsafe { libc::sigaltstack(&raw const off, &raw mut old) } == 0
        && old.ss_flags & libc::SS_DISABLE == 0
    {
        let _ = mem::unmap(old.ss_sp as usize, old.ss_size);
    }
}

/// Lets another thread run, if there is one that waits for a processor.
pub fn yield_processor() {
    rustix::thread::sched_yield();
}

/// The number of the processor that the running thread is on.
#[must_use]
pub fn current_processor() -> u32 {
    // SAFETY: sched_getcpu has no preconditions; without it every thread is on the first.
    u32::try_from(unsafe { libc::sched_getcpu() }).unwrap_or(0)
}

/// How often the process touched a page that was not there.
#[must_use]
pub fn page_faults() -> u32 {
    faults_in(&usage_of(libc::RUSAGE_SELF))
}

/// [`process_time`] and [`page_faults`], by one call.
#[must_use]
pub fn time_and_page_faults() -> ([u64; 2], u32) {
    let usage = usage_of(libc::RUSAGE_SELF);
    (times_of(&usage), faults_in(&usage))
}

const fn faults_in(usage: &libc::rusage) -> u32 {
    (usage.ru_minflt + usage.ru_majflt) as u32
}

fn usage_of(who: libc::c_int) -> libc::rusage {
    // SAFETY: the structure is plain data, and the call fills it.
    unsafe {
        let mut usage: libc::rusage = core::mem::zeroed();
        libc::getrusage(who, &raw mut usage);
        usage
    }
}

/// Keeps every signal from the running thread, for threads of haft's own.
pub fn block_all_signals() {
    // SAFETY: the set is filled before it is used; the program's threads are not touched.
    unsafe {
        let mut all = core::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, core::ptr::null_mut());
    }
}

/// Sleeps for so many units of 100 ns.
pub fn sleep(units: u64) {
    std::thread::sleep(core::time::Duration::from_nanos(units.saturating_mul(100)));
}

/// Ends the running Linux thread at once, without unwinding; its Linux stack is glibc's to free.
pub fn exit_current() -> ! {
    // SAFETY: pthread_exit never returns; with panic=abort and no destructors on haft's frames
    // below, skipping them drops nothing.
    unsafe { libc::pthread_exit(core::ptr::null_mut()) }
}

/// The Linux process that started this one; zero when that one is outside this PID namespace.
#[must_use]
pub fn parent_process() -> u32 {
    rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get() as u32)
}

/// Makes this process one that no terminal's Ctrl-C reaches, and that keeps no directory busy.
pub fn leave_terminal() {
    // One that leads a group already has a terminal of its own, or none.
    let _ = rustix::process::setsid();
    let _ = rustix::process::chdir("/");
}

/// Ends the whole process with this exit status, at once.
pub fn exit_process(status: i32) -> ! {
    // SAFETY: _exit has no preconditions.
    unsafe { libc::_exit(status) }
}

/// How long a thread of this process has run, in 100 ns units: in its own code, and in Linux.
/// `None` for one that has ended. For the running thread it is exact, for others to the clock tick.
#[must_use]
pub fn processor_time(tid: Tid) -> Option<[u64; 2]> {
    if tid == current_tid() {
        return Some(time_used_by(libc::RUSAGE_THREAD));
    }
    times_in(&format!("/proc/self/task/{}/stat", tid.0))
}

fn times_in(path: &str) -> Option<[u64; 2]> {
    let stat = std::fs::read_to_string(path).ok()?;
    // The name, in parentheses, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let per_second = rustix::param::clock_ticks_per_second();
    let mut next = || Some(fields.next()?.parse::<u64>().ok()? * 10_000_000 / per_second);
    Some([next()?, next()?])
}

/// How long a process has run, in 100 ns units, to the clock tick: in its own code, and in Linux.
/// `None` for one that is gone.
#[must_use]
pub fn time_of_process(pid: u32) -> Option<[u64; 2]> {
    times_in(&format!("/proc/{pid}/stat"))
}

/// The nanoseconds of processor time that a thread of this process has used; `None` for one that
/// has ended.
#[must_use]
pub fn nanoseconds_of_thread(tid: Tid) -> Option<u64> {
    const PER_THREAD: i32 = 4;
    nanoseconds(tid.0, PER_THREAD)
}

/// The nanoseconds of processor time that a process has used; `None` for one that is gone.
#[must_use]
pub fn nanoseconds_of_process(pid: u32) -> Option<u64> {
    nanoseconds(pid, 0)
}

/// Reads the clock of a thread or a process, whose number Linux makes of its identifier.
fn nanoseconds(id: u32, whose: i32) -> Option<u64> {
    const SCHEDULED: i32 = 2;
    let clock = (!id.cast_signed() << 3) | whose | SCHEDULED;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills the structure, which is plain data; it refuses a clock of nobody.
    let read = unsafe { libc::clock_gettime(clock, &raw mut time) };
    (read == 0).then_some(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// How long this process has run, in 100 ns units: in its own code, and in Linux.
#[must_use]
pub fn process_time() -> [u64; 2] {
    time_used_by(libc::RUSAGE_SELF)
}

fn time_used_by(who: libc::c_int) -> [u64; 2] {
    times_of(&usage_of(who))
}

fn times_of(usage: &libc::rusage) -> [u64; 2] {
    let ticks = |t: libc::timeval| t.tv_sec as u64 * 10_000_000 + t.tv_usec as u64 * 10;
    [ticks(usage.ru_utime), ticks(usage.ru_stime)]
}

/// Whether this process may give a thread a higher priority than it has: by its privileges, or by
/// its limit on nice values.
#[must_use]
pub fn may_raise_priority() -> bool {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nice);
    rustix::process::geteuid().is_root() || limit.current.is_none_or(|n| n >= 40)
}

/// Sets the nice value of a thread.
pub fn set_nice(tid: Tid, nice: i32) {
    if let Some(id) = rustix::process::Pid::from_raw(tid.0 as i32) {
        // It fails for a thread that has ended and in a container without the privilege.
        let _ = rustix::process::setpriority_process(Some(id), nice);
    }
}

/// The first 64 processors that a thread may run on, a bit each; `None` for one that has ended.
#[must_use]
pub fn affinity(tid: u32) -> Option<u64> {
    let set = rustix::thread::sched_getaffinity(rustix::process::Pid::from_raw(tid as i32)).ok()?;
    Some((0..64).filter(|&n| set.is_set(n)).fold(0, |mask, n| mask | 1 << n))
}

/// Sets the processors that a thread may run on; whether Linux agreed.
#[must_use]
pub fn set_affinity(tid: u32, mask: u64) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    for n in (0..64).filter(|n| mask & 1 << n != 0) {
        set.set(n);
    }
    rustix::thread::sched_setaffinity(rustix::process::Pid::from_raw(tid as i32), &set).is_ok()
}

/// Names a thread where Linux shows threads; 15 bytes of it.
pub fn set_name(tid: Tid, name: &str) {
    let end = (0..=name.len().min(15)).rev().find(|&n| name.is_char_boundary(n)).unwrap_or(0);
    // Without /proc nobody looks either.
    let _ = std::fs::write(format!("/proc/self/task/{}/comm", tid.0), &name[..end]);
}
