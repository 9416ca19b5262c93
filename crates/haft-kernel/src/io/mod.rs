//! Files, pipes and consoles.

pub mod path;
