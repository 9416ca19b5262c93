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

/// The name of the account that this process runs as: its number, where it has no name.
#[must_use]
pub fn user_name() -> String {
    let id = haft_host::rustix::process::geteuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    account(&accounts, id).unwrap_or_else(|| id.to_string())
}

/// The name of an account in passwd(5).
fn account(accounts: &str, id: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    })
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
    fn accounts_are_found_by_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(account(accounts, 1000).as_deref(), Some("ada"));
        assert_eq!(account(accounts, 7), None);
    }

    #[test]
    fn the_short_name_begins_the_long_one() {
        assert!(full_name().starts_with(&host_name()));
        assert!(netbios_name().len() <= host_name().len().max(1) * 4);
    }
}
