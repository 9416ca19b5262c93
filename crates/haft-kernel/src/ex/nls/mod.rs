//! National language support: case and code pages.

pub mod case;
