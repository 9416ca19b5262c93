//! Access control lists, which programs make in memory of their own.

use crate::abi::{Bool, Out, Ptr};
use crate::captured;
use haft_abi::{self as abi, NtStatus, Win32Error};
use haft_kernel::se::security::{self, ACL_REVISION, ACL_REVISION_DS, Ace, AceKind, Acl, MAX_ACL};
use haft_macros::export;

/// The bytes of a list's header.
const HEADER: usize = 8;

/// A revision that a program may name.
fn check_revision(revision: u32) -> Result<u8, NtStatus> {
    match u8::try_from(revision) {
        Ok(known @ ACL_REVISION..=ACL_REVISION_DS) => Ok(known),
        _ => Err(NtStatus::UNKNOWN_REVISION),
    }
}

/// Begins a list without entries. (Microsoft: "InitializeAcl function")
///
/// # Errors
/// `INVALID_PARAMETER`, `BUFFER_TOO_SMALL`, `ACCESS_VIOLATION`.
pub(crate) fn initialize(acl: Ptr<u8>, length: u32, revision: u32) -> Result<(), NtStatus> {
    let revision = check_revision(revision).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    if (length as usize) < HEADER {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    if length as usize > MAX_ACL {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    // Entries begin at multiples of four.
    let [low, high] = (length as u16 & !3).to_le_bytes();
    Ok(acl.write_slice(&[revision, 0, low, high, 0, 0, 0, 0])?)
}

/// Begins a list without entries. (Microsoft: "InitializeAcl function")
#[export(advapi32)]
fn InitializeAcl(pAcl: Ptr<u8>, nAclLength: u32, dwAclRevision: u32) -> Result<(), Win32Error> {
    Ok(initialize(pAcl, nAclLength, dwAclRevision)?)
}

/// Tells whether a list and its entries are whole. (Microsoft: "IsValidAcl function")
#[export(advapi32)]
fn IsValidAcl(pAcl: Ptr<u8>) -> Bool {
    Bool(captured::acl(pAcl).is_ok())
}

/// Stores a list in the room that the one there has.
///
/// # Errors
/// `ALLOTTED_SPACE_EXCEEDED`, `ACCESS_VIOLATION`.
fn store(at: Ptr<u8>, acl: &Acl, revision: u8) -> Result<(), NtStatus> {
    let room = captured::acl_size(at)?;
    let mut bytes = acl.to_bytes();
    if bytes.len() > room {
        return Err(NtStatus::ALLOTTED_SPACE_EXCEEDED);
    }
    let old: u8 = at.read()?;
    bytes[0] = bytes[0].max(revision).max(old);
    bytes[2..4].copy_from_slice(&(room as u16).to_le_bytes());
    Ok(at.write_slice(&bytes)?)
}

/// Adds entries at a place, or at the end.
///
/// # Errors
/// `INVALID_ACL`, `UNKNOWN_REVISION`, `ALLOTTED_SPACE_EXCEEDED`, `INVALID_PARAMETER`,
/// `ACCESS_VIOLATION`.
pub(crate) fn add(
    at: Ptr<u8>,
    revision: u32,
    index: u32,
    new: impl IntoIterator<Item = Ace>,
) -> Result<(), NtStatus> {
    let revision = check_revision(revision)?;
    let mut aces = captured::acl(at)?.aces().to_vec();
    let index = (index as usize).min(aces.len());
    aces.splice(index..index, new);
    store(at, &Acl::of(aces)?, revision)
}

/// At the end of a list.
pub(crate) const AT_END: u32 = u32::MAX;

/// Adds an entry of a mask and a SID at the end.
///
/// # Errors
/// As for [`add`]; `INVALID_SID`.
pub(crate) fn add_one(
    acl: Ptr<u8>,
    revision: u32,
    kind: AceKind,
    flags: u32,
    mask: abi::AccessMask,
    sid: Ptr<u8>,
) -> Result<(), NtStatus> {
    let flags = u8::try_from(flags).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let ace = Ace::new(kind, security::AceFlags(flags), mask, captured::sid(sid)?);
    add(acl, revision, AT_END, [ace])
}

/// Adds an entry that allows. (Microsoft: "AddAccessAllowedAce function")
#[export(advapi32)]
fn AddAccessAllowedAce(
    pAcl: Ptr<u8>,
    dwAceRevision: u32,
    AccessMask: abi::AccessMask,
    pSid: Ptr<u8>,
) -> Result<(), Win32Error> {
    Ok(add_one(pAcl, dwAceRevision, AceKind::ALLOWED, 0, AccessMask, pSid)?)
}

/// Adds an entry that allows, and how it is inherited. (Microsoft: "AddAccessAllowedAceEx
/// function")
#[export(advapi32)]
fn AddAccessAllowedAceEx(
    pAcl: Ptr<u8>,
    dwAceRevision: u32,
    AceFlags: u32,
    AccessMask: abi::AccessMask,
    pSid: Ptr<u8>,
) -> Result<(), Win32Error> {
    Ok(add_one(pAcl, dwAceRevision, AceKind::ALLOWED, AceFlags, AccessMask, pSid)?)
}

/// Adds an entry that denies. (Microsoft: "AddAccessDeniedAce function")
#[export(advapi32)]
fn AddAccessDeniedAce(
    pAcl: Ptr<u8>,
    dwAceRevision: u32,
    AccessMask: abi::AccessMask,
    pSid: Ptr<u8>,
) -> Result<(), Win32Error> {
    Ok(add_one(pAcl, dwAceRevision, AceKind::DENIED, 0, AccessMask, pSid)?)
}

/// Adds an entry that denies, and how it is inherited. (Microsoft: "AddAccessDeniedAceEx
/// function")
#[export(advapi32)]
fn AddAccessDeniedAceEx(
    pAcl: Ptr<u8>,
    dwAceRevision: u32,
    AceFlags: u32,
    AccessMask: abi::AccessMask,
    pSid: Ptr<u8>,
) -> Result<(), Win32Error> {
    Ok(add_one(pAcl, dwAceRevision, AceKind::DENIED, AceFlags, AccessMask, pSid)?)
}

/// Adds an integrity label. (Microsoft: "AddMandatoryAce function")
#[export(advapi32)]
fn AddMandatoryAce(
    pAcl: Ptr<u8>,
    dwAceRevision: u32,
    AceFlags: u32,
    MandatoryPolicy: u32,
    pLabelSid: Ptr<u8>,
) -> Result<(), Win32Error> {
    let policy = abi::AccessMask(MandatoryPolicy);
    Ok(add_one(pAcl, dwAceRevision, AceKind::MANDATORY_LABEL, AceFlags, policy, pLabelSid)?)
}

/// Adds entries as they lie in memory. (Microsoft: "AddAce function")
#[export(advapi32)]
fn AddAce(
    pAcl: Ptr<u8>,
    dwAceRevision: u32,
    dwStartingAceIndex: u32,
    pAceList: Ptr<u8>,
    nAceListLength: u32,
) -> Result<(), Win32Error> {
    if nAceListLength as usize > MAX_ACL {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let bytes = pAceList.read_slice(nAceListLength as usize)?;
    let (mut rest, mut aces) = (&bytes[..], Vec::new());
    while !rest.is_empty() {
        let (ace, after) = Ace::read(rest).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        aces.push(ace);
        rest = after;
    }
    Ok(add(pAcl, dwAceRevision, dwStartingAceIndex, aces)?)
}

/// Takes an entry out. (Microsoft: "DeleteAce function")
#[export(advapi32)]
fn DeleteAce(pAcl: Ptr<u8>, dwAceIndex: u32) -> Result<(), Win32Error> {
    let mut aces = captured::acl(pAcl)?.aces().to_vec();
    if dwAceIndex as usize >= aces.len() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    aces.remove(dwAceIndex as usize);
    Ok(store(pAcl, &Acl::of(aces)?, ACL_REVISION)?)
}

/// Tells where an entry lies. (Microsoft: "GetAce function")
#[export(advapi32)]
fn GetAce(pAcl: Ptr<u8>, dwAceIndex: u32, pAce: Out<usize>) -> Result<(), Win32Error> {
    Ok(pAce.set(ace_at(pAcl, dwAceIndex)?)?)
}

/// The address of an entry.
///
/// # Errors
/// `INVALID_PARAMETER`, `INVALID_ACL`, `INVALID_SID`, `UNKNOWN_REVISION`, `ACCESS_VIOLATION`.
pub(crate) fn ace_at(at: Ptr<u8>, index: u32) -> Result<usize, NtStatus> {
    let acl = captured::acl(at)?;
    let before = acl.aces().get(..index as usize).ok_or(NtStatus::INVALID_PARAMETER)?;
    if before.len() == acl.aces().len() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok(at.addr() + HEADER + before.iter().map(Ace::size).sum::<usize>())
}

/// Tells where the next entry goes; null where there is no room. (Microsoft: "FindFirstFreeAce
/// function")
#[export(advapi32)]
fn FindFirstFreeAce(pAcl: Ptr<u8>, pAce: Out<usize>) -> Result<(), Win32Error> {
    let used = captured::acl(pAcl)?.size();
    let fits = used < captured::acl_size(pAcl)?;
    Ok(pAce.set(if fits { pAcl.addr() + used } else { 0 })?)
}

/// Tells of a list: its revision, or its size. (Microsoft: "GetAclInformation function")
#[export(advapi32)]
fn GetAclInformation(
    pAcl: Ptr<u8>,
    pAclInformation: Ptr<u32>,
    nAclInformationLength: u32,
    dwAclInformationClass: u32,
) -> Result<(), Win32Error> {
    let acl = captured::acl(pAcl)?;
    let room = captured::acl_size(pAcl)?;
    let words = match dwAclInformationClass {
        1 => vec![u32::from(pAcl.read()?)],
        2 => vec![acl.aces().len() as u32, acl.size() as u32, (room - acl.size()) as u32],
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    if (nAclInformationLength as usize) < words.len() * 4 {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(pAclInformation.write_slice(&words)?)
}
