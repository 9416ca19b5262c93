//! Object types, their access rights and generic mappings.

use haft_abi::{AccessMask, NtStatus};

/// How a type maps the four generic rights, and which rights it has at all.
#[derive(Clone, Copy, Debug)]
pub struct GenericMapping {
    /// What GENERIC_READ stands for.
    pub read: AccessMask,
    /// What GENERIC_WRITE stands for.
    pub write: AccessMask,
    /// What GENERIC_EXECUTE stands for.
    pub execute: AccessMask,
    /// What GENERIC_ALL stands for.
    pub all: AccessMask,
    /// Every right that a handle to an object of the type can hold.
    pub valid: AccessMask,
}

macro_rules! object_types {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $name:literal,
        $read:literal $write:literal $execute:literal $all:literal $valid:literal;)*) => {
        /// The type of an object, by NT's own names.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum ObjectType {
            $($(#[$doc])* $variant = $number,)*
        }

        impl ObjectType {
            /// Every type, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The type whose number this is.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The type's name as NtQueryObject and Process Explorer show it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The type's rights (Microsoft: "Generic Access Rights", and the page on the
            /// security and access rights of each type).
            #[must_use]
            pub const fn mapping(self) -> GenericMapping {
                match self {
                    $(Self::$variant => GenericMapping {
                        read: AccessMask($read),
                        write: AccessMask($write),
                        execute: AccessMask($execute),
                        all: AccessMask($all),
                        valid: AccessMask($valid),
                    },)*
                }
            }
        }
    };
}

object_types! {
    /// An object type (what the `\ObjectTypes` directory holds).
    Type = 1 "Type", 0x0002_0000 0x0002_0000 0x0002_0000 0x000F_0001 0x001F_0001;
    /// A directory of the object namespace, not of files.
    Directory = 2 "Directory", 0x0002_0003 0x0002_000C 0x0002_0003 0x000F_000F 0x000F_000F;
    /// A symbolic link of the object namespace.
    SymbolicLink = 3 "SymbolicLink", 0x0002_0001 0x0002_0000 0x0002_0001 0x000F_0001 0x000F_0001;
    /// An access token.
    Token = 4 "Token", 0x0002_001A 0x0002_01E0 0x0002_0005 0x000F_01FF 0x001F_01FF;
    /// A job.
    Job = 5 "Job", 0x0002_0004 0x0002_000B 0x0012_0000 0x001F_001F 0x001F_003F;
    /// A process.
    Process = 6 "Process", 0x0002_0410 0x0002_0BEA 0x0012_1001 0x001F_FFFF 0x001F_FFFF;
    /// A thread.
    Thread = 7 "Thread", 0x0002_0048 0x0002_0437 0x0012_1800 0x001F_FFFF 0x001F_FFFF;
    /// An event.
    Event = 8 "Event", 0x0002_0001 0x0002_0002 0x0012_0000 0x001F_0003 0x001F_0003;
    /// A mutex.
    Mutant = 9 "Mutant", 0x0002_0001 0x0002_0000 0x0012_0000 0x001F_0001 0x001F_0001;
    /// A semaphore.
    Semaphore = 10 "Semaphore", 0x0002_0001 0x0002_0002 0x0012_0000 0x001F_0003 0x001F_0003;
    /// A waitable timer.
    Timer = 11 "Timer", 0x0002_0001 0x0002_0002 0x0012_0000 0x001F_0003 0x001F_0003;
    /// A window station.
    WindowStation = 12 "WindowStation",
        0x0002_0303 0x0002_001C 0x0002_0060 0x000F_037F 0x000F_037F;
    /// A desktop.
    Desktop = 13 "Desktop", 0x0002_0041 0x0002_00BE 0x0002_0100 0x000F_01FF 0x000F_01FF;
    /// A file mapping.
    Section = 14 "Section", 0x0002_0005 0x0002_0002 0x0002_0008 0x000F_001F 0x001F_001F;
    /// A registry key.
    Key = 15 "Key", 0x0002_0019 0x0002_0006 0x0002_0019 0x000F_003F 0x001F_003F;
    /// An I/O completion port.
    IoCompletion = 16 "IoCompletion",
        0x0002_0001 0x0002_0002 0x0012_0000 0x001F_0003 0x001F_0003;
    /// The worker factory of a thread pool.
    TpWorkerFactory = 17 "TpWorkerFactory",
        0x0002_0008 0x0002_0007 0x0012_0000 0x000F_00FF 0x000F_00FF;
    /// A file, directory, pipe, socket, console or device.
    File = 18 "File", 0x0012_0089 0x0012_0116 0x0012_00A0 0x001F_01FF 0x001F_01FF;
}

impl ObjectType {
    /// Whether such an object is nothing but its dispatcher state
    /// ([`DispatcherState`](crate::DispatcherState)), which can move to the executive.
    #[must_use]
    pub const fn is_dispatcher_state(self) -> bool {
        matches!(self, Self::Event | Self::Mutant | Self::Semaphore | Self::Timer)
    }

    /// Whether such an object is the executive's when several processes have it.
    #[must_use]
    pub const fn is_shared_by_executive(self) -> bool {
        self.is_dispatcher_state()
            || matches!(
                self,
                Self::Directory
                    | Self::Job
                    | Self::Key
                    | Self::Process
                    | Self::SymbolicLink
                    | Self::Thread
                    | Self::Token
            )
    }
}

const GENERIC: AccessMask = AccessMask::GENERIC_ALL
    .with(AccessMask::GENERIC_EXECUTE)
    .with(AccessMask::GENERIC_WRITE)
    .with(AccessMask::GENERIC_READ);

/// Which registry view a key is opened in; not rights, and never granted.
const KEY_WOW64_RES: AccessMask = AccessMask(0x0300);

/// The rights that holding another right brings along.
const fn implied(object_type: ObjectType, access: AccessMask) -> AccessMask {
    // (QUERY_INFORMATION, QUERY_LIMITED_INFORMATION, SET_INFORMATION, SET_LIMITED_INFORMATION)
    let (query, query_limited, set, set_limited) = match object_type {
        ObjectType::Process => (0x0400, 0x1000, 0x0200, 0x2000),
        ObjectType::Thread => (0x0040, 0x0800, 0x0020, 0x0400),
        _ => return AccessMask::NONE,
    };
    let mut more = AccessMask::NONE;
    if access.contains(AccessMask(query)) {
        more = more.with(AccessMask(query_limited));
    }
    if access.contains(AccessMask(set)) {
        more = more.with(AccessMask(set_limited));
    }
    more
}

/// The rights that `desired` asks for, with its generic rights replaced by what they stand for.
///
/// PROCESS_QUERY_INFORMATION brings PROCESS_QUERY_LIMITED_INFORMATION along, and likewise for
/// threads and for SET (Microsoft: "Process Security and Access Rights", "Thread Security and
/// Access Rights"). MAXIMUM_ALLOWED and ACCESS_SYSTEM_SECURITY are left as they are.
#[must_use]
pub const fn map_generic(object_type: ObjectType, desired: AccessMask) -> AccessMask {
    let mapping = object_type.mapping();
    let mut access = desired.without(GENERIC);
    if desired.any(AccessMask::GENERIC_READ) {
        access = access.with(mapping.read);
    }
    if desired.any(AccessMask::GENERIC_WRITE) {
        access = access.with(mapping.write);
    }
    if desired.any(AccessMask::GENERIC_EXECUTE) {
        access = access.with(mapping.execute);
    }
    if desired.any(AccessMask::GENERIC_ALL) {
        access = access.with(mapping.all);
    }
    if matches!(object_type, ObjectType::Key) {
        access = access.without(KEY_WOW64_RES);
    }
    access.with(implied(object_type, access))
}

/// The access that a new handle gets where nothing restricts its maker, as for an object that the
/// caller has just created: [`map_generic`], and every valid right for MAXIMUM_ALLOWED.
///
/// # Errors
/// `ACCESS_DENIED` for a right that the type does not have; `PRIVILEGE_NOT_HELD` for
/// ACCESS_SYSTEM_SECURITY, which needs a privilege that nobody holds here yet.
pub const fn grant(object_type: ObjectType, desired: AccessMask) -> Result<AccessMask, NtStatus> {
    let valid = object_type.mapping().valid;
    // Who makes an object mostly wants all of it.
    if desired.0 == valid.0 {
        return Ok(valid);
    }
    if desired.any(AccessMask::ACCESS_SYSTEM_SECURITY) {
        return Err(NtStatus::PRIVILEGE_NOT_HELD);
    }
    let mut access = map_generic(object_type, desired);
    if access.any(AccessMask::MAXIMUM_ALLOWED) {
        access = access.without(AccessMask::MAXIMUM_ALLOWED).with(valid);
    }
    if valid.contains(access) { Ok(access) } else { Err(NtStatus::ACCESS_DENIED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_types_are_one_to_one() {
        for (at, &object_type) in ObjectType::ALL.iter().enumerate() {
            assert_eq!(object_type as usize, at + 1);
            assert_eq!(ObjectType::from_number(object_type as u8), Some(object_type));
        }
        assert_eq!(ObjectType::from_number(0), None);
        assert_eq!(ObjectType::from_number(255), None);
    }

    #[test]
    fn every_valid_right_is_granted_as_it_is() {
        for &object_type in ObjectType::ALL {
            let valid = object_type.mapping().valid;
            assert_eq!(grant(object_type, valid), Ok(valid));
            assert_eq!(map_generic(object_type, valid), valid);
            assert!(!valid.any(AccessMask::ACCESS_SYSTEM_SECURITY));
        }
    }

    #[test]
    fn all_access_is_what_the_headers_say() {
        for (object_type, all) in [
            (ObjectType::Event, 0x001F_0003),
            (ObjectType::Mutant, 0x001F_0001),
            (ObjectType::Semaphore, 0x001F_0003),
            (ObjectType::Timer, 0x001F_0003),
            (ObjectType::Process, 0x001F_FFFF),
            (ObjectType::Thread, 0x001F_FFFF),
            (ObjectType::File, 0x001F_01FF),
            (ObjectType::Section, 0x000F_001F),
            (ObjectType::Job, 0x001F_001F),
            (ObjectType::Token, 0x000F_01FF),
            (ObjectType::Key, 0x000F_003F),
        ] {
            assert_eq!(map_generic(object_type, AccessMask::GENERIC_ALL), AccessMask(all));
        }
    }

    #[test]
    fn every_mapping_stays_within_the_valid_rights() {
        for &object_type in ObjectType::ALL {
            let m = object_type.mapping();
            for mapped in [m.read, m.write, m.all] {
                assert!(m.valid.contains(mapped), "{object_type:?} {mapped:?}");
            }
        }
    }

    #[test]
    fn query_information_brings_limited_information_along() {
        let process = map_generic(ObjectType::Process, AccessMask(0x0400));
        assert_eq!(process, AccessMask(0x1400));
        assert_eq!(map_generic(ObjectType::Process, AccessMask(0x0200)), AccessMask(0x2200));
        assert_eq!(map_generic(ObjectType::Thread, AccessMask(0x0040)), AccessMask(0x0840));
        assert_eq!(map_generic(ObjectType::Thread, AccessMask(0x0020)), AccessMask(0x0420));
        assert_eq!(map_generic(ObjectType::Event, AccessMask(0x0002)), AccessMask(0x0002));
    }

    #[test]
    fn generic_read_of_a_file_is_file_generic_read() {
        assert_eq!(
            map_generic(ObjectType::File, AccessMask::GENERIC_READ),
            AccessMask(0x0012_0089)
        );
    }

    #[test]
    fn maximum_allowed_grants_every_valid_right() {
        assert_eq!(
            grant(ObjectType::Event, AccessMask::MAXIMUM_ALLOWED),
            Ok(AccessMask(0x001F_0003))
        );
    }

    #[test]
    fn a_right_that_the_type_lacks_is_denied() {
        assert_eq!(grant(ObjectType::Event, AccessMask(4)), Err(NtStatus::ACCESS_DENIED));
        assert_eq!(
            grant(ObjectType::File, AccessMask::ACCESS_SYSTEM_SECURITY),
            Err(NtStatus::PRIVILEGE_NOT_HELD)
        );
    }

    #[test]
    fn the_registry_view_is_not_a_right() {
        assert_eq!(grant(ObjectType::Key, AccessMask(0x0002_0119)), Ok(AccessMask(0x0002_0019)));
    }
}
