//! Access control lists.

use super::bytes::Reader;
use super::{Ace, AceKind};
use haft_abi::NtStatus;

/// `ACL_REVISION`.
pub const ACL_REVISION: u8 = 2;
/// `ACL_REVISION_DS`: with entries that carry GUIDs.
pub const ACL_REVISION_DS: u8 = 4;

/// The bytes of a list's header.
const HEADER: usize = 8;

/// The most bytes of a list, whose length is 16 bits (Microsoft: "ACL structure").
pub const MAX_ACL: usize = 0xFFFC;

/// An access control list: entries in their order (Microsoft: "ACL structure").
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Acl {
    aces: Vec<Ace>,
}

impl Acl {
    /// A list without entries, which allows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A list of these entries.
    ///
    /// # Errors
    /// `ALLOTTED_SPACE_EXCEEDED` for more than fit a list.
    pub fn of(aces: Vec<Ace>) -> Result<Self, NtStatus> {
        let acl = Self { aces };
        if acl.size() > MAX_ACL { Err(NtStatus::ALLOTTED_SPACE_EXCEEDED) } else { Ok(acl) }
    }

    /// Its entries.
    #[must_use]
    pub fn aces(&self) -> &[Ace] {
        &self.aces
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        HEADER + self.aces.iter().map(Ace::size).sum::<usize>()
    }

    /// The revision that its entries need.
    #[must_use]
    pub fn revision(&self) -> u8 {
        let needs_more = |kind: AceKind| matches!(kind.0, 5..=8 | 11 | 12 | 15 | 16);
        let is_ds = self.aces.iter().any(|ace| needs_more(ace.kind()));
        if is_ds { ACL_REVISION_DS } else { ACL_REVISION }
    }

    /// The list at the beginning of these bytes. Room that it does not use is not kept.
    ///
    /// # Errors
    /// `INVALID_ACL`, `INVALID_SID`; `UNKNOWN_REVISION`.
    pub fn read(bytes: &[u8]) -> Result<Self, NtStatus> {
        let mut reader = Reader(bytes);
        let mut header = || {
            let (revision, _) = (reader.u8()?, reader.u8()?);
            let size = usize::from(reader.u16()?);
            let (count, _) = (reader.u16()?, reader.u16()?);
            let body = reader.take(size.checked_sub(HEADER)?)?;
            Some((revision, count, body))
        };
        let (revision, count, mut body) = header().ok_or(NtStatus::INVALID_ACL)?;
        if !(ACL_REVISION..=ACL_REVISION_DS).contains(&revision) {
            return Err(NtStatus::UNKNOWN_REVISION);
        }
        let mut aces = Vec::new();
        for _ in 0..count {
            let (ace, rest) = Ace::read(body)?;
            aces.push(ace);
            body = rest;
        }
        Self::of(aces).map_err(|_| NtStatus::INVALID_ACL)
    }

    /// Appends its bytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.revision(), 0]);
        out.extend((self.size() as u16).to_le_bytes());
        out.extend((self.aces.len() as u16).to_le_bytes());
        out.extend([0; 2]);
        self.aces.iter().for_each(|ace| ace.write(out));
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size());
        self.write(&mut out);
        out
    }
}
