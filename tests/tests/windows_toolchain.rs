//! A whole toolchain of Windows programs builds a real C project to Windows programs, which run.

use haft_tests::{Outcome, Run, program};
use std::path::Path;
use std::time::Duration;

/// A minute or two where nothing else runs, most of it the compiler's own C runtime.
const LIMIT: Duration = Duration::from_secs(1500);

fn windows(path: &Path) -> String {
    format!("Z:{}", path.display())
}

/// Debian's source of Mbed TLS: 95 C files in three libraries, and its self test of every cipher,
/// hash and generator. `cmake.exe` configures, `ninja.exe` builds with `zig.exe`,
/// and haft's command interpreter joins commands where CMake asks for one.
#[test]
fn cmake_ninja_zig() {
    let work = tempfile::tempdir().expect("a temporary folder can be made");
    let zig = windows(&program("ziglang/zig.exe"));
    let cache = windows(&work.path().join("cache"));
    // Nothing is looked for in CMake's own rules for an archiver that is a word of a program.
    let rules = work.path().join("rules.cmake");
    let text = "set(CMAKE_C_ARCHIVE_CREATE \"<CMAKE_AR> ar qc <TARGET> <OBJECTS>\")\n\
                set(CMAKE_C_ARCHIVE_APPEND \"<CMAKE_AR> ar q <TARGET> <OBJECTS>\")\n\
                set(CMAKE_C_ARCHIVE_FINISH \"<CMAKE_AR> ranlib <TARGET>\")\n";
    std::fs::write(&rules, text).expect("it can be written");
    let cmake = |arguments: &[&str]| -> Outcome {
        let run = Run::new(program("cmake/data/bin/cmake.exe")).args(arguments);
        let run = run.env("ZIG_GLOBAL_CACHE_DIR", &cache).env("ZIG_LOCAL_CACHE_DIR", &cache);
        run.current_dir(work.path()).outcome_within(LIMIT)
    };
    std::fs::create_dir(work.path().join("cache")).expect("a folder can be made");
    let configured = cmake(&[
        "-G",
        "Ninja",
        "-S",
        &windows(&program("mbedtls")),
        "-B",
        "build",
        &format!("-DCMAKE_MAKE_PROGRAM={}", windows(&program("ninja.exe"))),
        &format!("-DCMAKE_C_COMPILER={zig};cc"),
        &format!("-DCMAKE_AR={zig}"),
        &format!("-DCMAKE_RC_COMPILER={zig}"),
        &format!("-DCMAKE_USER_MAKE_RULES_OVERRIDE={}", windows(&rules)),
        "-DCMAKE_POLICY_VERSION_MINIMUM=3.5",
        "-DCMAKE_C_FLAGS=-O1 -fno-sanitize=all",
        "-DENABLE_TESTING=OFF",
        "-DGEN_FILES=OFF",
        "-DMBEDTLS_FATAL_WARNINGS=OFF",
    ]);
    assert_eq!(configured.code, 0, "{}\n{}", configured.out(), configured.err());
    let built = cmake(&["--build", "build", "--target", "selftest", "generic_sum"]);
    assert_eq!(built.code, 0, "{}\n{}", built.out(), built.err());
    assert!(built.out().matches("Building C object").count() >= 90, "{}", built.out());

    let programs = work.path().join("build/programs");
    let tested = Run::new(programs.join("test/selftest.exe")).outcome();
    assert_eq!(tested.code, 0, "{}\n{}", tested.out(), tested.err());
    assert!(tested.out().contains("[ All tests PASS ]"), "{}", tested.out());

    let sum = Run::new(programs.join("hash/generic_sum.exe"));
    let sum = sum.args(["SHA256", "rules.cmake"]).current_dir(work.path()).outcome();
    let theirs = Run::bare("sha256sum").arg("rules.cmake").current_dir(work.path()).outcome();
    sum.expect_code(0).expect_out(&theirs.out());
}
