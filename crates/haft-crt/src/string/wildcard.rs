//! Wildcards in program arguments (Microsoft: "Expanding Wildcard Arguments").

use super::argv::Argument;
use super::case::upper;
use crate::Unit;
use crate::ctype::Casing;

/// Whether a name matches a pattern of `*` (any run of units) and `?` (any one unit).
///
/// Letters match without case. `*.*` matches names without a dot too, as `FindFirstFile` does.
#[must_use]
pub fn matches<U: Unit>(pattern: &[U], name: &[U]) -> bool {
    if pattern.len() == 3 && pattern[0].is(b'*') && pattern[1].is(b'.') && pattern[2].is(b'*') {
        return true;
    }
    let same = |p: U, n: U| upper(p, Casing::Unicode) == upper(n, Casing::Unicode);
    let (mut at, mut pos) = (0, 0);
    // Where to go on if the last star took one unit more.
    let mut retry = None;
    while pos < name.len() {
        match pattern.get(at) {
            Some(p) if p.is(b'*') => {
                at += 1;
                retry = Some((at, pos));
            }
            Some(&p) if p.is(b'?') || same(p, name[pos]) => {
                at += 1;
                pos += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    retry = Some((after_star, from + 1));
                    (at, pos) = (after_star, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|p| p.is(b'*'))
}

/// Replaces arguments with unquoted wildcards by the names that they match.
///
/// `list` gives the names in a directory (the part of an argument before its last slash or
/// colon, may be empty). Names come sorted without case, each behind that part; `.` and `..` are
/// left out. An argument that matches nothing stays.
pub fn expand<U: Unit>(
    arguments: Vec<Argument<U>>,
    mut list: impl FnMut(&[U]) -> Vec<Vec<U>>,
) -> Vec<Vec<U>> {
    let mut expanded = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.into_iter().enumerate() {
        if index == 0 || !argument.wildcard {
            expanded.push(argument.text);
            continue;
        }
        let parting = |u: &U| u.is(b'\\') || u.is(b'/') || u.is(b':');
        let start = argument.text.iter().rposition(parting).map_or(0, |at| at + 1);
        let (directory, pattern) = argument.text.split_at(start);
        let dots = |name: &[U]| name.len() <= 2 && name.iter().all(|u| u.is(b'.'));
        let mut names = list(directory);
        names.retain(|name| !dots(name) && matches(pattern, name));
        let key =
            |name: &Vec<U>| -> Vec<U> { name.iter().map(|&u| upper(u, Casing::Unicode)).collect() };
        names.sort_by_cached_key(key);
        if names.is_empty() {
            expanded.push(argument.text);
            continue;
        }
        expanded.extend(names.into_iter().map(|name| [directory, &name].concat()));
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::string::argv::{Rule, parse_arguments};

    #[test]
    fn patterns() {
        let is = |pattern: &str, name: &str| matches(pattern.as_bytes(), name.as_bytes());
        assert!(is("*.c", "Main.C") && !is("*.c", "main.cpp"));
        assert!(is("?a*", "bar") && !is("?a*", "a"));
        assert!(is("*.*", "noext") && is("*", "") && !is("?", ""));
        assert!(is("a*b*c", "a--b-b-c") && !is("a*b*c", "a--b-b-"));
    }

    #[test]
    fn expansion() {
        let line = b"prog.exe *.c \"*.c\" dir\\?.txt none* x";
        let arguments = parse_arguments(line, Rule::Current);
        let names = expand(arguments, |directory| {
            let names: &[&[u8]] = match directory {
                b"" => &[b".", b"b.c", b"A.c", b"d.h"],
                b"dir\\" => &[b"1.txt", b"22.txt"],
                _ => &[],
            };
            names.iter().map(|name| name.to_vec()).collect()
        });
        let names: Vec<_> = names.iter().map(|n| String::from_utf8_lossy(n)).collect();
        assert_eq!(names, ["prog.exe", "A.c", "b.c", "*.c", "dir\\1.txt", "none*", "x"]);
    }
}
