//! Real programs that Microsoft's C++ compiler made, whose exceptions go through
//! `__CxxFrameHandler4`: by haft's own, and by Microsoft's beside the program, which must agree.

use haft_tests::{Outcome, Run, haft, program};
use std::path::{Path, PathBuf};

/// Microsoft's C++ library, which haft has none of.
const LIBRARY: &str = "msvcp140.dll";
/// The runtime below it, which haft has as well.
const RUNTIME: [&str; 2] = ["vcruntime140.dll", "vcruntime140_1.dll"];

/// A folder of the program with what else it needs, and with Microsoft's runtime if `whole`.
fn folder(exe: &Path, beside: &[&str], whole: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let put = |from: PathBuf| {
        let to = folder.path().join(from.file_name().expect("it is a file"));
        std::os::unix::fs::symlink(&from, to).expect("a link can be made");
    };
    // The program itself is no link: its folder is where it is.
    std::fs::copy(exe, folder.path().join(exe.file_name().expect("it is a file")))
        .expect("it can be copied");
    put(program("runtime").join(LIBRARY));
    for name in RUNTIME.iter().filter(|_| whole) {
        put(program("runtime").join(name));
    }
    for name in beside {
        put(exe.parent().expect("it is in a folder").join(name));
    }
    folder
}

/// What the program says with haft's runtime; with Microsoft's it must say the same.
fn agreed(exe: &Path, beside: &[&str], files: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let name = exe.file_name().expect("it is a file");
    let work = tempfile::tempdir().expect("a temporary folder can be made");
    for (file, text) in files {
        std::fs::write(work.path().join(file), text).expect("it can be written");
    }
    let [ours, theirs] = [false, true].map(|whole| {
        let folder = folder(exe, beside, whole);
        let path = folder.path().join(name);
        let outcome = Run::new(&path).args(arguments).current_dir(work.path()).outcome();
        // Each exception goes through the handler that it should.
        let traced = Run::bare(haft()).args(["--trace", "vcruntime140_1"]).arg(&path);
        let traced = traced.args(arguments).current_dir(work.path()).outcome();
        let asked = traced.err().contains("vcruntime140_1.__CxxFrameHandler4(");
        assert_eq!(asked, !whole, "{}", traced.err());
        outcome
    });
    assert_eq!((ours.out(), ours.err()), (theirs.out(), theirs.err()));
    assert_eq!(ours.code, theirs.code);
    ours
}

/// Nearly every line ends in an exception that z3 catches: what is not known, tactics that fail
/// and give way to others, time and resources that run out.
#[test]
fn z3_answers() {
    const SCRIPT: &str = r#"(declare-const x Int)
(push)
(check-sat-using (or-else (try-for (then simplify smt) 5000) smt))
(check-sat-using (or-else fail skip))
(apply (or-else (then simplify fail) (par-or skip fail)))
(apply (then simplify (fail-if true)))
(check-sat-using (using-params smt :bogus 3))
(pop)
(eval (div 1 0))
(declare-fun f (Int) (Bool))
(assert (f 1 2))
(assert (bad-symbol x))
(assert (forall ((a Int)) (=> (> a 0) (f a))))
(assert (not (f 3)))
(check-sat)
(get-value (x))
(pop 7)
(declare-datatypes ((L 0)) (((nil) (cons (hd Int) (tl Q)))))
(reset)
(declare-const a (_ BitVec 64))
(declare-const b (_ BitVec 64))
(assert (= (bvmul a b) #x123456789abcdef1))
(assert (and (bvugt a #x0000000000000001) (bvugt b #x0000000000000001)))
(set-option :rlimit 20000)
(check-sat)
(get-info :reason-unknown)
(simplify ((_ extract 70 0) a))
(echo "end")
"#;
    let z3 = program("z3.exe");
    let outcome = agreed(&z3, &[], &[("script.smt2", SCRIPT)], &["script.smt2"]);
    outcome.expect_code(1).expect_out(
        r#"sat
sat
(goals
(goal
  :precision precise :depth 1)
)
(error "line 6 column 31: invalid probe, unknown builtin probe true")
(error "line 7 column 42: invalid using-params combinator, unknown parameter bogus")
(error "line 9 column 15: model is not available")
(error "line 11 column 14: unknown constant f (Int Int) 
declared: (declare-fun f (Int) Bool) ")
(error "line 12 column 21: unknown constant bad-symbol (Int) ")
unsat
(error "line 16 column 14: model is not available")
(error "line 17 column 6: invalid pop command, argument is greater than the current stack depth")
(error "line 18 column 19: invalid datatype declaration, unknown sort 'Q'")
unknown
(:reason-unknown "max. resource limit exceeded")
(error "line 27 column 29: invalid extract application")
end
"#,
    );
}

#[test]
fn cppcheck_finds_what_is_wrong() {
    const WRONG: &str = "int main(void) { int a[4]; a[4] = 1; char *p = malloc(3); return *p; }\n";
    const UNREADABLE: &str = "template<class T> struct A { T t; void f( { } ;\n#if 1 / 0\n#endif\n";
    let files = [("wrong.c", WRONG), ("unreadable.cpp", UNREADABLE)];
    let cppcheck = program("cppcheck/Cppcheck/cppcheck.exe");
    let arguments = ["--enable=all", "wrong.c", "unreadable.cpp"];
    let outcome = agreed(&cppcheck, &["cfg", "platforms"], &files, &arguments);
    outcome.expect_code(0);
    for found in [
        "wrong.c:1:29: error: Array 'a[4]' accessed at index 4, which is out of bounds.",
        "error: Memory leak: p [memleak]",
        "unreadable.cpp:2:2: error: failed to evaluate #if condition, division/modulo by zero",
    ] {
        assert!(outcome.err().contains(found), "{found}: {}", outcome.err());
    }
}
