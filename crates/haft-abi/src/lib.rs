//! Types, constants, NTSTATUS and Win32 error codes shared by every other crate.
//!
//! Nothing here acts: no system call, no allocation beyond string conversion. Layouts and
//! constants come from `windows-sys` wherever it has them; the newtypes here carry the rules
//! (an [`AccessMask`] is not a [`Handle`], a [`Pid`] is not a [`Tid`]).

mod access;
pub mod context;
mod error;
pub mod exception;
mod flags;
mod handle;
mod ids;
pub mod nt;
mod status;
pub mod time;
pub mod wide;

pub use access::AccessMask;
pub use context::Context;
pub use error::Win32Error;
pub use handle::Handle;
pub use ids::{Pid, Tid};
pub use status::NtStatus;

/// The Windows version haft reports everywhere: Windows 10 22H2.
pub mod version {
    /// Major version number.
    pub const MAJOR: u32 = 10;
    /// Minor version number.
    pub const MINOR: u32 = 0;
    /// Build number.
    pub const BUILD: u32 = 19045;
}
