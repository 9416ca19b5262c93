//! The export attribute.
