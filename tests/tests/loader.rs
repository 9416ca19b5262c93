//! The loader: libraries, exports, imports, and programs whose imports cannot be bound.

use haft_tests::{Run, fixture, fixtures};

fixtures! { imports_delayed, imports_static, loader, peb_walk, process_status, resource, tls_static }

#[test]
fn dll_exit() {
    let outcome = Run::new(fixture("dll_exit.exe")).outcome();
    outcome.expect_code(0).expect_out("ok: 1 checks\natexit 0\nbye\n").expect_quiet();
}

/// A library that is nowhere: STATUS_DLL_NOT_FOUND, and a line that names both.
#[test]
fn needs_missing_dll() {
    let outcome = Run::new(fixture("needs_missing_dll.exe")).outcome();
    outcome.expect_code(0x35).expect_out("");
    outcome.expect_one_line(&["needs_missing_dll.exe", "haft-absent.dll"]);
}

/// A function that its library lacks: STATUS_ENTRYPOINT_NOT_FOUND, and a line that names all.
#[test]
fn needs_missing_export() {
    let outcome = Run::new(fixture("needs_missing_export.exe")).outcome();
    outcome.expect_code(0x39).expect_out("");
    outcome.expect_one_line(&["needs_missing_export.exe", "lacking_function", "counter.dll"]);
}

/// A function of a built-in library that haft does not know: refused at the start, by name.
#[test]
fn needs_unknown_function() {
    let outcome = Run::new(fixture("needs_unknown_function.exe")).outcome();
    outcome.expect_code(0x39).expect_out("");
    outcome.expect_one_line(&["needs_unknown_function.exe", "HaftNoSuchFunction"]);
}
