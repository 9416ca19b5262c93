//! What is no program, or a damaged one: a line that says so and an exit code, never a panic, a
//! hang or a signal.

use haft_tests::image::*;
use haft_tests::{Outcome, Run, fixture};

/// What a shell gives for a file that cannot be run, and for one that is not there.
const CANNOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

fn run(bytes: &[u8]) -> Outcome {
    let run = Run::bare(haft_tests::haft());
    let path = run.folder().join("bad.exe");
    std::fs::write(&path, bytes).expect("it can be written");
    run.arg(path).outcome()
}

/// Refused with one line that names the file.
#[track_caller]
fn refused(bytes: &[u8], parts: &[&str]) {
    let outcome = run(bytes);
    outcome.expect_code(CANNOT_RUN).expect_out("").expect_one_line(&["bad.exe"]);
    outcome.expect_one_line(parts);
}

/// Refused, or run when the lie does not matter; but in good order.
#[track_caller]
fn survives(what: &str, bytes: &[u8]) {
    let outcome = run(bytes);
    assert!(outcome.signal.is_none(), "{what}: {outcome:?}");
    let text = outcome.err();
    assert!(!text.contains("panicked"), "{what}: {text}");
    if outcome.code == 42 && text.is_empty() {
        return;
    }
    // A file that is refused has 126; one that starts and faults, the NTSTATUS's low byte.
    assert_ne!(outcome.code, 0, "{what}: {text}");
    assert!(
        text.ends_with('\n') && text.matches('\n').count() == 1,
        "{what}: {} {text:?}",
        outcome.code
    );
    assert!(text.contains("bad.exe"), "{what}: {text:?}");
}

fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut image = good();
    change(&mut image);
    image
}

/// The image that all the bad ones are made of is good.
#[test]
fn good_image() {
    run(&good()).expect_code(42).expect_out("").expect_quiet();
}

#[test]
fn not_pe() {
    refused(b"", &[]);
    refused(b"This is a text file.\n", &[]);
    refused(b"#!/bin/sh\necho no\n", &[]);
    refused(b"MZ", &[]);
    refused(&[0; 4096], &[]);
    refused(&std::fs::read("/bin/true").expect("there is /bin/true"), &[]);
    refused(&changed(|image| image[0x80] = b'X'), &[]);
    refused(&changed(|image| put32(image, 0x3c, 0xFFFF_FFF0)), &[]);
    refused(&changed(|image| put32(image, 0x3c, 0x3FF)), &[]);
}

#[test]
fn wrong_machine() {
    refused(&changed(|image| put16(image, MACHINE, 0x14c)), &["32-bit"]);
    refused(&changed(|image| put16(image, MACHINE, 0xAA64)), &["ARM64"]);
    refused(&changed(|image| put16(image, MACHINE, 0x1C4)), &["ARM"]);
    refused(&changed(|image| put16(image, MACHINE, 0)), &[]);
    refused(&changed(|image| put16(image, MAGIC, 0x10b)), &[]);
}

#[test]
fn missing_file() {
    let outcome = Run::new("no-such-program.exe").outcome();
    outcome.expect_code(NOT_FOUND).expect_one_line(&["no-such-program.exe"]);
    let outcome = Run::new("/no/such/folder/program.exe").outcome();
    outcome.expect_code(NOT_FOUND).expect_one_line(&["/no/such/folder/program.exe"]);
}

#[test]
fn a_directory() {
    Run::new("/").outcome().expect_code(CANNOT_RUN).expect_one_line(&["/", "directory"]);
}

#[test]
fn unreadable() {
    let run = Run::bare(haft_tests::haft());
    let path = run.folder().join("bad.exe");
    std::fs::write(&path, good()).expect("it can be written");
    let mut permissions = std::fs::metadata(&path).expect("it is there").permissions();
    use std::os::unix::fs::PermissionsExt;
    permissions.set_mode(0o000);
    std::fs::set_permissions(&path, permissions).expect("it is ours");
    if std::fs::read(&path).is_ok() {
        // For root every file is readable: it runs.
        run.arg(path).outcome().expect_code(42);
        return;
    }
    run.arg(path).outcome().expect_code(CANNOT_RUN).expect_one_line(&["bad.exe"]);
}

/// A library is not a program.
#[test]
fn library() {
    let outcome = Run::new(fixture("counter.dll")).outcome();
    outcome.expect_code(CANNOT_RUN).expect_one_line(&["counter.dll"]);
}

/// A driver (native subsystem) is not for this world.
#[test]
fn native_subsystem() {
    survives("native subsystem", &changed(|image| put16(image, SUBSYSTEM, 1)));
}

/// Cut off anywhere.
#[test]
fn truncated() {
    let small = good();
    for length in (0..small.len()).step_by(7) {
        survives(&format!("small image cut to {length}"), &small[..length]);
    }
    let real = std::fs::read(fixture("hello.exe")).expect("it can be read");
    for part in 0..80 {
        let length = real.len() * part / 80;
        let outcome = run(&real[..length]);
        assert!(
            outcome.signal.is_none() && !outcome.err().contains("panicked"),
            "{length}: {outcome:?}"
        );
        // Debug sections come last: without them it is whole to the loader.
        assert!(
            outcome.out() == "hello, world\n"
                || (outcome.code != 0 && outcome.err().matches('\n').count() == 1),
            "cut to {length} of {}: {outcome:?}",
            real.len()
        );
    }
}

/// Every field of the headers with values that lie.
#[test]
fn lying_headers() {
    let fields16 = [
        ("sections", SECTIONS),
        ("optional size", OPTIONAL_SIZE),
        ("characteristics", CHARACTERISTICS),
    ];
    for (name, at) in fields16 {
        for value in [0, 1, 2, 0x60, 0xEF, 0x1000, 0x7FFF, 0xFFFF] {
            survives(&format!("{name} {value:#x}"), &changed(|image| put16(image, at, value)));
        }
    }
    let fields32 = [
        ("entry", ENTRY),
        ("section alignment", SECTION_ALIGNMENT),
        ("file alignment", FILE_ALIGNMENT),
        ("size of image", SIZE_OF_IMAGE),
        ("size of headers", SIZE_OF_HEADERS),
        ("directories", DIRECTORIES),
        ("virtual size", SECTION_VIRTUAL_SIZE),
        ("section address", SECTION_ADDRESS),
        ("raw size", SECTION_RAW_SIZE),
        ("raw pointer", SECTION_RAW_POINTER),
    ];
    for (name, at) in fields32 {
        for value in [
            0,
            1,
            0x10,
            0x3FF,
            0x1001,
            0x2000,
            0x10000,
            0x7FFF_FFFF,
            0x8000_0000,
            0xFFFF_F000,
            0xFFFF_FFFF,
        ] {
            // An entry point in the midst of an instruction is the program's own affair.
            if !(at == ENTRY && (0x1000..0x2000).contains(&value)) {
                survives(&format!("{name} {value:#x}"), &changed(|image| put32(image, at, value)));
            }
        }
    }
    for value in
        [0, 1, 0x1000, 0x7FFE_0000, 0x7FFF_FFFF_0000, 0x8000_0000_0000, u64::MAX, u64::MAX - 0xFFFF]
    {
        survives(
            &format!("image base {value:#x}"),
            &changed(|image| put64(image, IMAGE_BASE, value)),
        );
    }
}

/// Every data directory pointing outside, into the headers, and at code.
#[test]
fn lying_directories() {
    for index in 0..16 {
        for (address, size) in [
            (0x1000, 0x100),
            (0, 0x1000),
            (0x1FF0, 0x100),
            (0x2000, 40),
            (0xFFFF_FFF0, 0x20),
            (0x1000, 0xFFFF_FFFF),
            (1, 1),
        ] {
            let image = changed(|image| {
                put32(image, directory(index), address);
                put32(image, directory(index) + 4, size);
                // The section is full of what points nowhere.
                for at in (0x210..0x400).step_by(4) {
                    put32(image, at, 0xFFFF_FF00_u32.wrapping_add(at as u32));
                }
            });
            survives(&format!("directory {index} at {address:#x}, {size:#x}"), &image);
        }
    }
}

/// An import directory that is right but for its names and thunks.
#[test]
fn lying_imports() {
    let with_imports = |name: u32, lookup: u32, thunk: u32, text: &[u8]| {
        changed(|image| {
            put32(image, directory(1), 0x1100);
            put32(image, directory(1) + 4, 40);
            put32(image, 0x300, lookup);
            put32(image, 0x30c, name);
            put32(image, 0x310, thunk);
            image[0x340..0x340 + text.len()].copy_from_slice(text);
            // A lookup table of one entry, by name at 0x1160, or by ordinal.
            put64(image, 0x350, 0x1160);
            image[0x362..0x36e].copy_from_slice(b"NoSuchExport");
            put32(image, 0x1ac, 0xE000_0020); // and writable
        })
    };
    let good_name = b"kernel32.dll\0";
    survives("missing export", &with_imports(0x1140, 0x1150, 0x1150, good_name));
    survives("missing dll", &with_imports(0x1140, 0x1150, 0x1150, b"no-such.dll\0"));
    survives("empty name", &with_imports(0x1140, 0x1150, 0x1150, b"\0"));
    survives("binary name", &with_imports(0x1140, 0x1150, 0x1150, b"\xff\xfe\x01/../\n\0"));
    survives("name outside", &with_imports(0x7000_0000, 0x1150, 0x1150, good_name));
    survives("name without end", &with_imports(0x11FF, 0x1150, 0x1150, good_name));
    survives("lookup outside", &with_imports(0x1140, 0xFFFF_FFF8, 0x1150, good_name));
    survives("thunk outside", &with_imports(0x1140, 0x1150, 0xFFFF_FFF8, good_name));
    survives("thunk in headers", &with_imports(0x1140, 0x1150, 0x10, good_name));
    survives("thunk unaligned", &with_imports(0x1140, 0x1150, 0x11F9, good_name));
}

/// Relocations that leave the image, of kinds that do not exist, without end.
#[test]
fn lying_relocations() {
    for (page, size, entry) in [
        (0x1000, 12, 0xA000),
        (0x1000, 12, 0xAFFF),
        (0xFFFF_F000, 12, 0xA000),
        (0x1000, 0, 0xA000),
        (0x1000, 7, 0xA000),
        (0x1000, 0xFFFF_FFFF, 0xA000),
        (0x1000, 12, 0x5000),
        (0x1000, 12, 0xF000),
        (0, 12, 0xA000),
    ] {
        let image = changed(|image| {
            put32(image, directory(5), 0x1100);
            put32(image, directory(5) + 4, 12);
            put32(image, 0x300, page);
            put32(image, 0x304, size);
            put16(image, 0x308, entry);
            // A preferred place that cannot be had, so that they must be applied.
            put64(image, IMAGE_BASE, 0x1_0000);
        });
        survives(&format!("relocation page {page:#x} size {size:#x} entry {entry:#x}"), &image);
    }
}

/// Unwind information that lies, met while an exception looks for a handler.
#[test]
fn lying_unwind_information() {
    for unwind in [
        [0x01, 0, 0, 0, 0, 0, 0, 0],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        [0x21, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], // chained to nowhere
        [0x21, 0, 0, 0, 0x00, 0x10, 0x00, 0x00], // chained in a circle, below
        [0x09, 0, 0, 0, 0xF0, 0xFF, 0xFF, 0x7F], // a handler outside
        [0x01, 0, 0xFF, 0, 0, 0x31, 0, 0x31],    // more codes than there are
        [0x01, 0, 2, 0, 0, 0x0A, 0, 0x0A],       // machine frames
        [0x01, 0, 2, 0x05, 0, 0x03, 0, 0x11],    // a frame register that was never set
    ] {
        let image = changed(|image| {
            put32(image, directory(3), 0x1100);
            put32(image, directory(3) + 4, 12);
            put32(image, 0x300, 0x1000);
            put32(image, 0x304, 0x1010);
            put32(image, 0x308, 0x1120);
            image[0x320..0x328].copy_from_slice(&unwind);
            // The chained entry: the same function, the same information.
            put32(image, 0x328, 0x1010);
            put32(image, 0x32c, 0x1120);
            // ud2
            image[0x200..0x202].copy_from_slice(&[0x0f, 0x0b]);
        });
        let outcome = run(&image);
        assert!(outcome.signal.is_none(), "{unwind:?}: {outcome:?}");
        assert_ne!(outcome.code, 0, "{unwind:?}: {outcome:?}");
        outcome.expect_one_line(&["bad.exe"]);
    }
}

/// The same through CreateProcess: an error for the parent, nothing started, nothing said.
#[test]
fn bad_child() {
    let parent = fixture("creating_processes.exe");
    for (name, bytes, error) in [
        ("text.exe", b"text, not a program".to_vec(), "193"),
        ("empty.exe", Vec::new(), "193"),
        ("arm.exe", changed(|image| put16(image, MACHINE, 0xAA64)), "216"),
    ] {
        let run = Run::new(&parent);
        let path = run.folder().join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        let outcome = run.arg(path).outcome();
        let text = outcome.out();
        assert!(
            text == format!("CreateProcess failed ({error}).\n")
                || text == "CreateProcess failed (193).\n",
            "{name}: {text} {}",
            outcome.err()
        );
    }
}
