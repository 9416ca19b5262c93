//! The access check: what a token is granted of what a descriptor protects (Microsoft: "How
//! AccessCheck Works", "Order of ACEs in a DACL"; MS-DTYP, section 2.5.3.2).

use super::{Ace, well_known};
use super::{AceFlags, AceKind, Acl, AclPart, Privilege, SecurityDescriptor, Sid, Token};
use crate::types::{ObjectType, map_generic};
use haft_abi::{AccessMask, NtStatus};

/// What the generic rights of an object stand for.
#[derive(Clone, Copy, Debug)]
pub enum Mapping {
    /// Those of one of the system's types.
    Of(ObjectType),
    /// Those of a program's own: read, write, execute, all (Microsoft: "GENERIC_MAPPING structure").
    Own([AccessMask; 4]),
}

impl Mapping {
    fn generic(self) -> [AccessMask; 4] {
        match self {
            Self::Own(generic) => generic,
            Self::Of(object_type) => {
                let m = object_type.mapping();
                [m.read, m.write, m.execute, m.all]
            }
        }
    }

    /// Every right that can be granted.
    fn all(self) -> AccessMask {
        match self {
            Self::Own([.., all]) => all,
            Self::Of(object_type) => object_type.mapping().valid,
        }
    }

    /// A mask with its generic rights replaced (Microsoft: "MapGenericMask function").
    #[must_use]
    pub fn map(self, mask: AccessMask) -> AccessMask {
        match self {
            Self::Of(object_type) => map_generic(object_type, mask),
            Self::Own([read, write, execute, all]) => {
                let generic = [
                    (AccessMask::GENERIC_READ, read),
                    (AccessMask::GENERIC_WRITE, write),
                    (AccessMask::GENERIC_EXECUTE, execute),
                    (AccessMask::GENERIC_ALL, all),
                ];
                generic.iter().fold(mask, |mask, &(from, to)| {
                    if mask.any(from) { mask.without(from).with(to) } else { mask }
                })
            }
        }
    }
}

/// What was granted, and for which privileges.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// The rights.
    pub access: AccessMask,
    /// The privileges that were used.
    pub used: Vec<Privilege>,
}

/// How a SID counts in one pass over a DACL.
#[derive(Clone, Copy)]
enum Pass<'t> {
    /// By the token's user and groups.
    Token(&'t Token),
    /// By the SIDs that the token is restricted to.
    Restricted(&'t Token),
}

impl Pass<'_> {
    fn allows(self, sid: &Sid) -> bool {
        match self {
            Self::Token(token) => token.is_allowed_as(sid),
            Self::Restricted(token) => token.is_restricted_to(sid),
        }
    }

    fn denies(self, sid: &Sid) -> bool {
        match self {
            Self::Token(token) => token.is_denied_as(sid),
            Self::Restricted(token) => token.is_restricted_to(sid),
        }
    }

    /// The rights that a list gives, entry by entry: what an earlier one has decided stays so.
    fn rights(self, acl: &Acl, owner: Option<&Sid>, mapping: Mapping) -> AccessMask {
        let owns = owner.is_some_and(|owner| self.allows(owner));
        let (mut granted, mut denied) = (AccessMask::NONE, AccessMask::NONE);
        let counting =
            acl.aces().iter().filter(|ace| !ace.flags().contains(AceFlags::INHERIT_ONLY));
        let owner_rights = well_known::owner_rights();
        let mut says_owner_rights = false;
        for ace in counting {
            let Ace::Sid { kind, mask, object, sid, .. } = ace else { continue };
            let is_owner_rights = *sid == owner_rights;
            says_owner_rights |= is_owner_rights && (kind.allows() || kind.denies());
            // Rights to a part of an object are none to the whole of it.
            if object.is_some_and(|[whole, _]| whole.is_some()) {
                continue;
            }
            let mask = mapping.map(*mask);
            if kind.allows() {
                // A condition that nobody can decide does not hold.
                let counts = !kind.is_conditional();
                if counts && (self.allows(sid) || (is_owner_rights && owns)) {
                    granted |= mask.without(denied);
                }
            } else if kind.denies() && (self.denies(sid) || (is_owner_rights && owns)) {
                denied |= mask.without(granted);
            }
        }
        if owns && !says_owner_rights {
            granted |= AccessMask::READ_CONTROL.with(AccessMask::WRITE_DAC);
        }
        granted
    }
}

/// `SYSTEM_MANDATORY_LABEL_NO_WRITE_UP`.
const NO_WRITE_UP: AccessMask = AccessMask(1);
const NO_READ_UP: AccessMask = AccessMask(2);
const NO_EXECUTE_UP: AccessMask = AccessMask(4);

/// The rights that the object's integrity label leaves (Microsoft: "Mandatory Integrity Control").
/// An object without a label is of the medium level, and is not written from below.
fn left_by_label(descriptor: &SecurityDescriptor, token: &Token, mapping: Mapping) -> AccessMask {
    let (level, policy) = match descriptor.label() {
        Some((sid, policy)) => (well_known::integrity_level(sid).unwrap_or(0), policy),
        None => (0x2000, NO_WRITE_UP),
    };
    if token.integrity_level() >= level {
        return AccessMask(u32::MAX);
    }
    let [read, write, execute, _] = mapping.generic();
    let mut left = AccessMask::NONE;
    for (right, no_up) in [(read, NO_READ_UP), (write, NO_WRITE_UP), (execute, NO_EXECUTE_UP)] {
        if !policy.any(no_up) {
            left |= right;
        }
    }
    left.with(if policy.any(NO_WRITE_UP) { AccessMask::SYNCHRONIZE } else { write })
}

/// What is granted of an object.
///
/// # Errors
/// `ACCESS_DENIED`; `PRIVILEGE_NOT_HELD` for ACCESS_SYSTEM_SECURITY without SeSecurity.
pub fn check(
    descriptor: &SecurityDescriptor,
    token: &Token,
    desired: AccessMask,
    mapping: Mapping,
) -> Result<Granted, NtStatus> {
    const DENIED: NtStatus = NtStatus::ACCESS_DENIED;
    if matches!(token.kind, super::TokenKind::Impersonation(level)
        if level < super::ImpersonationLevel::Impersonation)
    {
        return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
    }
    let maximum = desired.any(AccessMask::MAXIMUM_ALLOWED);
    let mut left = mapping.map(desired.without(AccessMask::MAXIMUM_ALLOWED));
    let mut granted = Granted { access: AccessMask::NONE, used: Vec::new() };
    let mut by_privilege = |right, privilege, left: &mut AccessMask| {
        if token.has_enabled(privilege) {
            granted.used.push(privilege);
            granted.access |= right;
            *left = left.without(right);
            true
        } else {
            false
        }
    };
    if left.any(AccessMask::ACCESS_SYSTEM_SECURITY)
        && !by_privilege(AccessMask::ACCESS_SYSTEM_SECURITY, Privilege::SECURITY, &mut left)
    {
        return Err(NtStatus::PRIVILEGE_NOT_HELD);
    }
    let by_label = left_by_label(descriptor, token, mapping);
    let rights = match &descriptor.dacl {
        AclPart::Absent | AclPart::Null => mapping.all() | left,
        AclPart::List(acl) => {
            let owner = descriptor.owner.as_ref();
            let by_token = Pass::Token(token).rights(acl, owner, mapping);
            let restricted = || Pass::Restricted(token).rights(acl, owner, mapping);
            match (token.is_restricted(), token.write_restricted) {
                (false, _) => by_token,
                (true, false) => by_token & restricted(),
                (true, true) => {
                    let [read, write, execute, _] = mapping.generic();
                    let writing = write.without(read | execute);
                    by_token.without(writing) | (by_token & restricted())
                }
            }
        }
    } & by_label;
    // Only where it is needed, so that a privilege that was not is not said to be used.
    if left.without(rights).any(AccessMask::WRITE_OWNER) {
        by_privilege(AccessMask::WRITE_OWNER, Privilege::TAKE_OWNERSHIP, &mut left);
    }
    if !rights.contains(left) {
        return Err(DENIED);
    }
    granted.access |= left;
    if maximum {
        granted.access |= rights & mapping.all();
        if granted.access == AccessMask::NONE {
            return Err(DENIED);
        }
    }
    Ok(granted)
}

/// The rights to the descriptor that reading or setting these parts of it needs (Microsoft:
/// "SECURITY_INFORMATION").
#[must_use]
pub fn needed(parts: super::SecurityInformation, to_set: bool) -> AccessMask {
    let mut access = AccessMask::NONE;
    let has = |bits: u32| parts.0 & bits != 0;
    if to_set {
        if has(1 | 2 | 0x10) {
            access |= AccessMask::WRITE_OWNER;
        }
        if has(4) {
            access |= AccessMask::WRITE_DAC;
        }
    } else if has(1 | 2 | 4 | 0x10) {
        access |= AccessMask::READ_CONTROL;
    }
    if has(8) {
        access |= AccessMask::ACCESS_SYSTEM_SECURITY;
    }
    access
}

/// A mandatory label entry (Microsoft: "SYSTEM_MANDATORY_LABEL_ACE structure").
#[must_use]
pub fn label(level: Sid) -> Ace {
    Ace::new(AceKind::MANDATORY_LABEL, AceFlags::NONE, NO_WRITE_UP, level)
}

#[cfg(test)]
mod tests {
    use super::super::descriptor::tests::any_descriptor;
    use super::super::token::tests::{root, user};
    use super::super::{Filter, HeldPrivilege, PrivilegeAttributes, Restrictions};
    use super::*;
    use proptest::prelude::*;

    const EVENT: Mapping = Mapping::Of(ObjectType::Event);
    const MODIFY: AccessMask = AccessMask(2);
    const QUERY: AccessMask = AccessMask(1);

    fn with(aces: Vec<Ace>) -> SecurityDescriptor {
        SecurityDescriptor {
            owner: Some(Sid::linux_user(1)),
            dacl: AclPart::List(Acl::of(aces).unwrap()),
            ..Default::default()
        }
    }

    fn access(
        descriptor: &SecurityDescriptor,
        token: &Token,
        desired: AccessMask,
    ) -> Result<AccessMask, NtStatus> {
        check(descriptor, token, desired, EVENT).map(|granted| granted.access)
    }

    const DENIED: Result<AccessMask, NtStatus> = Err(NtStatus::ACCESS_DENIED);

    #[test]
    fn a_null_dacl_allows_everything_and_an_empty_one_nothing() {
        let null = SecurityDescriptor { dacl: AclPart::Null, ..Default::default() };
        let all = ObjectType::Event.mapping().all;
        assert_eq!(access(&null, &user(7), AccessMask::GENERIC_ALL), Ok(all));
        assert_eq!(access(&null, &user(7), AccessMask::MAXIMUM_ALLOWED), Ok(all));
        assert_eq!(access(&with(vec![]), &user(7), QUERY), DENIED);
        assert_eq!(access(&with(vec![]), &user(7), AccessMask::MAXIMUM_ALLOWED), DENIED);
    }

    #[test]
    fn entries_count_in_their_order() {
        let allow = Ace::allow(MODIFY, well_known::everyone());
        let deny = Ace::deny(MODIFY, Sid::linux_user(7));
        let deny_first = with(vec![deny.clone(), allow.clone()]);
        assert_eq!(access(&deny_first, &user(7), MODIFY), DENIED);
        assert_eq!(access(&deny_first, &user(8), MODIFY), Ok(MODIFY));
        assert_eq!(access(&with(vec![allow, deny]), &user(7), MODIFY), Ok(MODIFY));
    }

    #[test]
    fn an_owner_reads_and_writes_the_dacl_unless_owner_rights_say_otherwise() {
        let both = AccessMask::READ_CONTROL.with(AccessMask::WRITE_DAC);
        assert_eq!(access(&with(vec![]), &user(1), both), Ok(both));
        assert_eq!(access(&with(vec![]), &user(2), both), DENIED);
        let less = with(vec![Ace::allow(AccessMask::READ_CONTROL, well_known::owner_rights())]);
        assert_eq!(access(&less, &user(1), both), DENIED);
        let read = AccessMask::READ_CONTROL;
        assert_eq!(access(&less, &user(1), read), Ok(read));
        assert_eq!(access(&less, &user(2), read), DENIED);
    }

    #[test]
    fn an_entry_that_is_only_inherited_does_not_count() {
        let ace = Ace::allow(MODIFY, well_known::everyone()).with_flags(AceFlags::INHERIT_ONLY);
        assert_eq!(access(&with(vec![ace]), &user(7), MODIFY), DENIED);
    }

    #[test]
    fn the_sacl_needs_a_privilege_and_an_owner_can_be_taken_with_one() {
        let sacl = AccessMask::ACCESS_SYSTEM_SECURITY;
        let mut token = root();
        let not_held = Err(NtStatus::PRIVILEGE_NOT_HELD);
        assert_eq!(access(&with(vec![]), &token, sacl), not_held);
        assert_eq!(access(&with(vec![]), &token, AccessMask::WRITE_OWNER), DENIED);
        let attributes = PrivilegeAttributes::ENABLED;
        for privilege in [Privilege::SECURITY, Privilege::TAKE_OWNERSHIP] {
            token.adjust_privileges(&[HeldPrivilege { privilege, attributes }]);
        }
        assert_eq!(access(&with(vec![]), &token, sacl), Ok(sacl));
        let granted = check(&with(vec![]), &token, AccessMask::WRITE_OWNER, EVENT).unwrap();
        assert_eq!(granted.used, [Privilege::TAKE_OWNERSHIP]);
    }

    #[test]
    fn a_restricted_token_must_be_allowed_twice() {
        let restricted = vec![well_known::restricted()];
        let mut restrictions = Restrictions { restricted, ..Default::default() };
        let token = user(7).restrict(&restrictions).unwrap();
        let once = with(vec![Ace::allow(QUERY.with(MODIFY), Sid::linux_user(7))]);
        assert_eq!(access(&once, &token, MODIFY), DENIED);
        let twice = with(vec![
            Ace::allow(MODIFY, Sid::linux_user(7)),
            Ace::allow(MODIFY, well_known::restricted()),
        ]);
        assert_eq!(access(&twice, &token, MODIFY), Ok(MODIFY));
        restrictions.filter = Filter::WRITE_RESTRICTED;
        let token = user(7).restrict(&restrictions).unwrap();
        assert_eq!(access(&once, &token, QUERY), Ok(QUERY));
        assert_eq!(access(&once, &token, MODIFY), DENIED);
    }

    #[test]
    fn a_group_for_denial_alone_denies() {
        let deny_only = vec![Sid::linux_group(4)];
        let token = user(7).restrict(&Restrictions { deny_only, ..Default::default() }).unwrap();
        let allow = with(vec![Ace::allow(MODIFY, Sid::linux_group(4))]);
        assert_eq!(access(&allow, &user(7), MODIFY), Ok(MODIFY));
        assert_eq!(access(&allow, &token, MODIFY), DENIED);
        let deny = with(vec![
            Ace::deny(MODIFY, Sid::linux_group(4)),
            Ace::allow(MODIFY, well_known::everyone()),
        ]);
        assert_eq!(access(&deny, &token, MODIFY), DENIED);
    }

    #[test]
    fn a_low_token_does_not_write_up() {
        let token = Token { integrity: well_known::low_label(), ..user(7) };
        let everybody = with(vec![Ace::allow(AccessMask::GENERIC_ALL, well_known::everyone())]);
        assert_eq!(access(&everybody, &token, MODIFY), DENIED);
        assert_eq!(access(&everybody, &token, QUERY), Ok(QUERY));
        let low = Acl::of(vec![label(well_known::low_label())]).unwrap();
        let labelled = SecurityDescriptor { sacl: AclPart::List(low), ..everybody };
        assert_eq!(access(&labelled, &token, MODIFY), Ok(MODIFY));
    }

    #[test]
    fn maximum_allowed_is_what_entries_leave() {
        let descriptor = with(vec![
            Ace::deny(MODIFY, well_known::everyone()),
            Ace::allow(AccessMask::GENERIC_ALL, well_known::everyone()),
        ]);
        let all = ObjectType::Event.mapping().all.without(MODIFY);
        assert_eq!(access(&descriptor, &user(7), AccessMask::MAXIMUM_ALLOWED), Ok(all));
    }

    #[test]
    fn a_condition_that_nobody_decides_allows_nothing_and_denies() {
        let conditional = |kind| Ace::new(kind, AceFlags::NONE, MODIFY, well_known::everyone());
        let allow = conditional(AceKind::ALLOWED_CALLBACK);
        assert_eq!(access(&with(vec![allow]), &user(7), MODIFY), DENIED);
        let deny = conditional(AceKind::DENIED_CALLBACK);
        let allow = Ace::allow(MODIFY, well_known::everyone());
        assert_eq!(access(&with(vec![deny, allow]), &user(7), MODIFY), DENIED);
    }

    proptest! {
        #[test]
        fn no_more_is_granted_than_asked_and_a_restricted_token_gets_no_more(
            descriptor in any_descriptor(),
            desired in any::<u32>(),
        ) {
            let desired = AccessMask(desired).without(AccessMask::MAXIMUM_ALLOWED);
            let restricted = vec![well_known::users()];
            let restrictions = Restrictions { restricted, ..Default::default() };
            for token in [user(7), root()] {
                let less = token.restrict(&restrictions).unwrap();
                let whole = access(&descriptor, &token, desired);
                if let Ok(granted) = whole {
                    prop_assert_eq!(granted, EVENT.map(desired));
                }
                if access(&descriptor, &less, desired).is_ok() {
                    prop_assert!(whole.is_ok());
                }
            }
        }

        #[test]
        fn what_the_maximum_grants_is_granted_when_asked_for(descriptor in any_descriptor()) {
            if let Ok(most) = access(&descriptor, &user(7), AccessMask::MAXIMUM_ALLOWED) {
                prop_assert_eq!(access(&descriptor, &user(7), most), Ok(most));
            }
        }
    }
}
