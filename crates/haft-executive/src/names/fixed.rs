//! What is in the namespace from the start (Microsoft: "Object Directories").

use super::tree::Is;
use crate::objects::SharedObjects;
use haft_abi::NtStatus;
use haft_object::ObjectType;
use haft_wire::names::DOS_DEVICES;
use haft_wire::{GLOBAL_OBJECTS, SESSION_OBJECTS};

/// Directories, each behind the one that it is in.
const DIRECTORIES: &[&str] = &[
    GLOBAL_OBJECTS,
    r"\Device",
    r"\GLOBAL??",
    r"\KernelObjects",
    r"\ObjectTypes",
    r"\RPC Control",
    r"\Security",
    r"\Sessions",
    r"\Sessions\0",
    r"\Sessions\1",
    SESSION_OBJECTS,
    r"\Sessions\1\Windows",
    r"\Sessions\1\Windows\WindowStations",
    r"\Sessions\BNOLINKS",
];

/// Symbolic links, and where they lead to.
const LINKS: &[(&str, &str)] = &[
    (r"\??", r"\GLOBAL??"),
    (r"\DosDevices", r"\??"),
    (r"\GLOBAL??\Global", r"\GLOBAL??"),
    (r"\GLOBAL??\GLOBALROOT", ""),
    (r"\BaseNamedObjects\Global", GLOBAL_OBJECTS),
    (r"\BaseNamedObjects\Local", GLOBAL_OBJECTS),
    (r"\BaseNamedObjects\Session", r"\Sessions\BNOLINKS"),
    (r"\Sessions\1\BaseNamedObjects\Global", GLOBAL_OBJECTS),
    (r"\Sessions\1\BaseNamedObjects\Local", SESSION_OBJECTS),
    (r"\Sessions\1\BaseNamedObjects\Session", r"\Sessions\BNOLINKS"),
    (r"\Sessions\0\BaseNamedObjects", GLOBAL_OBJECTS),
    (r"\Sessions\1\DosDevices", r"\GLOBAL??"),
    (r"\Sessions\BNOLINKS\0", GLOBAL_OBJECTS),
    (r"\Sessions\BNOLINKS\1", SESSION_OBJECTS),
];

/// Devices, which files are opened by and not here.
const DEVICES: &[&str] = &[
    "Afd",
    "ConDrv",
    "HarddiskVolume1",
    "HarddiskVolume2",
    "Mailslot",
    "MountPointManager",
    "NamedPipe",
    "Null",
];

/// Fills the namespace of a session that begins.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn fill(objects: &mut SharedObjects) -> Result<(), NtStatus> {
    for path in DIRECTORIES {
        objects.add_fixed_directory(path)?;
    }
    for (path, target) in LINKS {
        objects.add_fixed_link(path, target)?;
    }
    // Without a home there is no drive C:.
    let has_drive_c = haft_host::data_folder::path().is_some();
    for (name, target) in DOS_DEVICES {
        if has_drive_c || !target.ends_with("Volume1") {
            objects.add_fixed_link(&format!(r"\GLOBAL??\{name}"), target)?;
        }
    }
    for device in DEVICES {
        objects.add_elsewhere(&format!(r"\Device\{device}"), Is::Elsewhere("Device"))?;
    }
    for object_type in ObjectType::ALL {
        let path = format!(r"\ObjectTypes\{}", object_type.name());
        objects.add_elsewhere(&path, Is::Elsewhere("Type"))?;
    }
    objects.add_elsewhere(r"\REGISTRY", Is::Elsewhere("Key"))
}
