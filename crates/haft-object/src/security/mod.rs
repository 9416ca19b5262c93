//! Who may do what: security identifiers, access control lists, security descriptors, tokens, and
//! the check that brings a descriptor and a token together.
//!
//! ```text
//! Sid ──> Ace ──> Acl ──> SecurityDescriptor ─┐
//!  └────> Token (user, groups, privileges) ───┴─> access_check::check ──> granted access
//! ```
//!
//! Everything here is plain data without a system call: what the process decides by itself and what
//! the executive decides for others is the same code.

pub mod access_check;
mod ace;
mod acl;
mod bytes;
mod change;
mod descriptor;
mod entries;
mod inherit;
mod privilege;
mod restrict;
pub mod sddl;
mod sid;
mod token;
pub mod well_known;

pub use access_check::Mapping;
pub use ace::{Ace, AceFlags, AceKind, Guid};
pub use acl::{ACL_REVISION, ACL_REVISION_DS, Acl, MAX_ACL};
pub use change::{Changed, TokenChange};
pub use descriptor::{AclPart, Control, SecurityDescriptor, SecurityInformation};
pub use entries::{AccessMode, ExplicitEntry};
pub use inherit::{Creation, descriptor_for_new};
pub use privilege::{Privilege, PrivilegeAttributes};
pub use restrict::{Filter, Restrictions};
pub use sid::{MAX_SUB_AUTHORITIES, Sid};
pub use token::{
    Account, Adjusted, Group, GroupAttributes, HeldPrivilege, ImpersonationLevel, Luid, Token,
    TokenKind, TokenSource,
};
