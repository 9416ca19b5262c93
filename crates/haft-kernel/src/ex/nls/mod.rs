//! National language support: case, code pages, character types, comparison and mapping of text,
//! locales and their formats.

pub mod case;
pub mod character_type;
pub mod code_page;
pub mod collation;
pub mod date_format;
pub mod locale;
pub mod mapping;
