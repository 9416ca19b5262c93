//! What the machine as a whole is doing.

use super::memory_status;
use std::fs;

/// Memory in bytes, and counts, of all processes of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    /// Memory that is promised to processes.
    pub committed: u64,
    /// The most that can be.
    pub commit_limit: u64,
    /// Memory that holds what files have.
    pub file_cache: u64,
    /// Linux's own memory that can be had back.
    pub kernel_reclaimable: u64,
    /// Linux's own memory that cannot.
    pub kernel_fixed: u64,
    /// Open files.
    pub files: u32,
    /// Processes.
    pub processes: u32,
    /// Threads.
    pub threads: u32,
}

/// What it is now.
#[must_use]
pub fn now() -> Performance {
    let numbers = memory_status::machine();
    let count = |path: &str, field: usize, part: fn(&str) -> &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let word = text.split_ascii_whitespace().nth(field).map(part);
        word.and_then(|word| word.parse().ok()).unwrap_or(0)
    };
    let is_process =
        |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    Performance {
        committed: numbers("Committed_AS:"),
        commit_limit: numbers("CommitLimit:"),
        file_cache: numbers("Cached:"),
        kernel_reclaimable: numbers("SReclaimable:"),
        kernel_fixed: numbers("SUnreclaim:"),
        files: count("/proc/sys/fs/file-nr", 0, |word| word),
        processes: processes.filter(|entry| is_process(&entry.file_name())).count() as u32,
        // Those that run, a slash, and all.
        threads: count("/proc/loadavg", 3, |word| word.rsplit('/').next().unwrap_or(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_counted() {
        let now = now();
        assert!(now.committed > 0 && now.file_cache > 0 && now.files > 0);
        assert!(now.processes >= 1 && now.threads >= now.processes);
    }
}
