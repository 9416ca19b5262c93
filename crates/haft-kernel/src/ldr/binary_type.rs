//! What kind of program a file is (Microsoft: "GetBinaryTypeW function").

use crate::io::path;
use haft_abi::NtStatus;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// A kind of program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryType {
    /// A 64-bit Windows program, of any processor.
    Windows64,
    /// A 32-bit Windows program.
    Windows32,
    /// A 16-bit Windows program.
    Windows16,
    /// An MS-DOS program.
    Dos,
}

/// What kind of program a file is.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `ACCESS_DENIED`, `INVALID_IMAGE_FORMAT` for what is no program.
pub fn binary_type(name: &[u16]) -> Result<BinaryType, NtStatus> {
    let found = path::find(&path::full(name)).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let file = File::open(found).map_err(|e| match e.kind() {
        std::io::ErrorKind::PermissionDenied => NtStatus::ACCESS_DENIED,
        _ => NtStatus::OBJECT_NAME_NOT_FOUND,
    })?;
    let at = |offset: u64| {
        let mut bytes = [0; 2];
        file.read_exact_at(&mut bytes, offset).ok().map(|()| u16::from_le_bytes(bytes))
    };
    classify(at).ok_or(NtStatus::INVALID_IMAGE_FORMAT)
}

/// What kind of program has these 16-bit numbers at its offsets.
fn classify(at: impl Fn(u64) -> Option<u16>) -> Option<BinaryType> {
    const FILE_DLL: u16 = 0x2000;
    let signature = |offset| at(offset).map(u16::to_le_bytes);
    if signature(0)? != *b"MZ" {
        return None;
    }
    let Some((low, high)) = at(0x3C).zip(at(0x3E)) else { return Some(BinaryType::Dos) };
    let header = u64::from(high) << 16 | u64::from(low);
    match signature(header).as_ref() {
        Some(b"PE") if at(header + 22)? & FILE_DLL != 0 => None,
        Some(b"PE") => match at(header + 24)? {
            0x20B => Some(BinaryType::Windows64),
            0x10B => Some(BinaryType::Windows32),
            _ => None,
        },
        Some(b"NE") => Some(BinaryType::Windows16),
        _ => Some(BinaryType::Dos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Option<BinaryType> {
        classify(|at| {
            let at = usize::try_from(at).ok()?;
            Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
        })
    }

    #[test]
    fn programs_are_told_apart() {
        let mut file = vec![0; 0x80];
        file[..2].copy_from_slice(b"MZ");
        file[0x3C] = 0x40;
        assert_eq!(of(&file), Some(BinaryType::Dos));
        file[0x40..0x42].copy_from_slice(b"NE");
        assert_eq!(of(&file), Some(BinaryType::Windows16));
        file[0x40..0x42].copy_from_slice(b"PE");
        assert_eq!(of(&file), None);
        file[0x58..0x5A].copy_from_slice(&[0x0B, 2]);
        assert_eq!(of(&file), Some(BinaryType::Windows64));
        file[0x58..0x5A].copy_from_slice(&[0x0B, 1]);
        assert_eq!(of(&file), Some(BinaryType::Windows32));
        file[0x57] = 0x20;
        assert_eq!(of(&file), None);
        assert_eq!(of(b"MZ"), Some(BinaryType::Dos));
        assert_eq!(of(b"#!/bin/sh"), None);
    }
}
