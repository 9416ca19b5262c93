//! The set of units that `%[...]` takes.

use crate::Unit;

/// A scan set as written between the brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScanSet<'a, U> {
    negated: bool,
    members: &'a [U],
}

impl<'a, U: Unit> ScanSet<'a, U> {
    /// Reads a set behind its `[`; also gives how many units it takes, its `]` included.
    pub(super) fn parse(text: &'a [U]) -> Option<(Self, usize)> {
        let negated = text.first().is_some_and(|u| u.is(b'^'));
        let start = usize::from(negated);
        // A bracket that comes first is a member.
        let first = text.get(start)?;
        let skip = start + usize::from(first.is(b']'));
        let end = skip + text[skip..].iter().position(|u| u.is(b']'))?;
        Some((Self { negated, members: &text[start..end] }, end + 1))
    }

    /// Whether the set takes this unit; `a-z` is a range whichever end comes first.
    pub(super) fn contains(&self, unit: U) -> bool {
        let mut members = self.members;
        let mut found = false;
        while let Some((&low, rest)) = members.split_first() {
            members = match rest {
                [dash, high, rest @ ..] if dash.is(b'-') => {
                    found |= (low.min(*high)..=low.max(*high)).contains(&unit);
                    rest
                }
                _ => {
                    found |= low == unit;
                    rest
                }
            };
        }
        found != self.negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> String {
        let (set, used) = ScanSet::parse(text.as_bytes()).expect("a closed set");
        assert_eq!(used, text.len());
        (b' '..127).filter(|&b| set.contains(b)).map(char::from).collect()
    }

    #[test]
    fn sets() {
        assert_eq!(members("abc]"), "abc");
        assert_eq!(members("a-e]"), "abcde");
        assert_eq!(members("e-a]"), "abcde");
        assert_eq!(members("]x]"), "]x");
        assert_eq!(members("-x]"), "-x");
        assert_eq!(members("x-]"), "-x");
        assert_eq!(members("0-9A-F]"), "0123456789ABCDEF");
        assert!(!members("^]a]").contains([']', 'a']));
        assert_eq!(ScanSet::parse(b"abc"), None);
        assert_eq!(ScanSet::parse(b"]"), None);
    }
}
