//! The programs that are part of haft: built from C by their folders' `build`, embedded here; a test
//! rebuilds them and compares.

use haft_kernel::io::built_in::BuiltInProgram;

/// All of them.
pub const ALL: &[BuiltInProgram] = &[BuiltInProgram {
    file: r"C:\Windows\System32\cmd.exe",
    image: include_bytes!("../cmd/cmd.exe"),
}];
