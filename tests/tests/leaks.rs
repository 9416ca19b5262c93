//! `haft --leaks`: what a program leaves open, and where it made it.

use haft_tests::{Run, fixture, haft};

/// What is said of the fixture when it does this, line by line.
fn said(what: &[&str]) -> Vec<String> {
    let run = Run::bare(haft()).arg("--leaks").arg(fixture("leaks.exe")).args(what);
    let outcome = run.outcome();
    outcome.expect_code(0);
    assert!(outcome.out().starts_with("ok: "), "{}", outcome.out());
    let text = outcome.err();
    let lines = text.lines().map(|line| line.strip_prefix("haft: leaks.exe: "));
    lines.map(|line| line.expect("it is about the program").to_owned()).collect()
}

/// Many from one place are one line; each place is told by the function that it is in.
#[test]
fn what_is_left_open_is_told_by_where_it_was_made() {
    let lines = said(&[]);
    let [count, events, file] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(count, "left 4 handles open");
    assert!(events.contains(" Event (all) and 2 more, made at leaks.exe+0x"), "{events}");
    assert!(events.contains("(forgets_an_event+0x"), "{events}");
    assert!(file.contains(" File (read) /") && file.contains("leaks.exe, made at "), "{file}");
    assert!(file.contains("(forgets_a_file+0x"), "{file}");
}

#[test]
fn who_closes_everything_is_told_so() {
    assert_eq!(said(&["clean"]), ["left no handle open"]);
}

/// A child that got more than it knows of.
#[test]
fn what_was_inherited_and_never_closed_is_told() {
    let lines = said(&["give"]);
    let [count, first, second, parent] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&count[..], &parent[..]), ("left 2 handles open", "left no handle open"));
    for line in [first, second] {
        assert!(line.contains(" File (") && line.contains("pipe:["), "{line}");
        assert!(line.ends_with(", inherited"), "{line}");
    }
}

/// Without the option nothing is said.
#[test]
fn nobody_is_told_who_does_not_ask() {
    let outcome = Run::bare(haft()).arg(fixture("leaks.exe")).outcome();
    outcome.expect_code(0).expect_quiet();
}
