//! PE images: parse, map, relocate, bind, TLS, resources, unwind; and built-in DLLs written as
//! images.
//!
//! Nothing here makes a system call. A file's first bytes go into [`Headers::parse`]; the
//! [`MappingPlan`] made from them says which bytes of the file belong where with which
//! protection, and whoever owns the address space carries it out. Everything that lies in a
//! mapped image is read through [`ImageMemory`], a copy at a time: that memory belongs to a
//! running program, which may change it under our hands, so no reference into it is ever held.
//!
//! Every byte is taken to be hostile: what does not fit is an [`ImageError`], never a panic and
//! never an unbounded loop.
//!
//! The formats are those of Microsoft's "PE Format" and "x64 exception handling".

pub mod builtin;
pub mod c_scope;
pub mod cxx;
pub mod error;
pub mod exception;
pub mod exports;
pub mod flat;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod imports;
pub mod layout;
pub mod load_config;
pub mod mapped;
pub mod memory;
pub mod parse;
pub mod reloc;
pub mod resources;
pub mod symbols;
pub mod tls;
pub mod unwind;

pub use error::ImageError;
pub use layout::{MappingPlan, Protection, Segment};
pub use mapped::MappedImage;
pub use memory::{ImageMemory, ImageMemoryMut, NameAt};
pub use parse::{Directories, Directory, DirectoryKind, Headers, Section};
