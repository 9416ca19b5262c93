//! Starting a Linux process, and passing descriptors to it.
//!
//! A new process begins with a copy of each descriptor of this one's, and lets go of them before it
//! executes anything. What is closed here meanwhile is still open there: a file still denies to others
//! what it denied, a pipe has not ended. Who closes such a thing waits that moment ([`settle`]).
#![allow(unsafe_code, reason = "posix_spawn takes raw argument vectors")]

use crate::console_signal::Held;
use crate::standard;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use haft_abi::{NtStatus, Pid};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::process::{Pid as LinuxPid, PidfdFlags};
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::sync::{PoisonError, RwLock};

/// How the new process's descriptors 0, 1, 2 and the wire are to be set up.
pub struct Descriptors<'a> {
    /// Standard input, output and error; `None` gives a descriptor that cannot be used
    /// ([`standard::NOTHING`]).
    pub standard: [Option<BorrowedFd<'a>>; 3],
    /// The socket over which the parent says what to run; it is descriptor 3 in the child.
    pub wire: BorrowedFd<'a>,
}

/// The descriptor at which a child finds its wire.
pub const CHILD_WIRE: i32 = 3;

/// How many threads are in [`spawn`], each of which reads the lock there.
static UNDER_WAY: AtomicU32 = AtomicU32::new(0);
static STARTING: RwLock<()> = RwLock::new(());

/// Waits until no process that is being started has what this one closed before.
pub fn settle() {
    // A process whose start is not seen here is started after the close.
    if UNDER_WAY.load(Ordering::SeqCst) > 0 {
        drop(STARTING.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Starts `program` (a descriptor path or file) with `args` and this process's Linux
/// environment. It has no other descriptors, and the signals of a console wait until it says what is
/// to be done about them.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the system has no process to give, `OBJECT_NAME_NOT_FOUND`
/// when the program is not there.
pub fn spawn(program: &CString, args: &[CString], fds: &Descriptors<'_>) -> Result<Pid, NtStatus> {
    let mut argv: Vec<*mut libc::c_char> = args.iter().map(|a| a.as_ptr().cast_mut()).collect();
    argv.push(core::ptr::null_mut());
    let mut pid = 0;
    // SAFETY: the file actions and attributes are initialised before use and destroyed after;
    // every pointer outlives the call; `environ` is not changed while haft runs.
    let r = unsafe {
        let mut actions = MaybeUninit::<libc::posix_spawn_file_actions_t>::uninit();
        libc::posix_spawn_file_actions_init(actions.as_mut_ptr());
        let actions = actions.assume_init_mut();
        // The sources are moved out of the way of 0..=3 by the caller (`above_standard`), so no
        // dup2 here overwrites one that is still needed; dup2 clears close-on-exec.
        for (n, fd) in (0..).zip(fds.standard) {
            match fd {
                Some(fd) => {
                    libc::posix_spawn_file_actions_adddup2(actions, fd.as_raw_fd(), n);
                }
                None => {
                    libc::posix_spawn_file_actions_addopen(
                        actions,
                        n,
                        standard::NOTHING.as_ptr(),
                        libc::O_PATH,
                        0,
                    );
                }
            }
        }
        libc::posix_spawn_file_actions_adddup2(actions, fds.wire.as_raw_fd(), CHILD_WIRE);
        // Linux lets this process go on before close-on-exec has its effect; until then what this
        // process closes, such as the socket that has a name, would stay open in the child.
        libc::posix_spawn_file_actions_addclosefrom_np(actions, CHILD_WIRE + 1);
        let mut attributes = MaybeUninit::<libc::posix_spawnattr_t>::uninit();
        libc::posix_spawnattr_init(attributes.as_mut_ptr());
        let attributes = attributes.assume_init_mut();
        let mut mask = MaybeUninit::<libc::sigset_t>::zeroed().assume_init();
        libc::pthread_sigmask(libc::SIG_BLOCK, core::ptr::null(), &raw mut mask);
        Held::ALL.add_to(&mut mask);
        libc::posix_spawnattr_setsigmask(attributes, &raw const mask);
        libc::posix_spawnattr_setflags(attributes, libc::POSIX_SPAWN_SETSIGMASK as libc::c_short);
        UNDER_WAY.fetch_add(1, Ordering::SeqCst);
        let starting = STARTING.read().unwrap_or_else(PoisonError::into_inner);
        let r = libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            actions,
            attributes,
            argv.as_ptr(),
            libc::environ,
        );
        drop(starting);
        UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
        libc::posix_spawnattr_destroy(attributes);
        libc::posix_spawn_file_actions_destroy(actions);
        r
    };
    match r {
        0 => Ok(Pid(pid as u32)),
        libc::ENOENT => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        _ => Err(NtStatus::INSUFFICIENT_RESOURCES),
    }
}

/// A duplicate of `fd` at 10 or above, close-on-exec.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`.
pub fn above_standard(fd: impl AsFd) -> Result<OwnedFd, NtStatus> {
    rustix::io::fcntl_dupfd_cloexec(fd, 10).map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)
}

/// A descriptor of a process: readable once it has ended.
///
/// # Errors
/// `INVALID_CID` when there is no such process.
pub fn open_process(pid: Pid) -> Result<OwnedFd, NtStatus> {
    let pid = LinuxPid::from_raw(pid.0 as i32).ok_or(NtStatus::INVALID_CID)?;
    rustix::process::pidfd_open(pid, PidfdFlags::empty()).map_err(|_| NtStatus::INVALID_CID)
}

/// Takes the wire that [`spawn`] left at [`CHILD_WIRE`], once; `None` where there is no socket.
#[must_use]
pub fn take_wire() -> Option<OwnedFd> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::AcqRel) {
        return None;
    }
    // SAFETY: the descriptor is only looked at; whether it is open is what fstat tells.
    let fd = unsafe { BorrowedFd::borrow_raw(CHILD_WIRE) };
    let kind = rustix::fs::fstat(fd).ok().map(|s| rustix::fs::FileType::from_raw_mode(s.st_mode));
    if kind != Some(rustix::fs::FileType::Socket) {
        return None;
    }
    rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC).ok()?;
    // SAFETY: the descriptor is open, haft's start left it to this function, and the flag above
    // makes sure that it is taken once.
    Some(unsafe { OwnedFd::from_raw_fd(CHILD_WIRE) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose last writer was closed is at its end.
    #[test]
    fn what_was_closed_is_closed_while_processes_are_started() {
        let (_wire, there) = crate::wire::pair().unwrap();
        let there = above_standard(there).unwrap();
        let done = AtomicBool::new(false);
        let late = std::thread::scope(|scope| {
            let pipes = scope.spawn(|| {
                let mut late = 0;
                while !done.load(Ordering::Relaxed) {
                    let (from, to) = rustix::pipe::pipe().unwrap();
                    rustix::fs::fcntl_setfl(&from, rustix::fs::OFlags::NONBLOCK).unwrap();
                    drop(to);
                    settle();
                    late += u32::from(rustix::io::read(&from, &mut [0; 1]).is_err());
                }
                late
            });
            for _ in 0..200 {
                let fds = Descriptors { standard: [None; 3], wire: there.as_fd() };
                let child = spawn(&c"/bin/true".into(), &[c"true".into()], &fds).unwrap();
                let child = LinuxPid::from_raw(child.0 as i32);
                rustix::process::waitpid(child, rustix::process::WaitOptions::empty()).unwrap();
            }
            done.store(true, Ordering::Relaxed);
            pipes.join().unwrap()
        });
        assert_eq!(late, 0);
    }
}
