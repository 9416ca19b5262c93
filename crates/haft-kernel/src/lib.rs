//! NT services inside a process: objects, processes and threads, the loader, memory, I/O. A Rust
//! API of `Result<T, NtStatus>`, with no Win32 in it.

pub mod io;
pub mod ke;
pub mod ldr;
pub mod log;
pub mod mm;
pub mod ps;
