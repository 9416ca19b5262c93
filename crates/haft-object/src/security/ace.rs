//! Entries of access control lists.

use super::Sid;
use super::bytes::Reader;
use haft_abi::{AccessMask, NtStatus};

/// A GUID as it lies in memory.
pub type Guid = [u8; 16];

/// What an entry does (Microsoft: "ACE_HEADER structure").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AceKind(pub u8);

impl AceKind {
    /// Allows rights.
    pub const ALLOWED: Self = Self(0);
    /// Denies rights.
    pub const DENIED: Self = Self(1);
    /// Has attempts logged.
    pub const AUDIT: Self = Self(2);
    /// Reserved.
    pub const ALARM: Self = Self(3);
    /// Allows rights to an object, a property set or a property.
    pub const ALLOWED_OBJECT: Self = Self(5);
    /// Denies rights to such.
    pub const DENIED_OBJECT: Self = Self(6);
    /// Has attempts at such logged.
    pub const AUDIT_OBJECT: Self = Self(7);
    /// Reserved.
    pub const ALARM_OBJECT: Self = Self(8);
    /// Allows rights under a condition.
    pub const ALLOWED_CALLBACK: Self = Self(9);
    /// Denies rights under a condition.
    pub const DENIED_CALLBACK: Self = Self(10);
    /// The integrity label of the object.
    pub const MANDATORY_LABEL: Self = Self(0x11);
    /// A resource attribute of the object.
    pub const RESOURCE_ATTRIBUTE: Self = Self(0x12);
    /// A central access policy of the object.
    pub const SCOPED_POLICY_ID: Self = Self(0x13);
    /// The trust label of a process.
    pub const PROCESS_TRUST_LABEL: Self = Self(0x14);

    /// Whether such an entry may carry GUIDs.
    const fn is_object(self) -> bool {
        matches!(self.0, 5..=8 | 11 | 12 | 15 | 16)
    }

    /// Whether haft knows how such an entry lies in memory: header, mask, perhaps GUIDs, SID.
    const fn has_mask_and_sid(self) -> bool {
        matches!(self.0, 0..=3 | 5..=0x14)
    }

    /// Whether it lets somebody do something.
    #[must_use]
    pub const fn allows(self) -> bool {
        matches!(self.0, 0 | 5 | 9 | 11)
    }

    /// Whether it keeps somebody from something.
    #[must_use]
    pub const fn denies(self) -> bool {
        matches!(self.0, 1 | 6 | 10 | 12)
    }

    /// Whether it counts only under a condition that is behind its SID.
    #[must_use]
    pub const fn is_conditional(self) -> bool {
        matches!(self.0, 9..=16)
    }
}

/// How an entry is inherited, and what an audit logs (Microsoft: "ACE_HEADER structure").
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AceFlags(pub u8);
haft_abi::flags!(AceFlags);

impl AceFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Objects in a container inherit it.
    pub const OBJECT_INHERIT: Self = Self(1);
    /// Containers in a container inherit it.
    pub const CONTAINER_INHERIT: Self = Self(2);
    /// Who inherits it does not pass it on.
    pub const NO_PROPAGATE: Self = Self(4);
    /// It does not count for the object that has it.
    pub const INHERIT_ONLY: Self = Self(8);
    /// It was inherited.
    pub const INHERITED: Self = Self(0x10);
    /// Successes are logged.
    pub const SUCCESSFUL_ACCESS: Self = Self(0x40);
    /// Failures are logged.
    pub const FAILED_ACCESS: Self = Self(0x80);
}

/// One entry of an access control list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ace {
    /// One of those that are a mask and a SID.
    Sid {
        /// What it does.
        kind: AceKind,
        /// How it is inherited.
        flags: AceFlags,
        /// Which rights.
        mask: AccessMask,
        /// The object type and the inheriting type that it is for, in an entry that may say so.
        object: Option<[Option<Guid>; 2]>,
        /// Whose.
        sid: Sid,
        /// What is behind the SID: a condition, an attribute, or nothing.
        data: Vec<u8>,
    },
    /// Another one, which is kept as it is and counts nothing.
    Other {
        /// Its type.
        kind: AceKind,
        /// Its flags.
        flags: AceFlags,
        /// What is behind its header.
        body: Vec<u8>,
    },
}

/// The bytes of an entry's header.
const HEADER: usize = 4;

impl Ace {
    /// An entry of a mask and a SID.
    #[must_use]
    pub fn new(kind: AceKind, flags: AceFlags, mask: AccessMask, sid: Sid) -> Self {
        let object = kind.is_object().then_some([None; 2]);
        Self::Sid { kind, flags, mask, object, sid, data: Vec::new() }
    }

    /// An entry that allows.
    #[must_use]
    pub fn allow(mask: AccessMask, sid: Sid) -> Self {
        Self::new(AceKind::ALLOWED, AceFlags::NONE, mask, sid)
    }

    /// An entry that denies.
    #[must_use]
    pub fn deny(mask: AccessMask, sid: Sid) -> Self {
        Self::new(AceKind::DENIED, AceFlags::NONE, mask, sid)
    }

    /// What it does.
    #[must_use]
    pub fn kind(&self) -> AceKind {
        match self {
            Self::Sid { kind, .. } | Self::Other { kind, .. } => *kind,
        }
    }

    /// Its flags.
    #[must_use]
    pub fn flags(&self) -> AceFlags {
        match self {
            Self::Sid { flags, .. } | Self::Other { flags, .. } => *flags,
        }
    }

    /// The same entry with other flags.
    #[must_use]
    pub fn with_flags(mut self, new: AceFlags) -> Self {
        match &mut self {
            Self::Sid { flags, .. } | Self::Other { flags, .. } => *flags = new,
        }
        self
    }

    /// Its SID, in an entry that has one.
    #[must_use]
    pub fn sid(&self) -> Option<&Sid> {
        match self {
            Self::Sid { sid, .. } => Some(sid),
            Self::Other { .. } => None,
        }
    }

    /// Its mask, in an entry that has one.
    #[must_use]
    pub fn mask(&self) -> Option<AccessMask> {
        match self {
            Self::Sid { mask, .. } => Some(*mask),
            Self::Other { .. } => None,
        }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        HEADER
            + match self {
                Self::Sid { object, sid, data, .. } => {
                    let guids = object.map_or(0, |guids| 4 + 16 * guids.iter().flatten().count());
                    4 + guids + sid.size() + data.len()
                }
                Self::Other { body, .. } => body.len(),
            }
    }

    /// The entry at the beginning of these bytes, and what is behind it.
    ///
    /// # Errors
    /// `INVALID_ACL` for bytes that are none, `INVALID_SID` for one without a valid SID.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), NtStatus> {
        let mut reader = Reader(bytes);
        let mut header = || {
            let (kind, flags) = (AceKind(reader.u8()?), AceFlags(reader.u8()?));
            let size = usize::from(reader.u16()?);
            let body = reader.take(size.checked_sub(HEADER)?)?;
            // Entries lie at multiples of four.
            size.is_multiple_of(4).then_some((kind, flags, body))
        };
        let (kind, flags, body) = header().ok_or(NtStatus::INVALID_ACL)?;
        if !kind.has_mask_and_sid() {
            return Ok((Self::Other { kind, flags, body: body.to_vec() }, reader.0));
        }
        let mut inside = Reader(body);
        let mut front = || {
            let mask = AccessMask(inside.u32()?);
            if !kind.is_object() {
                return Some((mask, None));
            }
            let has = inside.u32()?;
            let mut guid = |bit| if has & bit == 0 { Some(None) } else { inside.guid().map(Some) };
            // Which GUIDs there are is all that the flags say.
            (has & !3 == 0).then_some((mask, Some([guid(1)?, guid(2)?])))
        };
        let (mask, object) = front().ok_or(NtStatus::INVALID_ACL)?;
        let (sid, data) = Sid::read(inside.0)?;
        let data = data.to_vec();
        Ok((Self::Sid { kind, flags, mask, object, sid, data }, reader.0))
    }

    /// Appends its bytes. One that is longer than a length can say is cut by nobody: it cannot be
    /// made from bytes, and lists refuse it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.kind().0, self.flags().0]);
        out.extend((self.size() as u16).to_le_bytes());
        match self {
            Self::Sid { mask, object, sid, data, .. } => {
                out.extend(mask.0.to_le_bytes());
                if let Some(guids) = object {
                    let has = u32::from(guids[0].is_some()) | u32::from(guids[1].is_some()) << 1;
                    out.extend(has.to_le_bytes());
                    guids.iter().flatten().for_each(|guid| out.extend(guid));
                }
                sid.write(out);
                out.extend(data);
            }
            Self::Other { body, .. } => out.extend(body),
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size());
        self.write(&mut out);
        out
    }
}
