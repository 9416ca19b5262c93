//! National language support: case and code pages.

pub mod case;
pub mod code_page;
