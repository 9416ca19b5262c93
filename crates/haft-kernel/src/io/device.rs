//! Devices that are no files of Linux, and their names in NT's namespace.

use super::drive::Drive;
use super::file::{FileKind, FileObject};
use super::final_path;
use super::serial::Port;
use haft_abi::wide;
use haft_wire::names::DOS_DEVICES;
use serde::{Deserialize, Serialize};

/// The name of the driver of sockets; what follows it is the opener's own.
pub(super) const SOCKETS: &str = r"\Device\Afd";

/// A device of NT's that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Device {
    /// `NUL`.
    Null,
    /// The directory of named pipes.
    PipeDirectory,
    /// What knows the names of volumes.
    MountManager,
    /// The driver of sockets, which programs ask to watch many of them.
    Sockets,
}

impl Device {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => r"\Device\Null",
            Self::PipeDirectory => r"\Device\NamedPipe\",
            Self::MountManager => r"\Device\MountPointManager",
            Self::Sockets => SOCKETS,
        }
    }
}

/// The device that a DOS device's name leads to (Microsoft: "QueryDosDeviceW function"); `None`
/// for a name that haft does not know.
#[must_use]
pub fn of_dos_name(name: &[u16]) -> Option<Vec<u16>> {
    let text = wide::to_string(name);
    let known = known().find(|(dos, _)| dos.eq_ignore_ascii_case(&text));
    if let Some((_, device)) = known {
        return Some(wide::from_str(device));
    }
    let port = Port::of_name(&text).filter(|port| port.path().exists())?;
    Some(wide::from_str(&port.device()))
}

/// The devices that are always there, but drive `C:` only where the user has a home.
fn known() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let letters = super::volume::drives();
    let there = move |device: &str| {
        let drive = Drive::of_device(&wide::from_str(device)).map(|(drive, _)| drive);
        drive.is_none_or(|drive| letters.contains(&drive.letter()))
    };
    DOS_DEVICES.iter().filter(move |(_, device)| there(device))
}

/// The names of DOS devices that there are.
#[must_use]
pub fn dos_names() -> Vec<Vec<u16>> {
    let known = known().map(|(name, _)| (*name).to_owned());
    known.chain(Port::all().map(Port::name)).map(|name| wide::from_str(&name)).collect()
}

/// The name of an open file in NT's namespace (Microsoft: "NtQueryObject function"). A pipe, a
/// socket and a console have that of their device.
#[must_use]
pub fn name_of(file: &FileObject) -> Vec<u16> {
    let description = &file.description;
    let below = |device: &str| {
        let mut name = wide::from_str(device);
        if !description.path.is_empty() {
            name.push(u16::from(b'\\'));
            name.extend(wide::from_bytes(&description.path));
        }
        name
    };
    match (description.device, description.kind) {
        (Some(device), _) => wide::from_str(device.name()),
        (None, FileKind::Disk | FileKind::Directory) => of_volume(&final_path::of_file(file)),
        (None, FileKind::Pipe) if description.pipe.is_some() => below(r"\Device\NamedPipe"),
        (None, FileKind::Pipe) => wide::from_str(r"\Device\NamedPipe"),
        (None, FileKind::Mailslot) => below(r"\Device\Mailslot"),
        (None, FileKind::Serial) => wide::from_bytes(&description.path),
        (None, FileKind::Socket) => wide::from_str(SOCKETS),
        (None, FileKind::Console) => wide::from_str(match description.console_input {
            true => r"\Device\ConDrv\Input",
            false => r"\Device\ConDrv\Output",
        }),
        (None, FileKind::Character) => of_character(file),
    }
}

/// The name of a full DOS path in NT's namespace.
fn of_volume(full: &[u16]) -> Vec<u16> {
    match Drive::of_path(full) {
        Some(drive) => [&drive.device(), &full[2..]].concat(),
        None => full.to_vec(),
    }
}

fn of_character(file: &FileObject) -> Vec<u16> {
    let path = file.path();
    let path = path.to_string_lossy();
    if path == "/dev/null" {
        return wide::from_str(Device::Null.name());
    }
    of_volume(&final_path::of_file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_drives_are_those_that_lead_to_them() {
        for drive in Drive::ALL {
            for name in [drive.dos_name(), drive.volume_name()] {
                let name = wide::to_string(&name);
                let led = DOS_DEVICES.iter().find(|(dos, _)| *dos == name).map(|(_, to)| *to);
                assert_eq!(led, Some(wide::to_string(&drive.device()).as_str()), "{name}");
            }
        }
    }
}
