//! How much memory the machine and the process have.

use haft_abi::Pid;
use haft_host::rustix::system::sysinfo;

/// Bytes of the machine's memory, and how many of them are available.
#[must_use]
pub fn physical() -> (u64, u64) {
    let info = sysinfo();
    let unit = u64::from(info.mem_unit.max(1));
    let free = (info.freeram + info.bufferram).saturating_mul(unit);
    (
        info.totalram.saturating_mul(unit),
        match machine()("MemAvailable:") {
            0 => free,
            available => available,
        },
    )
}

/// Bytes that memory and swap can back together, and how many of them are available.
#[must_use]
pub fn commit() -> (u64, u64) {
    let info = sysinfo();
    let unit = u64::from(info.mem_unit.max(1));
    let (total, available) = physical();
    (total + info.totalswap * unit, available + info.freeswap * unit)
}

/// What Linux says of the machine's memory: bytes by a line's name with its colon, 0 for no such line.
pub(super) fn machine() -> impl Fn(&str) -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    move |name| bytes_of(&text, name)
}

fn bytes_of(text: &str, name: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|v| v.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    number.unwrap_or(0) << 10
}

/// Memory of the process, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// In memory now.
    pub resident: u64,
    /// The most that was.
    pub peak_resident: u64,
    /// Its own, not shared with files or others.
    pub private: u64,
    /// Page faults.
    pub faults: u32,
}

/// What a process uses; nothing for one that has ended.
#[must_use]
pub fn usage(pid: Pid) -> Usage {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.0)).unwrap_or_default();
    let field = |name: &str| bytes_of(&status, name);
    Usage {
        resident: field("VmRSS:"),
        peak_resident: field("VmHWM:"),
        private: field("RssAnon:") + field("VmSwap:"),
        faults: haft_host::process::page_faults(pid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_no_more_than_the_whole() {
        let (total, available) = physical();
        assert!(total >= available && available > 0);
        assert!(commit().0 >= total);
        let usage = usage(Pid(std::process::id()));
        assert!(usage.peak_resident >= usage.resident && usage.resident > 0 && usage.faults > 0);
    }
}
