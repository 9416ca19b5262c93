//! The object model: access, handle table, inheritance, duplication, dispatcher objects and waits.
#![forbid(unsafe_code)]
