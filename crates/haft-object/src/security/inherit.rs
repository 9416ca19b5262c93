//! The descriptor of an object that is created (Microsoft: "Security Descriptors for New Objects",
//! MS-DTYP, section 2.5.3.4).

use super::{Ace, AceFlags, Acl, AclPart, Mapping, SecurityDescriptor, Sid, Token, well_known};
use haft_abi::NtStatus;

/// What a descriptor for a new object is made from.
#[derive(Clone, Copy)]
pub struct Creation<'c> {
    /// Who creates it.
    pub token: &'c Token,
    /// What its rights are.
    pub mapping: Mapping,
    /// What the creator says.
    pub said: Option<&'c SecurityDescriptor>,
    /// Of what the object lies in.
    pub parent: Option<&'c SecurityDescriptor>,
    /// Whether it is one that others lie in.
    pub is_container: bool,
}

/// The descriptor of a new object. Its DACL is what the creator says, else what it inherits, else
/// the token's default; its owner and group are what the creator says, else the token's.
///
/// # Errors
/// `INVALID_OWNER` for an owner that the creator may not name; `ALLOTTED_SPACE_EXCEEDED`.
pub fn descriptor_for_new(creation: Creation<'_>) -> Result<SecurityDescriptor, NtStatus> {
    let Creation { token, said, parent, .. } = creation;
    let mut made = SecurityDescriptor::new();
    let owner = match said.and_then(|said| said.owner.clone()) {
        Some(owner) if token.may_own_as(&owner) => owner,
        Some(owner) if token.has_enabled(super::Privilege::RESTORE) => owner,
        Some(_) => return Err(NtStatus::INVALID_OWNER),
        None => token.owner.clone(),
    };
    let group = said.and_then(|said| said.group.clone());
    let group = group.unwrap_or_else(|| token.primary_group.clone());
    let take = |list: fn(&SecurityDescriptor) -> &AclPart| -> Result<Option<AclPart>, NtStatus> {
        match said.map(list) {
            Some(part @ (AclPart::Null | AclPart::List(_))) => {
                Ok(Some(mapped(part, creation.mapping)?))
            }
            _ => match parent.map(list) {
                Some(AclPart::List(acl)) => {
                    let inherited = inherited(acl, creation, &owner, &group);
                    Ok(if inherited.is_empty() {
                        None
                    } else {
                        Some(AclPart::List(Acl::of(inherited)?))
                    })
                }
                _ => Ok(None),
            },
        }
    };
    made.dacl = match take(|d| &d.dacl)? {
        Some(dacl) => dacl,
        None => match token.default_dacl() {
            Some(acl) => mapped(&AclPart::List(acl), creation.mapping)?,
            None => AclPart::Absent,
        },
    };
    made.sacl = take(|d| &d.sacl)?.unwrap_or_default();
    if let Some(said) = said {
        made.set_control(said.control());
        made.set_resource_manager(said.resource_manager());
    }
    made.owner = Some(owner);
    made.group = Some(group);
    Ok(made)
}

/// A list whose entries say what their generic rights stand for.
fn mapped(part: &AclPart, mapping: Mapping) -> Result<AclPart, NtStatus> {
    let AclPart::List(acl) = part else { return Ok(part.clone()) };
    let map = |ace: &Ace| match ace.clone() {
        // Entries that only those below inherit are mapped when they do.
        Ace::Sid { kind, flags, mask, object, sid, data }
            if !flags.contains(AceFlags::INHERIT_ONLY) && (kind.allows() || kind.denies()) =>
        {
            Ace::Sid { kind, flags, mask: mapping.map(mask), object, sid, data }
        }
        other => other,
    };
    Acl::of(acl.aces().iter().map(map).collect()).map(AclPart::List)
}

/// What an object inherits of the list of what it lies in.
fn inherited(acl: &Acl, creation: Creation<'_>, owner: &Sid, group: &Sid) -> Vec<Ace> {
    let mut out = Vec::new();
    for ace in acl.aces() {
        let flags = ace.flags();
        let counts = if creation.is_container {
            flags.contains(AceFlags::CONTAINER_INHERIT)
                || (flags.contains(AceFlags::OBJECT_INHERIT)
                    && !flags.contains(AceFlags::NO_PROPAGATE))
        } else {
            flags.contains(AceFlags::OBJECT_INHERIT)
        };
        if !counts {
            continue;
        }
        let stays = creation.is_container && !flags.contains(AceFlags::NO_PROPAGATE);
        let only_on = creation.is_container && !flags.contains(AceFlags::CONTAINER_INHERIT);
        let mut new = AceFlags::INHERITED.0;
        if stays {
            new |= flags.0 & (AceFlags::OBJECT_INHERIT.0 | AceFlags::CONTAINER_INHERIT.0);
        }
        if only_on {
            new |= AceFlags::INHERIT_ONLY.0;
        }
        let Ace::Sid { kind, mask, object, sid, data, .. } = ace.clone() else {
            out.push(ace.clone().with_flags(AceFlags(new)));
            continue;
        };
        let creator = if sid == well_known::creator_owner() {
            Some(owner)
        } else if sid == well_known::creator_group() {
            Some(group)
        } else {
            None
        };
        let flags = AceFlags(new);
        let counts_here = !flags.contains(AceFlags::INHERIT_ONLY);
        if let Some(creator) = creator
            && counts_here
        {
            let mask = creation.mapping.map(mask);
            let flags = AceFlags::INHERITED;
            out.push(Ace::Sid {
                kind,
                flags,
                mask,
                object,
                sid: creator.clone(),
                data: data.clone(),
            });
            if stays {
                let flags = AceFlags(new | AceFlags::INHERIT_ONLY.0);
                out.push(Ace::Sid { kind, flags, mask, object, sid, data });
            }
            continue;
        }
        let mask = if counts_here { creation.mapping.map(mask) } else { mask };
        out.push(Ace::Sid { kind, flags, mask, object, sid, data });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::user;
    use super::*;
    use crate::types::ObjectType;
    use haft_abi::AccessMask;

    fn creation(token: &Token) -> Creation<'_> {
        Creation {
            token,
            mapping: Mapping::Of(ObjectType::Event),
            said: None,
            parent: None,
            is_container: false,
        }
    }

    #[test]
    fn a_new_object_has_the_tokens_default() {
        let token = user(7);
        let made = descriptor_for_new(creation(&token)).unwrap();
        assert_eq!(made.owner, Some(Sid::linux_user(7)));
        assert_eq!(made.group, Some(Sid::linux_group(7)));
        let [first, _] = made.dacl.list().unwrap().aces() else { panic!("two entries") };
        assert_eq!(first.mask(), Some(ObjectType::Event.mapping().all));
    }

    #[test]
    fn nobody_else_owns_a_new_object() {
        let token = user(7);
        let said = SecurityDescriptor { owner: Some(Sid::linux_user(8)), ..Default::default() };
        let made = descriptor_for_new(Creation { said: Some(&said), ..creation(&token) });
        assert_eq!(made, Err(NtStatus::INVALID_OWNER));
    }

    #[test]
    fn entries_are_inherited_and_the_creator_takes_its_place() {
        let token = user(7);
        let flags = AceFlags(AceFlags::OBJECT_INHERIT.0 | AceFlags::INHERIT_ONLY.0);
        let entry = Ace::allow(AccessMask::GENERIC_ALL, well_known::creator_owner());
        let other = Ace::allow(AccessMask::GENERIC_ALL, well_known::everyone());
        let acl = Acl::of(vec![entry.with_flags(flags), other]).unwrap();
        let parent = SecurityDescriptor { dacl: AclPart::List(acl), ..Default::default() };
        let creation = Creation { parent: Some(&parent), ..creation(&token) };
        let made = descriptor_for_new(creation).unwrap();
        let [only] = made.dacl.list().unwrap().aces() else { panic!("one entry") };
        assert_eq!(only.sid(), Some(&Sid::linux_user(7)));
        assert_eq!(only.mask(), Some(ObjectType::Event.mapping().all));
        assert_eq!(only.flags(), AceFlags::INHERITED);
    }
}
