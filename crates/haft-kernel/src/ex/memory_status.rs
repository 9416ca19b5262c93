//! How much memory the machine and the process have.

use haft_host::rustix::system::sysinfo;

/// Bytes of the machine's memory, and how many of them are available.
#[must_use]
pub fn physical() -> (u64, u64) {
    let info = sysinfo();
    let unit = u64::from(info.mem_unit.max(1));
    let free = (info.freeram + info.bufferram).saturating_mul(unit);
    (info.totalram.saturating_mul(unit), available().unwrap_or(free))
}

/// Bytes that memory and swap can back together, and how many of them are available.
#[must_use]
pub fn commit() -> (u64, u64) {
    let info = sysinfo();
    let unit = u64::from(info.mem_unit.max(1));
    let (total, available) = physical();
    (total + info.totalswap * unit, available + info.freeswap * unit)
}

/// What Linux says is available without swapping.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes << 10)
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

/// What the process uses.
#[must_use]
pub fn usage() -> Usage {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| -> u64 {
        let value = status.lines().find_map(|line| line.strip_prefix(name));
        let number = value.and_then(|v| v.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
        number.unwrap_or(0) << 10
    };
    Usage {
        resident: field("VmRSS:"),
        peak_resident: field("VmHWM:"),
        private: field("RssAnon:") + field("VmSwap:"),
        faults: haft_host::thread::page_faults(),
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
        let usage = usage();
        assert!(usage.peak_resident >= usage.resident && usage.resident > 0 && usage.faults > 0);
    }
}
