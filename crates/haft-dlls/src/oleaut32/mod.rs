//! oleaut32.dll: the strings and variants of automation.

pub(crate) mod string;
pub(crate) mod variant;
