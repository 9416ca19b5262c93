//! NT services inside a process: objects, processes and threads, the loader, memory, I/O, executive support. A Rust
//! API of `Result<T, NtStatus>`, with no Win32 in it.

pub mod cert;
pub mod cm;
pub mod crt;
pub mod ex;
pub mod io;
pub mod ke;
pub mod ldr;
pub mod log;
pub mod mm;
pub mod ob;
pub mod ps;
pub mod se;
pub mod session;
