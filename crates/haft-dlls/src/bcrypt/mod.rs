//! bcrypt.dll.

pub(crate) mod mode;
pub(crate) mod random;
