//! user32.dll: what of it needs no window.

pub(crate) mod character;
pub(crate) mod string;
