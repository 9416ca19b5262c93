//! Wildcards of file names (Microsoft: "FsRtlIsNameInExpression function").
//!
//! `*` is any text and `?` any character. Three more stand for what they mean to DOS: `<` is any
//! text up to the last dot, `>` is any character or nothing before a dot or the end, and `"` is a
//! dot or nothing at the end.

use haft_abi::wide;

const STAR: u16 = b'*' as u16;
const QUESTION: u16 = b'?' as u16;
const DOT: u16 = b'.' as u16;
const DOS_STAR: u16 = b'<' as u16;
const DOS_QUESTION: u16 = b'>' as u16;
const DOS_DOT: u16 = b'"' as u16;

/// A pattern; names are compared without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<u16>);

/// Whether text has a wildcard in it.
#[must_use]
pub fn has_wildcards(text: &[u16]) -> bool {
    text.iter().any(|u| [STAR, QUESTION, DOS_STAR, DOS_QUESTION, DOS_DOT].contains(u))
}

fn fold(text: &[u16]) -> Vec<u16> {
    if text.iter().all(|&u| u < 0x80) {
        return text.iter().map(|&u| u16::from((u as u8).to_ascii_lowercase())).collect();
    }
    wide::from_bytes(&super::lookup::fold(&wide::to_bytes(text)))
}

impl Pattern {
    /// A pattern as NT services take it.
    #[must_use]
    pub fn nt(text: &[u16]) -> Self {
        Self(fold(text))
    }

    /// A pattern as FindFirstFile takes it: `*.*` is everything, `?` may be nothing before a dot,
    /// and the dot of `a.*` may be missing.
    #[must_use]
    pub fn dos(text: &[u16]) -> Self {
        if text == [STAR, DOT, STAR] {
            return Self(vec![STAR]);
        }
        let mut units = fold(text);
        for at in 0..units.len() {
            let next = units.get(at + 1).copied();
            match units[at] {
                QUESTION => units[at] = DOS_QUESTION,
                DOT if matches!(next, Some(STAR | QUESTION)) => units[at] = DOS_DOT,
                STAR if next == Some(DOT) && at + 2 == units.len() => {
                    units[at] = DOS_STAR;
                    units.pop();
                    break;
                }
                _ => {}
            }
        }
        Self(units)
    }

    /// Whether every name matches.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0 == [STAR]
    }

    /// Whether a name matches.
    #[must_use]
    pub fn matches(&self, name: &[u16]) -> bool {
        self.is_all() || matches(&self.0, &fold(name))
    }
}

/// The places in the pattern that can be reached, moved over the name unit by unit: no name takes
/// longer than the product of both lengths.
fn matches(pattern: &[u16], name: &[u16]) -> bool {
    let last_dot = name.iter().rposition(|&u| u == DOT);
    let mut at = vec![false; pattern.len() + 1];
    at[0] = true;
    skip_empty(pattern, &mut at, name.first().copied(), name.is_empty());
    for (index, &unit) in name.iter().enumerate() {
        let mut next = vec![false; pattern.len() + 1];
        for place in 0..pattern.len() {
            if !at[place] {
                continue;
            }
            match pattern[place] {
                STAR => next[place] = true,
                // It takes the last dot too only where no other dot follows it in the pattern;
                // staying and going on covers both.
                DOS_STAR if unit != DOT || Some(index) != last_dot => next[place] = true,
                DOS_STAR => {}
                QUESTION => next[place + 1] = true,
                DOS_QUESTION if unit != DOT => next[place + 1] = true,
                DOS_DOT if unit == DOT => next[place + 1] = true,
                own if own == unit => next[place + 1] = true,
                _ => {}
            }
        }
        at = next;
        let following = name.get(index + 1).copied();
        skip_empty(pattern, &mut at, following, following.is_none());
    }
    at[pattern.len()]
}

/// Goes past what may match nothing here.
fn skip_empty(pattern: &[u16], at: &mut [bool], next: Option<u16>, end: bool) {
    for place in 0..pattern.len() {
        let nothing = match pattern[place] {
            STAR | DOS_STAR => true,
            DOS_QUESTION => end || next == Some(DOT),
            DOS_DOT => end,
            _ => false,
        };
        if at[place] && nothing {
            at[place + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dos(pattern: &str, name: &str) -> bool {
        Pattern::dos(&wide::from_str(pattern)).matches(&wide::from_str(name))
    }

    #[test]
    fn dos_patterns() {
        for (pattern, yes, no) in [
            ("*", "anything", ""),
            ("*.*", "noext", ""),
            ("*.txt", "A.TXT", "a.txt2"),
            ("?.txt", "b.txt", "bb.txt"),
            ("a?", "a", "abc"),
            ("a?.c", "a.c", "abc.c"),
            ("a.*", "a", "ab"),
            ("a.*", "a.b.c", "b.a"),
            ("*.*.txt", "two.dots.txt", "a.txt"),
            ("*.", "noext", "a.txt"),
            ("x*y*z", "xAyBz", "xz"),
            ("größe", "GRÖßE", "grosse"),
        ] {
            assert!(dos(pattern, yes), "{pattern} {yes}");
            assert!(no.is_empty() || !dos(pattern, no), "{pattern} {no}");
        }
    }

    #[test]
    fn nt_patterns_are_exact() {
        let nt = |pattern: &str, name: &str| {
            Pattern::nt(&wide::from_str(pattern)).matches(&wide::from_str(name))
        };
        assert!(!nt("a?", "a"));
        assert!(nt("a?", "ab"));
        assert!(!nt("*.*", "noext"));
        assert!(nt("<.txt", "a.b.txt"));
    }
}
