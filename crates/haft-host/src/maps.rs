//! What Linux says is mapped in this process (proc(5), `/proc/pid/maps`).

use crate::mem::Protection;

/// A mapping, whoever made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its first address.
    pub start: usize,
    /// One past its last address.
    pub end: usize,
    /// What may be done there.
    pub protection: Protection,
}

/// All mappings, by address; none where `/proc` is not there.
#[must_use]
pub fn all() -> Vec<Mapping> {
    let text = std::fs::read("/proc/self/maps").unwrap_or_default();
    String::from_utf8_lossy(&text).lines().filter_map(parse).collect()
}

fn parse(line: &str) -> Option<Mapping> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let access = rest.as_bytes();
    let has = |index: usize, letter: u8| access.get(index) == Some(&letter);
    Some(Mapping {
        start: usize::from_str_radix(start, 16).ok()?,
        end: usize::from_str_radix(end, 16).ok()?,
        protection: Protection { read: has(0, b'r'), write: has(1, b'w'), execute: has(2, b'x') },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_stack_are_mapped() {
        let here = 0u8;
        let code = all as *const () as usize;
        let find = |at: usize| all().into_iter().find(|m| (m.start..m.end).contains(&at));
        assert_eq!(find(&raw const here as usize).map(|m| m.protection.write), Some(true));
        assert_eq!(find(code).map(|m| m.protection.execute), Some(true));
        assert_eq!(find(8), None);
    }
}
