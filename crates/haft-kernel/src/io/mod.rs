//! Files, pipes and consoles.

pub mod file;
pub mod path;
pub mod standard;
pub mod transfer;
