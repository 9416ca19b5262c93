//! What `/proc` tells of other processes. Where there is no `/proc`, it tells nothing.

use haft_abi::{NtStatus, Pid, Tid};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::time::Timespec;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// The exit code of a process that Linux ended with this signal: what `TerminateProcess` by an
/// administrator would show is up to them; haft says 128 and the signal, as shells do.
#[must_use]
pub const fn killed_by(signal: i32) -> u32 {
    128 + signal as u32
}

/// Whether the process of a pidfd has ended.
#[must_use]
pub fn has_ended(pidfd: impl AsFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
    poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
}

/// What Linux says of a process behind its name, the letter of its state first.
fn stat(pid: Pid) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.0)).ok()?;
    // The name, in parentheses, may hold anything.
    Some(stat.rsplit_once(')')?.1.to_owned())
}

fn fields_behind_name(pid: Pid) -> Option<Vec<u64>> {
    let stat = stat(pid)?;
    // The first one is a letter; some may be negative, which nobody asks for.
    Some(stat.split_ascii_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

/// How a process that has ended, and that its parent has not waited for, ended: 128 and the signal
/// that ended it, or the eight bits of its exit status that Linux keeps. `None` for any other.
#[must_use]
pub fn status_of_ended(pid: Pid) -> Option<u32> {
    const EXIT_CODE: usize = 49;
    let status = *fields_behind_name(pid)?.get(EXIT_CODE)? as u32;
    match status & 0x7F {
        0 => Some(status >> 8 & 0xFF),
        signal => Some(killed_by(signal.cast_signed())),
    }
}

/// The identifier of the process that is a process's parent for Linux: 0 for one that is just being
/// reaped, and where that is in no namespace of the caller's.
#[must_use]
pub fn parent_of(pid: Pid) -> Option<Pid> {
    fields_behind_name(pid)?.get(1).map(|&parent| Pid(parent as u32))
}

/// Who a process is to Linux.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The user in effect.
    pub user: u32,
    /// The group in effect.
    pub group: u32,
    /// The other groups.
    pub groups: Vec<u32>,
    /// The capabilities in effect.
    pub capabilities: u64,
}

/// Who a process is to Linux, by proc(5); `None` for one that is not there.
#[must_use]
pub fn identity(pid: Pid) -> Option<Identity> {
    parse_identity(&fs::read_to_string(format!("/proc/{}/status", pid.0)).ok()?)
}

fn parse_identity(status: &str) -> Option<Identity> {
    let words = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().collect::<Vec<_>>())
    };
    // Real, effective, saved, of the file system.
    let effective = |name| words(name)?.get(1)?.parse().ok();
    Some(Identity {
        user: effective("Uid:")?,
        group: effective("Gid:")?,
        groups: words("Groups:")?.iter().filter_map(|word| word.parse().ok()).collect(),
        capabilities: u64::from_str_radix(words("CapEff:")?.first()?, 16).ok()?,
    })
}

/// The process that a thread belongs to.
#[must_use]
pub fn of_thread(tid: Tid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{}/status", tid.0)).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    line.trim().parse().ok().map(Pid)
}

/// Whether the file system that tells all this is there.
#[must_use]
pub fn is_told() -> bool {
    fs::exists("/proc/self/stat").unwrap_or(false)
}

/// The memory files of this name that a process has open, opened once more to be read and
/// written. None for a process that this user may not look at.
pub fn memory_files(pid: Pid, name: &str) -> impl Iterator<Item = OwnedFd> {
    let wanted = format!("/memfd:{name} (deleted)").into_bytes();
    let entries = fs::read_dir(format!("/proc/{}/fd", pid.0)).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let target = fs::read_link(entry.path()).ok()?;
        if target.as_os_str().as_bytes() != wanted {
            return None;
        }
        fs::OpenOptions::new().read(true).write(true).open(entry.path()).ok().map(OwnedFd::from)
    })
}

/// Takes a duplicate of a descriptor of another process, closed on exec.
///
/// # Errors
/// `INVALID_HANDLE` when it has no such descriptor; `ACCESS_DENIED` where Linux, or what it runs
/// in, does not let this user; `TOO_MANY_OPENED_FILES`.
pub fn take_descriptor(pidfd: impl AsFd, descriptor: i32) -> Result<OwnedFd, NtStatus> {
    use rustix::io::Errno;
    use rustix::process::{PidfdGetfdFlags, pidfd_getfd};
    pidfd_getfd(pidfd, descriptor, PidfdGetfdFlags::empty()).map_err(|error| match error {
        Errno::BADF => NtStatus::INVALID_HANDLE,
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        _ => NtStatus::ACCESS_DENIED,
    })
}

/// The path that a descriptor of a process is open under, where Linux tells.
#[must_use]
pub fn path_of_descriptor(pid: Pid, descriptor: i32) -> Vec<u8> {
    let link = fs::read_link(format!("/proc/{}/fd/{descriptor}", pid.0));
    link.map(|path| path.into_os_string().into_encoded_bytes()).unwrap_or_default()
}

/// How many page faults a process had; 0 for one that has ended.
#[must_use]
pub fn page_faults(pid: Pid) -> u32 {
    // Those that needed no disk, and those that did; between them those of its children.
    const FAULTS: [usize; 2] = [7, 9];
    let fields = fields_behind_name(pid).unwrap_or_default();
    FAULTS.iter().filter_map(|&at| fields.get(at)).sum::<u64>() as u32
}

/// What a process is called that other processes are to know the end of: its identifier, and when it
/// started, as another one gets the identifier later. 0 for one that is not there.
#[must_use]
pub fn name_of(pid: Pid) -> u64 {
    const STARTED: usize = 19;
    let stat = stat(pid).unwrap_or_default();
    let fields: Vec<&str> = stat.split_ascii_whitespace().collect();
    match (fields.first(), fields.get(STARTED).and_then(|field| field.parse::<u64>().ok())) {
        // Nothing is left of it but its parent's knowledge.
        (Some(&("Z" | "X")), _) | (_, None) => 0,
        (_, Some(started)) => u64::from(pid.0) | started << 32,
    }
}

/// Whether a process has ended, by its [`name_of`]; nobody has who has no name.
#[must_use]
pub fn has_named_ended(name: u64) -> bool {
    name != 0 && name_of(Pid(name as u32)) != name
}

/// Lets a process look into this one, and take descriptors of it, where Linux lets only parents
/// (Yama).
pub fn trust(pid: Pid) {
    let pid = rustix::process::Pid::from_raw(pid.0 as i32);
    if let Some(pid) = pid {
        // Where there is no Yama, there is nothing to allow.
        let _ = rustix::process::set_ptracer(rustix::process::PTracer::ProcessID(pid));
    }
}

/// Whether a pidfd is that of this process, as far as Linux tells. One of a process that its
/// parent has waited for is nobody's.
#[must_use]
pub fn is_pidfd_of(pidfd: impl AsFd, pid: Pid) -> bool {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fdinfo/{}", pidfd.as_fd().as_raw_fd());
    match fs::read_to_string(path) {
        Ok(text) => text
            .lines()
            .find_map(|line| line.strip_prefix("Pid:"))
            .is_some_and(|told| told.trim().parse() == Ok(pid.0)),
        Err(_) => !is_told(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_has_ended_is_told_about_until_it_is_waited_for() {
        let mut child = std::process::Command::new("sh").args(["-c", "exit 7"]).spawn().unwrap();
        let pid = Pid(child.id());
        let pidfd = crate::spawn::open_process(pid).unwrap();
        assert!(is_pidfd_of(&pidfd, pid) && !is_pidfd_of(&pidfd, Pid(1)));
        while !has_ended(&pidfd) {
            std::thread::yield_now();
        }
        assert_eq!(status_of_ended(pid), Some(7));
        assert_eq!(parent_of(pid), Some(Pid(std::process::id())));
        child.wait().unwrap();
        assert_eq!(status_of_ended(pid), None);
    }

    #[test]
    fn a_thread_is_of_its_process() {
        let tid = crate::thread::current_tid();
        assert_eq!(of_thread(tid), Some(Pid(std::process::id())));
        assert_eq!(of_thread(Tid(0)), None);
    }

    #[test]
    fn memory_files_are_found_by_their_name() {
        let own = Pid(std::process::id());
        let file = crate::mem::memfd("haft-process-test", 4096).unwrap();
        assert_eq!(memory_files(own, "haft-process-test").count(), 1);
        drop(file);
        assert_eq!(memory_files(own, "haft-process-test").count(), 0);
    }

    #[test]
    fn an_identity_is_read() {
        let status =
            "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10 \nCapEff:\t00c0\n";
        let identity = parse_identity(status);
        let groups = vec![9, 10];
        let wanted = Identity { user: 2, group: 6, groups, capabilities: 0xC0 };
        assert_eq!(identity, Some(wanted));
        assert_eq!(parse_identity("Uid:\t1\n"), None);
    }
}
