//! Forking a process that has one thread: what the zygote does.
#![allow(unsafe_code, reason = "a raw clone, and what the C library does around its own")]

use crate::console_signal::{self, Held};
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::{NtStatus, Pid};
use std::mem::MaybeUninit;

/// Which of the two a fork comes back in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    /// The process that asked; the new one's identifier.
    Asked(Pid),
    /// The new process.
    New,
}

/// Where Linux keeps this thread's identifier for the C library; zero when that is not known.
static IDENTIFIER_AT: AtomicUsize = AtomicUsize::new(0);
/// The head of the C library's list of robust locks, and its length.
static ROBUST_LIST: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Looks for what [`sibling`] needs, once. A system where it is not found has no zygote.
///
/// # Errors
/// `NOT_SUPPORTED`.
pub fn prepare() -> Result<(), NtStatus> {
    const PR_GET_TID_ADDRESS: libc::c_int = 40;
    let mut at = 0usize;
    // SAFETY: the call stores an address into the variable, whose address it is given.
    let r = unsafe { libc::prctl(PR_GET_TID_ADDRESS, &raw mut at) };
    if r != 0 || at == 0 || !at.is_multiple_of(4) {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    IDENTIFIER_AT.store(at, Ordering::Relaxed);
    let (mut head, mut length) = (0usize, 0usize);
    // SAFETY: the call stores into two words, whose addresses it is given.
    let r = unsafe { libc::syscall(libc::SYS_get_robust_list, 0, &raw mut head, &raw mut length) };
    if r == 0 {
        ROBUST_LIST[0].store(head, Ordering::Relaxed);
        ROBUST_LIST[1].store(length, Ordering::Relaxed);
    }
    Ok(())
}

/// Forks the calling process, which has no other thread. The new process is a child of the calling
/// one's parent, and tells that one of its end as the calling one will.
///
/// # Errors
/// `NOT_SUPPORTED` before [`prepare`], `INSUFFICIENT_RESOURCES` when the system has no process to
/// give.
pub fn sibling() -> Result<Forked, NtStatus> {
    let at = IDENTIFIER_AT.load(Ordering::Relaxed);
    if at == 0 {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let flags = libc::CLONE_PARENT | libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID;
    // SAFETY: without CLONE_VM the new process has memory of its own and goes on here as the only
    // thread there is. The identifier's place is the C library's, which has Linux store there at
    // its own forks too.
    let pid = unsafe { libc::syscall(libc::SYS_clone, i64::from(flags), 0, 0, at, 0) };
    match pid {
        0 => {
            keep_robust_list();
            Ok(Forked::New)
        }
        pid if pid > 0 => Ok(Forked::Asked(Pid(pid as u32))),
        _ => Err(NtStatus::INSUFFICIENT_RESOURCES),
    }
}

/// Linux forgets the list of robust locks at a fork; the C library's is where it was.
fn keep_robust_list() {
    let [head, length] =
        [&ROBUST_LIST[0], &ROBUST_LIST[1]].map(|word| word.load(Ordering::Relaxed));
    if head != 0 {
        // SAFETY: the head was this thread's before the fork, at the same address.
        unsafe { libc::syscall(libc::SYS_set_robust_list, head, length) };
    }
}

/// Puts the calling process, and those that it forks, into a process group of its own, where what is
/// sent to the creator's does not come. Whether it could: not where the creator's group has no number,
/// as its leader is outside of the pid namespace, and [`join_group`] would not find back.
#[must_use]
pub fn leave_group() -> bool {
    // SAFETY: neither has memory to misuse.
    unsafe { libc::getpgrp() != 0 && libc::setpgid(0, 0) == 0 }
}

/// Takes a child that was forked, and has executed nothing, into the calling process's group: what is
/// sent to the group from now on waits for it, whether it is awake or not.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when Linux refuses, as for a child that has ended.
pub fn join_group(child: Pid) -> Result<(), NtStatus> {
    // SAFETY: neither has memory to misuse.
    let r = unsafe {
        match libc::getpgrp() {
            // It has not left.
            0 => 0,
            group => libc::setpgid(child.0 as libc::pid_t, group),
        }
    };
    if r == 0 { Ok(()) } else { Err(NtStatus::INSUFFICIENT_RESOURCES) }
}

/// The signals that a process does not hear of for a while.
pub struct Quiet {
    before: libc::sigset_t,
}

impl Quiet {
    /// Has every signal wait that can.
    #[must_use]
    pub fn begin() -> Self {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: both sets are filled by the calls before they are used.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            Self { before: before.assume_init() }
        }
    }

    /// Hears of the signals that came meanwhile, and of new ones; those of a console wait, as in a
    /// process that was executed, until [`console_signal::install`].
    pub fn end(mut self) {
        self.set();
    }

    /// Forgets the signals that came meanwhile, which were for whoever this process was then, and
    /// hears of new ones, as [`Quiet::end`]. What was sent to the group that this process leads is for what it
    /// is now.
    pub fn forget(mut self) {
        let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let mut own = Vec::new();
        // SAFETY: the set is filled before it is used, and what comes fills the other structure.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            loop {
                let number = libc::sigtimedwait(all.as_ptr(), info.as_mut_ptr(), &raw const none);
                if number <= 0 {
                    break;
                }
                if console_signal::is_for_own_group(info.assume_init_ref()) {
                    own.push(number);
                }
            }
        }
        self.set();
        own.into_iter().for_each(console_signal::repeat);
    }

    fn set(&mut self) {
        Held::ALL.add_to(&mut self.before);
        // SAFETY: the mask is the one that was found, with some signals more.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, core::ptr::null_mut());
        }
    }
}

/// Gives the running process the name that `ps` and `top` show.
pub fn set_name(name: &std::ffi::CStr) {
    let _ = rustix::thread::set_name(name);
}
