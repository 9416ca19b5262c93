//! The programs that the tests run, for the compatibility page: `fixtures/tried.tsv`, with the
//! versions from where they are pinned.

use std::fmt::Write;

const TRIED: &str = include_str!("../../../fixtures/tried.tsv");

/// The files that pin versions, by the names that `tried.tsv` has for them.
const PINS: &[(&str, &str)] = &[
    ("programs.txt", include_str!("../../../fixtures/programs.txt")),
    ("packages.txt", include_str!("../../../fixtures/packages.txt")),
    ("sources.txt", include_str!("../../../fixtures/sources.txt")),
];

/// The section of the page.
pub fn table() -> String {
    let mut table = String::from(
        "\n## Programs tried\n\n\
         | program | version | what was run | result | test |\n| --- | --- | --- | --- | --- |\n",
    );
    for line in TRIED.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let (program, pin, run, result, tests) = (cell(), cell(), cell(), cell(), cell());
        let tests: Vec<String> = tests.split(' ').map(|test| format!("`{test}`")).collect();
        let version = version(program, pin).unwrap_or_else(|| format!("{pin}'s"));
        let tests = tests.join(", ");
        let _ = writeln!(table, "| {program} | {version} | {run} | {result} | {tests} |");
    }
    table
}

/// The version of a program, as a file pins it.
fn version(program: &str, pin: &str) -> Option<String> {
    let (_, pins) = PINS.iter().find(|(name, _)| *name == pin)?;
    let line = pins.lines().find(|line| {
        line.strip_prefix(program).is_some_and(|rest| rest.starts_with(['=', '@', ' ']))
    })?;
    let rest = line[program.len()..].trim_start_matches(['=', '@']);
    let word = rest.split_whitespace().next()?;
    // A source's version is in the name of its file: mbedtls_2.28.3.orig.tar.gz.
    let file = line.rsplit('/').next()?.strip_prefix(program).and_then(|n| n.strip_prefix('_'));
    let version = file.and_then(|name| name.strip_suffix(".orig.tar.gz")).unwrap_or(word);
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_where_they_are_pinned() {
        for line in TRIED.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [program, pin, _, _, _] = cells[..] else { panic!("five columns: {line}") };
            let version = version(program, pin);
            assert_eq!(version.is_some(), pin != "Debian", "{program}: {version:?}");
            if let Some(version) = version {
                assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{program}: {version}");
            }
        }
    }
}
