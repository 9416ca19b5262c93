//! Names and attributes of objects that one creates or opens.

use crate::abi::{Charset, In, TStr};
use crate::captured;
use haft_abi::{AccessMask, Handle, Win32Error, wide};
use haft_host::gs;
use haft_kernel::ob::ObjectType;
use haft_kernel::ob::shared::{self, Created, ObjectName, Wanted};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// `SECURITY_ATTRIBUTES`, where the caller gave some.
pub(crate) type Attributes = Option<In<SECURITY_ATTRIBUTES>>;

/// Whether the handle is to be inherited.
pub(crate) fn inherits(attributes: &Attributes) -> bool {
    attributes.as_ref().is_some_and(|a| a.bInheritHandle != 0)
}

fn parse<C: Charset>(name: &TStr<C>) -> Result<ObjectName, Win32Error> {
    Ok(ObjectName::parse(&wide::to_string(name))?)
}

/// What is wanted of an object that is created; an empty name is none.
///
/// # Errors
/// `INVALID_NAME`, `FILENAME_EXCED_RANGE`, `PATH_NOT_FOUND` for what is no name.
#[inline]
pub(crate) fn wanted<C: Charset>(
    attributes: &Attributes,
    name: Option<&TStr<C>>,
    access: AccessMask,
) -> Result<Wanted, Win32Error> {
    if attributes.is_none() && name.is_none() {
        return Ok(Wanted { name: None, access, inherit: false, descriptor: None });
    }
    more_wanted(attributes, name, access)
}

fn more_wanted<C: Charset>(
    attributes: &Attributes,
    name: Option<&TStr<C>>,
    access: AccessMask,
) -> Result<Wanted, Win32Error> {
    let name = name.filter(|name| !name.is_empty()).map(parse).transpose()?;
    let descriptor = captured::of_attributes(attributes)?.map(Box::new);
    Ok(Wanted { name, access, inherit: inherits(attributes), descriptor })
}

/// Gives the handle, and says by the last error whether there was an object of the name.
pub(crate) fn created(created: Created) -> Handle {
    let code = if created.existed { Win32Error::ALREADY_EXISTS } else { Win32Error::SUCCESS };
    gs::set_last_error(code.0);
    created.handle
}

/// Opens a named object.
///
/// # Errors
/// `FILE_NOT_FOUND`, `INVALID_HANDLE` when the name is another type's, and those of a name.
pub(crate) fn open<C: Charset>(
    object_type: ObjectType,
    access: AccessMask,
    inherit: bool,
    name: &TStr<C>,
) -> Result<Handle, Win32Error> {
    Ok(shared::open_named(object_type, parse(name)?, access, inherit)?)
}
