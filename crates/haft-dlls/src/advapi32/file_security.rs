//! Security descriptors of files, by their names.

use super::object_security::{hand_out, of_parts, put};
use crate::abi::{Charset, Out, Ptr, TStr};
use crate::captured;
use haft_abi::Win32Error;
use haft_kernel::io::name;
use haft_kernel::se::file_security;
use haft_kernel::se::security::SecurityInformation as Parts;
use haft_macros::export;

/// `SE_FILE_OBJECT`.
const FILE_OBJECT: u32 = 1;

/// Other kinds of objects have a handle to ask by.
fn check_type(object_type: u32) -> Result<(), Win32Error> {
    match object_type {
        FILE_OBJECT => Ok(()),
        2..=13 => {
            haft_kernel::log::say_once(
                "only files are known by name to Get- and SetNamedSecurityInfo",
            );
            Err(Win32Error::CALL_NOT_IMPLEMENTED)
        }
        _ => Err(Win32Error::INVALID_PARAMETER),
    }
}

/// Tells parts of a file's security descriptor, in memory that LocalFree frees. (Microsoft:
/// "GetNamedSecurityInfoW function")
#[export(advapi32, charset)]
fn GetNamedSecurityInfo<C: Charset>(
    pObjectName: TStr<C>,
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
        let name = name::dos(&pObjectName)?;
        hand_out(&file_security::query_named(name, Parts(SecurityInfo))?, places)
    };
    work().err().unwrap_or(Win32Error::SUCCESS)
}

/// Sets parts of a file's security descriptor, as far as mode bits can say them. (Microsoft:
/// "SetNamedSecurityInfoW function")
#[export(advapi32, charset)]
fn SetNamedSecurityInfo<C: Charset>(
    pObjectName: TStr<C>,
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
        Ok(file_security::set_named(name::dos(&pObjectName)?, parts, &descriptor)?)
    };
    work().err().unwrap_or(Win32Error::SUCCESS)
}

/// Tells parts of a file's security descriptor. (Microsoft: "GetFileSecurityW function")
#[export(advapi32, charset)]
fn GetFileSecurity<C: Charset>(
    lpFileName: TStr<C>,
    RequestedInformation: u32,
    pSecurityDescriptor: Ptr<u8>,
    nLength: u32,
    lpnLengthNeeded: Out<u32>,
) -> Result<(), Win32Error> {
    let parts = Parts(RequestedInformation);
    let descriptor = file_security::query_named(name::dos(&lpFileName)?, parts)?;
    put(&descriptor, (pSecurityDescriptor, nLength), &lpnLengthNeeded)
}

/// Sets parts of a file's security descriptor, as far as mode bits can say them. (Microsoft:
/// "SetFileSecurityW function")
#[export(advapi32, charset)]
fn SetFileSecurity<C: Charset>(
    lpFileName: TStr<C>,
    SecurityInformation: u32,
    pSecurityDescriptor: Ptr<u8>,
) -> Result<(), Win32Error> {
    let descriptor = captured::descriptor(pSecurityDescriptor)?;
    let parts = Parts(SecurityInformation);
    Ok(file_security::set_named(name::dos(&lpFileName)?, parts, &descriptor)?)
}
