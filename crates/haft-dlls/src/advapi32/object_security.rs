//! The security of objects.

use crate::abi::{Out, Ptr, SetIfSome as _};
use crate::captured;
use haft_abi::{self as abi, NtStatus, Win32Error};
use haft_kernel::ex::allocation;
use haft_kernel::se::object_security;
use haft_kernel::se::security::{self, AclPart, SecurityInformation as Parts};
use haft_macros::export;

/// Tells parts of an object's security descriptor. (Microsoft: "GetKernelObjectSecurity function")
#[export(advapi32)]
fn GetKernelObjectSecurity(
    Handle: abi::Handle,
    RequestedInformation: u32,
    pSecurityDescriptor: Ptr<u8>,
    nLength: u32,
    lpnLengthNeeded: Out<u32>,
) -> Result<(), Win32Error> {
    let descriptor = object_security::query(Handle, Parts(RequestedInformation))?;
    put(&descriptor, (pSecurityDescriptor, nLength), &lpnLengthNeeded)
}

/// Puts a descriptor into a program's buffer, and tells how long it is.
pub(super) fn put(
    descriptor: &security::SecurityDescriptor,
    (buffer, room): (Ptr<u8>, u32),
    length: &Out<u32>,
) -> Result<(), Win32Error> {
    let bytes = descriptor.to_bytes();
    length.set(bytes.len() as u32)?;
    if buffer.is_null() || (room as usize) < bytes.len() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(buffer.write_slice(&bytes)?)
}

/// Sets parts of an object's security descriptor. (Microsoft: "SetKernelObjectSecurity function")
#[export(advapi32)]
fn SetKernelObjectSecurity(
    Handle: abi::Handle,
    SecurityInformation: u32,
    SecurityDescriptor: Ptr<u8>,
) -> Result<(), Win32Error> {
    let parts = Parts(SecurityInformation);
    let descriptor = captured::descriptor(SecurityDescriptor)?;
    Ok(object_security::set(Handle, parts, &descriptor)?)
}

/// Types of objects that are the system's, by `SE_OBJECT_TYPE`: files, the registry's keys, and
/// kernel objects.
fn check_type(object_type: u32) -> Result<(), Win32Error> {
    if matches!(object_type, 1 | 4 | 6) { Ok(()) } else { Err(Win32Error::INVALID_PARAMETER) }
}

/// Gives a descriptor in memory that LocalFree frees, and tells where in it its parts are: owner, group,
/// list of rights, list of what is audited, and all of it.
pub(super) fn hand_out(
    descriptor: &security::SecurityDescriptor,
    places: [Option<Out<usize>>; 5],
) -> Result<(), Win32Error> {
    let at = allocation::allocate_slice(&descriptor.to_bytes())?;
    let parts = captured::parts(Ptr::new(at))?;
    let values = [parts.owner, parts.group, parts.dacl, parts.sacl, at];
    for (place, value) in places.into_iter().zip(values) {
        place.set(value)?;
    }
    Ok(())
}

/// The descriptor that has these parts: owner, group, list of rights, list of what is audited.
pub(super) fn of_parts(
    parts: Parts,
    [owner, group, dacl, sacl]: [Ptr<u8>; 4],
) -> Result<security::SecurityDescriptor, NtStatus> {
    let list = |part, at: Ptr<u8>| match (parts.contains(part), at.non_null()) {
        (false, _) => Ok(AclPart::Absent),
        (true, None) => Ok(AclPart::Null),
        (true, Some(at)) => captured::acl(at).map(AclPart::List),
    };
    let mut descriptor = security::SecurityDescriptor::new();
    if parts.contains(Parts::OWNER) {
        descriptor.owner = Some(captured::sid(owner)?);
    }
    if parts.contains(Parts::GROUP) {
        descriptor.group = Some(captured::sid(group)?);
    }
    descriptor.dacl = list(Parts::DACL, dacl)?;
    descriptor.sacl = list(Parts::SACL, sacl)?;
    Ok(descriptor)
}

/// Tells parts of an object's security descriptor, in memory that LocalFree frees. (Microsoft:
/// "GetSecurityInfo function")
#[export(advapi32)]
fn GetSecurityInfo(
    handle: abi::Handle,
    ObjectType: u32,
    SecurityInfo: u32,
    ppsidOwner: Option<Out<usize>>,
    ppsidGroup: Option<Out<usize>>,
    ppDacl: Option<Out<usize>>,
    ppSacl: Option<Out<usize>>,
    ppSecurityDescriptor: Option<Out<usize>>,
) -> Win32Error {
    let places = [ppsidOwner, ppsidGroup, ppDacl, ppSacl, ppSecurityDescriptor];
    let work = || {
        check_type(ObjectType)?;
        hand_out(&object_security::query(handle, Parts(SecurityInfo))?, places)
    };
    work().err().unwrap_or(Win32Error::SUCCESS)
}

/// Sets parts of an object's security descriptor. (Microsoft: "SetSecurityInfo function")
#[export(advapi32)]
fn SetSecurityInfo(
    handle: abi::Handle,
    ObjectType: u32,
    SecurityInfo: u32,
    psidOwner: Ptr<u8>,
    psidGroup: Ptr<u8>,
    pDacl: Ptr<u8>,
    pSacl: Ptr<u8>,
) -> Win32Error {
    let work = || -> Result<(), Win32Error> {
        check_type(ObjectType)?;
        let parts = Parts(SecurityInfo);
        let descriptor = of_parts(parts, [psidOwner, psidGroup, pDacl, pSacl])?;
        Ok(object_security::set(handle, parts, &descriptor)?)
    };
    work().err().unwrap_or(Win32Error::SUCCESS)
}
