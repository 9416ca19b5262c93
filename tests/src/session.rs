//! The executive of a session, as one sees it from outside.

use std::fs;

/// The process that has the listening socket of a session.
///
/// # Panics
/// Where /proc cannot be read.
#[must_use]
pub fn executive_of(session: &str) -> Option<u32> {
    let sockets = fs::read_to_string("/proc/net/unix").expect("Linux lists sockets");
    let listens = |line: &&str| line.ends_with(&format!("/{session}"));
    let inodes: Vec<&str> =
        sockets.lines().filter(listens).filter_map(|line| line.split_whitespace().nth(6)).collect();
    let is_its = |pid: u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.ends_with(b"--internal-executive\0")
            && fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten().any(|fd| {
                let to = fs::read_link(fd.path()).unwrap_or_default();
                let to = to.to_string_lossy().into_owned();
                inodes.iter().any(|inode| to == format!("socket:[{inode}]"))
            })
    };
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|&pid| is_its(pid))
}

/// How many descriptors a process has open.
#[must_use]
pub fn descriptors_of(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}
