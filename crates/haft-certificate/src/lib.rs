//! X.509 certificates: bundles of them as Linux keeps them, what one says, and whether it is to be
//! believed. No system call, nothing of Windows but the names of what can be wrong.
#![forbid(unsafe_code)]

pub mod bundle;
pub mod chain;
pub mod fields;
pub mod names;

pub use chain::{Chain, Request, Trouble};
pub use fields::Fields;
