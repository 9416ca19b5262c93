//! Tokens.

use super::object_attributes::inherits_unnamed;
use crate::abi::{InOut, Out, Ptr};
use crate::advapi32::access;
use crate::advapi32::token::{
    Previous, adjust_groups, adjust_privileges, groups_at, kind_of, privileges_at, query, set,
};
use crate::captured;
use haft_abi::{self as abi, AccessMask, Handle, NtStatus};
use haft_kernel::se::security::{
    self, Filter, HeldPrivilege, PrivilegeAttributes, Restrictions, Sid,
};
use haft_kernel::se::{check, token};
use haft_macros::export;

/// Opens the token of a process. (Microsoft: "NtOpenProcessToken function")
#[export(ntdll, also = "ZwOpenProcessToken")]
fn NtOpenProcessToken(
    ProcessHandle: Handle,
    DesiredAccess: AccessMask,
    TokenHandle: Out<Handle>,
) -> Result<(), NtStatus> {
    NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle)
}

/// `OBJ_INHERIT`.
const INHERIT: u32 = 2;

/// Opens the token of a process. (Microsoft: "NtOpenProcessTokenEx function")
#[export(ntdll, also = "ZwOpenProcessTokenEx")]
fn NtOpenProcessTokenEx(
    ProcessHandle: Handle,
    DesiredAccess: AccessMask,
    HandleAttributes: u32,
    TokenHandle: Out<Handle>,
) -> Result<(), NtStatus> {
    TokenHandle.probe()?;
    let inherit = HandleAttributes & INHERIT != 0;
    Ok(TokenHandle.set(token::open_of_process(ProcessHandle, DesiredAccess, inherit)?)?)
}

/// Opens the token that a thread acts for somebody else with. (Microsoft: "NtOpenThreadToken
/// function")
#[export(ntdll, also = "ZwOpenThreadToken")]
fn NtOpenThreadToken(
    ThreadHandle: Handle,
    DesiredAccess: AccessMask,
    OpenAsSelf: u8,
    TokenHandle: Out<Handle>,
) -> Result<(), NtStatus> {
    NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle)
}

/// Opens the token that a thread acts for somebody else with. (Microsoft: "NtOpenThreadTokenEx
/// function")
#[export(ntdll, also = "ZwOpenThreadTokenEx")]
fn NtOpenThreadTokenEx(
    ThreadHandle: Handle,
    DesiredAccess: AccessMask,
    OpenAsSelf: u8,
    HandleAttributes: u32,
    TokenHandle: Out<Handle>,
) -> Result<(), NtStatus> {
    let _ = OpenAsSelf;
    TokenHandle.probe()?;
    let inherit = HandleAttributes & INHERIT != 0;
    Ok(TokenHandle.set(token::open_of_thread(ThreadHandle, DesiredAccess, inherit)?)?)
}

/// Tells of a token. (Microsoft: "NtQueryInformationToken function")
#[export(ntdll, also = "ZwQueryInformationToken")]
fn NtQueryInformationToken(
    TokenHandle: Handle,
    TokenInformationClass: u32,
    TokenInformation: Ptr<u8>,
    TokenInformationLength: u32,
    ReturnLength: Out<u32>,
) -> Result<(), NtStatus> {
    let length = Some(&ReturnLength);
    query(TokenHandle, TokenInformationClass, TokenInformation, TokenInformationLength, length)
}

/// Changes a token. (Microsoft: "NtSetInformationToken function")
#[export(ntdll, also = "ZwSetInformationToken")]
fn NtSetInformationToken(
    TokenHandle: Handle,
    TokenInformationClass: u32,
    TokenInformation: Ptr<u8>,
    TokenInformationLength: u32,
) -> Result<(), NtStatus> {
    set(TokenHandle, TokenInformationClass, TokenInformation, TokenInformationLength)
}

/// Duplicates a token. (Microsoft: "NtDuplicateToken function")
#[export(ntdll, also = "ZwDuplicateToken")]
fn NtDuplicateToken(
    ExistingTokenHandle: Handle,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    EffectiveOnly: u8,
    TokenType: u32,
    NewTokenHandle: Out<Handle>,
) -> Result<(), NtStatus> {
    NewTokenHandle.probe()?;
    if EffectiveOnly != 0 {
        return Err(NtStatus::NOT_IMPLEMENTED);
    }
    let quality = match ObjectAttributes.non_null() {
        Some(attributes) => attributes.byte_add(40).cast::<usize>().read()?,
        None => 0,
    };
    // The level of `SECURITY_QUALITY_OF_SERVICE`; anonymous without one.
    let level = match quality {
        0 => 0,
        at => Ptr::<u32>::new(at).at(1).read()?,
    };
    let inherit = inherits_unnamed(ObjectAttributes)?;
    let kind = kind_of(TokenType, level)?;
    Ok(NewTokenHandle.set(token::duplicate(ExistingTokenHandle, DesiredAccess, kind, inherit)?)?)
}

/// A token that may do less. (NtInternals: "NtFilterToken"; Microsoft: "CreateRestrictedToken
/// function")
#[export(ntdll, also = "ZwFilterToken")]
fn NtFilterToken(
    ExistingTokenHandle: Handle,
    Flags: u32,
    SidsToDisable: Ptr<u8>,
    PrivilegesToDelete: Ptr<u8>,
    RestrictedSids: Ptr<u8>,
    NewTokenHandle: Out<Handle>,
) -> Result<(), NtStatus> {
    NewTokenHandle.probe()?;
    let sids = |groups: Ptr<u8>| -> Result<Vec<Sid>, NtStatus> {
        let Some(groups) = groups.non_null() else { return Ok(Vec::new()) };
        let count = groups.cast::<u32>().read()?;
        Ok(groups_at(groups.byte_add(8), count)?.into_iter().map(|group| group.sid).collect())
    };
    let held = match PrivilegesToDelete.non_null() {
        Some(at) => privileges_at(at.byte_add(4), at.cast::<u32>().read()?)?,
        None => Vec::new(),
    };
    let restrictions = Restrictions {
        filter: Filter(Flags),
        deny_only: sids(SidsToDisable)?,
        privileges: held.iter().map(|held| held.privilege).collect(),
        restricted: sids(RestrictedSids)?,
    };
    Ok(NewTokenHandle.set(token::restrict(ExistingTokenHandle, &restrictions)?)?)
}

fn whether_all(all: bool) -> NtStatus {
    if all { NtStatus::SUCCESS } else { NtStatus::NOT_ALL_ASSIGNED }
}

/// Puts privileges into use, or out of it. (Microsoft: "NtAdjustPrivilegesToken function")
#[export(ntdll, also = "ZwAdjustPrivilegesToken")]
fn NtAdjustPrivilegesToken(
    TokenHandle: Handle,
    DisableAllPrivileges: u8,
    NewState: Ptr<u8>,
    BufferLength: u32,
    PreviousState: Ptr<u8>,
    ReturnLength: Option<Out<u32>>,
) -> Result<NtStatus, NtStatus> {
    let previous = Previous { buffer: PreviousState, room: BufferLength, length: ReturnLength };
    adjust_privileges(TokenHandle, DisableAllPrivileges != 0, NewState, &previous).map(whether_all)
}

/// Puts groups into use, or out of it. (Microsoft: "NtAdjustGroupsToken function")
#[export(ntdll, also = "ZwAdjustGroupsToken")]
fn NtAdjustGroupsToken(
    TokenHandle: Handle,
    ResetToDefault: u8,
    NewState: Ptr<u8>,
    BufferLength: u32,
    PreviousState: Ptr<u8>,
    ReturnLength: Option<Out<u32>>,
) -> Result<NtStatus, NtStatus> {
    let previous = Previous { buffer: PreviousState, room: BufferLength, length: ReturnLength };
    adjust_groups(TokenHandle, ResetToDefault != 0, NewState, &previous).map(whether_all)
}

/// Puts one privilege of the process or the thread into use, or out of it. (NtInternals:
/// "RtlAdjustPrivilege")
#[export(ntdll)]
fn RtlAdjustPrivilege(
    Privilege: u32,
    Enable: u8,
    CurrentThread: u8,
    Enabled: Out<u8>,
) -> Result<(), NtStatus> {
    use haft_kernel::se::security::TokenChange;
    let handle = match CurrentThread {
        0 => Handle::CURRENT_PROCESS_TOKEN,
        _ => Handle::CURRENT_THREAD_TOKEN,
    };
    if CurrentThread != 0 && haft_kernel::se::impersonation::current().is_none() {
        return Err(NtStatus::NO_TOKEN);
    }
    let privilege = security::Privilege(Privilege);
    let attributes =
        if Enable != 0 { PrivilegeAttributes::ENABLED } else { PrivilegeAttributes::NONE };
    let before = token::by_handle(handle, token::QUERY)?.state()?.has_enabled(privilege);
    Enabled.probe()?;
    let change = TokenChange::Privileges(vec![HeldPrivilege { privilege, attributes }]);
    if !token::change(handle, &change)?.all {
        return Err(NtStatus::PRIVILEGE_NOT_HELD);
    }
    Ok(Enabled.set(before.into())?)
}

/// Tells whether two tokens are the same to every check. (Microsoft: "NtCompareTokens function")
#[export(ntdll, also = "ZwCompareTokens")]
fn NtCompareTokens(
    FirstTokenHandle: Handle,
    SecondTokenHandle: Handle,
    Equal: Out<u8>,
) -> Result<(), NtStatus> {
    Ok(Equal.set(token::are_equal(FirstTokenHandle, SecondTokenHandle)?.into())?)
}

/// Tells whether a client has privileges in use. (Microsoft: "NtPrivilegeCheck function")
#[export(ntdll, also = "ZwPrivilegeCheck")]
fn NtPrivilegeCheck(
    ClientToken: Handle,
    RequiredPrivileges: Ptr<u8>,
    Result: Out<u8>,
) -> core::result::Result<(), NtStatus> {
    let [count, control] = RequiredPrivileges.cast::<[u32; 2]>().read()?;
    let mut privileges = privileges_at(RequiredPrivileges.byte_add(8), count)?;
    let has = check::privilege_check(ClientToken, &mut privileges, control & 1 != 0)?;
    for (index, held) in privileges.iter().enumerate() {
        let place = RequiredPrivileges.byte_add(16 + 12 * index);
        place.cast::<u32>().write(held.attributes.0)?;
    }
    Ok(Result.set(has.into())?)
}

/// Tells what a client is granted of what a descriptor protects. (Microsoft: "AccessCheck
/// function", of which it is the service)
#[export(ntdll, also = "ZwAccessCheck")]
fn NtAccessCheck(
    SecurityDescriptor: Ptr<u8>,
    ClientToken: Handle,
    DesiredAccess: AccessMask,
    GenericMapping: crate::abi::In<[u32; 4]>,
    PrivilegeSet: Ptr<u8>,
    PrivilegeSetLength: InOut<u32>,
    GrantedAccess: Out<u32>,
    AccessStatus: Out<u32>,
) -> Result<(), NtStatus> {
    let mapping = GenericMapping.get().map(abi::AccessMask);
    let privileges = (PrivilegeSet, &PrivilegeSetLength);
    let answer =
        access::answer(SecurityDescriptor, ClientToken, DesiredAccess, mapping, privileges)?;
    GrantedAccess.set(answer.map_or(0, |granted| granted.0))?;
    Ok(AccessStatus.set(answer.err().unwrap_or(NtStatus::SUCCESS).0)?)
}

/// Has the thread act for its own process. (Microsoft: "RtlImpersonateSelf function")
#[export(ntdll)]
fn RtlImpersonateSelf(ImpersonationLevel: u32) -> Result<(), NtStatus> {
    use haft_kernel::se::security::ImpersonationLevel as Level;
    let level = Level::from_number(ImpersonationLevel);
    haft_kernel::se::impersonation::impersonate_self(
        level.ok_or(NtStatus::BAD_IMPERSONATION_LEVEL)?,
    )
}

/// Tells whether a SID counts where it allows something. (Microsoft: "RtlCheckTokenMembership
/// function")
#[export(ntdll)]
fn RtlCheckTokenMembership(
    TokenHandle: Option<Handle>,
    SidToCheck: Ptr<u8>,
    IsMember: Out<u8>,
) -> Result<(), NtStatus> {
    let sid = captured::sid(SidToCheck)?;
    Ok(IsMember.set(check::is_member(TokenHandle, &sid)?.into())?)
}

/// A number that no other has until the machine starts again. (Microsoft: "NtAllocateLocallyUniqueId
/// function")
#[export(ntdll, also = "ZwAllocateLocallyUniqueId")]
fn NtAllocateLocallyUniqueId(Luid: Out<u64>) -> Result<(), NtStatus> {
    Ok(Luid.set(token::new_luid().0)?)
}
