//! What a process has from its parent beside descriptors and environment, and what may change
//! about that while the process runs: by itself or by somebody else.
#![allow(unsafe_code, reason = "most of it has no safe call")]

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};

/// All of it that can be asked for and may change. Namespaces, the root directory, the mask of new
/// files' modes, filters of system calls, what privileges can be regained and the signals that are
/// ignored are left out: nobody but the process itself can change them, and haft never does.
#[derive(Clone, PartialEq, Eq)]
pub struct Inherited {
    users: [u32; 6],
    groups: Vec<u32>,
    capabilities: [u32; 6],
    timer_slack: i64,
    session: [i32; 2],
    limits: [[u64; 2]; 16],
    schedule: [u64; 7],
    processors: Vec<u64>,
    io_priority: i64,
    mask: u64,
    cgroup: Vec<u8>,
    memory_score: Vec<u8>,
}

/// Files that tell what no call does; left out where there is no /proc.
pub struct Sources {
    cgroup: Option<OwnedFd>,
    memory_score: Option<OwnedFd>,
}

impl Sources {
    /// Opens them.
    #[must_use]
    pub fn open() -> Self {
        let open = |path: &str| {
            let fd =
                rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
            crate::spawn::above_standard(fd).ok()
        };
        Self { cgroup: open("/proc/self/cgroup"), memory_score: open("/proc/self/oom_score_adj") }
    }
}

fn read(file: Option<&OwnedFd>) -> Vec<u8> {
    let mut buffer = [0; 4096];
    match file.map(|file| rustix::io::pread(file, &mut buffer, 0)) {
        Some(Ok(got)) => buffer[..got].to_vec(),
        _ => Vec::new(),
    }
}

impl Inherited {
    /// As it is now; signals and scheduling are the calling thread's, as a child would have them.
    #[must_use]
    pub fn now(sources: &Sources) -> Self {
        let mut users = [0; 6];
        let mut groups = vec![0; 64];
        let mut capabilities = [0; 6];
        let header = [0x2008_0522_u32, 0];
        let mut limits = [[0u64; 2]; 16];
        let mut schedule = [0u64; 7];
        let mut processors = vec![0u64; 128];
        let mut mask = 0u64;
        // SAFETY: every call is given its own variable, of the size that it fills; none changes
        // anything about the process.
        unsafe {
            let [a, b, c, d, e, f] = &mut users;
            libc::getresuid(a, b, c);
            libc::getresgid(d, e, f);
            let count = libc::getgroups(groups.len() as i32, groups.as_mut_ptr());
            groups.truncate(usize::try_from(count).unwrap_or(0));
            libc::syscall(libc::SYS_capget, &raw const header, capabilities.as_mut_ptr());
            for (resource, limit) in limits.iter_mut().enumerate() {
                let none = core::ptr::null::<libc::rlimit64>();
                libc::syscall(libc::SYS_prlimit64, 0, resource, none, limit.as_mut_ptr());
            }
            let size = size_of_val(&schedule);
            libc::syscall(libc::SYS_sched_getattr, 0, schedule.as_mut_ptr(), size, 0);
            let bytes = processors.len() * 8;
            let got = libc::syscall(libc::SYS_sched_getaffinity, 0, bytes, processors.as_mut_ptr());
            processors.truncate(usize::try_from(got).unwrap_or(0) / 8);
            let none = core::ptr::null::<u64>();
            libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, none, &raw mut mask, 8);
        }
        Self {
            users,
            groups,
            capabilities,
            // SAFETY: the option answers with a number and changes nothing.
            timer_slack: i64::from(unsafe { libc::prctl(libc::PR_GET_TIMERSLACK, 0, 0, 0, 0) }),
            // SAFETY: both only answer.
            session: unsafe { [libc::getpgrp(), libc::getsid(0)] },
            limits,
            schedule,
            processors,
            // SAFETY: it only answers: for the calling thread.
            io_priority: unsafe { libc::syscall(libc::SYS_ioprio_get, 1, 0) },
            mask,
            cgroup: read(sources.cgroup.as_ref()),
            memory_score: read(sources.memory_score.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_the_same_until_something_changes() {
        let sources = Sources::open();
        let before = Inherited::now(&sources);
        assert!(before == Inherited::now(&sources));
        let nice = rustix::process::getpriority_process(None).unwrap();
        if nice < 19 {
            rustix::process::setpriority_process(None, nice + 1).unwrap();
            assert!(before != Inherited::now(&sources));
        }
    }
}
