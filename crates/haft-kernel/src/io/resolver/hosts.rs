//! `/etc/hosts`.

use super::{Families, Host};
use std::net::IpAddr;

const FILE: &str = "/etc/hosts";

/// The lines of a file of hosts: an address, and its names, the true one first.
fn lines(text: &str) -> impl Iterator<Item = (IpAddr, Vec<&str>)> {
    text.lines().filter_map(|line| {
        let line = line.split('#').next().unwrap_or("");
        let mut words = line.split_ascii_whitespace();
        let address = words.next()?;
        let address = address.split_once('%').map_or(address, |(address, _)| address);
        let names: Vec<&str> = words.collect();
        Some((address.parse().ok()?, names)).filter(|(_, names)| !names.is_empty())
    })
}

fn find(text: &str, name: &str, wanted: Families) -> Option<Host> {
    let mut host: Option<Host> = None;
    for (address, names) in lines(text) {
        if names.iter().any(|other| other.eq_ignore_ascii_case(name)) && wanted.has(&address) {
            host.get_or_insert_with(|| Host { name: names[0].to_owned(), addresses: Vec::new() })
                .addresses
                .push(address);
        }
    }
    host
}

/// A host by its name.
pub(super) fn by_name(name: &str, wanted: Families) -> Option<Host> {
    find(&std::fs::read_to_string(FILE).ok()?, name, wanted)
}

/// The name of the host that has an address.
pub(super) fn by_address(address: IpAddr) -> Option<String> {
    let text = std::fs::read_to_string(FILE).ok()?;
    lines(&text).find(|(own, _)| *own == address).map(|(_, names)| names[0].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_the_addresses_of_all_its_lines() {
        let text = "# comment\n10.0.0.1 a.example a # more\n::5 a.example\n10.0.0.2 A\nbad line\n";
        let both = Families { v4: true, v6: true };
        let host = find(text, "a.EXAMPLE", both).unwrap();
        assert_eq!(host.name, "a.example");
        assert_eq!(host.addresses.len(), 2);
        assert_eq!(find(text, "a", both).unwrap().addresses.len(), 2);
        assert_eq!(find(text, "a", Families { v4: false, v6: true }), None);
        assert_eq!(find(text, "line", both), None);
    }
}
