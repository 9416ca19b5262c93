//! SIDs, access control lists and security descriptors where a program has them.

use crate::abi::{In, Ptr};
use haft_abi::NtStatus;
use haft_host::guest;
use haft_kernel::se::security::{Acl, AclPart, Control, SecurityDescriptor, Sid};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// The bytes of a `SECURITY_DESCRIPTOR`, one with addresses.
pub(crate) const ABSOLUTE_SIZE: usize = 40;
/// Where it has them: owner, group, SACL, DACL.
pub(crate) const OWNER: usize = 8;
pub(crate) const GROUP: usize = 16;
pub(crate) const SACL: usize = 24;
pub(crate) const DACL: usize = 32;

/// The SID at an address.
///
/// # Errors
/// `INVALID_SID`, `ACCESS_VIOLATION`.
pub(crate) fn sid(at: Ptr<u8>) -> Result<Sid, NtStatus> {
    let size = Sid::size_of(at.cast::<[u8; 2]>().read()?)?;
    Sid::from_bytes(&at.read_slice(size)?)
}

/// The access control list at an address.
///
/// # Errors
/// `INVALID_ACL`, `INVALID_SID`, `UNKNOWN_REVISION`, `ACCESS_VIOLATION`.
pub(crate) fn acl(at: Ptr<u8>) -> Result<Acl, NtStatus> {
    Acl::read(&at.read_slice(acl_size(at)?)?)
}

/// How many bytes the access control list at an address has room for.
///
/// # Errors
/// `ACCESS_VIOLATION`.
pub(crate) fn acl_size(at: Ptr<u8>) -> Result<usize, NtStatus> {
    Ok(usize::from(at.byte_add(2).cast::<u16>().read()?))
}

/// Where the parts of a descriptor are in the program's memory; 0 for one that it has not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    pub control: Control,
    pub owner: usize,
    pub group: usize,
    pub sacl: usize,
    pub dacl: usize,
}

/// The parts of a descriptor, absolute or self-relative.
///
/// # Errors
/// `UNKNOWN_REVISION`, `ACCESS_VIOLATION`.
pub(crate) fn parts(at: Ptr<u8>) -> Result<Parts, NtStatus> {
    let [revision, _] = at.cast::<[u8; 2]>().read()?;
    if revision != 1 {
        return Err(NtStatus::UNKNOWN_REVISION);
    }
    let control = Control(at.byte_add(2).cast::<u16>().read()?);
    let [owner, group, sacl, dacl] = if control.contains(Control::SELF_RELATIVE) {
        let offsets: [u32; 4] = at.byte_add(4).cast().read()?;
        offsets.map(|offset| if offset == 0 { 0 } else { at.addr() + offset as usize })
    } else {
        at.byte_add(OWNER).cast::<[usize; 4]>().read()?
    };
    // An address without the flag means nothing.
    let if_present = |flag, at| if control.contains(flag) { at } else { 0 };
    let dacl = if_present(Control::DACL_PRESENT, dacl);
    let sacl = if_present(Control::SACL_PRESENT, sacl);
    Ok(Parts { control, owner, group, sacl, dacl })
}

/// The descriptor at an address, absolute or self-relative.
///
/// # Errors
/// `UNKNOWN_REVISION`, `INVALID_SID`, `INVALID_ACL`, `ACCESS_VIOLATION`.
pub(crate) fn descriptor(at: Ptr<u8>) -> Result<SecurityDescriptor, NtStatus> {
    let parts = parts(at)?;
    let mut made = SecurityDescriptor::new();
    let sid_at = |at: usize| Ptr::new(at).non_null().map(sid).transpose();
    let list = |at: usize, flag| match (parts.control.contains(flag), at) {
        (false, _) => Ok(AclPart::Absent),
        (true, 0) => Ok(AclPart::Null),
        (true, at) => acl(Ptr::new(at)).map(AclPart::List),
    };
    made.owner = sid_at(parts.owner)?;
    made.group = sid_at(parts.group)?;
    made.dacl = list(parts.dacl, Control::DACL_PRESENT)?;
    made.sacl = list(parts.sacl, Control::SACL_PRESENT)?;
    made.set_control(parts.control);
    made.set_resource_manager(guest::read(at.addr() + 1)?);
    Ok(made)
}

/// The descriptor of `SECURITY_ATTRIBUTES`, where the caller gave one.
///
/// # Errors
/// As for [`descriptor`].
#[inline]
pub(crate) fn of_attributes(
    attributes: &Option<In<SECURITY_ATTRIBUTES>>,
) -> Result<Option<SecurityDescriptor>, NtStatus> {
    let at = attributes.as_ref().map_or(0, |a| a.lpSecurityDescriptor as usize);
    Ptr::new(at).non_null().map(descriptor).transpose()
}
