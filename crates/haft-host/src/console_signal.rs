//! The signals by which a terminal and its users end programs.
#![allow(unsafe_code, reason = "signal handlers and raised signals are libc's")]

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use haft_abi::NtStatus;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{BorrowedFd, OwnedFd};
use std::mem::MaybeUninit;
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

    const fn bit(self) -> u8 {
        1 << self as usize
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

/// The console process group that this process is of.
static GROUP: AtomicU32 = AtomicU32::new(0);

/// The upper half of the value that a signal to one console process group carries; the lower half
/// is the group.
const TO_GROUP: u64 = 0x6861_6674 << 32;

/// Signals that wait until somebody hears of them, as a set of [`ConsoleSignal`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held(pub u8);

impl Held {
    /// All of them: those of a process that does not know yet what it is to be, which would end it.
    pub const ALL: Self = Self(0b1111);

    /// Those that the running thread holds.
    #[must_use]
    pub fn now() -> Self {
        let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: without a new mask the call only fills the set, which is plain data.
        let mask = unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, core::ptr::null(), mask.as_mut_ptr());
            mask.assume_init()
        };
        // SAFETY: the set is initialised.
        let is_held = |signal: &ConsoleSignal| unsafe {
            libc::sigismember(&raw const mask, signal.number()) == 1
        };
        Self(ConsoleSignal::ALL.into_iter().filter(is_held).fold(0, |set, s| set | s.bit()))
    }

    /// Adds these to a mask.
    pub(crate) fn add_to(self, mask: &mut libc::sigset_t) {
        for signal in self.signals() {
            // SAFETY: the set is initialised, and the number one of Linux's.
            unsafe { libc::sigaddset(mask, signal.number()) };
        }
    }

    /// Has the running thread hold these and none of the others; what came meanwhile comes now.
    pub fn set(self) {
        let mut released = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the set is filled before it is used; the call changes this thread's mask alone.
        unsafe {
            libc::sigemptyset(released.as_mut_ptr());
            Self(!self.0 & Self::ALL.0).add_to(released.assume_init_mut());
            libc::pthread_sigmask(libc::SIG_UNBLOCK, released.as_ptr(), core::ptr::null_mut());
        }
    }

    fn signals(self) -> impl Iterator<Item = ConsoleSignal> {
        ConsoleSignal::ALL.into_iter().filter(move |signal| self.0 & signal.bit() != 0)
    }
}

/// Installs the handlers, and hears of all signals but `held` from now on. A signal that the process
/// was started to ignore stays ignored, and one that is for another console process group than `group`
/// does nothing.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses a handler.
pub fn install(group: u32, held: Held, unwatched: Unwatched) -> Result<(), NtStatus> {
    GROUP.store(group, Ordering::Relaxed);
    UNWATCHED.store(unwatched as *const () as usize, Ordering::Release);
    listen()?;
    held.set();
    Ok(())
}

/// Whether a signal that came is for the console process group that the running process leads.
pub(crate) fn is_for_own_group(info: &libc::siginfo_t) -> bool {
    // SAFETY: a siginfo_t of a queued signal has a value.
    info.si_code == libc::SI_QUEUE
        && unsafe { info.si_value() }.sival_ptr as u64 == TO_GROUP | u64::from(std::process::id())
}

/// Sends the running process a signal to the group that it leads once more.
pub(crate) fn repeat(number: libc::c_int) {
    if let Some(signal) = ConsoleSignal::from_number(number) {
        let _ = queue(signal, std::process::id(), std::process::id());
    }
}

/// Installs the handlers alone, once for a process and those that are forked from it. Until
/// [`install`] says what is to be done, a signal ends the process as if there were none.
///
/// # Errors
/// As for [`install`].
pub fn listen() -> Result<(), NtStatus> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if LISTENING.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
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
            action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_SIGINFO;
            crate::border::hold_requests(&mut action);
            if libc::sigaction(signal.number(), &raw const action, core::ptr::null_mut()) != 0 {
                return Err(NtStatus::UNSUCCESSFUL);
            }
        }
    }
    Ok(())
}

extern "C" fn on_signal(number: libc::c_int, info: *const libc::siginfo_t, _context: *const ()) {
    let Some(signal) = ConsoleSignal::from_number(number) else { return };
    // SAFETY: the kernel gives a handler installed with SA_SIGINFO a whole siginfo_t, which has a
    // value where its code says that the signal was queued.
    let value = unsafe {
        if (*info).si_code == libc::SI_QUEUE { (*info).si_value().sival_ptr as u64 } else { 0 }
    };
    let group = GROUP.load(Ordering::Relaxed);
    if value & !0xFFFF_FFFF == TO_GROUP && value != TO_GROUP | u64::from(group) {
        return;
    }
    LAST.store(number, Ordering::Relaxed);
    if let Some(watch) = WATCH.get() {
        PENDING.fetch_or(usize::from(signal.bit()), Ordering::AcqRel);
        // A full counter wakes the watcher too.
        let _ = rustix::io::write(watch, &1u64.to_ne_bytes());
        return;
    }
    let unwatched = UNWATCHED.load(Ordering::Acquire);
    if unwatched == 0 {
        die()
    }
    // SAFETY: only `install` stores here, and it stores such a function.
    let unwatched = unsafe { core::mem::transmute::<usize, Unwatched>(unwatched) };
    unwatched(signal);
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
    ConsoleSignal::ALL.into_iter().filter(|&signal| bits & usize::from(signal.bit()) != 0).collect()
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

/// Sends a signal to every process of the caller's Linux process group.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses.
pub fn send_to_all(signal: ConsoleSignal) -> Result<(), NtStatus> {
    // SAFETY: kill has no memory to misuse.
    let sent = unsafe { libc::kill(0, signal.number()) };
    if sent == 0 { Ok(()) } else { Err(NtStatus::UNSUCCESSFUL) }
}

/// Sends a signal to the processes of a console process group: its leader, and each process of
/// haft's on this console that `is_member`. Where there is no /proc to find them only the leader is
/// sent it.
///
/// # Errors
/// `INVALID_PARAMETER` when the group's leader is gone.
pub fn send_to_group(
    signal: ConsoleSignal,
    group: u32,
    is_member: impl Fn(u32) -> bool,
) -> Result<(), NtStatus> {
    queue(signal, group, group).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let others = listeners(signal).filter(|&process| process != group);
    for process in others.filter(|&process| is_member(process)) {
        // It may have ended since, or be another user's.
        let _ = queue(signal, process, group);
    }
    Ok(())
}

fn queue(signal: ConsoleSignal, process: u32, group: u32) -> Result<(), std::io::Error> {
    let value = libc::sigval { sival_ptr: (TO_GROUP | u64::from(group)) as *mut libc::c_void };
    // SAFETY: sigqueue has no memory to misuse.
    match unsafe { libc::sigqueue(process as libc::pid_t, signal.number(), value) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// The Linux session that a process is of, zero for the caller: its leader, or zero where that is
/// outside of the pid namespace, as a container's first shell often is.
fn linux_session(process: u32) -> Option<i32> {
    // SAFETY: getsid has no memory to misuse.
    let leader = unsafe { libc::getsid(process as libc::pid_t) };
    (leader >= 0).then_some(leader)
}

/// The processes that run this very binary in this Linux session and have a handler for the
/// signal: to one without, which is still starting, it would be the end.
fn listeners(signal: ConsoleSignal) -> impl Iterator<Item = u32> {
    use std::os::unix::fs::MetadataExt;
    let binary = |process: &str| {
        std::fs::metadata(format!("/proc/{process}/exe")).map(|m| (m.dev(), m.ino())).ok()
    };
    let own = binary("self");
    let session = linux_session(0);
    let caught = move |process: &str| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        (mask & 1 << (signal.number() - 1) != 0).then_some(())
    };
    let names = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    names.filter_map(move |entry| {
        let name = entry.file_name().into_string().ok()?;
        let process = name.parse::<u32>().ok()?;
        let same = own.is_some() && binary(&name) == own;
        let near = same && session.is_some() && linux_session(process) == session;
        if near { caught(&name).map(|()| process) } else { None }
    })
}
