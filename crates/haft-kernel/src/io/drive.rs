//! Drives, and the names of their volumes: as NT has them (`\Device\HarddiskVolume2`) and as the
//! mount manager gives them (`Volume{GUID}`; Microsoft: "Naming a Volume").

use super::path::same_text;
use haft_abi::wide;

const BACKSLASH: u16 = b'\\' as u16;

/// A drive that haft has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// The user's own.
    C,
    /// The root of Linux.
    Z,
}

impl Drive {
    /// Every drive.
    pub const ALL: [Self; 2] = [Self::C, Self::Z];

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::C => b'C',
            Self::Z => b'Z',
        }
    }

    /// The drive of a letter, upper or lower case.
    #[must_use]
    pub fn of_letter(letter: u16) -> Option<Self> {
        let upper = u8::try_from(letter).ok()?.to_ascii_uppercase();
        Self::ALL.into_iter().find(|drive| drive.letter() == upper)
    }

    /// The drive of a path that begins with `X:`.
    #[must_use]
    pub fn of_path(full: &[u16]) -> Option<Self> {
        match full {
            [letter, colon, ..] if *colon == u16::from(b':') => Self::of_letter(*letter),
            _ => None,
        }
    }

    /// `X:`.
    #[must_use]
    pub fn dos_name(self) -> Vec<u16> {
        vec![u16::from(self.letter()), u16::from(b':')]
    }

    /// Its volume's number, which does not change.
    const fn number(self) -> u8 {
        match self {
            Self::C => 1,
            Self::Z => 2,
        }
    }

    /// The name of its volume's device: `\Device\HarddiskVolume1`.
    #[must_use]
    pub fn device(self) -> Vec<u16> {
        wide::from_str(&format!(r"\Device\HarddiskVolume{}", self.number()))
    }

    /// The name that the mount manager gives its volume, without a prefix: `Volume{...}`. It is the
    /// same for every user and on every machine, since the drives are.
    #[must_use]
    pub fn volume_name(self) -> Vec<u16> {
        let number = self.number();
        wide::from_str(&format!("Volume{{68616674-0000-4000-8000-0000000000{number:02x}}}"))
    }

    /// The drive whose device a path begins with, and the rest, which is empty or begins with a
    /// backslash.
    #[must_use]
    pub fn of_device(path: &[u16]) -> Option<(Self, &[u16])> {
        Self::by_prefix(path, Self::device)
    }

    /// The same for a path that begins with [`Drive::volume_name`].
    #[must_use]
    pub fn of_volume(path: &[u16]) -> Option<(Self, &[u16])> {
        Self::by_prefix(path, Self::volume_name)
    }

    fn by_prefix(path: &[u16], prefix: impl Fn(Self) -> Vec<u16>) -> Option<(Self, &[u16])> {
        Self::ALL.into_iter().find_map(|drive| {
            let prefix = prefix(drive);
            let (head, rest) = path.split_at_checked(prefix.len())?;
            let ends = matches!(rest, [] | [BACKSLASH, ..]);
            (ends && same_text(head, &prefix)).then_some((drive, rest))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_device_is_of_its_drive() {
        let of = |path: &str| {
            let path = wide::from_str(path);
            Drive::of_device(&path).map(|(drive, rest)| (drive, wide::to_string(rest)))
        };
        assert_eq!(of(r"\Device\HarddiskVolume2\a\b"), Some((Drive::Z, r"\a\b".to_owned())));
        assert_eq!(of(r"\device\harddiskvolume1"), Some((Drive::C, String::new())));
        assert_eq!(of(r"\Device\HarddiskVolume20\a"), None);
        assert_eq!(of(r"\Device\HarddiskVolume3"), None);
        let mut path = Drive::Z.volume_name();
        path.push(BACKSLASH);
        assert_eq!(Drive::of_volume(&path), Some((Drive::Z, &[BACKSLASH][..])));
    }
}
