//! The mode string of `fopen`, `_wfopen`, `_fdopen`, `freopen` (Microsoft: "fopen, _wfopen").

use super::Access;
use crate::Unit;

/// What happens to the file when it is there already, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It must exist (`r`, or `_O_EXCL` and `_O_CREAT` absent).
    OpenExisting,
    /// It is made if it is not there.
    OpenAlways,
    /// It is made, or emptied (`w`).
    CreateAlways,
    /// It must not exist (`x`).
    CreateNew,
    /// It must exist and is emptied (`_O_TRUNC` alone).
    TruncateExisting,
}

/// The encoding that `ccs=` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `ccs=UNICODE`: as the byte order mark says, else UTF-16LE for a new file, else ANSI.
    Unicode,
    /// `ccs=UTF-8`.
    Utf8,
    /// `ccs=UTF-16LE`.
    Utf16Le,
}

/// A parsed mode string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Reading, writing or both.
    pub access: Access,
    /// What is done about an existing or missing file.
    pub creation: Creation,
    /// Every write goes to the end (`a`).
    pub append: bool,
    /// `b` is `Some(false)`, `t` is `Some(true)`; without either `_fmode` decides.
    pub text: Option<bool>,
    /// `c` is `Some(true)`, `n` is `Some(false)`: `fflush` commits to the disk.
    pub commit: Option<bool>,
    /// `N`: child processes do not inherit the file.
    pub no_inherit: bool,
    /// `D`: the file is deleted when its last handle is closed.
    pub delete_on_close: bool,
    /// `S`: accessed from start to end.
    pub sequential: bool,
    /// `R`: accessed here and there.
    pub random: bool,
    /// `T`: short-lived, kept out of the disk where possible.
    pub short_lived: bool,
    /// `ccs=`.
    pub encoding: Option<Encoding>,
}

impl Mode {
    /// Parses a mode string; `None` is an invalid parameter (`EINVAL`).
    ///
    /// A letter twice, contradicting letters and unknown letters are refused, as the UCRT does.
    #[must_use]
    pub fn parse<U: Unit>(mode: &[U]) -> Option<Self> {
        let mut letters = crate::unit::until_null(mode).iter().map(|u| u.ascii()).peekable();
        while letters.next_if_eq(&Some(b' ')).is_some() {}
        let (access, creation, append) = match letters.next()?? {
            b'r' => (Access::Read, Creation::OpenExisting, false),
            b'w' => (Access::Write, Creation::CreateAlways, false),
            b'a' => (Access::Write, Creation::OpenAlways, true),
            _ => return None,
        };
        let mut mode = Self {
            access,
            creation,
            append,
            text: None,
            commit: None,
            no_inherit: false,
            delete_on_close: false,
            sequential: false,
            random: false,
            short_lived: false,
            encoding: None,
        };
        while let Some(letter) = letters.next() {
            match letter? {
                b' ' => {}
                b'+' if mode.access != Access::ReadWrite => mode.access = Access::ReadWrite,
                b'b' if mode.text.is_none() => mode.text = Some(false),
                b't' if mode.text.is_none() => mode.text = Some(true),
                b'c' if mode.commit.is_none() => mode.commit = Some(true),
                b'n' if mode.commit.is_none() => mode.commit = Some(false),
                b'x' if mode.creation == Creation::CreateAlways => {
                    mode.creation = Creation::CreateNew;
                }
                b'N' if !mode.no_inherit => mode.no_inherit = true,
                b'D' if !mode.delete_on_close => mode.delete_on_close = true,
                b'S' if !mode.sequential && !mode.random => mode.sequential = true,
                b'R' if !mode.sequential && !mode.random => mode.random = true,
                b'T' if !mode.short_lived => mode.short_lived = true,
                b',' => {
                    mode.encoding = Some(encoding(letters)?);
                    if mode.text == Some(false) {
                        return None;
                    }
                    mode.text = Some(true);
                    return Some(mode);
                }
                _ => return None,
            }
        }
        Some(mode)
    }
}

fn encoding(letters: impl Iterator<Item = Option<u8>>) -> Option<Encoding> {
    let text: Vec<u8> = letters.filter(|l| *l != Some(b' ')).collect::<Option<_>>()?;
    let value = text.strip_prefix(b"ccs=")?;
    [("UTF-8", Encoding::Utf8), ("UTF-16LE", Encoding::Utf16Le), ("UNICODE", Encoding::Unicode)]
        .into_iter()
        .find_map(|(name, e)| value.eq_ignore_ascii_case(name.as_bytes()).then_some(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::units;

    fn parse(mode: &str) -> Option<Mode> {
        let narrow = Mode::parse(mode.as_bytes());
        assert_eq!(narrow, Mode::parse(&units::<u16>(mode)));
        narrow
    }

    #[test]
    fn documented_modes() {
        let of = |mode| parse(mode).map(|m| (m.access, m.creation, m.append, m.text));
        use Creation::{CreateAlways, CreateNew, OpenAlways, OpenExisting};
        assert_eq!(of("r"), Some((Access::Read, OpenExisting, false, None)));
        assert_eq!(of("rb+"), Some((Access::ReadWrite, OpenExisting, false, Some(false))));
        assert_eq!(of("r+b"), of("rb+"));
        assert_eq!(of("w"), Some((Access::Write, CreateAlways, false, None)));
        assert_eq!(of("wx"), Some((Access::Write, CreateNew, false, None)));
        assert_eq!(of("a+t"), Some((Access::ReadWrite, OpenAlways, true, Some(true))));
        let all = parse("wbcNDST").expect("documented letters");
        assert!(all.no_inherit && all.delete_on_close && all.sequential && all.short_lived);
        assert_eq!(all.commit, Some(true));
    }

    #[test]
    fn encodings() {
        let of = |mode| parse(mode).and_then(|m| m.encoding);
        assert_eq!(of("wt, ccs=UTF-8"), Some(Encoding::Utf8));
        assert_eq!(of("rt+, ccs=UTF-16LE"), Some(Encoding::Utf16Le));
        assert_eq!(of("r,ccs=unicode"), Some(Encoding::Unicode));
        assert_eq!(parse("r, ccs=UTF-8").map(|m| m.text), Some(Some(true)));
        assert_eq!(parse("rb, ccs=UTF-8"), None);
        assert_eq!(parse("r, ccs=KOI8"), None);
        assert_eq!(parse("r, "), None);
    }

    #[test]
    fn nonsense_is_refused() {
        for mode in ["", "q", "rw", "r++", "rbt", "rSR", "rx", "+r", "rNN"] {
            assert_eq!(parse(mode), None, "{mode:?}");
        }
        assert_eq!(Mode::parse(&[0x72u16, 0x20AC]), None);
    }
}
