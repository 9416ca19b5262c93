//! Security identifiers.

use crate::abi::{Bool, InOut, Out, Ptr};
use crate::captured;
use haft_abi::Win32Error;
use haft_host::guest::{self, Fault};
use haft_kernel::ex::allocation;
use haft_kernel::se::security::well_known;
use haft_macros::export;

/// `SID_REVISION`.
const REVISION: u8 = 1;
/// `SID_MAX_SUB_AUTHORITIES`.
const MOST: u8 = 15;
const INVALID_SID: Win32Error = Win32Error::INVALID_SID;
/// Where the identifier authority starts in a SID.
const AUTHORITY: usize = 2;
/// Where the subauthorities start in a SID.
const SUB_AUTHORITIES: usize = 8;

const fn length(count: u8) -> usize {
    SUB_AUTHORITIES + count as usize * size_of::<u32>()
}

/// The bytes of a valid SID; `None` for another.
fn read(sid: Ptr<u8>) -> Result<Option<Vec<u8>>, Fault> {
    let [revision, count]: [u8; 2] = guest::read(sid.addr())?;
    if revision & 0xF != REVISION || count > MOST {
        return Ok(None);
    }
    guest::read_slice(sid.addr(), length(count)).map(Some)
}

/// Makes a SID of an authority and up to eight subauthorities, which FreeSid frees. (Microsoft:
/// "AllocateAndInitializeSid function")
#[export(advapi32)]
fn AllocateAndInitializeSid(
    pIdentifierAuthority: Ptr<[u8; 6]>,
    nSubAuthorityCount: u8,
    nSubAuthority0: u32,
    nSubAuthority1: u32,
    nSubAuthority2: u32,
    nSubAuthority3: u32,
    nSubAuthority4: u32,
    nSubAuthority5: u32,
    nSubAuthority6: u32,
    nSubAuthority7: u32,
    pSid: Out<usize>,
) -> Result<(), Win32Error> {
    let all = [
        nSubAuthority0,
        nSubAuthority1,
        nSubAuthority2,
        nSubAuthority3,
        nSubAuthority4,
        nSubAuthority5,
        nSubAuthority6,
        nSubAuthority7,
    ];
    let used = all.get(..usize::from(nSubAuthorityCount)).ok_or(INVALID_SID)?;
    let mut bytes = vec![REVISION, nSubAuthorityCount];
    bytes.extend(pIdentifierAuthority.read()?);
    bytes.extend(used.iter().flat_map(|part| part.to_le_bytes()));
    pSid.probe()?;
    Ok(pSid.set(allocation::allocate_slice(&bytes)?)?)
}

/// Frees what AllocateAndInitializeSid made; null if it could. (Microsoft: "FreeSid function")
#[export(advapi32)]
fn FreeSid(pSid: usize) -> usize {
    allocation::free(pSid).map_or(pSid, |()| 0)
}

/// Tells whether a SID has a known revision and not too many subauthorities. (Microsoft:
/// "IsValidSid function")
#[export(advapi32)]
fn IsValidSid(pSid: Ptr<u8>) -> Bool {
    Bool(matches!(read(pSid), Ok(Some(_))))
}

/// Tells whether two SIDs are the same. (Microsoft: "EqualSid function")
#[export(advapi32)]
fn EqualSid(pSid1: Ptr<u8>, pSid2: Ptr<u8>) -> Result<Bool, Win32Error> {
    let first = read(pSid1)?.ok_or(INVALID_SID)?;
    let second = read(pSid2)?.ok_or(INVALID_SID)?;
    haft_host::gs::set_last_error(0);
    Ok(Bool(first == second))
}

/// Tells how many bytes a SID of so many subauthorities has. (Microsoft: "GetSidLengthRequired
/// function")
#[export(advapi32)]
fn GetSidLengthRequired(nSubAuthorityCount: u8) -> u32 {
    length(nSubAuthorityCount) as u32
}

/// Tells how many bytes a SID has. (Microsoft: "GetLengthSid function")
#[export(advapi32)]
fn GetLengthSid(pSid: Ptr<u8>) -> u32 {
    crate::hooks::or_fault(pSid.at(1).read().map(|count| length(count) as u32))
}

/// Copies a SID. (Microsoft: "CopySid function")
#[export(advapi32)]
fn CopySid(
    nDestinationSidLength: u32,
    pDestinationSid: Ptr<u8>,
    pSourceSid: Ptr<u8>,
) -> Result<(), Win32Error> {
    let bytes = read(pSourceSid)?.ok_or(INVALID_SID)?;
    if bytes.len() > nDestinationSidLength as usize {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(pDestinationSid.write_slice(&bytes)?)
}

/// Begins a SID: its authority, and how many subauthorities it will have. (Microsoft:
/// "InitializeSid function")
#[export(advapi32)]
fn InitializeSid(
    Sid: Ptr<u8>,
    pIdentifierAuthority: Ptr<[u8; 6]>,
    nSubAuthorityCount: u8,
) -> Result<(), Win32Error> {
    if nSubAuthorityCount > MOST {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let authority = pIdentifierAuthority.read()?;
    Sid.write_slice(&[REVISION, nSubAuthorityCount])?;
    Ok(Sid.byte_add(AUTHORITY).write_slice(&authority)?)
}

/// Returns where a SID's authority is. (Microsoft: "GetSidIdentifierAuthority function")
#[export(advapi32)]
fn GetSidIdentifierAuthority(pSid: Ptr<u8>) -> Ptr<u8> {
    pSid.byte_add(AUTHORITY)
}

/// Returns where a SID's count of subauthorities is. (Microsoft: "GetSidSubAuthorityCount
/// function")
#[export(advapi32)]
fn GetSidSubAuthorityCount(pSid: Ptr<u8>) -> Ptr<u8> {
    pSid.at(1)
}

/// Returns where a SID's subauthority is. (Microsoft: "GetSidSubAuthority function")
#[export(advapi32)]
fn GetSidSubAuthority(pSid: Ptr<u8>, nSubAuthority: u32) -> Ptr<u32> {
    pSid.byte_add(SUB_AUTHORITIES).cast::<u32>().at(nSubAuthority as usize)
}

/// Makes one of the SIDs that mean the same everywhere. (Microsoft: "CreateWellKnownSid function")
#[export(advapi32)]
fn CreateWellKnownSid(
    WellKnownSidType: u32,
    DomainSid: Ptr<u8>,
    pSid: Ptr<u8>,
    cbSid: InOut<u32>,
) -> Result<(), Win32Error> {
    let domain = DomainSid.non_null().map(captured::sid).transpose()?;
    let sid = well_known::of_type(WellKnownSidType, domain.as_ref());
    let sid = sid.ok_or(Win32Error::INVALID_PARAMETER)?;
    let room = cbSid.get() as usize;
    cbSid.set(sid.size() as u32)?;
    if pSid.is_null() || room < sid.size() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(pSid.write_slice(&sid.to_bytes())?)
}

/// Tells whether a SID is one of those that mean the same everywhere. (Microsoft: "IsWellKnownSid
/// function")
#[export(advapi32)]
fn IsWellKnownSid(pSid: Ptr<u8>, WellKnownSidType: u32) -> Bool {
    Bool(captured::sid(pSid).is_ok_and(|sid| well_known::is_of_type(&sid, WellKnownSidType)))
}

/// Tells whether two SIDs differ in nothing but their last part. (Microsoft: "EqualPrefixSid
/// function")
#[export(advapi32)]
fn EqualPrefixSid(pSid1: Ptr<u8>, pSid2: Ptr<u8>) -> Result<Bool, Win32Error> {
    let [first, second] =
        [captured::sid(pSid1)?, captured::sid(pSid2)?].map(|sid| sid.split_last());
    haft_host::gs::set_last_error(0);
    Ok(Bool(match (first, second) {
        (Some((first, _)), Some((second, _))) => first == second,
        (first, second) => first.is_none() && second.is_none(),
    }))
}
