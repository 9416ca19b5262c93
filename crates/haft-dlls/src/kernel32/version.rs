//! The version of Windows, which is 10.0.19045 to every program.

use crate::abi::{Bool, Charset, In, Ptr};
use haft_abi::{Win32Error, version as windows};
use haft_host::guest::{self, Fault};
use haft_kernel::ex::version::{self, Version};
use haft_macros::export;

/// Returns the version in one number. (Microsoft: "GetVersion function")
#[export(kernel32)]
fn GetVersion() -> u32 {
    windows::MAJOR | windows::MINOR << 8 | windows::BUILD << 16
}

/// Bytes in front of the service pack's name in `OSVERSIONINFO`.
const HEAD: usize = 20;
/// Units of the service pack's name.
const NAME: usize = 128;

/// Fills `OSVERSIONINFO` or `OSVERSIONINFOEX` at an address, whose first field says which.
///
/// # Errors
/// `false` for another size.
pub(crate) fn fill(at: usize, unit: usize) -> Result<bool, Fault> {
    let size = guest::read::<u32>(at)? as usize;
    let plain = HEAD + NAME * unit;
    if size != plain && size != plain + 8 {
        return Ok(false);
    }
    let own = version::own();
    guest::write(at + 4, [own.major, own.minor, own.build, own.platform])?;
    guest::fill(at + HEAD, 0, size - HEAD)?;
    if size > plain {
        guest::write(at + plain, [own.service_pack_major, own.service_pack_minor, own.suite])?;
        guest::write(at + plain + 6, [own.product, 0])?;
    }
    Ok(true)
}

/// Tells the version. (Microsoft: "GetVersionExW function")
#[export(kernel32, charset)]
fn GetVersionEx<C: Charset>(lpVersionInformation: Ptr<u8>) -> Result<(), Win32Error> {
    match fill(lpVersionInformation.addr(), size_of::<C::Unit>())? {
        true => Ok(()),
        false => Err(Win32Error::INSUFFICIENT_BUFFER),
    }
}

/// The version in `OSVERSIONINFOEX` at an address.
pub(crate) fn wanted(at: usize, unit: usize) -> Result<Version, Fault> {
    let [major, minor, build, platform] = guest::read::<[u32; 4]>(at + 4)?;
    let tail = at + HEAD + NAME * unit;
    let [service_pack_major, service_pack_minor, suite] = guest::read::<[u16; 3]>(tail)?;
    let product = guest::read(tail + 6)?;
    Ok(Version {
        major,
        minor,
        build,
        platform,
        service_pack_major,
        service_pack_minor,
        suite,
        product,
    })
}

/// Tells whether the version meets conditions. (Microsoft: "VerifyVersionInfoW function")
#[export(kernel32, charset)]
fn VerifyVersionInfo<C: Charset>(
    lpVersionInformation: In<u32>,
    dwTypeMask: u32,
    dwlConditionMask: u64,
) -> Result<(), Win32Error> {
    let wanted = wanted(lpVersionInformation.ptr().addr(), size_of::<C::Unit>())?;
    match version::verify(&wanted, dwTypeMask, dwlConditionMask) {
        Some(true) => Ok(()),
        Some(false) => Err(Win32Error::OLD_WIN_VERSION),
        None => Err(Win32Error::BAD_ARGUMENTS),
    }
}

/// Returns a condition mask with one more condition. (Microsoft: "VerSetConditionMask function")
#[export(kernel32, ntdll)]
fn VerSetConditionMask(ConditionMask: u64, TypeMask: u32, Condition: u8) -> u64 {
    version::with_condition(ConditionMask, TypeMask, Condition)
}

/// Tells the edition: Windows 10 Pro. (Microsoft: "GetProductInfo function")
#[export(kernel32)]
fn GetProductInfo(
    dwOSMajorVersion: u32,
    dwOSMinorVersion: u32,
    dwSpMajorVersion: u32,
    dwSpMinorVersion: u32,
    pdwReturnedProductType: Ptr<u32>,
) -> Bool {
    const PRODUCT_PROFESSIONAL: u32 = 0x30;
    let _ = (dwOSMinorVersion, dwSpMajorVersion, dwSpMinorVersion);
    let known = dwOSMajorVersion >= 6;
    let edition = if known { PRODUCT_PROFESSIONAL } else { 0 };
    Bool(pdwReturnedProductType.write(edition).is_ok() && known)
}
