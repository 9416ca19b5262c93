//! Tokens.

use crate::abi::{Bool, In, Out, Ptr, SetIfSome as _};
use crate::captured;
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_host::gs;
use haft_kernel::se::security::{
    Acl, Changed, Filter, Group, GroupAttributes, HeldPrivilege, ImpersonationLevel, Privilege,
    PrivilegeAttributes, Restrictions, Sid, TokenChange, TokenKind,
};
use haft_kernel::se::{check, information, token};
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// The most groups or privileges that a call names; a token has some tens.
const MOST: u32 = 0x1000;

/// Opens the token of a process. (Microsoft: "OpenProcessToken function")
#[export(advapi32)]
fn OpenProcessToken(
    ProcessHandle: Handle,
    DesiredAccess: AccessMask,
    TokenHandle: Out<Handle>,
) -> Result<(), Win32Error> {
    TokenHandle.probe()?;
    Ok(TokenHandle.set(token::open_of_process(ProcessHandle, DesiredAccess, false)?)?)
}

/// Opens the token that a thread acts for somebody else with. (Microsoft: "OpenThreadToken
/// function")
#[export(advapi32)]
fn OpenThreadToken(
    ThreadHandle: Handle,
    DesiredAccess: AccessMask,
    OpenAsSelf: Bool,
    TokenHandle: Out<Handle>,
) -> Result<(), Win32Error> {
    let _ = OpenAsSelf;
    TokenHandle.probe()?;
    Ok(TokenHandle.set(token::open_of_thread(ThreadHandle, DesiredAccess, false)?)?)
}

/// What a token tells, if it fits the program's room; how many bytes it has.
///
/// # Errors
/// As for [`information::query`]; `BUFFER_TOO_SMALL`, after the length is told.
pub(crate) fn query(
    handle: Handle,
    class: u32,
    buffer: Ptr<u8>,
    room: u32,
    length: Option<&Out<u32>>,
) -> Result<(), NtStatus> {
    let bytes = information::query(handle, class, buffer.addr())?;
    if let Some(length) = length {
        length.set(bytes.len() as u32)?;
    }
    if buffer.is_null() || bytes.len() > room as usize {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(buffer.write_slice(&bytes)?)
}

/// Tells of a token. (Microsoft: "GetTokenInformation function")
#[export(advapi32)]
fn GetTokenInformation(
    TokenHandle: Handle,
    TokenInformationClass: u32,
    TokenInformation: Ptr<u8>,
    TokenInformationLength: u32,
    ReturnLength: Out<u32>,
) -> Result<(), Win32Error> {
    let length = Some(&ReturnLength);
    Ok(query(TokenHandle, TokenInformationClass, TokenInformation, TokenInformationLength, length)?)
}

/// Changes a token as an information class says.
///
/// # Errors
/// `INVALID_INFO_CLASS`, `INFO_LENGTH_MISMATCH`; those of [`token::change`]; `ACCESS_VIOLATION`.
pub(crate) fn set(
    handle: Handle,
    class: u32,
    information: Ptr<u8>,
    length: u32,
) -> Result<(), NtStatus> {
    let least = |bytes| {
        if length < bytes { Err(NtStatus::INFO_LENGTH_MISMATCH) } else { Ok(()) }
    };
    let pointer = || -> Result<Ptr<u8>, NtStatus> {
        least(8)?;
        Ok(Ptr::new(information.cast::<usize>().read()?))
    };
    let change = match class {
        4 => TokenChange::Owner(captured::sid(pointer()?)?),
        5 => TokenChange::PrimaryGroup(captured::sid(pointer()?)?),
        6 => {
            let acl = pointer()?.non_null().map(captured::acl).transpose()?;
            TokenChange::DefaultDacl(acl.as_ref().map(Acl::to_bytes))
        }
        12 => {
            least(4)?;
            TokenChange::Session(information.cast::<u32>().read()?)
        }
        25 => {
            least(16)?;
            TokenChange::Integrity(captured::sid(pointer()?)?)
        }
        _ => return Err(NtStatus::INVALID_INFO_CLASS),
    };
    token::change(handle, &change).map(drop)
}

/// Changes a token: owner, group and DACL of what is created, integrity, session. (Microsoft:
/// "SetTokenInformation function")
#[export(advapi32)]
fn SetTokenInformation(
    TokenHandle: Handle,
    TokenInformationClass: u32,
    TokenInformation: Ptr<u8>,
    TokenInformationLength: u32,
) -> Result<(), Win32Error> {
    Ok(set(TokenHandle, TokenInformationClass, TokenInformation, TokenInformationLength)?)
}

/// Duplicates a token for a thread. (Microsoft: "DuplicateToken function")
#[export(advapi32)]
fn DuplicateToken(
    ExistingTokenHandle: Handle,
    ImpersonationLevel: u32,
    DuplicateTokenHandle: Out<Handle>,
) -> Result<(), Win32Error> {
    DuplicateTokenHandle.probe()?;
    let kind = kind_of(2, ImpersonationLevel)?;
    let access = token::IMPERSONATE | token::QUERY;
    Ok(DuplicateTokenHandle.set(token::duplicate(ExistingTokenHandle, access, kind, false)?)?)
}

/// What a token is for, by `TOKEN_TYPE` and `SECURITY_IMPERSONATION_LEVEL`.
///
/// # Errors
/// `INVALID_PARAMETER`, `BAD_IMPERSONATION_LEVEL`.
pub(crate) fn kind_of(token_type: u32, level: u32) -> Result<TokenKind, NtStatus> {
    match token_type {
        1 => Ok(TokenKind::Primary),
        2 => ImpersonationLevel::from_number(level)
            .map(TokenKind::Impersonation)
            .ok_or(NtStatus::BAD_IMPERSONATION_LEVEL),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Duplicates a token for a process or a thread. (Microsoft: "DuplicateTokenEx function")
#[export(advapi32)]
fn DuplicateTokenEx(
    hExistingToken: Handle,
    dwDesiredAccess: AccessMask,
    lpTokenAttributes: Option<In<SECURITY_ATTRIBUTES>>,
    ImpersonationLevel: u32,
    TokenType: u32,
    phNewToken: Out<Handle>,
) -> Result<(), Win32Error> {
    phNewToken.probe()?;
    let kind = kind_of(TokenType, ImpersonationLevel)?;
    let inherit = lpTokenAttributes.is_some_and(|a| a.bInheritHandle != 0);
    Ok(phNewToken.set(token::duplicate(hExistingToken, dwDesiredAccess, kind, inherit)?)?)
}

/// `SID_AND_ATTRIBUTES`, one after another.
///
/// # Errors
/// `INVALID_PARAMETER` for too many, `INVALID_SID`, `ACCESS_VIOLATION`.
pub(crate) fn groups_at(at: Ptr<u8>, count: u32) -> Result<Vec<Group>, NtStatus> {
    if count > MOST {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let group = |index: u32| {
        let entry = at.byte_add(index as usize * 16);
        let sid = captured::sid(Ptr::new(entry.cast::<usize>().read()?))?;
        let attributes = GroupAttributes(entry.byte_add(8).cast::<u32>().read()?);
        Ok(Group { sid, attributes })
    };
    (0..count).map(group).collect()
}

/// `LUID_AND_ATTRIBUTES`, one after another.
///
/// # Errors
/// `INVALID_PARAMETER` for too many, `ACCESS_VIOLATION`.
pub(crate) fn privileges_at(at: Ptr<u8>, count: u32) -> Result<Vec<HeldPrivilege>, NtStatus> {
    if count > MOST {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let rows: Vec<[u32; 3]> = at.cast().read_slice(count as usize)?;
    let held = rows.iter().map(|&[low, high, attributes]| HeldPrivilege {
        // No privilege has a number of more than 32 bits.
        privilege: Privilege(if high == 0 { low } else { u32::MAX }),
        attributes: PrivilegeAttributes(attributes),
    });
    Ok(held.collect())
}

/// A token that may do less. (Microsoft: "CreateRestrictedToken function")
#[export(advapi32)]
fn CreateRestrictedToken(
    ExistingTokenHandle: Handle,
    Flags: u32,
    DisableSidCount: u32,
    SidsToDisable: Ptr<u8>,
    DeletePrivilegeCount: u32,
    PrivilegesToDelete: Ptr<u8>,
    RestrictedSidCount: u32,
    SidsToRestrict: Ptr<u8>,
    NewTokenHandle: Out<Handle>,
) -> Result<(), Win32Error> {
    NewTokenHandle.probe()?;
    let sids = |at, count| -> Result<Vec<Sid>, NtStatus> {
        Ok(groups_at(at, count)?.into_iter().map(|group| group.sid).collect())
    };
    let privileges = privileges_at(PrivilegesToDelete, DeletePrivilegeCount)?;
    let restrictions = Restrictions {
        filter: Filter(Flags),
        deny_only: sids(SidsToDisable, DisableSidCount)?,
        privileges: privileges.iter().map(|held| held.privilege).collect(),
        restricted: sids(SidsToRestrict, RestrictedSidCount)?,
    };
    Ok(NewTokenHandle.set(token::restrict(ExistingTokenHandle, &restrictions)?)?)
}

/// Tells whether a token is restricted to some SIDs. (Microsoft: "IsTokenRestricted function")
#[export(advapi32)]
fn IsTokenRestricted(TokenHandle: Handle) -> Result<Bool, Win32Error> {
    let restricted = token::by_handle(TokenHandle, token::QUERY)?.state()?.is_restricted();
    gs::set_last_error(0);
    Ok(Bool(restricted))
}

/// Where a call says what was before.
pub(crate) struct Previous {
    pub buffer: Ptr<u8>,
    pub room: u32,
    pub length: Option<Out<u32>>,
}

impl Previous {
    /// Checks that there is room for as much as can have changed, before anything does.
    ///
    /// # Errors
    /// `BUFFER_TOO_SMALL`, after the length is told.
    fn check(&self, most: usize) -> Result<(), NtStatus> {
        if self.buffer.is_null() {
            return Ok(());
        }
        if (self.room as usize) < most {
            self.length.set(most as u32)?;
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        Ok(())
    }

    fn tell(&self, bytes: &[u8]) -> Result<(), NtStatus> {
        if self.buffer.is_null() {
            return Ok(());
        }
        self.length.set(bytes.len() as u32)?;
        Ok(self.buffer.write_slice(bytes)?)
    }
}

/// Adjusts privileges: whether the token holds all that were named.
///
/// # Errors
/// Those of [`token::change`]; `BUFFER_TOO_SMALL`, `ACCESS_VIOLATION`.
pub(crate) fn adjust_privileges(
    handle: Handle,
    disable_all: bool,
    new: Ptr<u8>,
    previous: &Previous,
) -> Result<bool, NtStatus> {
    let change = if disable_all {
        TokenChange::DisableAllPrivileges
    } else {
        if new.is_null() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let count = new.cast::<u32>().read()?;
        TokenChange::Privileges(privileges_at(new.byte_add(4), count)?)
    };
    let count = match &change {
        TokenChange::Privileges(new) => new.len(),
        _ => token::by_handle(handle, token::ADJUST_PRIVILEGES)?.state()?.privileges.len(),
    };
    if !previous.buffer.is_null() {
        // What was before is for who may ask.
        token::by_handle(handle, token::QUERY)?;
    }
    previous.check(4 + 12 * count)?;
    let Changed { privileges, all, .. } = token::change(handle, &change)?;
    let mut bytes = (privileges.len() as u32).to_le_bytes().to_vec();
    for held in privileges {
        let row = [held.privilege.0, 0, held.attributes.0];
        bytes.extend(row.iter().flat_map(|word| word.to_le_bytes()));
    }
    previous.tell(&bytes)?;
    Ok(all)
}

/// Adjusts groups: whether the token holds all that were named.
///
/// # Errors
/// As for [`adjust_privileges`].
pub(crate) fn adjust_groups(
    handle: Handle,
    reset: bool,
    new: Ptr<u8>,
    previous: &Previous,
) -> Result<bool, NtStatus> {
    let named = if reset {
        None
    } else {
        if new.is_null() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        Some(groups_at(new.byte_add(8), new.cast::<u32>().read()?)?)
    };
    let held = token::by_handle(handle, token::ADJUST_GROUPS)?.state()?;
    let most = 8 + held.groups.iter().map(|group| 16 + group.sid.size()).sum::<usize>();
    previous.check(most)?;
    let Changed { groups, all, .. } = token::change(handle, &TokenChange::Groups(named))?;
    let sids_at = 8 + 16 * groups.len();
    let (mut rows, mut sids) = (Vec::new(), Vec::new());
    for group in &groups {
        let address = previous.buffer.addr() + sids_at + sids.len();
        rows.extend((address as u64).to_le_bytes());
        rows.extend(u64::from(group.attributes.0).to_le_bytes());
        sids.extend(group.sid.to_bytes());
    }
    let mut bytes = (groups.len() as u64).to_le_bytes().to_vec();
    bytes.extend(rows.into_iter().chain(sids));
    previous.tell(&bytes)?;
    Ok(all)
}

/// Says by the last error whether all were assigned, which a success also does.
fn say_whether_all(all: bool) {
    gs::set_last_error(if all { 0 } else { Win32Error::NOT_ALL_ASSIGNED.0 });
}

/// Puts privileges into use, or out of it. (Microsoft: "AdjustTokenPrivileges function")
#[export(advapi32)]
fn AdjustTokenPrivileges(
    TokenHandle: Handle,
    DisableAllPrivileges: Bool,
    NewState: Ptr<u8>,
    BufferLength: u32,
    PreviousState: Ptr<u8>,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let previous = Previous { buffer: PreviousState, room: BufferLength, length: ReturnLength };
    let all = adjust_privileges(TokenHandle, DisableAllPrivileges.0, NewState, &previous)?;
    say_whether_all(all);
    Ok(())
}

/// Puts groups into use, or out of it. (Microsoft: "AdjustTokenGroups function")
#[export(advapi32)]
fn AdjustTokenGroups(
    TokenHandle: Handle,
    ResetToDefault: Bool,
    NewState: Ptr<u8>,
    BufferLength: u32,
    PreviousState: Ptr<u8>,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let previous = Previous { buffer: PreviousState, room: BufferLength, length: ReturnLength };
    say_whether_all(adjust_groups(TokenHandle, ResetToDefault.0, NewState, &previous)?);
    Ok(())
}

/// Tells whether a SID counts where it allows something. (Microsoft: "CheckTokenMembership
/// function")
#[export(advapi32)]
fn CheckTokenMembership(
    TokenHandle: Option<Handle>,
    SidToCheck: Ptr<u8>,
    IsMember: Out<u32>,
) -> Result<(), Win32Error> {
    let sid = captured::sid(SidToCheck)?;
    Ok(IsMember.set(check::is_member(TokenHandle, &sid)?.into())?)
}
