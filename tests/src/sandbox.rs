//! A sandbox with what Docker's default seccomp profile denies, and no capabilities: where haft
//! has to do without taking descriptors from other processes, reading their memory, tracing them,
//! io_uring and userfaultfd.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// What is refused with EPERM, by number on x86-64.
const REFUSED: [u32; 8] = [
    101, // ptrace
    310, // process_vm_readv
    311, // process_vm_writev
    323, // userfaultfd
    425, // io_uring_setup
    426, // io_uring_enter
    427, // io_uring_register
    438, // pidfd_getfd
];

const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const X86_64: u32 = 0xC000_003E;
const ALLOW: u32 = 0x7FFF_0000;
const REFUSE: u32 = 0x0005_0000 | 1;
const KILL: u32 = 0x8000_0000;

/// The filter, as Linux takes it: `struct sock_filter` each.
fn filter() -> Vec<u8> {
    let mut program = Vec::new();
    let mut add = |code: u16, if_true: u8, if_false: u8, value: u32| {
        program.extend(code.to_ne_bytes());
        program.extend([if_true, if_false]);
        program.extend(value.to_ne_bytes());
    };
    add(LOAD, 0, 0, ARCHITECTURE_AT);
    add(JUMP_IF_EQUAL, 1, 0, X86_64);
    add(RETURN, 0, 0, KILL);
    add(LOAD, 0, 0, NUMBER_AT);
    for (at, number) in REFUSED.iter().enumerate() {
        // Over the others and over what lets the rest pass.
        add(JUMP_IF_EQUAL, (REFUSED.len() - at) as u8, 0, *number);
    }
    add(RETURN, 0, 0, ALLOW);
    add(RETURN, 0, 0, REFUSE);
    program
}

/// A command that runs `program` in the sandbox, where the machine's files, processes and terminal
/// are as outside. The filter is put into `folder`.
pub fn wrap(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let place = folder.join(".filter");
    std::fs::write(&place, filter()).expect("the folder can be written");
    let mut command = Command::new("sh");
    let script = r#"filter=$1; shift; exec bwrap --seccomp 9 "$@" 9<"$filter""#;
    command.args(["-c", script, "sh"]).arg(place);
    command.args(["--dev-bind", "/", "/", "--cap-drop", "ALL", "--die-with-parent", "--"]);
    command.arg(program);
    command
}

/// Whether a sandbox can be made here; says why, where it cannot.
pub fn is_possible() -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    match wrap("/bin/true", folder.path()).output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            println!("not tried: bwrap: {}", String::from_utf8_lossy(&output.stderr).trim());
            false
        }
        Err(error) => {
            println!("not tried: {error}");
            false
        }
    }
}
