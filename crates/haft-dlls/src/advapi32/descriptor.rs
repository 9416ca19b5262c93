//! Security descriptors, which programs make in memory of their own.

use crate::abi::{Bool, InOut, Out, Ptr};
use crate::captured::{self, ABSOLUTE_SIZE, DACL, GROUP, OWNER, SACL};
use haft_abi::{NtStatus, Win32Error};
use haft_kernel::se::security::{Acl, Control, SecurityDescriptor, Sid};
use haft_macros::export;

/// Begins a descriptor without any part.
///
/// # Errors
/// `UNKNOWN_REVISION`, `ACCESS_VIOLATION`.
pub(crate) fn initialize(at: Ptr<u8>, revision: u32) -> Result<(), NtStatus> {
    if revision != 1 {
        return Err(NtStatus::UNKNOWN_REVISION);
    }
    let mut bytes = [0; ABSOLUTE_SIZE];
    bytes[0] = 1;
    Ok(at.write_slice(&bytes)?)
}

/// Sets a part, and flags; only an absolute descriptor has addresses to set.
///
/// # Errors
/// `INVALID_SECURITY_DESCR` for a self-relative one; `UNKNOWN_REVISION`, `ACCESS_VIOLATION`.
pub(crate) fn set_part(
    at: Ptr<u8>,
    field: usize,
    address: usize,
    (clear, set): (u16, u16),
) -> Result<(), NtStatus> {
    let control = captured::parts(at)?.control;
    if control.contains(Control::SELF_RELATIVE) {
        return Err(NtStatus::INVALID_SECURITY_DESCR);
    }
    at.byte_add(field).cast::<usize>().write(address)?;
    Ok(at.byte_add(2).cast::<u16>().write(control.0 & !clear | set)?)
}

/// Begins a descriptor without any part. (Microsoft: "InitializeSecurityDescriptor function")
#[export(advapi32)]
fn InitializeSecurityDescriptor(
    pSecurityDescriptor: Ptr<u8>,
    dwRevision: u32,
) -> Result<(), Win32Error> {
    Ok(initialize(pSecurityDescriptor, dwRevision)?)
}

/// Tells whether the parts of a descriptor are whole. (Microsoft: "IsValidSecurityDescriptor
/// function")
#[export(advapi32)]
fn IsValidSecurityDescriptor(pSecurityDescriptor: Ptr<u8>) -> Bool {
    Bool(captured::descriptor(pSecurityDescriptor).is_ok())
}

/// Tells how many bytes a descriptor and its parts have. (Microsoft: "GetSecurityDescriptorLength
/// function")
#[export(advapi32)]
fn GetSecurityDescriptorLength(pSecurityDescriptor: Ptr<u8>) -> u32 {
    let header = |at| -> Result<u32, NtStatus> {
        let parts = captured::parts(at)?;
        let relative = parts.control.contains(Control::SELF_RELATIVE);
        let mut length = if relative { 20 } else { ABSOLUTE_SIZE };
        for part in [parts.owner, parts.group] {
            length += if part == 0 { 0 } else { captured::sid(Ptr::new(part))?.size() };
        }
        for part in [parts.sacl, parts.dacl] {
            length += if part == 0 { 0 } else { captured::acl_size(Ptr::new(part))? };
        }
        Ok(length as u32)
    };
    header(pSecurityDescriptor).unwrap_or(0)
}

/// Tells the flags of a descriptor. (Microsoft: "GetSecurityDescriptorControl function")
#[export(advapi32)]
fn GetSecurityDescriptorControl(
    pSecurityDescriptor: Ptr<u8>,
    pControl: Out<u16>,
    lpdwRevision: Out<u32>,
) -> Result<(), Win32Error> {
    let parts = captured::parts(pSecurityDescriptor)?;
    pControl.set(parts.control.0)?;
    Ok(lpdwRevision.set(1)?)
}

/// Sets flags of a descriptor that are about inheritance. (Microsoft:
/// "SetSecurityDescriptorControl function")
#[export(advapi32)]
fn SetSecurityDescriptorControl(
    pSecurityDescriptor: Ptr<u8>,
    ControlBitsOfInterest: u16,
    ControlBitsToSet: u16,
) -> Result<(), Win32Error> {
    const SETTABLE: u16 = 0x3F00;
    if (ControlBitsOfInterest | ControlBitsToSet) & !SETTABLE != 0
        || ControlBitsToSet & !ControlBitsOfInterest != 0
    {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let control = captured::parts(pSecurityDescriptor)?.control.0;
    let control = control & !ControlBitsOfInterest | ControlBitsToSet;
    Ok(pSecurityDescriptor.byte_add(2).cast::<u16>().write(control)?)
}

fn get_list(
    at: Ptr<u8>,
    (present, defaulted): (Control, Control),
    list: fn(&captured::Parts) -> usize,
    outs: (Out<u32>, Out<usize>, Out<u32>),
) -> Result<(), NtStatus> {
    let parts = captured::parts(at)?;
    let is_present = parts.control.contains(present);
    outs.0.set(is_present.into())?;
    if is_present {
        outs.1.set(list(&parts))?;
        outs.2.set(parts.control.contains(defaulted).into())?;
    }
    Ok(())
}

/// Tells where a descriptor's DACL is. (Microsoft: "GetSecurityDescriptorDacl function")
#[export(advapi32)]
fn GetSecurityDescriptorDacl(
    pSecurityDescriptor: Ptr<u8>,
    lpbDaclPresent: Out<u32>,
    pDacl: Out<usize>,
    lpbDaclDefaulted: Out<u32>,
) -> Result<(), Win32Error> {
    let flags = (Control::DACL_PRESENT, Control::DACL_DEFAULTED);
    let outs = (lpbDaclPresent, pDacl, lpbDaclDefaulted);
    Ok(get_list(pSecurityDescriptor, flags, |parts| parts.dacl, outs)?)
}

/// Tells where a descriptor's SACL is. (Microsoft: "GetSecurityDescriptorSacl function")
#[export(advapi32)]
fn GetSecurityDescriptorSacl(
    pSecurityDescriptor: Ptr<u8>,
    lpbSaclPresent: Out<u32>,
    pSacl: Out<usize>,
    lpbSaclDefaulted: Out<u32>,
) -> Result<(), Win32Error> {
    let flags = (Control::SACL_PRESENT, Control::SACL_DEFAULTED);
    let outs = (lpbSaclPresent, pSacl, lpbSaclDefaulted);
    Ok(get_list(pSecurityDescriptor, flags, |parts| parts.sacl, outs)?)
}

/// What becomes of the flags of a list that is set, or taken away.
pub(crate) fn list_flags(present: bool, defaulted: bool, flags: (Control, Control)) -> (u16, u16) {
    let bit = |on, flag: Control| if on { flag.0 } else { 0 };
    (flags.0.0 | flags.1.0, bit(present, flags.0) | bit(present && defaulted, flags.1))
}

/// Sets a descriptor's DACL. (Microsoft: "SetSecurityDescriptorDacl function")
#[export(advapi32)]
fn SetSecurityDescriptorDacl(
    pSecurityDescriptor: Ptr<u8>,
    bDaclPresent: Bool,
    pDacl: usize,
    bDaclDefaulted: Bool,
) -> Result<(), Win32Error> {
    let flags = (Control::DACL_PRESENT, Control::DACL_DEFAULTED);
    let flags = list_flags(bDaclPresent.0, bDaclDefaulted.0, flags);
    let address = if bDaclPresent.0 { pDacl } else { 0 };
    Ok(set_part(pSecurityDescriptor, DACL, address, flags)?)
}

/// Sets a descriptor's SACL. (Microsoft: "SetSecurityDescriptorSacl function")
#[export(advapi32)]
fn SetSecurityDescriptorSacl(
    pSecurityDescriptor: Ptr<u8>,
    bSaclPresent: Bool,
    pSacl: usize,
    bSaclDefaulted: Bool,
) -> Result<(), Win32Error> {
    let flags = (Control::SACL_PRESENT, Control::SACL_DEFAULTED);
    let flags = list_flags(bSaclPresent.0, bSaclDefaulted.0, flags);
    let address = if bSaclPresent.0 { pSacl } else { 0 };
    Ok(set_part(pSecurityDescriptor, SACL, address, flags)?)
}

/// Tells where a descriptor's owner is. (Microsoft: "GetSecurityDescriptorOwner function")
#[export(advapi32)]
fn GetSecurityDescriptorOwner(
    pSecurityDescriptor: Ptr<u8>,
    pOwner: Out<usize>,
    lpbOwnerDefaulted: Out<u32>,
) -> Result<(), Win32Error> {
    let parts = captured::parts(pSecurityDescriptor)?;
    pOwner.set(parts.owner)?;
    Ok(lpbOwnerDefaulted.set(parts.control.contains(Control::OWNER_DEFAULTED).into())?)
}

/// Tells where a descriptor's group is. (Microsoft: "GetSecurityDescriptorGroup function")
#[export(advapi32)]
fn GetSecurityDescriptorGroup(
    pSecurityDescriptor: Ptr<u8>,
    pGroup: Out<usize>,
    lpbGroupDefaulted: Out<u32>,
) -> Result<(), Win32Error> {
    let parts = captured::parts(pSecurityDescriptor)?;
    pGroup.set(parts.group)?;
    Ok(lpbGroupDefaulted.set(parts.control.contains(Control::GROUP_DEFAULTED).into())?)
}

/// Sets a descriptor's owner. (Microsoft: "SetSecurityDescriptorOwner function")
#[export(advapi32)]
fn SetSecurityDescriptorOwner(
    pSecurityDescriptor: Ptr<u8>,
    pOwner: usize,
    bOwnerDefaulted: Bool,
) -> Result<(), Win32Error> {
    let flag = Control::OWNER_DEFAULTED.0;
    let flags = (flag, if bOwnerDefaulted.0 { flag } else { 0 });
    Ok(set_part(pSecurityDescriptor, OWNER, pOwner, flags)?)
}

/// Sets a descriptor's group. (Microsoft: "SetSecurityDescriptorGroup function")
#[export(advapi32)]
fn SetSecurityDescriptorGroup(
    pSecurityDescriptor: Ptr<u8>,
    pGroup: usize,
    bGroupDefaulted: Bool,
) -> Result<(), Win32Error> {
    let flag = Control::GROUP_DEFAULTED.0;
    let flags = (flag, if bGroupDefaulted.0 { flag } else { 0 });
    Ok(set_part(pSecurityDescriptor, GROUP, pGroup, flags)?)
}

/// Stores a self-relative descriptor, or says how much room it needs.
///
/// # Errors
/// `BUFFER_TOO_SMALL`, `ACCESS_VIOLATION`.
pub(crate) fn store(
    descriptor: &SecurityDescriptor,
    place: Ptr<u8>,
    length: &InOut<u32>,
) -> Result<(), NtStatus> {
    let bytes = descriptor.to_bytes();
    let room = length.get() as usize;
    length.set(bytes.len() as u32)?;
    if place.is_null() || bytes.len() > room {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(place.write_slice(&bytes)?)
}

/// Puts a descriptor with addresses into one piece. (Microsoft: "MakeSelfRelativeSD function")
#[export(advapi32)]
fn MakeSelfRelativeSD(
    pAbsoluteSecurityDescriptor: Ptr<u8>,
    pSelfRelativeSecurityDescriptor: Ptr<u8>,
    lpdwBufferLength: InOut<u32>,
) -> Result<(), Win32Error> {
    if captured::parts(pAbsoluteSecurityDescriptor)?.control.contains(Control::SELF_RELATIVE) {
        return Err(Win32Error::BAD_DESCRIPTOR_FORMAT);
    }
    let descriptor = captured::descriptor(pAbsoluteSecurityDescriptor)?;
    Ok(store(&descriptor, pSelfRelativeSecurityDescriptor, &lpdwBufferLength)?)
}

/// Takes a descriptor in one piece apart. (Microsoft: "MakeAbsoluteSD function")
#[export(advapi32)]
fn MakeAbsoluteSD(
    pSelfRelativeSecurityDescriptor: Ptr<u8>,
    pAbsoluteSecurityDescriptor: Ptr<u8>,
    lpdwAbsoluteSecurityDescriptorSize: InOut<u32>,
    pDacl: Ptr<u8>,
    lpdwDaclSize: InOut<u32>,
    pSacl: Ptr<u8>,
    lpdwSaclSize: InOut<u32>,
    pOwner: Ptr<u8>,
    lpdwOwnerSize: InOut<u32>,
    pPrimaryGroup: Ptr<u8>,
    lpdwPrimaryGroupSize: InOut<u32>,
) -> Result<(), Win32Error> {
    let control = captured::parts(pSelfRelativeSecurityDescriptor)?.control;
    if !control.contains(Control::SELF_RELATIVE) {
        return Err(Win32Error::BAD_DESCRIPTOR_FORMAT);
    }
    let whole = captured::descriptor(pSelfRelativeSecurityDescriptor)?;
    let list = |part: Option<&Acl>| part.map(Acl::to_bytes).unwrap_or_default();
    let sid = |part: &Option<Sid>| part.as_ref().map(Sid::to_bytes).unwrap_or_default();
    let parts = [
        (OWNER, sid(&whole.owner), pOwner, lpdwOwnerSize),
        (GROUP, sid(&whole.group), pPrimaryGroup, lpdwPrimaryGroupSize),
        (SACL, list(whole.sacl.list()), pSacl, lpdwSaclSize),
        (DACL, list(whole.dacl.list()), pDacl, lpdwDaclSize),
    ];
    let mut fits = (lpdwAbsoluteSecurityDescriptorSize.get() as usize) >= ABSOLUTE_SIZE;
    lpdwAbsoluteSecurityDescriptorSize.set(ABSOLUTE_SIZE as u32)?;
    for (_, bytes, _, size) in &parts {
        fits &= size.get() as usize >= bytes.len();
        size.set(bytes.len() as u32)?;
    }
    if !fits {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    initialize(pAbsoluteSecurityDescriptor, 1)?;
    for (field, bytes, place, _) in &parts {
        if !bytes.is_empty() {
            place.write_slice(bytes)?;
            let field = pAbsoluteSecurityDescriptor.byte_add(*field);
            field.cast::<usize>().write(place.addr())?;
        }
    }
    let control = whole.control().without(Control::SELF_RELATIVE);
    Ok(pAbsoluteSecurityDescriptor.byte_add(2).cast::<u16>().write(control.0)?)
}
