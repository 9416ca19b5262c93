//! Building a command line from arguments.

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;

/// Joins arguments so that Microsoft's C runtime takes them apart again (Microsoft: "Parsing C
/// command-line arguments").
#[must_use]
pub fn join(arguments: &[Vec<u16>]) -> Vec<u16> {
    let mut line = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            line.push(u16::from(b' '));
        }
        quote(argument, &mut line);
    }
    line
}

fn quote(argument: &[u16], line: &mut Vec<u16>) {
    let plain = |&u: &u16| u != QUOTE && u != u16::from(b' ') && !(9..=13).contains(&u);
    if !argument.is_empty() && argument.iter().all(plain) {
        line.extend_from_slice(argument);
        return;
    }
    line.push(QUOTE);
    let mut backslashes = 0;
    for &unit in argument {
        if unit == BACKSLASH {
            backslashes += 1;
        } else {
            if unit == QUOTE {
                line.extend(std::iter::repeat_n(BACKSLASH, backslashes + 1));
            }
            backslashes = 0;
        }
        line.push(unit);
    }
    line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
    line.push(QUOTE);
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide;

    #[test]
    fn arguments_are_quoted_as_the_c_runtime_reads_them() {
        let join = |a: &[&str]| {
            wide::to_string(&join(&a.iter().map(|s| wide::from_str(s)).collect::<Vec<_>>()))
        };
        assert_eq!(join(&["a.exe", "b", r"c\d"]), r"a.exe b c\d");
        assert_eq!(join(&["a b", ""]), r#""a b" """#);
        assert_eq!(join(&[r#"say "hi""#]), r#""say \"hi\"""#);
        assert_eq!(join(&[r"end \"]), r#""end \\""#);
    }
}
