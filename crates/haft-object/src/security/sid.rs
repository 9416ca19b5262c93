//! Security identifiers.

use super::bytes::Reader;
use core::fmt;
use core::str::FromStr;
use haft_abi::NtStatus;
use serde::{Deserialize, Serialize};

/// `SID_REVISION`, the only one there is.
const REVISION: u8 = 1;

/// `SID_MAX_SUB_AUTHORITIES`.
pub const MAX_SUB_AUTHORITIES: usize = 15;

/// The bytes before the subauthorities.
const HEADER: usize = 8;

/// A security identifier: a user, a group, or another party (Microsoft: "SID structure", "SID
/// Components").
///
/// It has an authority of 48 bits and up to 15 subauthorities; another one cannot be made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Sid {
    authority: u64,
    parts: Vec<u32>,
}

impl Sid {
    /// A SID of its components; `None` for an authority of more than 48 bits, or more than
    /// [`MAX_SUB_AUTHORITIES`].
    #[must_use]
    pub fn new(authority: u64, parts: &[u32]) -> Option<Self> {
        let fits = authority < 1 << 48 && parts.len() <= MAX_SUB_AUTHORITIES;
        fits.then(|| Self { authority, parts: parts.to_vec() })
    }

    /// A SID that is written in this source.
    pub(super) fn known(authority: u8, parts: &[u32]) -> Self {
        debug_assert!(parts.len() <= MAX_SUB_AUTHORITIES);
        Self { authority: u64::from(authority), parts: parts.to_vec() }
    }

    /// The SID of a Linux user, as Samba has it: `S-1-22-1-UID`.
    #[must_use]
    pub fn linux_user(uid: u32) -> Self {
        Self::known(22, &[1, uid])
    }

    /// The SID of a Linux group, as Samba has it: `S-1-22-2-GID`.
    #[must_use]
    pub fn linux_group(gid: u32) -> Self {
        Self::known(22, &[2, gid])
    }

    /// The Linux user whose SID this is.
    #[must_use]
    pub fn as_linux_user(&self) -> Option<u32> {
        match (self.authority, &self.parts[..]) {
            (22, &[1, uid]) => Some(uid),
            _ => None,
        }
    }

    /// The Linux group whose SID this is.
    #[must_use]
    pub fn as_linux_group(&self) -> Option<u32> {
        match (self.authority, &self.parts[..]) {
            (22, &[2, gid]) => Some(gid),
            _ => None,
        }
    }

    /// The identifier authority.
    #[must_use]
    pub fn authority(&self) -> u64 {
        self.authority
    }

    /// The subauthorities.
    #[must_use]
    pub fn parts(&self) -> &[u32] {
        &self.parts
    }

    /// The SID less its last subauthority, and that one.
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, u32)> {
        let (&last, rest) = self.parts.split_last()?;
        Some((Self { authority: self.authority, parts: rest.to_vec() }, last))
    }

    /// This SID with one more subauthority; `None` when it is full.
    #[must_use]
    pub fn with(&self, part: u32) -> Option<Self> {
        let mut parts = self.parts.clone();
        parts.push(part);
        Self::new(self.authority, &parts)
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        HEADER + self.parts.len() * size_of::<u32>()
    }

    /// How many bytes the SID at the beginning of these has, by its first two.
    ///
    /// # Errors
    /// `INVALID_SID` for another revision or too many subauthorities.
    pub fn size_of(header: [u8; 2]) -> Result<usize, NtStatus> {
        let [revision, count] = header;
        if revision != REVISION || usize::from(count) > MAX_SUB_AUTHORITIES {
            return Err(NtStatus::INVALID_SID);
        }
        Ok(HEADER + usize::from(count) * size_of::<u32>())
    }

    /// The SID at the beginning of these bytes, and what is behind it.
    ///
    /// # Errors
    /// `INVALID_SID` for bytes that are none.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), NtStatus> {
        let mut reader = Reader(bytes);
        let read = |reader: &mut Reader<'_>| {
            Self::size_of([reader.u8()?, reader.0.first().copied()?]).ok()?;
            let count = reader.u8()?;
            let authority =
                reader.take(6)?.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
            let parts = (0..count).map(|_| reader.u32()).collect::<Option<_>>()?;
            Some(Self { authority, parts })
        };
        let sid = read(&mut reader).ok_or(NtStatus::INVALID_SID)?;
        Ok((sid, reader.0))
    }

    /// The SID of these bytes, all of which it takes.
    ///
    /// # Errors
    /// `INVALID_SID`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NtStatus> {
        match Self::read(bytes)? {
            (sid, []) => Ok(sid),
            _ => Err(NtStatus::INVALID_SID),
        }
    }

    /// Appends its bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend([REVISION, self.parts.len() as u8]);
        out.extend(&self.authority.to_be_bytes()[2..]);
        out.extend(self.parts.iter().flat_map(|part| part.to_le_bytes()));
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size());
        self.write(&mut out);
        out
    }
}

impl TryFrom<Vec<u8>> for Sid {
    type Error = &'static str;
    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        Self::from_bytes(&bytes).map_err(|_| "not a SID")
    }
}

impl From<Sid> for Vec<u8> {
    fn from(sid: Sid) -> Self {
        sid.to_bytes()
    }
}

impl fmt::Display for Sid {
    /// `S-1-...`; an authority of more than 32 bits is hexadecimal, as documented (Microsoft: "SID
    /// Components").
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.authority {
            small if small < 1 << 32 => write!(f, "S-1-{small}")?,
            large => write!(f, "S-1-0x{large:012x}")?,
        }
        self.parts.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A number as SIDs and SDDL have it: decimal, `0x` hexadecimal, or octal with a leading zero.
pub(super) fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // A sign is none of a number's.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

impl FromStr for Sid {
    type Err = NtStatus;

    /// The SID that a text says (Microsoft: "ConvertStringSidToSid function").
    fn from_str(text: &str) -> Result<Self, NtStatus> {
        let sid = |text: &str| {
            let rest = text.strip_prefix("S-").or_else(|| text.strip_prefix("s-"))?;
            let mut parts = rest.split('-').map(number);
            if parts.next()?? != u64::from(REVISION) {
                return None;
            }
            let authority = parts.next()??;
            let parts: Vec<u32> =
                parts.map(|part| u32::try_from(part?).ok()).collect::<Option<_>>()?;
            // One without subauthorities has no text.
            if parts.is_empty() { None } else { Self::new(authority, &parts) }
        };
        sid(text).ok_or(NtStatus::INVALID_SID)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn any_sid() -> impl Strategy<Value = Sid> {
        let parts = prop::collection::vec(any::<u32>(), 1..=MAX_SUB_AUTHORITIES);
        (0_u64..1 << 48, parts).prop_map(|(authority, parts)| Sid::new(authority, &parts).unwrap())
    }

    #[test]
    fn everyone_is_what_the_documentation_shows() {
        let everyone: Sid = "S-1-1-0".parse().unwrap();
        assert_eq!(everyone.to_bytes(), [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
        let administrators = Sid::known(5, &[32, 544]);
        assert_eq!(administrators.to_string(), "S-1-5-32-544");
    }

    #[test]
    fn a_text_that_is_no_sid_is_refused() {
        for text in
            ["", "S", "S-1", "S-1-5", "S-2-5-1", "S-1-5-", "S-1-5-x", "S-1-5-4294967296", "1-5-1"]
        {
            assert_eq!(text.parse::<Sid>(), Err(NtStatus::INVALID_SID), "{text}");
        }
        let sixteen = format!("S-1-5{}", "-1".repeat(16));
        assert_eq!(sixteen.parse::<Sid>(), Err(NtStatus::INVALID_SID));
        assert_eq!("S-1-0x5-0x20-01040".parse(), Ok(Sid::known(5, &[32, 544])));
        assert_eq!("S-1-5-+1".parse::<Sid>(), Err(NtStatus::INVALID_SID));
    }

    #[test]
    fn linux_accounts_have_the_sids_that_samba_gives_them() {
        assert_eq!(Sid::linux_user(1000).to_string(), "S-1-22-1-1000");
        assert_eq!(Sid::linux_group(4).to_string(), "S-1-22-2-4");
        assert_eq!(Sid::linux_user(7).as_linux_user(), Some(7));
        assert_eq!(Sid::linux_group(7).as_linux_user(), None);
    }

    proptest! {
        #[test]
        fn a_sid_survives_text_and_bytes(sid in any_sid()) {
            prop_assert_eq!(Sid::from_bytes(&sid.to_bytes()), Ok(sid.clone()));
            prop_assert_eq!(sid.to_string().parse(), Ok(sid));
        }

        #[test]
        fn any_bytes_are_a_sid_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok((sid, rest)) = Sid::read(&bytes) {
                let mut again = sid.to_bytes();
                again.extend(rest);
                prop_assert_eq!(again, bytes);
            }
        }

        #[test]
        fn any_text_is_a_sid_or_refused(text in "[Ss0-9x-]{0,40}|.*") {
            if let Ok(sid) = text.parse::<Sid>() {
                prop_assert_eq!(sid.to_string().parse(), Ok(sid));
            }
        }
    }
}
