//! The version of Windows that haft reports, and questions about it.

use haft_abi::version::{BUILD, MAJOR, MINOR};

/// The parts of a version that a program may ask about (Microsoft: "VerifyVersionInfoW
/// function").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Major version.
    pub major: u32,
    /// Minor version.
    pub minor: u32,
    /// Build number.
    pub build: u32,
    /// Platform identifier.
    pub platform: u32,
    /// Major number of the service pack.
    pub service_pack_major: u16,
    /// Minor number of the service pack.
    pub service_pack_minor: u16,
    /// Product suites.
    pub suite: u16,
    /// Workstation, domain controller or server.
    pub product: u8,
}

/// `VER_PLATFORM_WIN32_NT`.
const PLATFORM_NT: u32 = 2;
/// `VER_NT_WORKSTATION`.
const WORKSTATION: u8 = 1;
/// `VER_SUITE_SINGLEUSERTS`.
const SINGLE_USER: u16 = 0x100;

/// What haft is.
#[must_use]
pub const fn own() -> Version {
    Version {
        major: MAJOR,
        minor: MINOR,
        build: BUILD,
        platform: PLATFORM_NT,
        service_pack_major: 0,
        service_pack_minor: 0,
        suite: SINGLE_USER,
        product: WORKSTATION,
    }
}

// Bits of a type mask, each with three bits of condition in a condition mask.
const MINOR_BIT: u32 = 0;
const MAJOR_BIT: u32 = 1;
const BUILD_BIT: u32 = 2;
const PLATFORM_BIT: u32 = 3;
const SERVICE_PACK_MINOR_BIT: u32 = 4;
const SERVICE_PACK_MAJOR_BIT: u32 = 5;
const SUITE_BIT: u32 = 6;
const PRODUCT_BIT: u32 = 7;

/// A condition mask with one more condition (Microsoft: "VerSetConditionMask function").
#[must_use]
pub fn with_condition(mask: u64, types: u32, condition: u8) -> u64 {
    // Of several types the highest is meant.
    match (types & 0xFF).checked_ilog2() {
        Some(bit) => mask | u64::from(condition & 7) << (bit * 3),
        None => mask,
    }
}

fn compare<T: Ord>(own: T, wanted: T, condition: u64) -> bool {
    match condition {
        1 => own == wanted,
        2 => own > wanted,
        3 => own >= wanted,
        4 => own < wanted,
        5 => own <= wanted,
        _ => false,
    }
}

/// Whether haft's version meets conditions on it; `None` when no condition says what is asked
/// (Microsoft: "VerifyVersionInfoW function").
#[must_use]
pub fn verify(wanted: &Version, types: u32, conditions: u64) -> Option<bool> {
    let own = own();
    let asked = |bit: u32| types & 1 << bit != 0;
    let condition = |bit: u32| conditions >> (bit * 3) & 7;
    let asks_nothing = types & 0xFF == 0;
    if asks_nothing || (0..8).any(|bit| asked(bit) && condition(bit) == 0) {
        return None;
    }
    if asked(SUITE_BIT) {
        const AND: u64 = 6;
        let common = own.suite & wanted.suite;
        let met = if condition(SUITE_BIT) == AND { common == wanted.suite } else { common != 0 };
        if !met {
            return Some(false);
        }
    }
    if asked(PRODUCT_BIT) && !compare(own.product, wanted.product, condition(PRODUCT_BIT)) {
        return Some(false);
    }
    if asked(PLATFORM_BIT) && !compare(own.platform, wanted.platform, condition(PLATFORM_BIT)) {
        return Some(false);
    }
    if asked(BUILD_BIT) && !compare(own.build, wanted.build, condition(BUILD_BIT)) {
        return Some(false);
    }
    // The parts of the version proper count as one number, by the highest part's condition.
    let parts = [
        (MAJOR_BIT, own.major, wanted.major),
        (MINOR_BIT, own.minor, wanted.minor),
        (SERVICE_PACK_MAJOR_BIT, own.service_pack_major.into(), wanted.service_pack_major.into()),
        (SERVICE_PACK_MINOR_BIT, own.service_pack_minor.into(), wanted.service_pack_minor.into()),
    ];
    let asked_parts: Vec<_> = parts.into_iter().filter(|&(bit, ..)| asked(bit)).collect();
    let Some(&(first, ..)) = asked_parts.first() else { return Some(true) };
    let ours: Vec<u32> = asked_parts.iter().map(|&(_, own, _)| own).collect();
    let theirs: Vec<u32> = asked_parts.iter().map(|&(.., wanted)| wanted).collect();
    Some(compare(ours, theirs, condition(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_LEAST: u8 = 3;

    fn at_least(major: u32, minor: u32, pack: u16) -> Option<bool> {
        let mask = with_condition(0, 2, AT_LEAST);
        let mask = with_condition(mask, 1, AT_LEAST);
        let mask = with_condition(mask, 0x20, AT_LEAST);
        let wanted = Version { major, minor, service_pack_major: pack, ..Version::default() };
        verify(&wanted, 0x23, mask)
    }

    #[test]
    fn the_version_counts_as_one_number() {
        assert_eq!(at_least(6, 3, 0), Some(true));
        assert_eq!(at_least(6, 1, 9), Some(true));
        assert_eq!(at_least(10, 0, 0), Some(true));
        assert_eq!(at_least(10, 0, 1), Some(false));
        assert_eq!(at_least(11, 0, 0), Some(false));
    }

    #[test]
    fn what_has_no_condition_is_not_answered() {
        assert_eq!(verify(&own(), 2, 0), None);
        assert_eq!(verify(&own(), 0, u64::MAX), None);
        let equal = with_condition(0, 0x80, 1);
        assert_eq!(verify(&own(), 0x80, equal), Some(true));
        assert_eq!(verify(&Version { product: 3, ..own() }, 0x80, equal), Some(false));
    }
}
