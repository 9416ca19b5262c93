//! Children that have let go of everything and that nobody waits for any more: Linux still has to
//! be told to forget them, once it has taken their memory apart.
//!
//! Whoever creates processes asks for them in passing ([`sweep`]). If nobody does, a timer's signal
//! comes after a moment, whose handler asks: so that no zombie stays, and that no thread is needed.
#![allow(unsafe_code, reason = "a timer and its signal handler are raw calls")]

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicUsize, Ordering};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rustix::process::{WaitId, WaitIdOptions, waitid};
use rustix::time::Timespec;
use std::sync::OnceLock;

/// Descriptors of the children, -1 where there is none. Few: each is there for as long as Linux takes
/// for an address space.
static LEAVING: [AtomicI32; 8] = [const { AtomicI32::new(-1) }; 8];
/// Whether the timer's signal will come.
static ARMED: AtomicBool = AtomicBool::new(false);
/// Nanoseconds until it does.
static PAUSE: AtomicI64 = AtomicI64::new(FIRST_PAUSE);

const FIRST_PAUSE: i64 = 10_000_000;
/// A child that says that it ends and does not is asked about ever more rarely.
const LONGEST_PAUSE: i64 = 640_000_000;

/// The timer, and one; zero while there is none.
static TIMER: AtomicUsize = AtomicUsize::new(0);

/// The signal, one of those that Linux leaves to programs.
fn signal() -> libc::c_int {
    libc::SIGRTMIN() + 6
}

/// Takes over a child that is about to be gone.
///
/// # Errors
/// The child, where there are too many already or no timer can be had.
pub fn reap_later(child: OwnedFd) -> Result<(), OwnedFd> {
    if !has_timer() {
        return Err(child);
    }
    let child = child.into_raw_fd();
    for place in &LEAVING {
        if place.compare_exchange(-1, child, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            PAUSE.store(FIRST_PAUSE, Ordering::Relaxed);
            arm();
            return Ok(());
        }
    }
    // SAFETY: the descriptor was owned a moment ago, and nobody has it since.
    Err(unsafe { OwnedFd::from_raw_fd(child) })
}

/// Has Linux forget those that are gone by now; whether any are left. Signal handlers may call it.
pub fn sweep() -> bool {
    let mut left = false;
    for place in &LEAVING {
        if place.load(Ordering::Relaxed) == -1 {
            continue;
        }
        let child = place.swap(-1, Ordering::AcqRel);
        if child == -1 {
            continue;
        }
        // SAFETY: whoever takes a descriptor from its place owns it.
        let child = unsafe { OwnedFd::from_raw_fd(child) };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        if matches!(waitid(WaitId::PidFd(child.as_fd()), options), Ok(None)) {
            left = true;
            put_back(child);
        }
    }
    left
}

/// Puts a child back that is not gone yet.
fn put_back(child: OwnedFd) {
    let child = child.into_raw_fd();
    let free = |place: &&AtomicI32| {
        place.compare_exchange(-1, child, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    };
    if LEAVING.iter().find(free).is_some() {
        arm();
    } else {
        // Another one has its place: it stays a zombie until this process ends.
        // SAFETY: the descriptor was owned a moment ago, and nobody has it since.
        drop(unsafe { OwnedFd::from_raw_fd(child) });
    }
}

/// Waits until all of them are gone, but not for one that lives on.
pub fn settle() {
    const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
    for place in &LEAVING {
        let child = place.swap(-1, Ordering::AcqRel);
        if child == -1 {
            continue;
        }
        // SAFETY: whoever takes a descriptor from its place owns it.
        let child = unsafe { OwnedFd::from_raw_fd(child) };
        let _ = poll(&mut [PollFd::new(&child, PollFlags::IN)], Some(&PATIENCE));
        put_back(child);
    }
    sweep();
}

/// Ends those that are left and waits for them, when this process ends.
pub fn end() {
    use rustix::process::{Signal, pidfd_send_signal};
    for place in &LEAVING {
        let child = place.swap(-1, Ordering::AcqRel);
        if child == -1 {
            continue;
        }
        // SAFETY: whoever takes a descriptor from its place owns it, and it is open.
        let borrowed = unsafe { BorrowedFd::borrow_raw(child) };
        // What has let go of everything and goes on all the same has no more to do.
        let _ = pidfd_send_signal(borrowed, Signal::KILL);
        let _ = waitid(WaitId::PidFd(borrowed), WaitIdOptions::EXITED);
    }
}

/// Has the signal come after a moment, unless it will anyway.
fn arm() {
    if ARMED.swap(true, Ordering::AcqRel) {
        return;
    }
    let timer = TIMER.load(Ordering::Acquire);
    if timer == 0 {
        return;
    }
    let pause = PAUSE.load(Ordering::Relaxed);
    let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let when = libc::itimerspec {
        it_interval: zero,
        it_value: libc::timespec { tv_sec: 0, tv_nsec: pause },
    };
    // SAFETY: the timer was made by `has_timer` and is never deleted.
    unsafe {
        libc::timer_settime((timer - 1) as libc::timer_t, 0, &raw const when, core::ptr::null_mut())
    };
}

extern "C" fn on_signal(_signal: libc::c_int) {
    // SAFETY: errno's location is always valid.
    let errno = unsafe { *libc::__errno_location() };
    let pause = PAUSE.load(Ordering::Relaxed);
    PAUSE.store((pause * 2).min(LONGEST_PAUSE), Ordering::Relaxed);
    // Before it looks: who comes after it sets the timer anew.
    ARMED.store(false, Ordering::Release);
    sweep();
    // SAFETY: errno's location is always valid.
    unsafe { *libc::__errno_location() = errno };
}

/// Makes the timer, once; whether there is one.
fn has_timer() -> bool {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        // SAFETY: the handler makes system calls and touches atomics only; the structures are plain
        // data that the calls read or fill. With SA_RESTART calls of the thread go on.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            action.sa_flags = libc::SA_ONSTACK | libc::SA_RESTART;
            let mut event: libc::sigevent = core::mem::zeroed();
            event.sigev_notify = libc::SIGEV_SIGNAL;
            event.sigev_signo = signal();
            let mut timer: libc::timer_t = core::ptr::null_mut();
            if libc::sigaction(signal(), &raw const action, core::ptr::null_mut()) == 0
                && libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) == 0
            {
                TIMER.store(timer as usize + 1, Ordering::Release);
            }
        }
    });
    TIMER.load(Ordering::Acquire) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::time::{Duration, Instant};

    #[expect(clippy::zombie_processes, reason = "who waits for it is what is tested")]
    fn child() -> (u32, OwnedFd) {
        let child = Command::new("sleep").arg("0.03").spawn().unwrap();
        let pidfd = crate::spawn::open_process(haft_abi::Pid(child.id())).unwrap();
        (child.id(), pidfd)
    }

    fn is_there(pid: u32) -> bool {
        std::path::Path::new(&format!("/proc/{pid}")).exists()
    }

    #[test]
    fn no_zombie_stays_whether_anybody_asks_or_not() {
        let (alone, pidfd) = child();
        reap_later(pidfd).unwrap();
        let start = Instant::now();
        while is_there(alone) {
            assert!(start.elapsed() < Duration::from_secs(10), "nobody reaped it");
            std::thread::sleep(Duration::from_millis(5));
        }
        let (settled, pidfd) = child();
        reap_later(pidfd).unwrap();
        settle();
        assert!(!is_there(settled));
        // More than there is room for are given back.
        let children: Vec<_> = (0..LEAVING.len() + 1).map(|_| child()).collect();
        let given_back = children.into_iter().filter_map(|(_, fd)| reap_later(fd).err()).count();
        assert_eq!(given_back, 1);
        end();
    }
}
