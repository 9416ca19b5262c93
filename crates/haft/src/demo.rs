//! The demonstration: an embedded program, written out and run by haft itself.

use haft_kernel::log;
use std::process::Command;

/// Built from `demo/demo.c` by `demo/build`; a test rebuilds it and compares.
const PROGRAM: &[u8] = include_bytes!("../demo/demo.exe");

/// Runs the demonstration; its exit status.
pub fn run() -> i32 {
    let folder = std::env::temp_dir().join(format!("haft-demo-{}", std::process::id()));
    let program = folder.join("demo.exe");
    let status = std::fs::create_dir(&folder)
        .and_then(|()| std::fs::write(&program, PROGRAM))
        .and_then(|()| Command::new(std::env::current_exe()?).arg(&program).status());
    let _ = std::fs::remove_dir_all(&folder);
    match status {
        Ok(status) => status.code().unwrap_or(1),
        Err(error) => {
            log::say(&format!(
                "the demonstration cannot be written to {}: {error}; set TMPDIR to a folder that \
                 can be written",
                folder.display()
            ));
            1
        }
    }
}
