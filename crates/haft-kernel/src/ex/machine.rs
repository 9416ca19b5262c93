//! The machine's names and its processors' time.

use haft_host::rustix::system::uname;

fn node() -> String {
    uname().nodename().to_string_lossy().into_owned()
}

/// The host's name up to its first dot.
#[must_use]
pub fn host_name() -> String {
    let node = node();
    node.split('.').next().unwrap_or_default().to_owned()
}

/// The host's domain, empty if it has none.
#[must_use]
pub fn domain() -> String {
    node().split_once('.').map_or(String::new(), |(_, domain)| domain.to_owned())
}

/// The host's name with its domain.
#[must_use]
pub fn full_name() -> String {
    node()
}

/// The name as old networks have it: at most 15 letters, in upper case.
#[must_use]
pub fn netbios_name() -> String {
    const MAX: usize = 15;
    host_name().to_uppercase().chars().take(MAX).collect()
}

/// What the processors did since the machine started, in 100 ns units, all processors together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Nothing.
    pub idle: u64,
    /// Work for the system.
    pub kernel: u64,
    /// Work for programs.
    pub user: u64,
}

/// What the processors did.
#[must_use]
pub fn times() -> Times {
    std::fs::read_to_string("/proc/stat").map_or(Times::default(), |text| parse(&text))
}

/// The first line of proc(5), `/proc/stat`: hundredths of a second.
fn parse(text: &str) -> Times {
    const UNITS: u64 = 100_000;
    let line = text.lines().next().unwrap_or_default();
    let numbers: Vec<u64> =
        line.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    let sum = |of: &[usize]| of.iter().filter_map(|&i| numbers.get(i)).sum::<u64>() * UNITS;
    Times { idle: sum(&[3, 4]), kernel: sum(&[2, 5, 6, 7]), user: sum(&[0, 1]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_add_up_by_kind() {
        let times = parse("cpu  10 1 20 300 5 1 2 3 0 0\ncpu0 1 1 1 1\n");
        let unit = 100_000;
        assert_eq!(times, Times { idle: 305 * unit, kernel: 26 * unit, user: 11 * unit });
    }

    #[test]
    fn the_short_name_begins_the_long_one() {
        assert!(full_name().starts_with(&host_name()));
        assert!(netbios_name().len() <= host_name().len().max(1) * 4);
    }
}
