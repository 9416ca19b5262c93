//! The rule that decides what a duplicate of a handle may do.

use crate::entry::HandleFlags;
use crate::types::{ObjectType, map_generic};
use haft_abi::{AccessMask, NtStatus};

/// The `dwOptions` of DuplicateHandle and NtDuplicateObject.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DuplicateOptions(pub u32);

haft_abi::flags!(DuplicateOptions);

impl DuplicateOptions {
    /// The source handle is closed, also when the duplication fails.
    pub const CLOSE_SOURCE: Self = Self(1);
    /// The duplicate has the source handle's access; the desired access is ignored.
    pub const SAME_ACCESS: Self = Self(2);
    /// The duplicate has the source handle's flags; the inheritance asked for is ignored.
    pub const SAME_ATTRIBUTES: Self = Self(4);
}

/// What a duplicate will be: its granted access and its flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duplicate {
    /// The duplicate's granted access.
    pub access: AccessMask,
    /// The duplicate's flags.
    pub flags: HandleFlags,
}

/// Whether a handle to such an object can be duplicated with more access than it has.
///
/// A file's access was checked, and its descriptor opened, for what was asked then; nothing can
/// widen it later (Microsoft: "DuplicateHandle function": "a file handle created with GENERIC_READ
/// access cannot be duplicated so that it has both GENERIC_READ and GENERIC_WRITE access").
const fn can_widen(object_type: ObjectType) -> bool {
    !matches!(object_type, ObjectType::File)
}

/// Decides on a duplicate of a handle that has `source` access and flags (Microsoft:
/// "DuplicateHandle function").
///
/// The same access or less is always given; more only where the type allows it. `inherit` is
/// whether the duplicate is to be inheritable. CLOSE_SOURCE is the caller's to carry out.
///
/// # Errors
/// `ACCESS_DENIED` for more access than may be given; `INVALID_PARAMETER` for an unknown option.
pub fn duplicate(
    object_type: ObjectType,
    source: Duplicate,
    desired: AccessMask,
    inherit: bool,
    options: DuplicateOptions,
) -> Result<Duplicate, NtStatus> {
    if options.0 & !7 != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let access = if options.contains(DuplicateOptions::SAME_ACCESS) {
        source.access
    } else {
        widened(object_type, source.access, desired)?
    };
    let flags = if options.contains(DuplicateOptions::SAME_ATTRIBUTES) {
        source.flags
    } else {
        HandleFlags::NONE.set(HandleFlags::INHERIT, inherit)
    };
    Ok(Duplicate { access, flags })
}

fn widened(
    object_type: ObjectType,
    source: AccessMask,
    desired: AccessMask,
) -> Result<AccessMask, NtStatus> {
    let valid = object_type.mapping().valid;
    let ceiling = if can_widen(object_type) { valid | source } else { source };
    let mut access = map_generic(object_type, desired);
    if access.any(AccessMask::MAXIMUM_ALLOWED) {
        access = access.without(AccessMask::MAXIMUM_ALLOWED) | ceiling;
    }
    if ceiling.contains(access) { Ok(access) } else { Err(NtStatus::ACCESS_DENIED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_OPTIONS: DuplicateOptions = DuplicateOptions(0);

    fn access(
        object_type: ObjectType,
        source: u32,
        desired: AccessMask,
        options: DuplicateOptions,
    ) -> Result<AccessMask, NtStatus> {
        let source = Duplicate { access: AccessMask(source), flags: HandleFlags::NONE };
        duplicate(object_type, source, desired, false, options).map(|d| d.access)
    }

    #[test]
    fn the_desired_access_is_ignored_with_same_access() {
        let granted =
            access(ObjectType::File, 0x89, AccessMask::GENERIC_ALL, DuplicateOptions::SAME_ACCESS);
        assert_eq!(granted, Ok(AccessMask(0x89)));
    }

    #[test]
    fn less_access_is_always_given() {
        assert_eq!(
            access(ObjectType::File, 0x001F_01FF, AccessMask::GENERIC_READ, NO_OPTIONS),
            Ok(AccessMask(0x0012_0089))
        );
        assert_eq!(
            access(ObjectType::Event, 0x001F_0003, AccessMask::SYNCHRONIZE, NO_OPTIONS),
            Ok(AccessMask::SYNCHRONIZE)
        );
    }

    #[test]
    fn a_file_handle_made_with_read_cannot_be_duplicated_with_read_and_write() {
        let both = AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE;
        assert_eq!(
            access(ObjectType::File, 0x0012_0089, both, NO_OPTIONS),
            Err(NtStatus::ACCESS_DENIED)
        );
    }

    #[test]
    fn the_new_handle_can_have_more_access_than_the_original() {
        for (object_type, desired) in [
            (ObjectType::Event, 0x001F_0003),
            (ObjectType::Mutant, 0x001F_0001),
            (ObjectType::Process, 0x001F_FFFF),
        ] {
            assert_eq!(
                access(object_type, 0x0010_0000, AccessMask(desired), NO_OPTIONS),
                Ok(AccessMask(desired))
            );
        }
    }

    #[test]
    fn a_right_that_the_type_lacks_is_denied() {
        assert_eq!(
            access(ObjectType::Event, 0x001F_0003, AccessMask(0x10), NO_OPTIONS),
            Err(NtStatus::ACCESS_DENIED)
        );
    }

    #[test]
    fn maximum_allowed_of_a_file_is_what_the_source_has() {
        assert_eq!(
            access(ObjectType::File, 0x0012_0089, AccessMask::MAXIMUM_ALLOWED, NO_OPTIONS),
            Ok(AccessMask(0x0012_0089))
        );
    }

    #[test]
    fn a_duplicate_is_inheritable_when_asked_and_never_protected_unless_same_attributes() {
        let source = Duplicate {
            access: AccessMask(0x001F_0003),
            flags: HandleFlags::NONE.set(HandleFlags::PROTECT_FROM_CLOSE, true),
        };
        let make = |inherit, options| {
            duplicate(ObjectType::Event, source, AccessMask::NONE, inherit, options)
                .map(|d| d.flags)
        };
        assert_eq!(make(false, NO_OPTIONS), Ok(HandleFlags::NONE));
        assert_eq!(make(true, NO_OPTIONS), Ok(HandleFlags::INHERIT));
        assert_eq!(make(true, DuplicateOptions::SAME_ATTRIBUTES), Ok(source.flags));
    }

    #[test]
    fn an_unknown_option_is_refused() {
        assert_eq!(
            access(ObjectType::Event, 1, AccessMask(1), DuplicateOptions(8)),
            Err(NtStatus::INVALID_PARAMETER)
        );
    }
}
