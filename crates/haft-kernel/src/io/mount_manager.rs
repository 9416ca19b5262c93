//! What the mount manager answers: which volume a DOS name leads to, and the other way round
//! (Microsoft: "Mount Manager I/O control codes").

use super::drive::Drive;
use super::volume;
use haft_abi::{NtStatus, wide};

/// `IOCTL_MOUNTMGR_QUERY_POINTS`.
pub(super) const QUERY_POINTS: u32 = 0x006D_0008;
/// `IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATH`.
pub(super) const QUERY_DOS_VOLUME_PATH: u32 = 0x006D_0030;
/// `IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS`.
pub(super) const QUERY_DOS_VOLUME_PATHS: u32 = 0x006D_0034;

/// The bytes of a `MOUNTMGR_MOUNT_POINT`.
const POINT: usize = 24;

/// What goes back: the bytes that fit, and whether those are all.
pub(super) struct Answered {
    pub bytes: Vec<u8>,
    pub whole: bool,
}

/// Answers a control code.
///
/// # Errors
/// `INVALID_PARAMETER` for an input that is none, `OBJECT_NAME_NOT_FOUND` for an unknown volume,
/// `BUFFER_TOO_SMALL`, `INVALID_DEVICE_REQUEST` for a code that is not known.
pub(super) fn answer(code: u32, input: &[u8], room: usize) -> Result<Answered, NtStatus> {
    match code {
        QUERY_POINTS => points(input, room),
        QUERY_DOS_VOLUME_PATH | QUERY_DOS_VOLUME_PATHS => paths(input, room),
        _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
    }
}

fn number(input: &[u8], at: usize, bytes: usize) -> usize {
    let part = input.get(at..at + bytes).unwrap_or_default();
    part.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte))
}

fn text(input: &[u8], at: usize, length: usize) -> Result<Vec<u16>, NtStatus> {
    let end = at.checked_add(length).ok_or(NtStatus::INVALID_PARAMETER)?;
    let bytes = input.get(at..end).ok_or(NtStatus::INVALID_PARAMETER)?;
    Ok(bytes.as_chunks().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect())
}

fn present() -> impl Iterator<Item = Drive> {
    let letters = volume::drives();
    Drive::ALL.into_iter().filter(move |drive| letters.contains(&drive.letter()))
}

/// The symbolic links that lead to a volume.
fn links(drive: Drive) -> [Vec<u16>; 2] {
    [
        [&wide::from_str(r"\DosDevices\"), &drive.dos_name()[..]].concat(),
        [&wide::from_str(r"\??\"), &drive.volume_name()[..]].concat(),
    ]
}

fn is_named(drive: Drive, name: &[u16]) -> bool {
    let name = name.strip_suffix(&[u16::from(b'\\')]).unwrap_or(name);
    let same = |other: &[u16]| super::path::same_text(name, other);
    same(&drive.device()) || links(drive).iter().any(|link| same(link))
}

/// The mount points that match a `MOUNTMGR_MOUNT_POINT`, as `MOUNTMGR_MOUNT_POINTS`.
fn points(input: &[u8], room: usize) -> Result<Answered, NtStatus> {
    if input.len() < POINT {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let link = text(input, number(input, 0, 4), number(input, 4, 2))?;
    let unique = number(input, 12, 2);
    let device = text(input, number(input, 16, 4), number(input, 20, 2))?;
    let wanted = |drive: Drive, point: &[u16]| {
        (link.is_empty() || super::path::same_text(point, &link))
            && (device.is_empty() || is_named(drive, &device))
            // No volume has an identifier that a caller could know.
            && unique == 0
    };
    let found: Vec<(Drive, Vec<u16>)> = present()
        .flat_map(|drive| links(drive).map(|link| (drive, link)))
        .filter(|(drive, link)| wanted(*drive, link))
        .collect();
    if found.is_empty() {
        return Err(NtStatus::OBJECT_NAME_NOT_FOUND);
    }
    let mut head = Vec::new();
    let mut names = Vec::new();
    let names_at = 8 + found.len() * POINT;
    let mut add = |units: &[u16]| {
        let at = (names_at + names.len()) as u32;
        names.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        [at, units.len() as u32 * 2]
    };
    let words: Vec<[u32; 6]> = found
        .iter()
        .map(|(drive, link)| {
            let [link, link_length] = add(link);
            let [unique, unique_length] = add(&drive.volume_name());
            let [device, device_length] = add(&drive.device());
            [link, link_length, unique, unique_length, device, device_length]
        })
        .collect();
    head.extend(((names_at + names.len()) as u32).to_le_bytes());
    head.extend((found.len() as u32).to_le_bytes());
    head.extend(words.iter().flatten().flat_map(|word| word.to_le_bytes()));
    head.extend(names);
    cut(head, room, 8)
}

/// The path of the volume of a `MOUNTMGR_TARGET_NAME`, as `MOUNTMGR_VOLUME_PATHS`.
fn paths(input: &[u8], room: usize) -> Result<Answered, NtStatus> {
    let name = text(input, 2, number(input, 0, 2))?;
    let drive =
        present().find(|&drive| is_named(drive, &name)).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let list = [&drive.dos_name()[..], &[0, 0]].concat();
    let mut bytes = (list.len() as u32 * 2).to_le_bytes().to_vec();
    bytes.extend(list.iter().flat_map(|unit| unit.to_le_bytes()));
    cut(bytes, room, 4)
}

/// Where not all fits, what says how much there is.
fn cut(mut bytes: Vec<u8>, room: usize, head: usize) -> Result<Answered, NtStatus> {
    let whole = bytes.len() <= room;
    if !whole {
        if room < head {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        bytes.truncate(head);
    }
    Ok(Answered { bytes, whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(bytes: &[u8], at: usize, length: usize) -> String {
        wide::to_string(&text(bytes, at, length).unwrap())
    }

    fn by_device(device: &[u16]) -> Vec<u8> {
        let mut input = vec![0; POINT];
        input[16..20].copy_from_slice(&(POINT as u32).to_le_bytes());
        input[20..22].copy_from_slice(&(device.len() as u16 * 2).to_le_bytes());
        input.extend(device.iter().flat_map(|unit| unit.to_le_bytes()));
        input
    }

    #[test]
    fn a_device_leads_to_its_drive() {
        let answered = points(&by_device(&Drive::Z.device()), 4096).unwrap();
        let bytes = answered.bytes;
        assert!(answered.whole);
        assert_eq!((number(&bytes, 0, 4), number(&bytes, 4, 4)), (bytes.len(), 2));
        let link = units(&bytes, number(&bytes, 8, 4), number(&bytes, 12, 2));
        let device = units(&bytes, number(&bytes, 24, 4), number(&bytes, 28, 2));
        assert_eq!(
            (link.as_str(), device.as_str()),
            (r"\DosDevices\Z:", r"\Device\HarddiskVolume2")
        );
    }

    #[test]
    fn a_short_place_gets_the_size_alone() {
        let answered = points(&by_device(&Drive::Z.device()), 20).unwrap();
        assert!(!answered.whole && answered.bytes.len() == 8);
        assert!(points(&by_device(&Drive::Z.device()), 4).is_err());
        assert!(points(&[0; 8], 4096).is_err());
        let mut hostile = vec![0; POINT];
        hostile[16..22].fill(0xFF);
        assert_eq!(points(&hostile, 4096).err(), Some(NtStatus::INVALID_PARAMETER));
    }
}
