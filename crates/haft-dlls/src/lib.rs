//! The built-in DLLs: one folder a DLL, one file a topic, one short function an export.
//!
//! The attribute [`macro@export`] makes a plain typed function an export. What a parameter and a
//! result may be is in [`abi`]; which functions each DLL has is in [`DLLS`], a table that the
//! build script makes from the attributes.

pub mod abi;
pub mod apiset;
pub mod compat;
pub mod export;
pub mod hooks;
pub mod image;
pub mod missing;
pub mod trace;

mod advapi32;
mod bcrypt;
mod bcryptprimitives;
mod captured;
mod crypt32;
mod dbghelp;
mod iphlpapi;
mod kernel32;
mod msvcrt;
mod ntdll;
mod ole32;
mod oleaut32;
mod psapi;
mod ready;
mod rpcrt4;
mod shell32;
mod table;
mod ucrtbase;
mod user32;
mod userenv;
mod version;
mod winmm;
mod ws2_32;

#[cfg(test)]
mod tests;

pub use haft_macros::export;
pub use table::{DLLS, Dll, Found, Slot, find_dll};
