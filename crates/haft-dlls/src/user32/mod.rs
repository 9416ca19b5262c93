//! user32.dll: what of it needs no window.

pub(crate) mod character;
pub(crate) mod desktop;
pub(crate) mod keyboard;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod string;
