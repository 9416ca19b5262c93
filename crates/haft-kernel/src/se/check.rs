//! What somebody may do.

use super::object_security;
use super::token::{self, TokenObject};
use crate::ob::Pinned;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::ObjectType;
use haft_object::security::access_check::{Granted, Mapping, check};
use haft_object::security::{
    HeldPrivilege, ImpersonationLevel, Privilege, PrivilegeAttributes, SecurityDescriptor, Sid,
    Token, TokenKind,
};

/// The token that a handle names, or the one in effect for this thread.
fn of_or_effective(handle: Option<Handle>, access: AccessMask) -> Result<Token, NtStatus> {
    let token = match handle {
        Some(handle) => token::by_handle(handle, access)?,
        None => token::of(&token::effective()?)?,
    };
    token.state()
}

/// The token in effect for this thread.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn effective() -> Result<Token, NtStatus> {
    of_or_effective(None, AccessMask::NONE)
}

/// What a client is granted of what a program protects itself (Microsoft: "AccessCheck function").
///
/// # Errors
/// `NO_IMPERSONATION_TOKEN` for a primary token, `BAD_IMPERSONATION_LEVEL` for one that only says
/// who it is of not even that; `GENERIC_NOT_MAPPED` for a generic right; those of the check.
pub fn access_check(
    descriptor: &SecurityDescriptor,
    client: Handle,
    desired: AccessMask,
    mapping: [AccessMask; 4],
) -> Result<Granted, NtStatus> {
    let token = token::by_handle(client, token::QUERY)?.state()?;
    match token.kind {
        TokenKind::Primary => return Err(NtStatus::NO_IMPERSONATION_TOKEN),
        TokenKind::Impersonation(ImpersonationLevel::Anonymous) => {
            return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
        }
        TokenKind::Impersonation(_) => {}
    }
    if desired.0 & 0xF000_0000 != 0 {
        return Err(NtStatus::GENERIC_NOT_MAPPED);
    }
    if descriptor.owner.is_none() || descriptor.group.is_none() {
        return Err(NtStatus::INVALID_SECURITY_DESCR);
    }
    // To ask what somebody may do, it is enough to know who it is.
    let mut token = token;
    token.kind = TokenKind::Primary;
    check(descriptor, &token, desired, Mapping::Own(mapping))
}

/// Whether a SID counts where it allows something (Microsoft: "CheckTokenMembership function").
/// Without a token: for this thread.
///
/// # Errors
/// `NO_IMPERSONATION_TOKEN` for a primary token; `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`,
/// `ACCESS_DENIED`.
pub fn is_member(token: Option<Handle>, sid: &Sid) -> Result<bool, NtStatus> {
    let state = of_or_effective(token, token::QUERY)?;
    if token.is_some() && state.kind == TokenKind::Primary {
        return Err(NtStatus::NO_IMPERSONATION_TOKEN);
    }
    let restricted = !state.is_restricted() || state.is_restricted_to(sid);
    Ok(state.is_allowed_as(sid) && restricted)
}

/// Which of these privileges a client has in use, and whether that is enough: all of them, or any
/// (Microsoft: "PrivilegeCheck function").
///
/// # Errors
/// `NO_IMPERSONATION_TOKEN`, `BAD_IMPERSONATION_LEVEL`; `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`,
/// `ACCESS_DENIED`.
pub fn privilege_check(
    client: Handle,
    privileges: &mut [HeldPrivilege],
    all_needed: bool,
) -> Result<bool, NtStatus> {
    let token = token::by_handle(client, token::QUERY)?.state()?;
    if let TokenKind::Impersonation(level) = token.kind
        && level < ImpersonationLevel::Identification
    {
        return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
    }
    let mut count = 0;
    for wanted in privileges.iter_mut() {
        if token.has_enabled(wanted.privilege) {
            wanted.attributes = wanted.attributes.with(PrivilegeAttributes::USED_FOR_ACCESS);
            count += 1;
        }
    }
    Ok(if all_needed { count == privileges.len() } else { count > 0 })
}

/// Whether this thread has a privilege in use.
///
/// # Errors
/// `PRIVILEGE_NOT_HELD`.
pub fn require(privilege: Privilege) -> Result<(), NtStatus> {
    if effective()?.has_enabled(privilege) { Ok(()) } else { Err(NtStatus::PRIVILEGE_NOT_HELD) }
}

/// What this thread is granted of a token: it is its user's.
///
/// # Errors
/// `ACCESS_DENIED`.
pub(super) fn check_token(object: &Pinned, desired: AccessMask) -> Result<AccessMask, NtStatus> {
    let descriptor = object_security::of_token(object)?;
    // The process itself opens what it is, whoever a thread of it acts for (OpenAsSelf); a process
    // may always look at itself.
    let own = own()?;
    check(&descriptor, &own, desired, Mapping::Of(ObjectType::Token)).map(|granted| granted.access)
}

/// The token of this process itself.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn own() -> Result<Token, NtStatus> {
    token::of(&token::primary()?)?.state()
}

/// The descriptor of a token.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object that is none.
pub(super) fn descriptor_of_token(object: &Pinned) -> Result<SecurityDescriptor, NtStatus> {
    let token: &TokenObject = &*token::of(object)?;
    protection_of(token)
}

/// All to its user, and to administrators.
fn protection_of(token: &TokenObject) -> Result<SecurityDescriptor, NtStatus> {
    use haft_object::security::{Ace, Acl, AclPart, well_known};
    let state = token.state()?;
    let own = own()?;
    let mut descriptor = SecurityDescriptor::new();
    // A restricted token lets its own process look at it.
    let mut aces: Vec<Ace> = [state.user.clone(), own.user, well_known::local_system()]
        .map(|sid| Ace::allow(AccessMask::GENERIC_ALL, sid))
        .to_vec();
    aces.push(Ace::allow(AccessMask::GENERIC_ALL, well_known::administrators()));
    for group in &state.restricted {
        aces.push(Ace::allow(AccessMask::GENERIC_ALL, group.sid.clone()));
    }
    descriptor.owner = Some(state.owner);
    descriptor.group = Some(state.primary_group);
    descriptor.dacl = AclPart::List(Acl::of(aces)?);
    descriptor.sacl =
        AclPart::List(Acl::of(vec![haft_object::security::access_check::label(state.integrity)])?);
    Ok(descriptor)
}
