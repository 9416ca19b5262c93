//! The access check of what programs protect themselves.

use crate::abi::{Bool, In, InOut, Out, Ptr};
use crate::captured;
use haft_abi::{self as abi, Handle, NtStatus, Win32Error};
use haft_host::gs;
use haft_kernel::se::check;
use haft_kernel::se::security::access_check::{Granted, Mapping};
use haft_macros::export;

/// What became of a check, as a program sees it.
///
/// # Errors
/// Those of [`check::access_check`] that are not its answer; `BUFFER_TOO_SMALL`,
/// `ACCESS_VIOLATION`.
pub(crate) fn answer(
    descriptor: Ptr<u8>,
    client: Handle,
    desired: abi::AccessMask,
    mapping: [abi::AccessMask; 4],
    privileges: (Ptr<u8>, &InOut<u32>),
) -> Result<Result<abi::AccessMask, NtStatus>, NtStatus> {
    let descriptor = captured::descriptor(descriptor)?;
    let answer = match check::access_check(&descriptor, client, desired, mapping) {
        Ok(granted) => Ok(granted),
        Err(denied @ (NtStatus::ACCESS_DENIED | NtStatus::PRIVILEGE_NOT_HELD)) => Err(denied),
        Err(error) => return Err(error),
    };
    let used = answer.as_ref().map_or(&[][..], |granted: &Granted| &granted.used);
    let (place, length) = privileges;
    let needed = 8 + 12 * used.len().max(1);
    if (length.get() as usize) < needed || place.is_null() {
        length.set(needed as u32)?;
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let mut words = vec![used.len() as u32, 0];
    words.extend(used.iter().flat_map(|privilege| [privilege.0, 0, 0x8000_0000]));
    place.cast::<u32>().write_slice(&words)?;
    Ok(answer.map(|granted| granted.access))
}

/// Tells what a client is granted of what a descriptor protects. (Microsoft: "AccessCheck
/// function")
#[export(advapi32)]
fn AccessCheck(
    pSecurityDescriptor: Ptr<u8>,
    ClientToken: Handle,
    DesiredAccess: abi::AccessMask,
    GenericMapping: In<[u32; 4]>,
    PrivilegeSet: Ptr<u8>,
    PrivilegeSetLength: InOut<u32>,
    GrantedAccess: Out<u32>,
    AccessStatus: Out<u32>,
) -> Result<(), Win32Error> {
    let mapping = GenericMapping.get().map(abi::AccessMask);
    let privileges = (PrivilegeSet, &PrivilegeSetLength);
    let answer = answer(pSecurityDescriptor, ClientToken, DesiredAccess, mapping, privileges)?;
    GrantedAccess.set(answer.map_or(0, |granted| granted.0))?;
    AccessStatus.set(answer.is_ok().into())?;
    if let Err(denied) = answer {
        gs::set_last_error(Win32Error::from(denied).0);
    }
    Ok(())
}

/// Replaces generic rights by what they stand for. (Microsoft: "MapGenericMask function")
#[export(advapi32)]
fn MapGenericMask(AccessMask: InOut<u32>, GenericMapping: In<[u32; 4]>) {
    let mapping = Mapping::Own(GenericMapping.get().map(haft_abi::AccessMask));
    let mapped = mapping.map(abi::AccessMask(AccessMask.get()));
    crate::hooks::or_fault(AccessMask.set(mapped.0));
}

/// Tells whether all of these rights were granted. (Microsoft: "AreAllAccessesGranted function")
#[export(advapi32)]
fn AreAllAccessesGranted(GrantedAccess: abi::AccessMask, DesiredAccess: abi::AccessMask) -> Bool {
    Bool(GrantedAccess.contains(DesiredAccess))
}

/// Tells whether any of these rights was granted. (Microsoft: "AreAnyAccessesGranted function")
#[export(advapi32)]
fn AreAnyAccessesGranted(GrantedAccess: abi::AccessMask, DesiredAccess: abi::AccessMask) -> Bool {
    Bool(GrantedAccess.any(DesiredAccess))
}
