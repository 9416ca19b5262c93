//! Information about volumes in the layouts of NtQueryVolumeInformationFile.

use super::file::{self, FileKind};
use super::volume;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status;
use haft_host::guest;
use haft_host::rustix::fs::fstatvfs;

/// `FILE_DEVICE_*` of what a handle is open on.
const fn device_type(kind: FileKind) -> u32 {
    match kind {
        FileKind::Disk | FileKind::Directory => 7,
        FileKind::Pipe | FileKind::Socket => 0x11,
        FileKind::Mailslot => 0xC,
        FileKind::Console => 0x50,
        FileKind::Character => 0x15,
        FileKind::Serial => 0x1B,
    }
}

/// Writes information about the volume of an open file (Microsoft:
/// "NtQueryVolumeInformationFile function"): how many bytes.
///
/// # Errors
/// `INFO_LENGTH_MISMATCH`, `INVALID_INFO_CLASS`, `INVALID_DEVICE_REQUEST` for what is on none.
pub fn get(handle: Handle, class: u32, (address, room): (usize, usize)) -> Result<usize, NtStatus> {
    const DEVICE: u32 = 4;
    let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
    let kind = file.description.kind;
    if class != DEVICE && !matches!(kind, FileKind::Disk | FileKind::Directory) {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let known = volume::of_device(file.status()?.st_dev);
    let text = |units: &[u16]| -> Vec<u8> { units.iter().flat_map(|u| u.to_le_bytes()).collect() };
    let mut bytes = Vec::new();
    let mut fixed = None;
    match class {
        // FileFsVolumeInformation
        1 => {
            bytes.extend(0u64.to_le_bytes());
            bytes.extend(known.serial.to_le_bytes());
            bytes.extend((known.label.len() as u32 * 2).to_le_bytes());
            bytes.extend([0; 2]);
            fixed = Some(18);
            bytes.extend(text(&known.label));
        }
        // FileFsSizeInformation, FileFsFullSizeInformation
        3 | 7 => {
            const SECTOR: u64 = 512;
            let s = fstatvfs(&file.fd).map_err(status)?;
            let unit = s.f_frsize.max(SECTOR);
            bytes.extend(s.f_blocks.to_le_bytes());
            bytes.extend(s.f_bavail.to_le_bytes());
            if class == 7 {
                bytes.extend(s.f_bfree.to_le_bytes());
            }
            bytes.extend(((unit / SECTOR) as u32).to_le_bytes());
            bytes.extend((SECTOR as u32).to_le_bytes());
        }
        DEVICE => {
            bytes.extend(device_type(kind).to_le_bytes());
            bytes.extend(0u32.to_le_bytes());
        }
        // FileFsAttributeInformation
        5 => {
            bytes.extend(known.flags.to_le_bytes());
            bytes.extend(volume::LONGEST_NAME.to_le_bytes());
            bytes.extend((known.filesystem.len() as u32 * 2).to_le_bytes());
            fixed = Some(12);
            bytes.extend(text(&known.filesystem));
        }
        _ => return Err(NtStatus::INVALID_INFO_CLASS),
    }
    if room < fixed.unwrap_or(bytes.len()) {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let count = bytes.len().min(room);
    guest::copy_out(address, &bytes[..count])?;
    if count < bytes.len() { Err(NtStatus::BUFFER_OVERFLOW) } else { Ok(count) }
}
