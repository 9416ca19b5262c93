//! Tokens, security descriptors and the access check; and other Linux users.

use haft_tests::{Run, fixture, fixtures, haft};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fixtures! {
    key_security,
    object_security,
    security_descriptor,
    token,
}

/// A word that is on no line but where it was put.
const PASSWORD: &str = "a good one";

/// Accounts of the tests' own, in a mount namespace of their own; then the command.
const WITH_ACCOUNTS: &str = r#"
dir=$1; shift
mount --make-rprivate / || exit 77
cp -p /etc/passwd /etc/shadow "$dir" || exit 77
printf 'hafta:x:4001:4001::/:/bin/sh\nhaftb:x:4002:4002::/:/bin/sh\n' >> "$dir/passwd"
hash='$6$haft$tEC7f8zc3VhkuvXPnRHdA8k2zL..n.4zCcBi3Aad.822yi0ir3O9dEpECY1Mmog8AW4PSwLVzVwF3Uf7k.F6T/'
printf 'hafta:%s:20000:0:99999:7:::\n' "$hash" >> "$dir/shadow"
mount --bind "$dir/passwd" /etc/passwd || exit 77
mount --bind "$dir/shadow" /etc/shadow || exit 77
exec "$@"
"#;

/// The command and the fixture where every user finds them.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// `None` where the test cannot be tried, which it says.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            println!("not tried: another user's processes need root");
            return None;
        }
        if !Path::new("/usr/sbin/unix_chkpwd").exists() {
            println!("not tried: PAM's unix_chkpwd is not installed");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("the folder is the test's");
        for (file, name) in [(haft(), "haft"), (fixture("logon.exe"), "logon.exe")] {
            std::fs::copy(&file, folder.path().join(name)).expect("a file can be copied");
        }
        Some(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn session(&self) -> String {
        format!("security-{}", std::process::id())
    }

    /// The fixture, with accounts of the test's own.
    fn logon(&self, before: &[&str], options: &[&str], arguments: &[&str]) -> Run {
        let run = Run::bare("unshare").args(["--mount", "sh", "-c", WITH_ACCOUNTS, "sh"]);
        let run = run.arg(self.folder.path()).args(before).arg(self.path("haft"));
        let run = run.args(["--session", "private"]).args(options);
        run.arg(self.path("logon.exe")).args(arguments)
    }
}

const AS_A: [&str; 5] = ["setpriv", "--reuid=4001", "--regid=4001", "--clear-groups", "--"];
const AS_B: [&str; 5] = ["setpriv", "--reuid=4002", "--regid=4002", "--clear-groups", "--"];

fn check(outcome: &haft_tests::Outcome) {
    if outcome.code == 77 {
        println!("not tried: nothing can be mounted here");
        return;
    }
    outcome.expect_code(0);
    assert!(outcome.out().contains("\nok: ") || outcome.out().starts_with("ok: "));
}

/// Root logs another user on, and runs programs as that user.
#[test]
fn logon() {
    let Some(place) = Place::new() else { return };
    check(&place.logon(&[], &[], &["hafta", PASSWORD]).outcome());
}

/// A user without power logs on as itself, and as nobody else.
#[test]
fn logon_without_power() {
    let Some(place) = Place::new() else { return };
    check(&place.logon(&AS_A, &[], &["own", "hafta", PASSWORD]).outcome());
}

/// Passwords are on no line of a trace or of the log.
#[test]
fn passwords_are_not_shown() {
    let run = Run::bare(haft()).args(["--trace=advapi32", "--session", "private"]);
    let run = run.arg(fixture("logon.exe")).args(["own", "nobody-of-this-name", PASSWORD]);
    let outcome = run.outcome();
    let shown = outcome.err();
    assert!(shown.contains("LogonUserW") && shown.contains("***"), "{shown}");
    assert!(shown.contains("CreateProcessWithLogonW"), "{shown}");
    for secret in [PASSWORD, "wrong"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}

/// Of two users neither opens, lists, duplicates from or ends what is the other's; root does, when
/// it debugs.
#[test]
fn two_users() {
    let Some(place) = Place::new() else { return };
    let session = place.session();
    let command = |before: &[&str]| {
        let mut command = Command::new("env");
        command.args(before).arg(place.path("haft")).args(["--session", &session]);
        command.arg(place.path("logon.exe")).current_dir("/");
        command
    };
    let mut staying = command(&AS_A)
        .arg("stay")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("env and setpriv are there");
    let mut line = String::new();
    let out = staying.stdout.take().expect("a pipe was asked for");
    BufReader::new(out).read_line(&mut line).expect("the program says a line");
    let (pid, name) = line.trim().split_once(' ').expect("an identifier and a name");

    let stranger = command(&AS_B).args(["stranger", pid, name]).output().expect("it runs");
    let said = String::from_utf8_lossy(&stranger.stdout).into_owned();
    assert!(stranger.status.success(), "{said}{}", String::from_utf8_lossy(&stranger.stderr));
    let debugger = command(&[]).args(["debugger", pid]).output().expect("it runs");
    let said = String::from_utf8_lossy(&debugger.stdout).into_owned();
    assert!(debugger.status.success(), "{said}{}", String::from_utf8_lossy(&debugger.stderr));
    drop(staying.stdin.take());
    let status = staying.wait().expect("it is a child");
    if !said.contains("not tried") {
        assert_ne!(status.code(), Some(0), "it was ended");
    }
}

/// What a program says of a file's security is what Linux keeps to.
#[test]
fn file_security() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let outcome = Run::new(fixture("file_security.exe")).current_dir(folder.path()).outcome();
    outcome.expect_code(0);
    let mode = |name: &str| {
        let status = std::fs::metadata(folder.path().join(name)).expect("the fixture left it");
        status.permissions().mode() & 0o7777
    };
    assert_eq!(mode("private"), 0o700);
    assert_eq!(mode("shown"), 0o744);
    assert_eq!(mode("open"), 0o777);
    assert_eq!(mode("kept") & 0o600, 0o600);
}
