//! Drives and volumes.

use super::drive::Drive;
use super::lookup::{self, Found};
use super::name;
use super::path;
use haft_abi::{NtStatus, wide};
use haft_host::file::status;
use haft_host::rustix::fs::{StatVfs, statvfs};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

const BACKSLASH: u16 = b'\\' as u16;

/// What kind of drive a root is on (Microsoft: "GetDriveTypeW function").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveType {
    /// There is no such volume.
    NoRoot = 1,
    /// A disk.
    Fixed = 3,
}

/// The letters of the drives that there are.
#[must_use]
pub fn drives() -> Vec<u8> {
    let mut drives = Vec::new();
    if path::drive_c().is_some() {
        drives.push(b'C');
    }
    drives.push(b'Z');
    drives
}

/// The kind of drive of a root, which must be one.
#[must_use]
pub fn drive_type(root: Option<&[u16]>) -> DriveType {
    let full = path::full(root.unwrap_or(&[BACKSLASH]));
    let is_root = full.len() == 3;
    match path::to_linux(&full) {
        Some(_) if is_root => DriveType::Fixed,
        _ => DriveType::NoRoot,
    }
}

/// The root of the volume that a path is on: its drive (Microsoft: "GetVolumePathNameW
/// function").
///
/// # Errors
/// `OBJECT_NAME_INVALID` for a device, `OBJECT_PATH_NOT_FOUND` for a drive that is not there.
pub fn root_of(given: &[u16]) -> Result<Vec<u16>, NtStatus> {
    name::linux_path(given)?;
    let full = path::full(given);
    let end =
        full.iter().position(|&u| u == u16::from(b':')).ok_or(NtStatus::OBJECT_NAME_INVALID)?;
    let mut root = full[..=end].to_vec();
    root.push(BACKSLASH);
    Ok(root)
}

/// The name of the volume that a root leads to: `\\?\Volume{...}\` (Microsoft:
/// "GetVolumeNameForVolumeMountPointW function").
///
/// # Errors
/// `OBJECT_NAME_INVALID` for what does not end in a backslash, `NOT_A_REPARSE_POINT` for a
/// directory, `OBJECT_PATH_NOT_FOUND` for a drive that is not there.
pub fn name_of(root: &[u16]) -> Result<Vec<u16>, NtStatus> {
    if root.last() != Some(&BACKSLASH) {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let full = path::full(root);
    let (Some(drive), Some(_)) = (Drive::of_path(&full), path::to_linux(&full)) else {
        return Err(NtStatus::OBJECT_PATH_NOT_FOUND);
    };
    if full.len() != 3 {
        return Err(NtStatus::NOT_A_REPARSE_POINT);
    }
    Ok([&literal()[..], &drive.volume_name(), &[BACKSLASH]].concat())
}

/// The root of the volume with this name (Microsoft: "GetVolumePathNamesForVolumeNameW function").
///
/// # Errors
/// `OBJECT_NAME_INVALID` for what is no such name, `OBJECT_NAME_NOT_FOUND`.
pub fn root_of_volume(name: &[u16]) -> Result<Vec<u16>, NtStatus> {
    let rest = name.strip_prefix(&literal()[..]).ok_or(NtStatus::OBJECT_NAME_INVALID)?;
    match Drive::of_volume(rest) {
        Some((drive, [BACKSLASH])) if drives().contains(&drive.letter()) => {
            Ok([&drive.dos_name()[..], &[BACKSLASH]].concat())
        }
        Some((_, [_, ..])) => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
        _ => Err(NtStatus::OBJECT_NAME_INVALID),
    }
}

fn literal() -> Vec<u16> {
    wide::from_str(r"\\?\")
}

/// The directory of Linux that stands for a volume: what is named, or the nearest above it that
/// is there.
fn place(given: Option<&[u16]>) -> Result<PathBuf, NtStatus> {
    let current = path::current_directory();
    let linux = name::linux_path(given.unwrap_or(&current))?;
    match lookup::find(&linux)? {
        Found::There(path) => Ok(path),
        Found::Missing(_) => Err(NtStatus::OBJECT_NAME_NOT_FOUND),
    }
}

/// Room on a volume, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What the user may still use.
    pub available: u64,
    /// All that there is.
    pub total: u64,
    /// What is free.
    pub free: u64,
    /// The size of a cluster.
    pub cluster: u64,
}

fn room_of(s: &StatVfs) -> Room {
    let unit = s.f_frsize.max(1);
    Room {
        available: s.f_bavail * unit,
        total: s.f_blocks * unit,
        free: s.f_bfree * unit,
        cluster: unit,
    }
}

/// The room on the volume of a directory, or of the current one.
///
/// # Errors
/// `OBJECT_PATH_NOT_FOUND`, `OBJECT_NAME_NOT_FOUND`.
pub fn room(directory: Option<&[u16]>) -> Result<Room, NtStatus> {
    statvfs(place(directory)?).map(|s| room_of(&s)).map_err(status)
}

/// What is known of a volume (Microsoft: "GetVolumeInformationW function").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its label.
    pub label: Vec<u16>,
    /// Its serial number.
    pub serial: u32,
    /// `FILE_*` flags of what its filesystem can do.
    pub flags: u32,
    /// Its filesystem. Programs take links and long names for granted on this one only.
    pub filesystem: Vec<u16>,
}

/// The longest name in a directory, in units.
pub const LONGEST_NAME: u32 = 255;

/// Case is kept, names are Unicode, and there are sparse files, hard and symbolic links.
const FLAGS: u32 = 0x2 | 0x4 | 0x40 | 0x80 | 0x40_0000;

/// What is known of the volume of a root, or of the current directory.
///
/// # Errors
/// `OBJECT_PATH_NOT_FOUND`, `OBJECT_NAME_NOT_FOUND`.
pub fn of_root(root: Option<&[u16]>) -> Result<Volume, NtStatus> {
    let device = std::fs::metadata(place(root)?).map_err(|e| super::open::errno(&e))?.dev();
    Ok(of_device(device))
}

/// What is known of the volume with this Linux device number.
#[must_use]
pub fn of_device(device: u64) -> Volume {
    Volume {
        label: wide::from_str("haft"),
        serial: device as u32,
        flags: FLAGS,
        filesystem: wide::from_str("NTFS"),
    }
}
