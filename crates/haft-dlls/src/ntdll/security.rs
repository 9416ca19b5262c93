//! SIDs, access control lists and security descriptors: the runtime's names for what advapi32 has.

use crate::abi::{Bool, InOut, Out, Ptr};
use crate::advapi32::{acl, descriptor as made};
use crate::captured::{self, DACL, GROUP, OWNER, SACL};
use haft_abi::nt::UnicodeString;
use haft_abi::{self as abi, NtStatus, wide};
use haft_kernel::ex::allocation;
use haft_kernel::se::object_security;
use haft_kernel::se::security::{self, AceKind, Control};
use haft_macros::export;

/// Tells whether a SID is whole. (Microsoft: "RtlValidSid function")
#[export(ntdll)]
fn RtlValidSid(Sid: Ptr<u8>) -> Bool {
    Bool(captured::sid(Sid).is_ok())
}

/// Tells whether two SIDs are the same. (Microsoft: "RtlEqualSid function")
#[export(ntdll)]
fn RtlEqualSid(Sid1: Ptr<u8>, Sid2: Ptr<u8>) -> Bool {
    Bool(match (captured::sid(Sid1), captured::sid(Sid2)) {
        (Ok(first), Ok(second)) => first == second,
        _ => false,
    })
}

/// Tells how many bytes a SID has. (Microsoft: "RtlLengthSid function")
#[export(ntdll)]
fn RtlLengthSid(Sid: Ptr<u8>) -> u32 {
    crate::hooks::or_fault(Sid.at(1).read().map(|count| 8 + 4 * u32::from(count)))
}

/// Tells how many bytes a SID of so many subauthorities has. (Microsoft: "RtlLengthRequiredSid
/// function")
#[export(ntdll)]
fn RtlLengthRequiredSid(SubAuthorityCount: u32) -> u32 {
    SubAuthorityCount.wrapping_mul(4).wrapping_add(8)
}

/// Copies a SID. (Microsoft: "RtlCopySid function")
#[export(ntdll)]
fn RtlCopySid(
    DestinationSidLength: u32,
    DestinationSid: Ptr<u8>,
    SourceSid: Ptr<u8>,
) -> Result<(), NtStatus> {
    let bytes = captured::sid(SourceSid)?.to_bytes();
    if bytes.len() > DestinationSidLength as usize {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(DestinationSid.write_slice(&bytes)?)
}

/// Says a SID as text. (Microsoft: "RtlConvertSidToUnicodeString function")
#[export(ntdll)]
fn RtlConvertSidToUnicodeString(
    UnicodeString: InOut<UnicodeString>,
    Sid: Ptr<u8>,
    AllocateDestinationString: u8,
) -> Result<(), NtStatus> {
    let text = wide::from_str_z(&captured::sid(Sid)?.to_string());
    let bytes = (text.len() * 2) as u16;
    let mut string = UnicodeString.get();
    if AllocateDestinationString != 0 {
        string.buffer = allocation::allocate_slice(&text)? as u64;
        string.maximum_length = bytes;
    } else {
        if string.maximum_length < bytes {
            return Err(NtStatus::BUFFER_OVERFLOW);
        }
        Ptr::<u16>::new(string.buffer as usize).write_slice(&text)?;
    }
    string.length = bytes - 2;
    Ok(UnicodeString.set(string)?)
}

/// Begins a list without entries. (Microsoft: "RtlCreateAcl function")
#[export(ntdll)]
fn RtlCreateAcl(Acl: Ptr<u8>, AclLength: u32, AclRevision: u32) -> Result<(), NtStatus> {
    acl::initialize(Acl, AclLength, AclRevision)
}

/// Tells whether a list is whole. (Microsoft: "RtlValidAcl function")
#[export(ntdll)]
fn RtlValidAcl(Acl: Ptr<u8>) -> Bool {
    Bool(captured::acl(Acl).is_ok())
}

/// Adds an entry that allows. (Microsoft: "RtlAddAccessAllowedAce function")
#[export(ntdll)]
fn RtlAddAccessAllowedAce(
    Acl: Ptr<u8>,
    AceRevision: u32,
    AccessMask: abi::AccessMask,
    Sid: Ptr<u8>,
) -> Result<(), NtStatus> {
    acl::add_one(Acl, AceRevision, AceKind::ALLOWED, 0, AccessMask, Sid)
}

/// Adds an entry that allows, and how it is inherited. (Microsoft: "RtlAddAccessAllowedAceEx
/// function")
#[export(ntdll)]
fn RtlAddAccessAllowedAceEx(
    Acl: Ptr<u8>,
    AceRevision: u32,
    AceFlags: u32,
    AccessMask: abi::AccessMask,
    Sid: Ptr<u8>,
) -> Result<(), NtStatus> {
    acl::add_one(Acl, AceRevision, AceKind::ALLOWED, AceFlags, AccessMask, Sid)
}

/// Adds an entry that denies. (Microsoft: "RtlAddAccessDeniedAce function")
#[export(ntdll)]
fn RtlAddAccessDeniedAce(
    Acl: Ptr<u8>,
    AceRevision: u32,
    AccessMask: abi::AccessMask,
    Sid: Ptr<u8>,
) -> Result<(), NtStatus> {
    acl::add_one(Acl, AceRevision, AceKind::DENIED, 0, AccessMask, Sid)
}

/// Tells where an entry lies. (Microsoft: "RtlGetAce function")
#[export(ntdll)]
fn RtlGetAce(Acl: Ptr<u8>, AceIndex: u32, Ace: Out<usize>) -> Result<(), NtStatus> {
    Ok(Ace.set(acl::ace_at(Acl, AceIndex)?)?)
}

/// Begins a descriptor without any part. (Microsoft: "RtlCreateSecurityDescriptor function")
#[export(ntdll)]
fn RtlCreateSecurityDescriptor(SecurityDescriptor: Ptr<u8>, Revision: u32) -> Result<(), NtStatus> {
    made::initialize(SecurityDescriptor, Revision)
}

/// Tells whether a descriptor is whole. (Microsoft: "RtlValidSecurityDescriptor function")
#[export(ntdll)]
fn RtlValidSecurityDescriptor(SecurityDescriptor: Ptr<u8>) -> Bool {
    Bool(captured::descriptor(SecurityDescriptor).is_ok())
}

/// Sets a descriptor's DACL. (Microsoft: "RtlSetDaclSecurityDescriptor function")
#[export(ntdll)]
fn RtlSetDaclSecurityDescriptor(
    SecurityDescriptor: Ptr<u8>,
    DaclPresent: u8,
    Dacl: usize,
    DaclDefaulted: u8,
) -> Result<(), NtStatus> {
    let flags = (Control::DACL_PRESENT, Control::DACL_DEFAULTED);
    let flags = made::list_flags(DaclPresent != 0, DaclDefaulted != 0, flags);
    let address = if DaclPresent != 0 { Dacl } else { 0 };
    made::set_part(SecurityDescriptor, DACL, address, flags)
}

/// Sets a descriptor's SACL. (Microsoft: "RtlSetSaclSecurityDescriptor function")
#[export(ntdll)]
fn RtlSetSaclSecurityDescriptor(
    SecurityDescriptor: Ptr<u8>,
    SaclPresent: u8,
    Sacl: usize,
    SaclDefaulted: u8,
) -> Result<(), NtStatus> {
    let flags = (Control::SACL_PRESENT, Control::SACL_DEFAULTED);
    let flags = made::list_flags(SaclPresent != 0, SaclDefaulted != 0, flags);
    let address = if SaclPresent != 0 { Sacl } else { 0 };
    made::set_part(SecurityDescriptor, SACL, address, flags)
}

/// Sets a descriptor's owner. (Microsoft: "RtlSetOwnerSecurityDescriptor function")
#[export(ntdll)]
fn RtlSetOwnerSecurityDescriptor(
    SecurityDescriptor: Ptr<u8>,
    Owner: usize,
    OwnerDefaulted: u8,
) -> Result<(), NtStatus> {
    let flag = Control::OWNER_DEFAULTED.0;
    let flags = (flag, if OwnerDefaulted != 0 { flag } else { 0 });
    made::set_part(SecurityDescriptor, OWNER, Owner, flags)
}

/// Sets a descriptor's group. (Microsoft: "RtlSetGroupSecurityDescriptor function")
#[export(ntdll)]
fn RtlSetGroupSecurityDescriptor(
    SecurityDescriptor: Ptr<u8>,
    Group: usize,
    GroupDefaulted: u8,
) -> Result<(), NtStatus> {
    let flag = Control::GROUP_DEFAULTED.0;
    let flags = (flag, if GroupDefaulted != 0 { flag } else { 0 });
    made::set_part(SecurityDescriptor, GROUP, Group, flags)
}

/// Puts a descriptor with addresses into one piece. (Microsoft: "RtlAbsoluteToSelfRelativeSD
/// function")
#[export(ntdll)]
fn RtlAbsoluteToSelfRelativeSD(
    AbsoluteSecurityDescriptor: Ptr<u8>,
    SelfRelativeSecurityDescriptor: Ptr<u8>,
    BufferLength: InOut<u32>,
) -> Result<(), NtStatus> {
    let descriptor = captured::descriptor(AbsoluteSecurityDescriptor)?;
    made::store(&descriptor, SelfRelativeSecurityDescriptor, &BufferLength)
}

/// Tells parts of an object's security descriptor. (Microsoft: "ZwQuerySecurityObject function")
#[export(ntdll, also = "ZwQuerySecurityObject")]
fn NtQuerySecurityObject(
    Handle: abi::Handle,
    SecurityInformation: u32,
    SecurityDescriptor: Ptr<u8>,
    SecurityDescriptorLength: u32,
    LengthNeeded: Out<u32>,
) -> Result<(), NtStatus> {
    let parts = security::SecurityInformation(SecurityInformation);
    let bytes = object_security::query(Handle, parts)?.to_bytes();
    LengthNeeded.set(bytes.len() as u32)?;
    if SecurityDescriptor.is_null() || (SecurityDescriptorLength as usize) < bytes.len() {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(SecurityDescriptor.write_slice(&bytes)?)
}

/// Sets parts of an object's security descriptor. (Microsoft: "ZwSetSecurityObject function")
#[export(ntdll, also = "ZwSetSecurityObject")]
fn NtSetSecurityObject(
    Handle: abi::Handle,
    SecurityInformation: u32,
    SecurityDescriptor: Ptr<u8>,
) -> Result<(), NtStatus> {
    let parts = security::SecurityInformation(SecurityInformation);
    object_security::set(Handle, parts, &captured::descriptor(SecurityDescriptor)?)
}
