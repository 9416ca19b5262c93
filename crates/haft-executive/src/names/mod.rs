//! The namespace: directories, symbolic links, and the names of objects in them.

mod fixed;
mod request;
mod tree;

pub use fixed::fill;
pub use tree::{DirectoryId, Found, Is, Names, Place};
