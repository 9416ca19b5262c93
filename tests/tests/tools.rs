//! Tools that people run every day, made by compilers of four languages: Node (C++), ShellCheck (Haskell),
//! Ruff and Typos (Rust).

use haft_tests::{Run, program, root};

#[test]
fn node_everything() {
    let script = format!("Z:{}", root().join("fixtures/node/everything.js").display());
    let outcome = Run::new(program("node.exe")).arg(script).outcome();
    outcome.expect_code(0).expect_out("all held\n");
}

/// Node names the functions that it was in, by dbghelp: of a program without symbols the exports.
#[test]
fn node_tells_where_it_was_aborted() {
    let outcome = Run::new(program("node.exe")).args(["-e", "process.abort()"]).outcome();
    outcome.expect_code(134);
    let text = outcome.err();
    let (_, frames) = text.split_once("Native stack trace").expect("it has a stack trace");
    let named = frames.lines().filter(|line| line.contains("node::") || line.contains("v8::"));
    assert!(named.count() > 5, "{text}");
}

#[test]
fn node_as_a_filter() {
    let script = "process.stdin.on('data', d => process.stdout.write(String(d).toUpperCase()))";
    let run = Run::new(program("node.exe")).args(["-e", script]).input("grüße\n".as_bytes());
    run.outcome().expect_code(0).expect_out("GRÜSSE\n");
}

#[test]
fn shellcheck_finds_what_is_wrong() {
    let run = Run::new(program("shellcheck.exe")).args(["-f", "gcc", "bad.sh"]);
    let script = "#!/bin/sh\necho $1\nfor i in $(ls); do echo \"$i\"; done\n";
    std::fs::write(run.folder().join("bad.sh"), script).expect("the folder can be written");
    let outcome = run.outcome();
    outcome.expect_code(1).expect_quiet().expect_out(
        "bad.sh:2:6: note: Double quote to prevent globbing and word splitting. [SC2086]\n\
         bad.sh:3:10: error: Iterating over ls output is fragile. Use globs. [SC2045]\n",
    );
}

#[test]
fn shellcheck_likes_what_is_right() {
    let run = Run::new(program("shellcheck.exe")).arg("-").input(b"#!/bin/sh\necho \"$1\"\n");
    run.outcome().expect_code(0).expect_quiet().expect_out("");
}

#[test]
fn ruff_formats() {
    let run = Run::new(program("ruff.exe")).args(["format", "--isolated", "-"]);
    let outcome = run.input(b"import os\nx=1\ndef f(a,b):\n  return  a+b\n").outcome();
    let formatted = "import os\n\nx = 1\n\n\ndef f(a, b):\n    return a + b\n";
    outcome.expect_code(0).expect_quiet().expect_out(formatted);
}

/// With its cache on disk, many files and all its threads; the second time from the cache.
#[test]
fn ruff_checks_a_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for n in 0..200 {
        let text = format!("import os\nimport sys\nprint(sys.argv, {n})\n");
        std::fs::write(folder.path().join(format!("m{n}.py")), text).expect("it can be written");
    }
    for _ in 0..2 {
        let outcome = Run::new(program("ruff.exe"))
            .args(["check", "--isolated", "--select", "F", "--output-format", "concise", "."])
            .current_dir(folder.path())
            .outcome();
        outcome.expect_code(1);
        let unused = outcome.out().matches(": F401 [*] `os` imported but unused").count();
        assert_eq!(unused, 200, "{outcome:?}");
    }
    assert!(folder.path().join(".ruff_cache").is_dir(), "it has kept nothing");
}

#[test]
fn typos_finds_typos() {
    let run = Run::new(program("typos.exe")).args(["--format", "brief", "."]);
    std::fs::write(run.folder().join("a.txt"), "the\nteh cat\n").expect("it can be written");
    let outcome = run.outcome();
    outcome.expect_code(2).expect_out(".\\a.txt:2:1: error: `teh` should be `the`\n");
}
