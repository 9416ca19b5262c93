//! Resources of modules.

use crate::abi::{Charset, Ptr, Routine};
use haft_abi::{Win32Error, wide};
use haft_image::resources::ResourceName;
use haft_kernel::ex::allocation;
use haft_kernel::ldr::resource::{self, OwnName};
use haft_macros::export;

/// A resource's name or type as a program gives it: a number below 65536, a text, or a text of
/// `#` and a number.
fn name<C: Charset>(given: usize) -> Result<OwnName, Win32Error> {
    if let Ok(id) = u16::try_from(given) {
        return Ok(OwnName::Id(id));
    }
    let text = C::read_z(given, usize::MAX)?;
    let number = text.strip_prefix(&[u16::from(b'#')]).map(wide::to_string);
    Ok(match number.and_then(|digits| digits.parse().ok()) {
        Some(id) => OwnName::Id(id),
        None => OwnName::Text(text),
    })
}

fn borrowed(name: &OwnName) -> ResourceName<'_> {
    match name {
        OwnName::Id(id) => ResourceName::Id(*id),
        OwnName::Text(text) => ResourceName::Name(text),
    }
}

/// Finds a resource by type, name and language. (Microsoft: "FindResourceExW function")
#[export(kernel32, charset)]
fn FindResourceEx<C: Charset>(
    hModule: usize,
    lpType: usize,
    lpName: usize,
    wLanguage: u16,
) -> Result<usize, Win32Error> {
    let (kind, name) = (name::<C>(lpType)?, name::<C>(lpName)?);
    let language = (wLanguage != 0).then_some(wLanguage);
    Ok(resource::find(hModule, borrowed(&kind), borrowed(&name), language)?)
}

/// Finds a resource by name and type. (Microsoft: "FindResourceW function")
#[export(kernel32, charset)]
fn FindResource<C: Charset>(
    hModule: usize,
    lpName: usize,
    lpType: usize,
) -> Result<usize, Win32Error> {
    FindResourceEx::<C>(hModule, lpType, lpName, 0)
}

/// Returns where a resource is. (Microsoft: "LoadResource function")
#[export(kernel32)]
fn LoadResource(hModule: usize, hResInfo: usize) -> Result<usize, Win32Error> {
    Ok(resource::data(hModule, hResInfo)?.0)
}

/// Returns where a loaded resource is. (Microsoft: "LockResource function")
#[export(kernel32)]
fn LockResource(hResData: usize) -> Ptr<u8> {
    Ptr::new(hResData)
}

/// Returns a resource's size in bytes. (Microsoft: "SizeofResource function")
#[export(kernel32)]
fn SizeofResource(hModule: usize, hResInfo: usize) -> Result<u32, Win32Error> {
    Ok(resource::data(hModule, hResInfo)?.1)
}

/// Does nothing: a resource stays as long as its module. (Microsoft: "FreeResource function")
#[export(kernel32)]
fn FreeResource(hResData: usize) -> crate::abi::Bool {
    let _ = hResData;
    crate::abi::Bool::FALSE
}

/// Calls a routine with each name until it returns FALSE.
fn enumerate<C: Charset>(
    names: &[OwnName],
    mut call: impl FnMut(usize) -> usize,
) -> Result<(), Win32Error> {
    for name in names {
        let keep_on = match name {
            OwnName::Id(id) => call(usize::from(*id)) as u32 != 0,
            OwnName::Text(text) => {
                let mut units = C::encode(text);
                units.push(C::Unit::default());
                let at = allocation::allocate_slice(&units)?;
                let answer = call(at) as u32 != 0;
                allocation::free(at)?;
                answer
            }
        };
        if !keep_on {
            return Err(Win32Error::RESOURCE_ENUM_USER_STOP);
        }
    }
    Ok(())
}

/// Calls a routine with the name of each resource of a type. (Microsoft: "EnumResourceNamesW
/// function")
#[export(kernel32, charset)]
fn EnumResourceNames<C: Charset>(
    hModule: usize,
    lpType: usize,
    lpEnumFunc: Routine,
    lParam: usize,
) -> Result<(), Win32Error> {
    let kind = name::<C>(lpType)?;
    let names = resource::names(hModule, Some(borrowed(&kind)))?;
    enumerate::<C>(&names, |name| lpEnumFunc.call([hModule, lpType, name, lParam]))
}

/// Calls a routine with each type of resource. (Microsoft: "EnumResourceTypesW function")
#[export(kernel32, charset)]
fn EnumResourceTypes<C: Charset>(
    hModule: usize,
    lpEnumFunc: Routine,
    lParam: usize,
) -> Result<(), Win32Error> {
    let kinds = resource::names(hModule, None)?;
    enumerate::<C>(&kinds, |kind| lpEnumFunc.call([hModule, kind, lParam, 0]))
}
