//! bcryptprimitives.dll.

pub(crate) mod random;
