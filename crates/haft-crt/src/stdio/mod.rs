//! Streams and low-level files: mode strings, open flags, and text-mode translation.

mod flags;
mod mode;
mod text;

pub use flags::{Access, OpenFlags, Share, oflag, share};
pub use mode::{Creation, Encoding, Mode};
pub use text::{TextReader, TextWriter};
