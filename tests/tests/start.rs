//! The first instruction to the exit code: arguments, environment, standard streams, codes.

use haft_tests::{Run, check_with, fixture, fixtures};

#[test]
fn hello() {
    let outcome = Run::new(fixture("hello.exe")).outcome();
    outcome.expect_code(0).expect_out("hello, world\n").expect_quiet();
    assert_eq!(outcome.stdout, b"hello, world\r\n", "a text stream writes CR LF");
}

#[test]
fn hello_kernel() {
    let outcome = Run::new(fixture("hello_kernel.exe")).outcome();
    outcome.expect_code(0).expect_out("hello, kernel32\n").expect_quiet();
}

#[test]
fn entry_return() {
    Run::new(fixture("entry_return.exe")).outcome().expect_code(23).expect_quiet();
}

/// Every argument that a shell gives arrives as it was, whatever is in it.
#[test]
fn args() {
    let given = [
        "plain",
        "two words",
        "",
        "tab\there",
        "quote\"inside",
        "back\\slash",
        "ends\\",
        "ends in quote\\\"",
        "\\\\server\\share dir\\",
        "日本語",
        "naïve 😀",
        "*.c",
        "%PATH%",
        "a\nb",
        "'single'",
        "--flag=\"x y\"",
        "\\",
        "\"",
        "\\\"",
    ];
    let outcome = Run::new(fixture("args.exe")).args(given).outcome();
    outcome.expect_code(0).expect_quiet();
    let text = outcome.out();
    let (line, rest) = text.split_once("\nargc ").expect("args prints the line first");
    assert!(line.starts_with("line[") && line.ends_with(']'), "{line}");
    let mut expected = format!("{}\n", given.len() + 1);
    for arg in given {
        expected += &format!("[{arg}]\n");
    }
    expected += "end 1\n";
    assert_eq!(rest, expected);
}

#[test]
fn environment() {
    check_with(Run::new(fixture("environment.exe")).env("HAFT_FROM_OUTSIDE", "outside"));
    let outcome =
        Run::new(fixture("environment.exe")).env("HAFT_FROM_OUTSIDE", "from the shell").outcome();
    assert!(outcome.out().contains("from outside: from the shell\n"), "{}", outcome.out());
}

#[test]
fn environment_empty() {
    check_with(Run::new(fixture("environment.exe")).env_clear());
}

/// Linux has 8 bits of an exit code: the low ones, but what is not zero stays not zero.
#[test]
fn exit_code() {
    let codes = ["0", "1", "42", "255", "256", "0x12345678", "0x80000000", "0xC0000005", "-1"];
    for how in [
        "return",
        "exit",
        "_exit",
        "ExitProcess",
        "TerminateProcess",
        "last-thread",
        "other-thread",
    ] {
        for code in codes {
            let outcome = Run::new(fixture("exit_code.exe")).args([how, code]).outcome();
            let number = match code.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16).expect("a hexadecimal number"),
                None => code.parse::<i64>().expect("a number") as u32,
            };
            let expected = if number != 0 && number & 0xff == 0 { 1 } else { number & 0xff };
            outcome.expect_code(expected as i32);
            let ran =
                matches!(how, "return" | "exit") || how == "last-thread" || how == "other-thread";
            let by_runtime = matches!(how, "return" | "exit");
            assert!(
                outcome.out().starts_with("before\n") || !ran,
                "{how} {code}: {}",
                outcome.out()
            );
            assert_eq!(outcome.out().contains("atexit ran"), by_runtime, "{how} {code}");
        }
    }
}

/// `abort` ends with 3.
#[test]
fn exit_code_abort() {
    let outcome = Run::new(fixture("exit_code.exe")).args(["abort", "0"]).outcome();
    assert_eq!((outcome.code, outcome.signal), (3, None), "{}", outcome.err());
}

fixtures! { version, shared_user_data, time }
