//! What a process has used, as Linux tells anybody who may look.
#![allow(unsafe_code, reason = "signal 0 is sent through a pidfd, which rustix does not offer")]

use rustix::fd::{AsFd, AsRawFd};

/// What a process has used since it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Used {
    /// Time in its own code, in 100 ns units. Linux counts it in hundredths of a second.
    pub user: u64,
    /// Time in the system, in 100 ns units.
    pub kernel: u64,
    /// Page faults.
    pub page_faults: u64,
}

/// Calls that read and wrote, and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Transferred {
    /// Calls that read.
    pub reads: u64,
    /// Calls that wrote.
    pub writes: u64,
    /// Bytes that were read.
    pub bytes_read: u64,
    /// Bytes that were written.
    pub bytes_written: u64,
}

/// What a process has used; also of one that has ended, until its parent has asked for its end.
#[must_use]
pub fn of_process(pid: u32) -> Option<Used> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Bytes of private memory that a process may write to, whether it has touched them or not: what
/// it has committed. `None` where Linux does not tell; 0 for one that has ended.
#[must_use]
pub fn committed_by(pid: u32) -> Option<u64> {
    const PAGE: u64 = 4096;
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    text.split_whitespace().nth(5)?.parse::<u64>().ok().map(|pages| pages * PAGE)
}

/// The threads of a process.
#[must_use]
pub fn threads_of(pid: u32) -> Vec<u32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return vec![pid] };
    tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// What a process has read and written; `None` where Linux does not tell.
#[must_use]
pub fn transferred_by(pid: u32) -> Option<Transferred> {
    parse_io(&std::fs::read_to_string(format!("/proc/{pid}/io")).ok()?)
}

/// Whether Linux still knows a process, be it that it has ended: its identifier is nobody else's.
#[must_use]
pub fn is_known(pidfd: impl AsFd) -> bool {
    let fd = pidfd.as_fd().as_raw_fd();
    // SAFETY: the call reads no memory of this process; signal 0 is none, so Linux only looks
    // whether one could be sent.
    let sent = unsafe {
        let nothing = core::ptr::null::<libc::siginfo_t>();
        libc::syscall(libc::SYS_pidfd_send_signal, fd, 0, nothing, 0)
    };
    sent == 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

fn parse_stat(text: &str) -> Option<Used> {
    const TICK: u64 = 100_000;
    // The name may hold anything, so what follows the last parenthesis is counted.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Used {
        user: field(11)? * TICK,
        kernel: field(12)? * TICK,
        page_faults: field(7)? + field(9)?,
    })
}

fn parse_io(text: &str) -> Option<Transferred> {
    let get = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(": ")?.parse().ok()
    };
    Some(Transferred {
        reads: get("syscr")?,
        writes: get("syscw")?,
        bytes_read: get("rchar")?,
        bytes_written: get("wchar")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_parenthesis_is_no_trap() {
        let text = "7 (a) b (c) S 1 7 7 0 -1 4194560 10 0 20 0 30 40 0 0 20 0 1 0 5 6 7";
        let used = Used { user: 3_000_000, kernel: 4_000_000, page_faults: 30 };
        assert_eq!(parse_stat(text), Some(used));
        assert_eq!(parse_stat("7 (a) S 1"), None);
    }

    #[test]
    fn reads_and_writes_are_told_apart() {
        let text = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n";
        let io = Transferred { reads: 3, writes: 4, bytes_read: 1, bytes_written: 2 };
        assert_eq!(parse_io(text), Some(io));
    }

    #[test]
    fn a_process_is_known_until_its_end_is_asked_for() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pidfd = crate::spawn::open_process(haft_abi::Pid(child.id())).unwrap();
        assert!(is_known(&pidfd));
        child.wait().unwrap();
        assert!(!is_known(&pidfd));
    }
}
