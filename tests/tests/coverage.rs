//! The tests and their documents keep together.

use haft_tests::root;
use std::collections::BTreeSet;
use std::path::Path;

fn names_in(folder: &Path, ending: &str) -> BTreeSet<String> {
    std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}

fn test_sources() -> String {
    let folder = root().join("tests/tests");
    names_in(&folder, ".rs")
        .iter()
        .map(|name| std::fs::read_to_string(folder.join(format!("{name}.rs"))).expect("a source"))
        .collect()
}

/// The names of all end-to-end tests: `fn name` under `#[test]`, and the lists of `fixtures!`.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let text = test_sources();
    for part in text.split("#[test]\n").skip(1) {
        if let Some((_, rest)) = part.split_once("fn ") {
            names.insert(rest.split('(').next().expect("a name").trim().to_owned());
        }
    }
    for part in text.split("fixtures! {").skip(1) {
        let list = part.split('}').next().expect("its end");
        names.extend(
            list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
        );
    }
    names
}

/// Every fixture is used by a test.
#[test]
fn every_fixture_is_used() {
    let text = test_sources();
    let tests = tests();
    let fixtures = root().join("fixtures");
    let mut programs = names_in(&fixtures, ".c");
    programs.extend(names_in(&fixtures, ".cpp"));
    programs.extend(names_in(&fixtures.join("rust"), ".rs"));
    let unused: Vec<_> = programs
        .iter()
        .filter(|name| !tests.contains(*name) && !text.contains(&format!("\"{name}.exe\"")))
        .collect();
    assert!(unused.is_empty(), "no test runs {unused:?}");
}

/// Every test that the table of sentences names exists, and every row names one.
#[test]
fn seeds_table_is_true() {
    let text = std::fs::read_to_string(root().join("docs/seeds.md")).expect("docs/seeds.md");
    let tests = tests();
    let mut rows = 0;
    for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, _, shown] = cells[..] else {
            panic!("a row has three cells: {line}");
        };
        if shown == "shown by" {
            continue;
        }
        rows += 1;
        let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {line}");
        for name in named {
            assert!(
                tests.contains(name),
                "docs/seeds.md names the test {name}, which does not exist: {line}"
            );
        }
    }
    assert!(rows > 100, "only {rows} rows");
}

/// The table of programs tried names tests that are there, and has every program that is fetched.
#[test]
fn tried_programs_are_pinned_and_tested() {
    let read = |name: &str| {
        std::fs::read_to_string(root().join("fixtures").join(name)).expect("a list of programs")
    };
    let entries = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let tests = tests();
    let mut tried = BTreeSet::new();
    for line in entries(&read("tried.tsv")) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [program, pin, run, result, shown] = cells[..] else {
            panic!("a line has five columns: {line}");
        };
        assert!(!run.is_empty() && !result.is_empty(), "{line}");
        tried.insert((pin.to_owned(), program.to_owned()));
        for test in shown.split(' ') {
            assert!(tests.contains(test), "{program} names the test {test}, which does not exist");
        }
    }
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    for line in entries(&read("programs.txt")) {
        let (name, rest) = line.split_once("==").expect("a version");
        let hash = rest.split_once(" --hash=sha256:").expect("a hash").1;
        assert!(is_hex(hash), "{line}");
        assert!(
            tried.contains(&("programs.txt".into(), name.into())),
            "{name} is not in the table"
        );
    }
    for line in entries(&read("packages.txt")) {
        let words: Vec<&str> = line.split(' ').collect();
        let (name, _) = words[0].rsplit_once('@').expect("a version");
        assert!(words[1].starts_with("sha512-") && words[1].len() == 95, "{line}");
        // Linux's own is there to be compared with.
        let windows = name.contains("win32");
        let known = tried.contains(&("packages.txt".into(), name.into()));
        assert_eq!(known, windows, "{name} in the table");
    }
    for line in entries(&read("sources.txt")) {
        let words: Vec<&str> = line.split(' ').collect();
        assert!(is_hex(words[1]), "{line}");
        let known = tried.contains(&("sources.txt".into(), words[0].into()));
        assert!(known, "{} is not in the table", words[0]);
    }
}
