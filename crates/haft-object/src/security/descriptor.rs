//! Security descriptors.

use super::bytes::Reader;
use super::{Acl, Sid};
use haft_abi::NtStatus;
use serde::{Deserialize, Serialize};

/// `SECURITY_DESCRIPTOR_REVISION`, the only one there is.
const REVISION: u8 = 1;

/// The bytes of a self-relative descriptor's header.
const HEADER: usize = 20;

/// The flags of a descriptor (Microsoft: "SECURITY_DESCRIPTOR_CONTROL").
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Control(pub u16);
haft_abi::flags!(Control);

impl Control {
    /// Nobody has said who owns it.
    pub const OWNER_DEFAULTED: Self = Self(0x0001);
    /// Nobody has said which group it is of.
    pub const GROUP_DEFAULTED: Self = Self(0x0002);
    /// There is a DACL, which may be null.
    pub const DACL_PRESENT: Self = Self(0x0004);
    /// The DACL is a default.
    pub const DACL_DEFAULTED: Self = Self(0x0008);
    /// There is a SACL, which may be null.
    pub const SACL_PRESENT: Self = Self(0x0010);
    /// The SACL is a default.
    pub const SACL_DEFAULTED: Self = Self(0x0020);
    /// The DACL is to be inherited by what is there already.
    pub const DACL_AUTO_INHERIT_REQ: Self = Self(0x0100);
    /// The SACL is to be inherited by what is there already.
    pub const SACL_AUTO_INHERIT_REQ: Self = Self(0x0200);
    /// The DACL is inherited by what is there already.
    pub const DACL_AUTO_INHERITED: Self = Self(0x0400);
    /// The SACL is inherited by what is there already.
    pub const SACL_AUTO_INHERITED: Self = Self(0x0800);
    /// The DACL inherits nothing.
    pub const DACL_PROTECTED: Self = Self(0x1000);
    /// The SACL inherits nothing.
    pub const SACL_PROTECTED: Self = Self(0x2000);
    /// The resource manager's byte is in use.
    pub const RM_CONTROL_VALID: Self = Self(0x4000);
    /// It is one piece of memory, with offsets for addresses.
    pub const SELF_RELATIVE: Self = Self(0x8000);
    /// Those that say how the parts lie, which follow from the parts.
    const OF_PARTS: Self = Self(0x8014);
}

/// Which parts of a descriptor are meant (Microsoft: "SECURITY_INFORMATION").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SecurityInformation(pub u32);
haft_abi::flags!(SecurityInformation);

impl SecurityInformation {
    /// The owner.
    pub const OWNER: Self = Self(1);
    /// The group.
    pub const GROUP: Self = Self(2);
    /// The DACL.
    pub const DACL: Self = Self(4);
    /// The SACL.
    pub const SACL: Self = Self(8);
    /// The integrity label.
    pub const LABEL: Self = Self(0x10);
    /// The SACL no longer inherits anything; with the bit below, of the DACL.
    pub const PROTECTED_SACL: Self = Self(0x4000_0000);
    /// The DACL no longer inherits anything.
    pub const PROTECTED_DACL: Self = Self(0x8000_0000);
}

/// A list of a descriptor.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum AclPart {
    /// There is none.
    #[default]
    Absent,
    /// There is a null list: as a DACL it lets everybody do everything.
    Null,
    /// There is this one.
    List(Acl),
}

impl AclPart {
    /// The list, if there is one that is not null.
    #[must_use]
    pub fn list(&self) -> Option<&Acl> {
        match self {
            Self::List(acl) => Some(acl),
            _ => None,
        }
    }

    /// Whether there is one, be it null.
    #[must_use]
    pub fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

/// Who owns an object, and who may do what with it (Microsoft: "SECURITY_DESCRIPTOR structure").
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct SecurityDescriptor {
    /// Its flags, less those that follow from its parts.
    pub(in crate::security) control: Control,
    /// The resource manager's byte.
    pub(in crate::security) resource_manager: u8,
    /// Who owns the object.
    pub owner: Option<Sid>,
    /// The object's group.
    pub group: Option<Sid>,
    /// Who may do what.
    pub dacl: AclPart,
    /// What is logged, and the object's integrity label.
    pub sacl: AclPart,
}

impl SecurityDescriptor {
    /// A descriptor without any part.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Its flags, as a self-relative descriptor has them.
    #[must_use]
    pub fn control(&self) -> Control {
        let mut control = self.control.with(Control::SELF_RELATIVE);
        if self.dacl.is_present() {
            control = control.with(Control::DACL_PRESENT);
        }
        if self.sacl.is_present() {
            control = control.with(Control::SACL_PRESENT);
        }
        control
    }

    /// Sets its flags; those that follow from the parts are left out.
    pub fn set_control(&mut self, control: Control) {
        self.control = control.without(Control::OF_PARTS);
    }

    /// The resource manager's byte, where it is in use.
    #[must_use]
    pub fn resource_manager(&self) -> u8 {
        self.resource_manager
    }

    /// Sets the resource manager's byte.
    pub fn set_resource_manager(&mut self, byte: u8) {
        self.resource_manager = byte;
    }

    /// The descriptor of these bytes, which are self-relative (Microsoft: "Absolute and
    /// Self-Relative Security Descriptors"). Bytes behind its parts are not looked at.
    ///
    /// # Errors
    /// `UNKNOWN_REVISION`, `INVALID_SECURITY_DESCR`, `INVALID_SID`, `INVALID_ACL`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NtStatus> {
        const BAD: NtStatus = NtStatus::INVALID_SECURITY_DESCR;
        let mut reader = Reader(bytes);
        let mut header = || {
            let (revision, resource_manager) = (reader.u8()?, reader.u8()?);
            let control = Control(reader.u16()?);
            let mut offset = || reader.u32().map(|offset| offset as usize);
            let offsets = [offset()?, offset()?, offset()?, offset()?];
            Some((revision, resource_manager, control, offsets))
        };
        let (revision, resource_manager, control, [owner, group, sacl, dacl]) =
            header().ok_or(BAD)?;
        if revision != REVISION {
            return Err(NtStatus::UNKNOWN_REVISION);
        }
        if !control.contains(Control::SELF_RELATIVE) {
            return Err(BAD);
        }
        let part = |offset: usize| match offset {
            0 => Ok(None),
            _ if offset < HEADER || !offset.is_multiple_of(4) => Err(BAD),
            _ => bytes.get(offset..).map(Some).ok_or(BAD),
        };
        let sid = |offset| part(offset)?.map(|at| Ok(Sid::read(at)?.0)).transpose();
        let list = |offset, flag| {
            if !control.contains(flag) {
                return Ok(AclPart::Absent);
            }
            Ok(part(offset)?.map(Acl::read).transpose()?.map_or(AclPart::Null, AclPart::List))
        };
        Ok(Self {
            control: control.without(Control::OF_PARTS),
            resource_manager,
            owner: sid(owner)?,
            group: sid(group)?,
            dacl: list(dacl, Control::DACL_PRESENT)?,
            sacl: list(sacl, Control::SACL_PRESENT)?,
        })
    }

    /// Its bytes, self-relative.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![0; HEADER];
        out[0] = REVISION;
        out[1] = self.resource_manager;
        out[2..4].copy_from_slice(&self.control().0.to_le_bytes());
        let put = |field: usize, out: &mut Vec<u8>, bytes: Option<Vec<u8>>| {
            if let Some(bytes) = bytes {
                let offset = out.len() as u32;
                out[field..field + 4].copy_from_slice(&offset.to_le_bytes());
                out.extend(bytes);
            }
        };
        put(12, &mut out, self.sacl.list().map(Acl::to_bytes));
        put(16, &mut out, self.dacl.list().map(Acl::to_bytes));
        put(4, &mut out, self.owner.as_ref().map(Sid::to_bytes));
        put(8, &mut out, self.group.as_ref().map(Sid::to_bytes));
        out
    }

    /// The integrity label, if it has one: the level and which access it keeps from lower ones.
    #[must_use]
    pub fn label(&self) -> Option<(&Sid, haft_abi::AccessMask)> {
        let aces = self.sacl.list()?.aces();
        let label = aces.iter().find(|ace| ace.kind() == super::AceKind::MANDATORY_LABEL)?;
        label.sid().zip(label.mask())
    }

    /// Those parts of it that are meant (Microsoft: "GetKernelObjectSecurity function").
    #[must_use]
    pub fn only(&self, parts: SecurityInformation) -> Self {
        let mut out = Self { control: self.control, ..Self::default() };
        if parts.contains(SecurityInformation::OWNER) {
            out.owner.clone_from(&self.owner);
        }
        if parts.contains(SecurityInformation::GROUP) {
            out.group.clone_from(&self.group);
        }
        if parts.contains(SecurityInformation::DACL) {
            out.dacl = self.dacl.clone();
        } else {
            out.control = out.control.without(Control(0x1508));
        }
        if parts.contains(SecurityInformation::SACL) {
            out.sacl = self.sacl.clone();
        } else {
            out.control = out.control.without(Control(0x2A20));
            if parts.contains(SecurityInformation::LABEL)
                && let AclPart::List(acl) = &self.sacl
            {
                let is_label = |ace: &&super::Ace| ace.kind() == super::AceKind::MANDATORY_LABEL;
                let labels: Vec<_> = acl.aces().iter().filter(is_label).cloned().collect();
                // Fewer entries than before fit.
                out.sacl = Acl::of(labels).map_or(AclPart::Absent, AclPart::List);
            }
        }
        out
    }

    /// Replaces those parts of it that are meant (Microsoft: "SetKernelObjectSecurity function").
    ///
    /// # Errors
    /// `INVALID_OWNER`, `INVALID_PRIMARY_GROUP` when a SID is to be set that is not there.
    pub fn set(&mut self, parts: SecurityInformation, from: &Self) -> Result<(), NtStatus> {
        if parts.contains(SecurityInformation::OWNER) {
            self.owner = Some(from.owner.clone().ok_or(NtStatus::INVALID_OWNER)?);
        }
        if parts.contains(SecurityInformation::GROUP) {
            self.group = Some(from.group.clone().ok_or(NtStatus::INVALID_PRIMARY_GROUP)?);
        }
        let copied = |flags: Control, own: Control| {
            own.without(flags).with(Control(from.control.0 & flags.0))
        };
        if parts.contains(SecurityInformation::DACL) {
            self.dacl = from.dacl.clone();
            self.control = copied(Control(0x1508), self.control);
            if parts.contains(SecurityInformation::PROTECTED_DACL) {
                self.control = self.control.with(Control::DACL_PROTECTED);
            }
        }
        if parts.contains(SecurityInformation::SACL) {
            self.sacl = from.sacl.clone();
            self.control = copied(Control(0x2A20), self.control);
        } else if parts.contains(SecurityInformation::LABEL) {
            let is_label = |ace: &super::Ace| ace.kind() == super::AceKind::MANDATORY_LABEL;
            let own = self.sacl.list().map(Acl::aces).unwrap_or_default();
            let new = from.sacl.list().map(Acl::aces).unwrap_or_default();
            let kept = own.iter().filter(|ace| !is_label(ace));
            let aces = kept.chain(new.iter().filter(|ace| is_label(ace))).cloned().collect();
            self.sacl = AclPart::List(Acl::of(aces)?);
        }
        Ok(())
    }
}

impl TryFrom<Vec<u8>> for SecurityDescriptor {
    type Error = &'static str;
    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        Self::from_bytes(&bytes).map_err(|_| "not a security descriptor")
    }
}

impl From<SecurityDescriptor> for Vec<u8> {
    fn from(descriptor: SecurityDescriptor) -> Self {
        descriptor.to_bytes()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::sid::tests::any_sid;
    use super::super::{Ace, AceFlags, AceKind};
    use super::*;
    use haft_abi::AccessMask;
    use proptest::prelude::*;

    fn any_ace() -> impl Strategy<Value = Ace> {
        let data = prop::collection::vec(any::<u32>(), 0..4);
        let guids = [any::<Option<[u8; 16]>>(), any::<Option<[u8; 16]>>()];
        (0_u8..0x20, any::<u8>(), any::<u32>(), any_sid(), data, guids).prop_map(
            |(kind, flags, mask, sid, data, guids)| {
                let data: Vec<u8> = data.iter().flat_map(|word| word.to_le_bytes()).collect();
                let (kind, flags, mask) = (AceKind(kind), AceFlags(flags), AccessMask(mask));
                match Ace::new(kind, flags, mask, sid) {
                    Ace::Sid { .. } if matches!(kind.0, 4 | 0x15..) => {
                        Ace::Other { kind, flags, body: data }
                    }
                    Ace::Sid { object, sid, .. } => {
                        Ace::Sid { kind, flags, mask, object: object.map(|_| guids), sid, data }
                    }
                    other => other,
                }
            },
        )
    }

    fn any_part() -> impl Strategy<Value = AclPart> {
        prop_oneof![
            Just(AclPart::Absent),
            Just(AclPart::Null),
            prop::collection::vec(any_ace(), 0..6)
                .prop_map(|aces| AclPart::List(Acl::of(aces).unwrap())),
        ]
    }

    pub fn any_descriptor() -> impl Strategy<Value = SecurityDescriptor> {
        let sids = (prop::option::of(any_sid()), prop::option::of(any_sid()));
        (any::<u16>(), any::<u8>(), sids, any_part(), any_part()).prop_map(
            |(control, byte, (owner, group), dacl, sacl)| {
                let mut made =
                    SecurityDescriptor { owner, group, dacl, sacl, ..Default::default() };
                made.set_control(Control(control));
                made.set_resource_manager(byte);
                made
            },
        )
    }

    #[test]
    fn a_descriptor_of_nothing_is_a_header() {
        assert_eq!(SecurityDescriptor::new().to_bytes()[..4], [1, 0, 0, 0x80]);
        assert_eq!(SecurityDescriptor::new().to_bytes().len(), 20);
    }

    #[test]
    fn a_part_that_lies_nowhere_is_refused() {
        let mut bytes = SecurityDescriptor::new().to_bytes();
        for bad in [4_u32, 21, 24, u32::MAX] {
            bytes[4..8].copy_from_slice(&bad.to_le_bytes());
            assert!(SecurityDescriptor::from_bytes(&bytes).is_err(), "{bad}");
        }
        bytes[0] = 2;
        assert_eq!(SecurityDescriptor::from_bytes(&bytes), Err(NtStatus::UNKNOWN_REVISION));
    }

    #[test]
    fn parts_are_taken_and_set_one_by_one() {
        let mut object = SecurityDescriptor {
            owner: Some(Sid::linux_user(1)),
            dacl: AclPart::Null,
            ..Default::default()
        };
        assert_eq!(object.only(SecurityInformation::GROUP), SecurityDescriptor::new());
        let new = SecurityDescriptor { group: Some(Sid::linux_group(2)), ..Default::default() };
        assert_eq!(object.set(SecurityInformation::GROUP, &new), Ok(()));
        assert_eq!(object.set(SecurityInformation::OWNER, &new), Err(NtStatus::INVALID_OWNER));
        assert_eq!(object.set(SecurityInformation::DACL, &new), Ok(()));
        assert_eq!((object.owner, object.group), (Some(Sid::linux_user(1)), new.group));
        assert_eq!(object.dacl, AclPart::Absent);
    }

    proptest! {
        #[test]
        fn a_descriptor_survives_its_bytes(descriptor in any_descriptor()) {
            prop_assert_eq!(SecurityDescriptor::from_bytes(&descriptor.to_bytes()), Ok(descriptor));
        }

        #[test]
        fn any_bytes_are_a_descriptor_or_refused(
            descriptor in any_descriptor(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = descriptor.to_bytes();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len() + 1));
            if let Ok(read) = SecurityDescriptor::from_bytes(&bytes) {
                prop_assert_eq!(SecurityDescriptor::from_bytes(&read.to_bytes()), Ok(read));
            }
        }
    }
}
