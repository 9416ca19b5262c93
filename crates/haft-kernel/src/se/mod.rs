//! Security: who this process and its threads are, and what they may do for that.
//!
//! The rules are haft-object's (`security`); here they meet Linux's accounts, this process's
//! threads, and the objects of the handle table.

pub mod account;
pub mod acting;
pub mod check;
pub mod file_security;
pub mod impersonation;
pub mod information;
pub mod logon;
pub mod object_security;
pub mod token;

pub use haft_object::security;
