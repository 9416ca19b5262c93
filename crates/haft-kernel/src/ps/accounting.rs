//! What processes and threads have used: bytes, processor cycles.

use super::{object, priority};
use haft_abi::{Handle, NtStatus};
use haft_host::thread::{nanoseconds_of_process, nanoseconds_of_thread};
use std::sync::OnceLock;

/// Reads, writes and other operations of a process, and their bytes (Microsoft: "IO_COUNTERS
/// structure"). Linux counts no others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IoCounters {
    /// Calls that read.
    pub reads: u64,
    /// Calls that wrote.
    pub writes: u64,
    /// Bytes that were read.
    pub bytes_read: u64,
    /// Bytes that were written.
    pub bytes_written: u64,
}

/// What a process has read and written (Microsoft: "GetProcessIoCounters function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_SUPPORTED` where Linux does
/// not tell.
pub fn io_counters(handle: Handle) -> Result<IoCounters, NtStatus> {
    let pid = object::queried(handle)?.pid.0;
    let text = std::fs::read_to_string(format!("/proc/{pid}/io"));
    parse(&text.map_err(|_| NtStatus::NOT_SUPPORTED)?).ok_or(NtStatus::NOT_SUPPORTED)
}

fn parse(text: &str) -> Option<IoCounters> {
    let get = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(": ")?.parse().ok()
    };
    Some(IoCounters {
        reads: get("syscr")?,
        writes: get("syscw")?,
        bytes_read: get("rchar")?,
        bytes_written: get("wchar")?,
    })
}

/// The processor's nominal cycles in a second.
fn frequency() -> u64 {
    static FREQUENCY: OnceLock<u64> = OnceLock::new();
    *FREQUENCY.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("cpu MHz"));
        let megahertz = line.and_then(|line| line.rsplit_once(": ")?.1.parse::<f64>().ok());
        (megahertz.unwrap_or(1000.0) * 1e6) as u64
    })
}

fn cycles(nanoseconds: u64) -> u64 {
    (u128::from(nanoseconds) * u128::from(frequency()) / 1_000_000_000) as u64
}

/// The processor cycles that a thread has used: its time, at the processor's nominal frequency
/// (Microsoft: "QueryThreadCycleTime function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_SUPPORTED` for a thread that
/// has ended or is of another process.
pub fn thread_cycles(handle: Handle) -> Result<u64, NtStatus> {
    let thread = priority::queried(handle)?;
    nanoseconds_of_thread(thread.tid()).map(cycles).ok_or(NtStatus::NOT_SUPPORTED)
}

/// The processor cycles that a process has used: its time, at the processor's nominal frequency
/// (Microsoft: "QueryProcessCycleTime function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_SUPPORTED` for a process that
/// Linux has forgotten.
pub fn process_cycles(handle: Handle) -> Result<u64, NtStatus> {
    let process = object::queried(handle)?;
    nanoseconds_of_process(process.pid.0).map(cycles).ok_or(NtStatus::NOT_SUPPORTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_by_name() {
        let text = "rchar: 3\nwchar: 4\nsyscr: 1\nsyscw: 2\nread_bytes: 9\n";
        let counters = IoCounters { reads: 1, writes: 2, bytes_read: 3, bytes_written: 4 };
        assert_eq!(parse(text), Some(counters));
        assert_eq!(parse("rchar: 3\n"), None);
        assert!(frequency() > 1_000_000);
    }
}
