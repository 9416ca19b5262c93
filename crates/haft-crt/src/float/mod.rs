//! Floating-point numbers as exact decimal and hexadecimal text, and back.

pub(crate) mod digits;
pub(crate) mod parse;
pub(crate) mod text;
