//! advapi32.dll.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod acl;
pub(crate) mod descriptor;
pub(crate) mod event_tracing;
pub(crate) mod file_security;
pub(crate) mod hash;
pub(crate) mod impersonation;
pub(crate) mod logon;
pub(crate) mod object_security;
pub(crate) mod privilege;
pub(crate) mod provider;
pub(crate) mod random;
pub(crate) mod registry;
pub(crate) mod sddl;
pub(crate) mod sid;
pub(crate) mod token;
pub(crate) mod trustee;
pub(crate) mod user;
