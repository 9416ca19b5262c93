//! Structured exceptions, unwinding, and what becomes of those that nobody handles.

use haft_tests::{Run, fixture, fixtures};

fixtures! { exception_frames, exceptions, full_stack, longjmp, symbols, unwind }

fn filter(how: &str) -> haft_tests::Outcome {
    Run::new(fixture("exception_filter.exe")).arg(how).outcome()
}

/// The exit code is the exception's (its low byte, on Linux), and one line says where.
#[test]
fn exception_filter() {
    let cases = [
        ("av", 0xC000_0005_u32),
        ("raise", 0xE000_1234),
        ("div", 0xC000_0094),
        ("ill", 0xC000_001D),
        ("jump", 0xC000_0005),
        ("filter-search", 0xE000_0003),
        ("noncontinuable", 0xC000_0025),
    ];
    for (how, status) in cases {
        let outcome = filter(how);
        outcome.expect_code((status & 0xff) as i32);
        outcome.expect_one_line(&["exception_filter.exe"]);
        let text = outcome.err().to_ascii_lowercase();
        assert!(text.contains(&format!("{status:08x}")), "{how}: {text}");
        assert!(!outcome.out().contains("not reached"), "{how}");
    }
}

/// A filter of the program's own decides: quietly ends, goes on, or exits.
#[test]
fn exception_filter_own() {
    let outcome = filter("filter");
    outcome.expect_code(5).expect_out("filter 0xc0000005\n").expect_quiet();
    let outcome = filter("filter-continue");
    outcome.expect_code(0).expect_out("filter 0xe0000002\nok: 0 checks\n").expect_quiet();
    let outcome = filter("filter-exit");
    outcome.expect_code(55).expect_out("filter 0xe0000004\n").expect_quiet();
}

/// A stack that overflows is an exception too, and ends the program, not haft.
#[test]
fn stack_overflow() {
    let outcome = Run::new(fixture("child.exe")).args(["crash", "stack"]).outcome();
    outcome.expect_code(0xFD).expect_one_line(&["child.exe"]);
}

/// Where the program has symbols, the line names the function.
#[test]
fn the_line_of_a_crash_names_the_function() {
    let text = filter("av").err();
    assert!(text.contains(" at exception_filter.exe+0x") && text.contains(" (main+0x"), "{text}");
}
