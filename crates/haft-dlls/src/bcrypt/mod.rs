//! bcrypt.dll.

pub(crate) mod random;
