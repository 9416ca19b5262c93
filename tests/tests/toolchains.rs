//! Toolchains that run what they build: each as its own documentation says, with haft where it asks
//! for somebody to run a program of another system.

use haft_tests::{haft, root};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A copy of a project in `fixtures/toolchains`, in a folder that may be written.
fn project(name: &str) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        for entry in fs::read_dir(from).expect("a project").map(|entry| entry.expect("an entry")) {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                fs::create_dir(&target).expect("a folder can be made");
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).expect("a file can be copied");
            }
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&root().join("fixtures/toolchains").join(name), folder.path());
    folder
}

/// Debian's tools, which fit one another, and a home of their own.
fn tool(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder).env("HOME", folder).env("PATH", "/usr/bin:/bin");
    command.env("XDG_CACHE_HOME", folder.join("cache")).env_remove("CARGO_TARGET_DIR");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_")) {
        command.env_remove(name);
    }
    command
}

#[track_caller]
fn succeed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the tool can be started");
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{out}\n{err}");
    out.into_owned()
}

#[test]
fn toolchain_cargo() {
    let folder = project("cargo");
    let out = succeed(
        tool("/usr/bin/cargo", folder.path())
            .args(["test", "--offline", "--lib", "--target", "x86_64-pc-windows-gnu"])
            .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", haft())
            .env("RUSTC", "/usr/bin/rustc"),
    );
    assert!(out.contains("test result: ok. 2 passed; 0 failed"), "{out}");
}

#[test]
fn toolchain_go() {
    let folder = project("go");
    let out = succeed(
        tool("/usr/bin/go", folder.path())
            .args(["test", "-v", "-exec"])
            .arg(haft())
            .arg("./...")
            .envs([("GOOS", "windows"), ("GOFLAGS", "-mod=mod"), ("GOTOOLCHAIN", "local")]),
    );
    assert_eq!(out.matches("--- PASS: ").count(), 13, "{out}");
    assert!(!out.contains("--- FAIL") && !out.contains("--- SKIP"), "{out}");
}

#[test]
fn toolchain_cmake() {
    let folder = project("cmake");
    let emulator = format!("-DCMAKE_CROSSCOMPILING_EMULATOR={}", haft().display());
    let arguments = ["-S", ".", "-B", "build", "-DCMAKE_SYSTEM_NAME=Windows"];
    let compiler = "-DCMAKE_C_COMPILER=x86_64-w64-mingw32-gcc";
    succeed(tool("cmake", folder.path()).args(arguments).args([compiler, &emulator]));
    succeed(tool("cmake", folder.path()).args(["--build", "build"]));
    let out = succeed(tool("ctest", &folder.path().join("build")).arg("--output-on-failure"));
    assert!(out.contains("100% tests passed, 0 tests failed out of 2"), "{out}");
}

#[test]
fn toolchain_meson() {
    let folder = project("meson");
    let cross = fs::read_to_string(folder.path().join("cross.txt.in")).expect("a cross file");
    let cross = cross.replace("@HAFT@", &haft().display().to_string());
    fs::write(folder.path().join("cross.txt"), cross).expect("it can be written");
    succeed(tool("meson", folder.path()).args(["setup", "--cross-file", "cross.txt", "build"]));
    let out = succeed(tool("meson", folder.path()).args(["test", "-C", "build"]));
    let of = |what: &str| out.lines().any(|l| l.starts_with(what) && l.trim_end().ends_with(" 1"));
    assert!(of("Ok:") && of("Expected Fail:"), "{out}");
}
