//! Devices that are no files of Linux, and their names in NT's namespace.

use super::drive::Drive;
use super::file::{FileKind, FileObject};
use super::final_path;
use haft_abi::wide;
use serde::{Deserialize, Serialize};

/// A device of NT's that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Device {
    /// `NUL`.
    Null,
    /// The directory of named pipes.
    PipeDirectory,
    /// What knows the names of volumes.
    MountManager,
}

impl Device {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => r"\Device\Null",
            Self::PipeDirectory => r"\Device\NamedPipe\",
            Self::MountManager => r"\Device\MountPointManager",
        }
    }
}

/// The device that a DOS device's name leads to (Microsoft: "QueryDosDeviceW function"); `None`
/// for a name that haft does not know.
#[must_use]
pub fn of_dos_name(name: &[u16]) -> Option<Vec<u16>> {
    if let (Some(drive), 2) = (Drive::of_path(name), name.len()) {
        return Some(drive.device());
    }
    let upper = wide::to_string(name).to_ascii_uppercase();
    let text = match upper.as_str() {
        "NUL" => Device::Null.name().to_owned(),
        "CON" => r"\Device\ConDrv\Console".to_owned(),
        "CONIN$" => r"\Device\ConDrv\CurrentIn".to_owned(),
        "CONOUT$" => r"\Device\ConDrv\CurrentOut".to_owned(),
        "PIPE" => r"\Device\NamedPipe".to_owned(),
        "MAILSLOT" => r"\Device\Mailslot".to_owned(),
        "MOUNTPOINTMANAGER" => Device::MountManager.name().to_owned(),
        _ => match serial_port(&upper) {
            Some(port) => format!(r"\Device\Serial{port}"),
            None => return Drive::of_volume(name).map(|(drive, _)| drive.device()),
        },
    };
    Some(wide::from_str(&text))
}

/// The number of a serial port that the machine has, from 0.
fn serial_port(upper: &str) -> Option<u32> {
    let number: u32 = upper.strip_prefix("COM")?.parse().ok()?;
    let port = number.checked_sub(1)?;
    std::fs::exists(format!("/dev/ttyS{port}")).unwrap_or(false).then_some(port)
}

/// The names of DOS devices that there are.
#[must_use]
pub fn dos_names() -> Vec<Vec<u16>> {
    let drives = super::volume::drives().into_iter().map(|letter| format!("{}:", letter as char));
    let fixed = ["NUL", "CON", "CONIN$", "CONOUT$", "PIPE", "MAILSLOT", "MountPointManager"];
    let serial = (1..=9).map(|n| format!("COM{n}")).filter(|name| serial_port(name).is_some());
    let volumes = Drive::ALL.map(|drive| wide::to_string(&drive.volume_name()));
    drives
        .chain(fixed.map(str::to_owned))
        .chain(serial)
        .chain(volumes)
        .map(|name| wide::from_str(&name))
        .collect()
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
        (None, FileKind::Socket) => wide::from_str(r"\Device\Afd"),
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
    match path.strip_prefix("/dev/ttyS") {
        Some(port) => wide::from_str(&format!(r"\Device\Serial{port}")),
        None => of_volume(&final_path::of_file(file)),
    }
}
