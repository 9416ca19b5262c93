//! `OBJECT_ATTRIBUTES` of objects that one creates or opens (Microsoft: "OBJECT_ATTRIBUTES
//! structure").

use crate::abi::{Out, Ptr};
use crate::captured;
use haft_abi::nt::UnicodeString;
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::guest;
use haft_kernel::ob::names;
use haft_kernel::ob::shared::{Created, ObjectName, Wanted};
use haft_kernel::ob::{self, ObjectType, Pinned};
use haft_kernel::se::security::SecurityDescriptor;

/// `OBJ_INHERIT`.
const INHERIT: u32 = 2;
/// `OBJ_PERMANENT`.
const PERMANENT: u32 = 0x10;
/// `OBJ_CASE_INSENSITIVE`.
const CASE_INSENSITIVE: u32 = 0x40;
/// `OBJ_OPENIF`.
const OPENIF: u32 = 0x80;
/// `OBJ_VALID_ATTRIBUTES`.
const VALID: u32 = 0x1FF2;
const SIZE: u32 = 48;

/// What `OBJECT_ATTRIBUTES` say of an object that is created.
#[derive(Default)]
pub(crate) struct Attributes {
    name: Option<ObjectName>,
    flags: u32,
    descriptor: Option<SecurityDescriptor>,
    /// Keeps the directory open that the name is relative to.
    _root: Option<Pinned>,
}

impl Attributes {
    /// Reads them; there may be none.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for a wrong length or attributes; `OBJECT_NAME_INVALID` and
    /// `OBJECT_PATH_SYNTAX_BAD` for what is no name; `INVALID_HANDLE` and `OBJECT_TYPE_MISMATCH` for
    /// a root that is no directory; `ACCESS_VIOLATION`.
    pub(crate) fn read(attributes: Ptr<u8>) -> Result<Self, NtStatus> {
        if attributes.is_null() {
            return Ok(Self::default());
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
            return Ok(Self { flags, descriptor, ..Self::default() });
        }
        let string = Ptr::<UnicodeString>::new(name).read()?;
        if string.length == 0 {
            return Ok(Self { flags, descriptor, ..Self::default() });
        }
        let text =
            guest::read_slice::<u16>(string.buffer as usize, usize::from(string.length) / 2)?;
        let root = if root == 0 { None } else { Some(names::directory(Handle(root))?) };
        let number = root.as_ref().map(|(_, number)| *number);
        let ignores_case = flags & CASE_INSENSITIVE != 0;
        let name = ObjectName::at(number, wide::to_string(&text), ignores_case)?;
        Ok(Self { name: Some(name), flags, descriptor, _root: root.map(|(object, _)| object) })
    }

    /// What is wanted of an object with these attributes.
    pub(crate) fn wanted(&self, access: AccessMask) -> Wanted {
        let (name, descriptor) = (self.name.clone(), self.descriptor.clone().map(Box::new));
        Wanted { name, access, inherit: self.flags & INHERIT != 0, descriptor }
    }

    /// The handle of an object that was created with these attributes, and the status.
    ///
    /// # Errors
    /// `OBJECT_NAME_COLLISION` for one that was there, without `OBJ_OPENIF`.
    pub(crate) fn created(&self, created: Created) -> Result<(Handle, NtStatus), NtStatus> {
        if !created.existed {
            if self.flags & PERMANENT != 0 {
                names::keep(created.handle, true, AccessMask::NONE).inspect_err(|_| {
                    let _ = ob::close(created.handle);
                })?;
            }
            return Ok((created.handle, NtStatus::SUCCESS));
        }
        if self.flags & OPENIF == 0 {
            let _ = ob::close(created.handle);
            return Err(NtStatus::OBJECT_NAME_COLLISION);
        }
        Ok((created.handle, NtStatus::OBJECT_NAME_EXISTS))
    }
}

/// Opens a named object, and stores the handle.
///
/// # Errors
/// `OBJECT_PATH_SYNTAX_BAD` without a name; as for [`Attributes::read`] and
/// [`ob::shared::open_named`].
pub(crate) fn open_named(
    object_type: ObjectType,
    place: &Out<Handle>,
    access: AccessMask,
    attributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    let attributes = Attributes::read(attributes)?;
    let wanted = attributes.wanted(access);
    let name = wanted.name.ok_or(NtStatus::OBJECT_PATH_SYNTAX_BAD)?;
    place.probe()?;
    let opened = ob::shared::open_named(object_type, name, wanted.access, wanted.inherit)?;
    Ok(place.set(opened)?)
}

/// Whether the handle is to be inherited, for an object of a type that has no names.
///
/// # Errors
/// As for [`Attributes::read`]; `NOT_IMPLEMENTED` for a name.
pub(crate) fn inherits_unnamed(attributes: Ptr<u8>) -> Result<bool, NtStatus> {
    of_unnamed(attributes).map(|(inherit, _)| inherit)
}

/// What the attributes of an object without a name say: whether the handle is to be inherited, and how the
/// object is to be protected.
///
/// # Errors
/// As for [`inherits_unnamed`].
pub(crate) fn of_unnamed(
    attributes: Ptr<u8>,
) -> Result<(bool, Option<SecurityDescriptor>), NtStatus> {
    let attributes = Attributes::read(attributes)?;
    if attributes.name.is_some() {
        // Processes and threads, ports of completion.
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Ok((attributes.flags & INHERIT != 0, attributes.descriptor))
}
