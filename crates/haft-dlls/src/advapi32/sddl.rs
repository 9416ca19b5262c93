//! SIDs and security descriptors as text.

use crate::abi::{Charset, Out, Ptr, SetIfSome as _, TStr};
use crate::captured;
use haft_abi::{NtStatus, Win32Error, wide};
use haft_kernel::ex::allocation;
use haft_kernel::se::security::{self, sddl};
use haft_macros::export;

/// Text in memory that LocalFree frees, and its length in units with the terminator.
fn allocate<C: Charset>(text: &str) -> Result<(usize, u32), NtStatus> {
    let mut units = C::encode(&wide::from_str(text));
    units.push(C::Unit::default());
    Ok((allocation::allocate_slice(&units)?, units.len() as u32))
}

/// Says a SID as text, in memory that LocalFree frees. (Microsoft: "ConvertSidToStringSidW
/// function")
#[export(advapi32, charset)]
fn ConvertSidToStringSid<C: Charset>(
    Sid: Ptr<u8>,
    StringSid: Out<usize>,
) -> Result<(), Win32Error> {
    StringSid.probe()?;
    let text = captured::sid(Sid)?.to_string();
    Ok(StringSid.set(allocate::<C>(&text)?.0)?)
}

/// The SID that a text says, in memory that LocalFree frees. (Microsoft:
/// "ConvertStringSidToSidW function")
#[export(advapi32, charset)]
fn ConvertStringSidToSid<C: Charset>(
    StringSid: TStr<C>,
    Sid: Out<usize>,
) -> Result<(), Win32Error> {
    Sid.probe()?;
    let sid = sddl::sid(&wide::to_string(&StringSid), None)?;
    Ok(Sid.set(allocation::allocate_slice(&sid.to_bytes())?)?)
}

/// `SDDL_REVISION_1`.
fn check_revision(revision: u32) -> Result<(), NtStatus> {
    if revision == 1 { Ok(()) } else { Err(NtStatus::UNKNOWN_REVISION) }
}

/// The descriptor that a text says, in memory that LocalFree frees. (Microsoft:
/// "ConvertStringSecurityDescriptorToSecurityDescriptorW function")
#[export(advapi32, charset)]
fn ConvertStringSecurityDescriptorToSecurityDescriptor<C: Charset>(
    StringSecurityDescriptor: TStr<C>,
    StringSDRevision: u32,
    SecurityDescriptor: Out<usize>,
    SecurityDescriptorSize: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    SecurityDescriptor.probe()?;
    check_revision(StringSDRevision)?;
    let bytes = sddl::descriptor(&wide::to_string(&StringSecurityDescriptor), None)?.to_bytes();
    SecurityDescriptorSize.set(bytes.len() as u32)?;
    Ok(SecurityDescriptor.set(allocation::allocate_slice(&bytes)?)?)
}

/// Says parts of a descriptor as text, in memory that LocalFree frees. (Microsoft:
/// "ConvertSecurityDescriptorToStringSecurityDescriptorW function")
#[export(advapi32, charset)]
fn ConvertSecurityDescriptorToStringSecurityDescriptor<C: Charset>(
    SecurityDescriptor: Ptr<u8>,
    RequestedStringSDRevision: u32,
    SecurityInformation: u32,
    StringSecurityDescriptor: Out<usize>,
    StringSecurityDescriptorLen: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    StringSecurityDescriptor.probe()?;
    check_revision(RequestedStringSDRevision)?;
    let parts = security::SecurityInformation(SecurityInformation);
    let text = sddl::to_text(&captured::descriptor(SecurityDescriptor)?.only(parts))?;
    let (address, units) = allocate::<C>(&text)?;
    StringSecurityDescriptorLen.set(units)?;
    Ok(StringSecurityDescriptor.set(address)?)
}
