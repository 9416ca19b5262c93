//! Programs as other languages' compilers make them.

use haft_tests::{Run, check_with, fixture};

#[test]
fn cxx() {
    check_with(Run::new(fixture("cxx.exe")));
}

/// Its library, where it leans on the system.
#[test]
fn cxx_library() {
    check_with(Run::new(fixture("cxx_library.exe")));
}

/// C++ as Microsoft's compiler makes it, whose exceptions the runtime's DLL handles.
#[test]
fn cxx_msvc() {
    for program in ["cxx_msvc.exe", "cxx_msvc_plain.exe"] {
        check_with(Run::new(fixture(program)));
    }
}

/// Types that objects tell at run time, in the same ABI.
#[test]
fn rtti_msvc() {
    for program in ["rtti_msvc.exe", "rtti_msvc_plain.exe"] {
        check_with(Run::new(fixture(program)));
    }
}

/// Nobody catches: the runtime says what, and ends with 3.
#[test]
fn cxx_terminate() {
    let outcome = Run::new(fixture("cxx_terminate.exe")).outcome();
    outcome.expect_code(3);
    assert!(outcome.err().contains("nobody catches this"), "{}", outcome.err());
}

/// A Rust program's own tests, panics unwound.
#[test]
fn rust_std() {
    for backtrace in ["0", "1"] {
        let outcome = Run::new(fixture("rust_std.exe")).env("RUST_BACKTRACE", backtrace).outcome();
        outcome.expect_code(0);
        let text = outcome.out();
        assert!(text.contains("test result: ok. 17 passed; 0 failed; 1 ignored"), "{text}");
    }
}
