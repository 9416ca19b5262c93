//! `OBJECT_ATTRIBUTES` of objects that one creates or opens (Microsoft: "OBJECT_ATTRIBUTES
//! structure").

use crate::abi::Ptr;
use crate::captured;
use haft_abi::nt::UnicodeString;
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::guest;
use haft_kernel::ob;
use haft_kernel::ob::shared::{Created, ObjectName, Wanted};
use haft_kernel::se::security::SecurityDescriptor;

/// `OBJ_INHERIT`.
const INHERIT: u32 = 2;
/// `OBJ_OPENIF`.
const OPENIF: u32 = 0x80;
/// `OBJ_VALID_ATTRIBUTES`.
const VALID: u32 = 0x1FF2;
const SIZE: u32 = 48;

/// What `OBJECT_ATTRIBUTES` say of an object that is created.
pub(crate) struct Attributes {
    name: Option<ObjectName>,
    flags: u32,
    descriptor: Option<SecurityDescriptor>,
}

impl Attributes {
    /// Reads them; there may be none.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a wrong length or attributes; `OBJECT_NAME_INVALID` and
    /// `OBJECT_PATH_NOT_FOUND` for what is no name in a directory that there is;
    /// `ACCESS_VIOLATION`.
    pub(crate) fn read(attributes: Ptr<u8>) -> Result<Self, NtStatus> {
        if attributes.is_null() {
            return Ok(Self { name: None, flags: 0, descriptor: None });
        }
        let flags = attributes.byte_add(24).cast::<u32>().read()?;
        if attributes.cast::<u32>().read()? != SIZE || flags & !VALID != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let descriptor = Ptr::<u8>::new(attributes.byte_add(32).cast::<usize>().read()?);
        let descriptor = descriptor.non_null().map(captured::descriptor).transpose()?;
        let root = attributes.byte_add(8).cast::<usize>().read()?;
        let name = attributes.byte_add(16).cast::<usize>().read()?;
        if name == 0 {
            return Ok(Self { name: None, flags, descriptor });
        }
        let string = Ptr::<UnicodeString>::new(name).read()?;
        if string.length == 0 {
            return Ok(Self { name: None, flags, descriptor });
        }
        if root != 0 {
            // Directories are no objects yet, so nothing that a handle can name is one.
            return Err(NtStatus::OBJECT_TYPE_MISMATCH);
        }
        let text =
            guest::read_slice::<u16>(string.buffer as usize, usize::from(string.length) / 2)?;
        Ok(Self { name: Some(parse(&wide::to_string(&text))?), flags, descriptor })
    }

    /// What is wanted of an object with these attributes.
    pub(crate) fn wanted(&self, access: AccessMask) -> Wanted {
        let (name, descriptor) = (self.name.clone(), self.descriptor.clone());
        Wanted { name, access, inherit: self.flags & INHERIT != 0, descriptor }
    }

    /// The handle of an object that was created with these attributes, and the status.
    ///
    /// # Errors
    /// `OBJECT_NAME_COLLISION` for one that was there, without `OBJ_OPENIF`.
    pub(crate) fn created(&self, created: Created) -> Result<(Handle, NtStatus), NtStatus> {
        if !created.existed {
            return Ok((created.handle, NtStatus::SUCCESS));
        }
        if self.flags & OPENIF == 0 {
            let _ = ob::close(created.handle);
            return Err(NtStatus::OBJECT_NAME_COLLISION);
        }
        Ok((created.handle, NtStatus::OBJECT_NAME_EXISTS))
    }
}

/// Whether the handle is to be inherited, for an object of a type that has no names yet.
///
/// # Errors
/// As for [`Attributes::read`]; `NOT_IMPLEMENTED` for a name.
pub(crate) fn inherits_unnamed(attributes: Ptr<u8>) -> Result<bool, NtStatus> {
    let attributes = Attributes::read(attributes)?;
    if attributes.name.is_some() {
        haft_kernel::log::say_once("sections, processes and threads have no names yet");
        return Err(NtStatus::NOT_IMPLEMENTED);
    }
    Ok(attributes.flags & INHERIT != 0)
}

/// The name of an object in the namespace of NT, where Win32's names are in a directory for all
/// sessions and in one for each.
fn parse(name: &str) -> Result<ObjectName, NtStatus> {
    let Some(path) = name.strip_prefix('\\') else {
        return Err(NtStatus::OBJECT_PATH_SYNTAX_BAD);
    };
    if let Some(global) = path.strip_prefix("BaseNamedObjects\\") {
        return ObjectName::parse(&format!("Global\\{global}"));
    }
    match path.strip_prefix("Sessions\\1\\BaseNamedObjects\\") {
        Some(local) => ObjectName::parse(&format!("Local\\{local}")),
        None => Err(NtStatus::OBJECT_PATH_NOT_FOUND),
    }
}
