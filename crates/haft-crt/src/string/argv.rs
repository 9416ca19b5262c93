//! Command lines and argument vectors, both ways.
//!
//! Source: Microsoft, "main function and command-line arguments" (Parsing C command-line
//! arguments), "CommandLineToArgvW", and the blog "Everyone quotes command line arguments the
//! wrong way".

use crate::Unit;

/// Which rule parts a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The UCRT and the runtimes since Visual C++ 2008: `""` inside quotes is a quote, and the
    /// quotes stay open.
    Current,
    /// `msvcrt.dll`: `""` inside quotes is a quote and closes them.
    Before2008,
    /// `CommandLineToArgvW`: as before 2008, but the program's name ends at its closing quote,
    /// or at any control character.
    Shell,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<U> {
    /// The argument without its quotes and escapes.
    pub text: Vec<U>,
    /// Whether it has `*` or `?` outside quotes: what wildcard expansion looks at.
    pub wildcard: bool,
}

fn is_blank<U: Unit>(unit: U) -> bool {
    unit.is(b' ') || unit.is(b'\t')
}

/// Parts a command line, the program's name first; it ends at its end or at a null.
///
/// An empty line gives one empty argument; `CommandLineToArgvW` has the caller put the path of
/// the executable there.
#[must_use]
pub fn parse_arguments<U: Unit>(line: &[U], rule: Rule) -> Vec<Argument<U>> {
    let line = crate::unit::until_null(line);
    let (program, mut rest) = program_name(line, rule);
    let mut arguments = vec![Argument { text: program, wildcard: false }];
    loop {
        let blanks = rest.iter().take_while(|&&u| is_blank(u)).count();
        rest = &rest[blanks..];
        if rest.is_empty() {
            return arguments;
        }
        let (argument, after) = next_argument(rest, rule);
        arguments.push(argument);
        rest = after;
    }
}

/// [`parse_arguments`] without what only wildcard expansion needs: `argv`.
#[must_use]
pub fn parse<U: Unit>(line: &[U], rule: Rule) -> Vec<Vec<U>> {
    parse_arguments(line, rule).into_iter().map(|argument| argument.text).collect()
}

/// The program's name: backslashes mean nothing in it, for it is a path.
fn program_name<U: Unit>(line: &[U], rule: Rule) -> (Vec<U>, &[U]) {
    if rule == Rule::Shell {
        if let Some((_, quoted)) = line.split_first().filter(|(first, _)| first.is(b'"')) {
            let end = quoted.iter().position(|u| u.is(b'"')).unwrap_or(quoted.len());
            return (quoted[..end].to_vec(), quoted.get(end + 1..).unwrap_or(&[]));
        }
        let end = line.iter().position(|&u| u.into() <= 0x20).unwrap_or(line.len());
        return (line[..end].to_vec(), line.get(end + 1..).unwrap_or(&[]));
    }
    let (mut name, mut quoted) = (Vec::new(), false);
    for (at, &unit) in line.iter().enumerate() {
        if unit.is(b'"') {
            quoted = !quoted;
        } else if !quoted && is_blank(unit) {
            return (name, &line[at..]);
        } else {
            name.push(unit);
        }
    }
    (name, &[])
}

fn next_argument<U: Unit>(line: &[U], rule: Rule) -> (Argument<U>, &[U]) {
    let mut argument = Argument { text: Vec::new(), wildcard: false };
    let (mut at, mut quoted) = (0, false);
    while let Some(&unit) = line.get(at) {
        if unit.is(b'\\') {
            let count = line[at..].iter().take_while(|u| u.is(b'\\')).count();
            at += count;
            let before_quote = line.get(at).is_some_and(|u| u.is(b'"'));
            let kept = if before_quote { count / 2 } else { count };
            argument.text.extend(core::iter::repeat_n(unit, kept));
            if before_quote && count % 2 == 1 {
                argument.text.push(line[at]);
                at += 1;
            }
        } else if unit.is(b'"') {
            let doubled = quoted && line.get(at + 1).is_some_and(|u| u.is(b'"'));
            if doubled {
                argument.text.push(unit);
                at += 2;
                quoted = rule == Rule::Current;
            } else {
                quoted = !quoted;
                at += 1;
            }
        } else if !quoted && is_blank(unit) {
            break;
        } else {
            argument.wildcard |= !quoted && (unit.is(b'*') || unit.is(b'?'));
            argument.text.push(unit);
            at += 1;
        }
    }
    (argument, &line[at..])
}

/// Appends an argument to a command line so that every [`Rule`] reads it back.
///
/// Quotes are set only where needed. Not for the program's name: see [`append_program`].
pub fn append_argument<U: Unit>(line: &mut Vec<U>, argument: &[U]) {
    if !line.is_empty() {
        line.push(U::from_ascii(b' '));
    }
    let special = |u: &U| is_blank(*u) || u.is(b'"') || u.is(b'\n') || u.is(0x0B);
    if !argument.is_empty() && !argument.iter().any(special) {
        line.extend_from_slice(argument);
        return;
    }
    let (quote, backslash) = (U::from_ascii(b'"'), U::from_ascii(b'\\'));
    line.push(quote);
    let mut backslashes = 0;
    for &unit in argument {
        if unit == quote {
            line.extend(core::iter::repeat_n(backslash, backslashes + 1));
        }
        backslashes = if unit == backslash { backslashes + 1 } else { 0 };
        line.push(unit);
    }
    line.extend(core::iter::repeat_n(backslash, backslashes));
    line.push(quote);
}

/// Starts a command line with the program's name; `false` if it has a quote, which no rule can
/// read back (and no Windows path has).
pub fn append_program<U: Unit>(line: &mut Vec<U>, program: &[U]) -> bool {
    if program.iter().any(|u| u.is(b'"')) {
        return false;
    }
    let quoted = program.is_empty() || program.iter().any(|&u| u.into() <= 0x20);
    let quote = quoted.then(|| U::from_ascii(b'"'));
    line.extend(quote);
    line.extend_from_slice(program);
    line.extend(quote);
    true
}

/// The command line of a program and its arguments; `None` as [`append_program`].
#[must_use]
pub fn command_line<U: Unit>(program: &[U], arguments: &[Vec<U>]) -> Option<Vec<U>> {
    let mut line = Vec::new();
    if !append_program(&mut line, program) {
        return None;
    }
    for argument in arguments {
        append_argument(&mut line, argument);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn args(line: &str, rule: Rule) -> Vec<String> {
        let wide: Vec<u16> = line.encode_utf16().collect();
        let narrow = parse(line.as_bytes(), rule);
        let texts = |list: Vec<Vec<u8>>| {
            list.into_iter().map(|a| String::from_utf8(a).expect("UTF-8")).collect::<Vec<_>>()
        };
        let from_wide: Vec<_> =
            parse(&wide, rule).iter().map(|a| String::from_utf16_lossy(a)).collect();
        let narrow = texts(narrow);
        assert_eq!(narrow, from_wide);
        narrow
    }

    const ALL: [Rule; 3] = [Rule::Current, Rule::Before2008, Rule::Shell];

    #[test]
    fn documented_examples() {
        for (line, expected) in [
            (r#""abc" d e"#, &["abc", "d", "e"][..]),
            (r#"a\\b d"e f"g h"#, &[r"a\\b", "de fg", "h"]),
            (r#"a\\\"b c d"#, &[r#"a\"b"#, "c", "d"]),
            (r#"a\\\\"b c" d e"#, &[r"a\\b c", "d", "e"]),
            ("\"\" a\t b ", &["", "a", "b"]),
            (r#""a b\\" c"#, &[r"a b\", "c"]),
            (r#"a\b\\c"#, &[r"a\b\\c"]),
            (r#""unclosed arg"#, &["unclosed arg"]),
        ] {
            for rule in ALL {
                assert_eq!(&args(&format!("p {line}"), rule)[1..], expected, "{line} {rule:?}");
            }
        }
    }

    #[test]
    fn doubled_quotes_tell_the_rules_apart() {
        // The documented example of the current rule.
        assert_eq!(args(r#"p a"b"" c d"#, Rule::Current), ["p", r#"ab" c d"#]);
        assert_eq!(args(r#"p a"b"" c d"#, Rule::Before2008), ["p", r#"ab""#, "c", "d"]);
        assert_eq!(args(r#"p a"b"" c d"#, Rule::Shell), ["p", r#"ab""#, "c", "d"]);
        assert_eq!(args(r#"p "a""b c" d"#, Rule::Current), ["p", r#"a"b c"#, "d"]);
        assert_eq!(args(r#"p "a""b c" d"#, Rule::Before2008), ["p", r#"a"b"#, "c d"]);
        for rule in ALL {
            assert_eq!(args(r#"p """x"#, rule), ["p", r#""x"#]);
            assert_eq!(args(r#"p "" x"#, rule), ["p", "", "x"]);
        }
    }

    #[test]
    fn runs_of_quotes_as_observed_in_command_line_to_argv() {
        for (line, expected) in [
            (r#"p """" x y"#, &["\" x y"][..]),
            (r#"p """""" x y"#, &["\"\"", "x", "y"]),
            (r#"p """a b""" c"#, &["\"a", "b\"", "c"]),
            (r#"p "a\"b" c"d""e f"#, &["a\"b", "cd\"e", "f"]),
            (r#"p """""a b" c"#, &["\"a", "b c"]),
            (r#"p "x""" y"#, &["x\" y"]),
        ] {
            assert_eq!(&args(line, Rule::Shell)[1..], expected, "{line}");
            assert_eq!(&args(line, Rule::Before2008)[1..], expected, "{line}");
        }
    }

    #[test]
    fn the_programs_name_is_a_path() {
        for rule in ALL {
            assert!(args(r#""C:\My Dir\"a.exe x"#, rule)[0].starts_with(r"C:\My Dir\"));
            assert_eq!(args(r"C:\dir\a.exe x", rule), [r"C:\dir\a.exe", "x"]);
            assert_eq!(args(" x", rule), ["", "x"]);
            assert_eq!(args("", rule), [""]);
        }
        assert_eq!(args(r#""C:\My Dir\"a.exe x"#, Rule::Current), [r"C:\My Dir\a.exe", "x"]);
        assert_eq!(args(r#""C:\My Dir\"a.exe x"#, Rule::Shell), [r"C:\My Dir\", "a.exe", "x"]);
        assert_eq!(args(r#"a"b c"d x"#, Rule::Current), ["ab cd", "x"]);
        assert_eq!(args(r#"a"b c"d x"#, Rule::Shell), [r#"a"b"#, "cd x"]);
        assert_eq!(args("a\u{1}b", Rule::Shell), ["a", "b"]);
    }

    #[test]
    fn wildcards_count_outside_quotes() {
        let wild = |line: &str| parse_arguments(line.as_bytes(), Rule::Current)[1].wildcard;
        assert!(wild("p *.c") && wild("p \"a b\"?") && !wild("p \"*.c\"") && !wild("p x"));
    }

    #[test]
    fn quoting_is_sparing() {
        let line = |args: &[&str]| {
            let args: Vec<Vec<u8>> = args.iter().map(|a| a.as_bytes().to_vec()).collect();
            command_line(b"p", &args).map(|line| String::from_utf8(line).expect("UTF-8"))
        };
        assert_eq!(line(&["a", r"b\c\", "d e", ""]).as_deref(), Some(r#"p a b\c\ "d e" """#));
        assert_eq!(line(&[r"a b\", r#"c\"d"#]).as_deref(), Some(r#"p "a b\\" "c\\\"d""#));
        assert_eq!(command_line(b"a\"b", &[]), None);
        assert_eq!(command_line(b"C:\\a b", &[]).as_deref(), Some(&b"\"C:\\a b\""[..]));
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(
            program in "[a-zé:\\\\ .]{0,12}",
            arguments in prop::collection::vec("[a\"\\\\ \t*é😀]{0,10}", 0..5),
        ) {
            let wide = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
            let list: Vec<_> = arguments.iter().map(|a| wide(a)).collect();
            let line = command_line(&wide(&program), &list).unwrap();
            for rule in ALL {
                let parsed = parse(&line, rule);
                prop_assert_eq!(&parsed[0], &wide(&program));
                prop_assert_eq!(&parsed[1..], &list[..]);
            }
        }
    }
}
