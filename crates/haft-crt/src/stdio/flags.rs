//! The flags of `_open`, `_sopen`, `_wsopen_s` (Microsoft: "_open, _wopen", "_sopen, _wsopen").

use super::{Creation, Encoding};

/// `_O_*` values of `fcntl.h`.
pub mod oflag {
    /// `_O_RDONLY`.
    pub const RDONLY: i32 = 0;
    /// `_O_WRONLY`.
    pub const WRONLY: i32 = 1;
    /// `_O_RDWR`.
    pub const RDWR: i32 = 2;
    /// `_O_APPEND`.
    pub const APPEND: i32 = 8;
    /// `_O_RANDOM`.
    pub const RANDOM: i32 = 0x10;
    /// `_O_SEQUENTIAL`.
    pub const SEQUENTIAL: i32 = 0x20;
    /// `_O_TEMPORARY`.
    pub const TEMPORARY: i32 = 0x40;
    /// `_O_NOINHERIT`.
    pub const NOINHERIT: i32 = 0x80;
    /// `_O_CREAT`.
    pub const CREAT: i32 = 0x100;
    /// `_O_TRUNC`.
    pub const TRUNC: i32 = 0x200;
    /// `_O_EXCL`.
    pub const EXCL: i32 = 0x400;
    /// `_O_SHORT_LIVED`.
    pub const SHORT_LIVED: i32 = 0x1000;
    /// `_O_OBTAIN_DIR`.
    pub const OBTAIN_DIR: i32 = 0x2000;
    /// `_O_TEXT`.
    pub const TEXT: i32 = 0x4000;
    /// `_O_BINARY`.
    pub const BINARY: i32 = 0x8000;
    /// `_O_WTEXT`.
    pub const WTEXT: i32 = 0x10000;
    /// `_O_U16TEXT`.
    pub const U16TEXT: i32 = 0x20000;
    /// `_O_U8TEXT`.
    pub const U8TEXT: i32 = 0x40000;
}

/// `_SH_*` values of `share.h`.
pub mod share {
    /// `_SH_COMPAT`.
    pub const COMPAT: i32 = 0;
    /// `_SH_DENYRW`.
    pub const DENYRW: i32 = 0x10;
    /// `_SH_DENYWR`.
    pub const DENYWR: i32 = 0x20;
    /// `_SH_DENYRD`.
    pub const DENYRD: i32 = 0x30;
    /// `_SH_DENYNO`.
    pub const DENYNO: i32 = 0x40;
    /// `_SH_SECURE`: others may read if this open only reads.
    pub const SECURE: i32 = 0x80;
}

/// What an open file may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Writing only.
    Write,
    /// Both.
    ReadWrite,
}

/// What others may do with the file meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// They may read.
    pub read: bool,
    /// They may write.
    pub write: bool,
}

impl Share {
    /// The sharing of an `_SH_*` value; `None` is an invalid parameter.
    #[must_use]
    pub fn parse(value: i32, access: Access) -> Option<Self> {
        Some(match value {
            share::COMPAT | share::DENYNO => Self { read: true, write: true },
            share::DENYRW => Self { read: false, write: false },
            share::DENYWR => Self { read: true, write: false },
            share::DENYRD => Self { read: false, write: true },
            share::SECURE => Self { read: access == Access::Read, write: false },
            _ => return None,
        })
    }
}

/// What the flags of `_open` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFlags {
    /// Reading, writing or both.
    pub access: Access,
    /// What is done about an existing or missing file.
    pub creation: Creation,
    /// Every write goes to the end.
    pub append: bool,
    /// Text translation.
    pub text: bool,
    /// Unicode text (`_O_WTEXT`, `_O_U16TEXT`, `_O_U8TEXT`).
    pub encoding: Option<Encoding>,
    /// Child processes do not inherit the file.
    pub no_inherit: bool,
    /// The file is deleted when its last handle is closed.
    pub delete_on_close: bool,
    /// Accessed from start to end.
    pub sequential: bool,
    /// Accessed here and there.
    pub random: bool,
    /// Kept out of the disk where possible.
    pub short_lived: bool,
    /// A directory may be opened.
    pub directory: bool,
}

impl OpenFlags {
    /// Parses the flags; `default_text` is `_fmode`. `None` is an invalid parameter (`EINVAL`).
    #[must_use]
    pub fn parse(flags: i32, default_text: bool) -> Option<Self> {
        let has = |bit| flags & bit != 0;
        let access = match flags & 3 {
            oflag::RDONLY => Access::Read,
            oflag::WRONLY => Access::Write,
            oflag::RDWR => Access::ReadWrite,
            _ => return None,
        };
        let creation = match (has(oflag::CREAT), has(oflag::EXCL), has(oflag::TRUNC)) {
            (true, true, _) => Creation::CreateNew,
            (true, false, true) => Creation::CreateAlways,
            (true, false, false) => Creation::OpenAlways,
            // Without _O_CREAT, _O_EXCL has no meaning.
            (false, _, true) => Creation::TruncateExisting,
            (false, _, false) => Creation::OpenExisting,
        };
        let encodings = [
            (oflag::WTEXT, Encoding::Unicode),
            (oflag::U16TEXT, Encoding::Utf16Le),
            (oflag::U8TEXT, Encoding::Utf8),
        ];
        let mut asked = encodings.iter().filter(|(bit, _)| has(*bit)).map(|(_, e)| *e);
        let encoding = asked.next();
        if asked.next().is_some() || (has(oflag::TEXT) && has(oflag::BINARY)) {
            return None;
        }
        if encoding.is_some() && has(oflag::BINARY) {
            return None;
        }
        Some(Self {
            access,
            creation,
            append: has(oflag::APPEND),
            text: encoding.is_some() || has(oflag::TEXT) || (default_text && !has(oflag::BINARY)),
            encoding,
            no_inherit: has(oflag::NOINHERIT),
            delete_on_close: has(oflag::TEMPORARY),
            sequential: has(oflag::SEQUENTIAL),
            random: has(oflag::RANDOM),
            short_lived: has(oflag::SHORT_LIVED),
            directory: has(oflag::OBTAIN_DIR),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creation_follows_the_documented_combinations() {
        let of = |flags| OpenFlags::parse(flags, true).map(|f| f.creation);
        assert_eq!(of(oflag::RDONLY), Some(Creation::OpenExisting));
        assert_eq!(of(oflag::WRONLY | oflag::CREAT), Some(Creation::OpenAlways));
        assert_eq!(of(oflag::RDWR | oflag::CREAT | oflag::TRUNC), Some(Creation::CreateAlways));
        assert_eq!(of(oflag::RDWR | oflag::CREAT | oflag::EXCL), Some(Creation::CreateNew));
        assert_eq!(of(oflag::WRONLY | oflag::TRUNC), Some(Creation::TruncateExisting));
        assert_eq!(of(3), None);
    }

    #[test]
    fn text_is_what_fmode_says_unless_told() {
        let text = |flags, default| OpenFlags::parse(flags, default).map(|f| f.text);
        assert_eq!(text(0, true), Some(true));
        assert_eq!(text(oflag::BINARY, true), Some(false));
        assert_eq!(text(oflag::TEXT, false), Some(true));
        assert_eq!(text(oflag::U8TEXT, false), Some(true));
        assert_eq!(text(oflag::TEXT | oflag::BINARY, false), None);
    }

    #[test]
    fn sharing() {
        let none = Share { read: false, write: false };
        assert_eq!(Share::parse(share::DENYRW, Access::Read), Some(none));
        assert_eq!(Share::parse(share::SECURE, Access::ReadWrite), Some(none));
        assert_eq!(
            Share::parse(share::SECURE, Access::Read),
            Some(Share { read: true, write: false })
        );
        assert_eq!(Share::parse(5, Access::Read), None);
    }
}
