//! Memory: sections and their views.

pub mod section;
