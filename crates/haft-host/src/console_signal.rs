//! The signals by which a terminal and its users end programs.
#![allow(unsafe_code, reason = "signal handlers and raised signals are libc's")]

use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use haft_abi::NtStatus;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{BorrowedFd, OwnedFd};
use std::sync::OnceLock;

/// A signal of a terminal or its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleSignal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGQUIT: Ctrl-\, which is Ctrl-Break on a PC's keyboard.
    Quit,
    /// SIGHUP: the terminal is gone.
    HangUp,
    /// SIGTERM: somebody wants the program to end.
    Terminate,
}

impl ConsoleSignal {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Interrupt, Self::Quit, Self::HangUp, Self::Terminate];

    const fn number(self) -> libc::c_int {
        match self {
            Self::Interrupt => libc::SIGINT,
            Self::Quit => libc::SIGQUIT,
            Self::HangUp => libc::SIGHUP,
            Self::Terminate => libc::SIGTERM,
        }
    }

    fn from_number(number: libc::c_int) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.number() == number)
    }
}

/// What is done about a signal that nobody watches for. Called in a signal handler.
pub type Unwatched = fn(ConsoleSignal);

static UNWATCHED: AtomicUsize = AtomicUsize::new(0);

/// Where watched signals are written: a bit each, by their place in [`ConsoleSignal::ALL`].
static WATCH: OnceLock<OwnedFd> = OnceLock::new();
static PENDING: AtomicUsize = AtomicUsize::new(0);

/// The last signal that came, zero for none.
static LAST: AtomicI32 = AtomicI32::new(0);

/// Installs the handlers. A signal that the process was started to ignore stays ignored.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses a handler.
pub fn install(unwatched: Unwatched) -> Result<(), NtStatus> {
    UNWATCHED.store(unwatched as *const () as usize, Ordering::Release);
    for signal in ConsoleSignal::ALL {
        // SAFETY: the handler does only what a signal handler may; the structures live through
        // the calls.
        unsafe {
            let mut old: libc::sigaction = core::mem::zeroed();
            libc::sigaction(signal.number(), core::ptr::null(), &raw mut old);
            if old.sa_sigaction == libc::SIG_IGN {
                continue;
            }
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
            if libc::sigaction(signal.number(), &raw const action, core::ptr::null_mut()) != 0 {
                return Err(NtStatus::UNSUCCESSFUL);
            }
        }
    }
    Ok(())
}

extern "C" fn on_signal(number: libc::c_int) {
    let Some(signal) = ConsoleSignal::from_number(number) else { return };
    LAST.store(number, Ordering::Relaxed);
    if let Some(watch) = WATCH.get() {
        PENDING.fetch_or(1 << signal as usize, Ordering::AcqRel);
        // A full counter wakes the watcher too.
        let _ = rustix::io::write(watch, &1u64.to_ne_bytes());
        return;
    }
    let unwatched = UNWATCHED.load(Ordering::Acquire);
    if unwatched != 0 {
        // SAFETY: only `install` stores here, and it stores such a function.
        let unwatched = unsafe { core::mem::transmute::<usize, Unwatched>(unwatched) };
        unwatched(signal);
    }
}

/// From now on signals are left to a watcher: a descriptor that is readable when one came.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`.
pub fn watch() -> Result<BorrowedFd<'static>, NtStatus> {
    use rustix::fd::AsFd;
    if WATCH.get().is_none() {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        let fd = crate::spawn::above_standard(fd)?;
        let _ = WATCH.set(fd);
    }
    WATCH.get().map(AsFd::as_fd).ok_or(NtStatus::TOO_MANY_OPENED_FILES)
}

/// The watched signals that came since this was last asked.
#[must_use]
pub fn take() -> Vec<ConsoleSignal> {
    if let Some(watch) = WATCH.get() {
        // Nothing to read means that another call took it.
        let _ = rustix::io::read(watch, &mut [0u8; 8]);
    }
    let bits = PENDING.swap(0, Ordering::AcqRel);
    ConsoleSignal::ALL.into_iter().filter(|&signal| bits & 1 << signal as usize != 0).collect()
}

/// Ends the process by the last signal that came, SIGINT for none, so that whoever waits for it
/// on Linux sees why it ended.
pub fn die() -> ! {
    let number = match LAST.load(Ordering::Relaxed) {
        0 => libc::SIGINT,
        number => number,
    };
    // SAFETY: plain calls on a signal number and a set that is initialised before its use.
    unsafe {
        // A core of the emulated program is not what Ctrl-\ on it asks for.
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::signal(number, libc::SIG_DFL);
        let mut set: libc::sigset_t = core::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, number);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, core::ptr::null_mut());
        libc::kill(libc::getpid(), number);
        libc::_exit(128 + number)
    }
}

/// Sends a signal to a process, or to every process of the caller's group.
///
/// # Errors
/// `INVALID_PARAMETER` when there is none that may be sent one.
pub fn send(signal: ConsoleSignal, process: Option<u32>) -> Result<(), NtStatus> {
    let target = process.map_or(0, |process| process as libc::pid_t);
    // SAFETY: kill has no memory to misuse.
    let sent = unsafe {
        // A process that leads a group is sent it with all its group.
        (target != 0 && libc::kill(-target, signal.number()) == 0)
            || libc::kill(target, signal.number()) == 0
    };
    if sent { Ok(()) } else { Err(NtStatus::INVALID_PARAMETER) }
}
