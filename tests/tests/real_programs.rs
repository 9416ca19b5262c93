//! Real programs, as their projects publish them.

use haft_tests::{Run, fixture, program, root};
use std::fmt::Write;

/// Linux's rg and Windows' rg say the same over this repository, byte for byte.
#[test]
fn ripgrep_agrees() {
    let cases: &[&[&str]] = &[
        &["fn main"],
        &["-n", "Handle"],
        &["-i", "inherit", "--heading", "--line-number"],
        &["-c", "unsafe"],
        &["-l", "TODO|FIXME|unsafe"],
        &["--files"],
        &["--files", "-g", "*.toml"],
        &["-w", "the", "-g", "*.md"],
        &["-o", r"\b[A-Z][a-z]+Handle\w*"],
        &["-A2", "-B1", "CreateProcess"],
        &["-v", "-c", "e"],
        &["--json", "WaitForSingleObject", "-g", "!target"],
        &["-U", r"struct \w+ \{\n\s+/?/?"],
        &["--type", "rust", "-e", "pub fn", "-e", "pub struct"],
        &["-F", "\\\\?\\"],
        &["--vimgrep", "error"],
        &["--column", "é|ü|日"],
        &["--stats", "-q", "no such text anywhere, surely: xyzzy-plugh"],
        &["--no-ignore-vcs", "--max-depth", "1", "--files"],
        &["no-such-text-xyzzy-plugh-quux-but-for-here", "-g", "!real_programs.rs"],
    ];
    for case in cases {
        let common = ["--sort", "path", "--path-separator", "/", "--color", "never", "--no-config"];
        let ours =
            Run::new(program("rg.exe")).args(common).args(*case).current_dir(root()).outcome();
        let theirs = Run::bare("rg").args(common).args(*case).current_dir(root()).outcome();
        let (ours_out, theirs_out) = if case.contains(&"--json") || case.contains(&"--stats") {
            (without_times(&ours.out()), without_times(&theirs.out()))
        } else {
            (ours.stdout.clone(), theirs.stdout.clone())
        };
        assert_eq!(ours.code, theirs.code, "rg {case:?}: {}", ours.err());
        assert!(
            ours_out == theirs_out,
            "rg {case:?} differs: {} bytes against {}; first at {:?}; {}",
            ours_out.len(),
            theirs_out.len(),
            ours_out.iter().zip(&theirs_out).position(|(a, b)| a != b),
            ours.err()
        );
    }
}

/// Without the lines that tell how long something took.
fn without_times(text: &str) -> Vec<u8> {
    let mut kept = String::new();
    for line in text.lines().filter(|line| !line.contains("seconds") && !line.contains("elapsed")) {
        writeln!(kept, "{line}").expect("a string takes it");
    }
    kept.into_bytes()
}

/// Reading a pipe, with many threads, and all of a large input.
#[test]
fn ripgrep_pipe() {
    let mut input = String::new();
    for i in 0..200_000 {
        writeln!(input, "line {i}").expect("a string takes it");
    }
    let outcome = Run::new(program("rg.exe")).args(["-c", "7"]).input(input.as_bytes()).outcome();
    let count = (0..200_000).filter(|i| i.to_string().contains('7')).count();
    outcome.expect_code(0).expect_out(&format!("{count}\n")).expect_quiet();
}

#[test]
fn ripgrep_version() {
    let outcome = Run::new(program("rg.exe")).arg("--version").outcome();
    outcome.expect_code(0).expect_quiet();
    assert!(outcome.out().starts_with("ripgrep 14.1.0"), "{}", outcome.out());
}

/// An error that it must find by itself: a path that is not there.
#[test]
fn ripgrep_missing_path() {
    let outcome = Run::new(program("rg.exe")).args(["x", "no-such-path"]).outcome();
    outcome.expect_code(2);
    assert!(
        outcome.err().contains("no-such-path") && outcome.err().contains("(os error 2)"),
        "{}",
        outcome.err()
    );
}

/// 300 targets, whose commands are Windows programs, four at a time; the second time nothing.
#[test]
fn ninja_builds() {
    let mut plan =
        String::from("rule step\n  command = $step $out $in\n  description = step $out\n\n");
    let step = format!("Z:{}", fixture("ninja_step.exe").display());
    writeln!(plan, "step = {step}\n").expect("a string takes it");
    for i in 0..300 {
        let inputs = match i {
            0..100 => "source.txt".to_owned(),
            100..299 => format!("out/{} out/{}", i - 100, (i * 7) % 100),
            _ => (0..299).map(|k| format!("out/{k} ")).collect(),
        };
        writeln!(plan, "build out/{i}: step {inputs}").expect("a string takes it");
    }
    let work = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(work.path().join("build.ninja"), plan).expect("it can be written");
    std::fs::write(work.path().join("source.txt"), "source\n").expect("it can be written");
    let ninja = || Run::new(program("ninja.exe")).arg("-j4").current_dir(work.path()).outcome();
    let outcome = ninja();
    outcome.expect_code(0);
    assert!(outcome.out().contains("[300/300]"), "{}", outcome.out());
    for i in 0..300 {
        let text =
            std::fs::read_to_string(work.path().join(format!("out/{i}"))).expect("it was built");
        assert!(text.ends_with("source\n"), "out/{i}: {text}");
    }
    let outcome = ninja();
    outcome.expect_code(0).expect_out("ninja: no work to do.\n").expect_quiet();
    // What changes is built again, and only what depends on it.
    std::fs::remove_file(work.path().join("out/150")).expect("it was built");
    let outcome = ninja();
    outcome.expect_code(0);
    assert!(outcome.out().contains("[") && !outcome.out().contains("/300]"), "{}", outcome.out());
}

/// A command that fails stops the build, with its output and code shown.
#[test]
fn ninja_fails() {
    let work = tempfile::tempdir().expect("a temporary folder can be made");
    let child = format!("Z:{}", fixture("child.exe").display());
    let plan =
        format!("rule r\n  command = {child} echo from-the-command then exit 7\nbuild x: r\n");
    std::fs::write(work.path().join("build.ninja"), plan).expect("it can be written");
    let outcome = Run::new(program("ninja.exe")).current_dir(work.path()).outcome();
    // ninja gives the code on.
    outcome.expect_code(7);
    let text = outcome.out();
    assert!(text.contains("FAILED") && text.contains("from-the-command"), "{text}");
}

/// esbuild bundles a project of some hundred modules: the very bytes that Linux's esbuild makes.
#[test]
fn esbuild_agrees() {
    const MODULES: usize = 400;
    let project = tempfile::tempdir().expect("a temporary folder can be made");
    for n in 0..MODULES {
        let next = (n + 1) % MODULES;
        let text = format!(
            "import {{ value as next }} from './m{next}.js';\n\
             export const value = (depth) => depth > 0 ? next(depth - 1) + {n} : 'é{n}';\n\
             export const unused{n} = /* @__PURE__ */ Math.sqrt({n});\n"
        );
        std::fs::write(project.path().join(format!("m{n}.js")), text).expect("it can be written");
    }
    let options = ["m0.js", "--bundle", "--sourcemap=external", "--format=esm"];
    for minify in [None, Some("--minify")] {
        let made = |run: Run, folder: &str| {
            let run = run.args(options).args(minify).arg(format!("--outdir={folder}"));
            run.current_dir(project.path()).outcome().expect_code(0);
            ["m0.js", "m0.js.map"].map(|file| {
                std::fs::read(project.path().join(folder).join(file)).expect("esbuild has made it")
            })
        };
        let ours = made(Run::new(program("esbuild.exe")), "ours");
        let theirs = made(Run::bare(program("esbuild")), "theirs");
        assert!(ours == theirs, "the bundles differ ({minify:?})");
    }
}
