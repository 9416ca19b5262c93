//! The least that haft needs: itself and the program.

use haft_tests::{Outcome, Run, fixture, haft};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("it can be copied");
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o555)).expect("it is ours");
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .expect("there is /proc here")
        .lines()
        .any(|line| line.starts_with("Uid:\t0\t0\t"))
}

/// Runs `/haft ARGS` as an ordinary user in a root where there is nothing else but `/FILE`s and
/// nothing can be written. None, with the reason said, where this machine forbids it.
fn in_empty_root(files: &[&str], args: &[&str]) -> Option<Outcome> {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let root = place.path().join("root");
    std::fs::create_dir(&root).expect("a folder can be made");
    copy(&haft(), &root.join("haft"));
    for file in files {
        copy(&fixture(file), &root.join(file));
    }
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o555)).expect("it is ours");
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755))
        .expect("it is ours");
    let folder = root.display().to_string();
    let mut run = if is_root() {
        Run::bare("chroot").args(["--userspec=65534:65534", &folder])
    } else {
        let allowed = Run::bare("unshare").args(["-r", "true"]).outcome().code == 0;
        if !allowed {
            println!(
                "not tried: this machine lets no ordinary user make a user namespace (unshare -r)"
            );
            return None;
        }
        // The root of a user namespace may write what it owns whatever the mode says; an ordinary
        // user may not.
        Run::bare("unshare")
            .args(["-r", "setpriv", "--bounding-set=-dac_override,-dac_read_search"])
            .args(["chroot", &folder])
    };
    run = run.env_clear().env("HOME", "/").env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    run.command().current_dir("/");
    Some(run.arg("/haft").args(args).outcome())
}

#[test]
fn empty_root_hello() {
    if let Some(outcome) = in_empty_root(&["hello.exe"], &["/hello.exe"]) {
        outcome.expect_code(0).expect_out("hello, world\n").expect_quiet();
    }
}

/// A parent and its child there too.
#[test]
fn empty_root_child() {
    if let Some(outcome) = in_empty_root(
        &["creating_processes.exe", "child.exe"],
        &["/creating_processes.exe", "child.exe args made it"],
    ) {
        outcome.expect_out("[made]\n[it]\n").expect_quiet();
    }
}

/// A file that cannot be written is the program's error, not haft's.
#[test]
fn empty_root_unwritable() {
    if let Some(outcome) = in_empty_root(&["ninja_step.exe"], &["/ninja_step.exe", "/out.txt"]) {
        outcome.expect_code(3).expect_quiet();
    }
}

/// A home that can only be read, and no other place to write.
#[test]
fn read_only_home() {
    let mut run = Run::new(fixture("hello.exe"));
    let home = run.folder().join("home");
    std::fs::create_dir(&home).expect("a folder can be made");
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o555)).expect("it is ours");
    run.command()
        .env("HOME", &home)
        .env_remove("TMPDIR")
        .env_remove("XDG_RUNTIME_DIR")
        .current_dir(&home);
    run.outcome().expect_code(0).expect_out("hello, world\n").expect_quiet();
}

/// A hundred at once, each with a child.
#[test]
fn hundred_at_once() {
    let line = format!("{} echo child", fixture("child.exe").display());
    let mut runs: Vec<Run> = (0..100)
        .map(|i| {
            if i % 2 == 0 {
                Run::new(fixture("hello.exe"))
            } else {
                Run::new(fixture("creating_processes.exe")).arg(&line)
            }
        })
        .collect();
    let children: Vec<_> = runs.iter_mut().map(Run::start).collect();
    for (i, child) in children.into_iter().enumerate() {
        let outcome = haft_tests::finish(child, std::time::Duration::from_secs(120));
        outcome.expect_out(if i % 2 == 0 { "hello, world\n" } else { "child\n" }).expect_quiet();
    }
}

/// Nothing is left behind: no process, no file in the home or the temporary folder.
#[test]
fn leaves_nothing() {
    let mut run = Run::new(fixture("hello.exe"));
    let folder = run.folder().to_path_buf();
    let mut child = run.start();
    drop(child.stdin.take());
    haft_tests::finish(child, std::time::Duration::from_secs(60)).expect_code(0);
    let left: Vec<_> = std::fs::read_dir(&folder).expect("it is there").collect();
    assert!(left.is_empty(), "{left:?}");
}
