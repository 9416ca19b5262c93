//! What can be changed of a token, wherever it is.

use super::{
    Acl, Adjusted, Group, GroupAttributes, HeldPrivilege, Privilege, Sid, Token, well_known,
};
use haft_abi::{AccessMask, NtStatus};
use serde::{Deserialize, Serialize};

/// A change of a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TokenChange {
    /// Privileges are put into use or out of it, or taken away.
    Privileges(Vec<HeldPrivilege>),
    /// Every privilege is put out of use.
    DisableAllPrivileges,
    /// Groups are put into use or out of it; all as they are at first, if none is named.
    Groups(Option<Vec<Group>>),
    /// Who owns what is created.
    Owner(Sid),
    /// The group of what is created.
    PrimaryGroup(Sid),
    /// The DACL of what is created; its bytes.
    DefaultDacl(Option<Vec<u8>>),
    /// The integrity label.
    Integrity(Sid),
    /// The terminal session.
    Session(u32),
}

impl TokenChange {
    /// The right to a token that it needs (Microsoft: "Access Rights for Access-Token Objects").
    #[must_use]
    pub const fn needed(&self) -> AccessMask {
        AccessMask(match self {
            Self::Privileges(_) | Self::DisableAllPrivileges => 0x20,
            Self::Groups(_) => 0x40,
            Self::Session(_) => 0x180,
            _ => 0x80,
        })
    }
}

/// What became of a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Changed {
    /// The privileges that have changed, as they were.
    pub privileges: Vec<HeldPrivilege>,
    /// The groups that have changed, as they were.
    pub groups: Vec<Group>,
    /// Whether the token holds all that were named.
    pub all: bool,
}

impl Token {
    /// Changes it (Microsoft: "SetTokenInformation function", "AdjustTokenPrivileges function",
    /// "AdjustTokenGroups function").
    ///
    /// # Errors
    /// `INVALID_OWNER`, `INVALID_PRIMARY_GROUP` for a SID that the token does not hold so;
    /// `CANT_DISABLE_MANDATORY`; `PRIVILEGE_NOT_HELD` for a higher integrity level or another
    /// session; `INVALID_ACL`, `INVALID_SID`.
    pub fn change(&mut self, change: &TokenChange) -> Result<Changed, NtStatus> {
        let mut changed = Changed { privileges: Vec::new(), groups: Vec::new(), all: true };
        match change {
            TokenChange::Privileges(new) => {
                let Adjusted { previous, all } = self.adjust_privileges(new);
                (changed.privileges, changed.all) = (previous, all);
            }
            TokenChange::DisableAllPrivileges => {
                changed.privileges = self.disable_all_privileges().previous;
            }
            TokenChange::Groups(new) => {
                let Adjusted { previous, all } = self.adjust_groups(new.as_deref())?;
                (changed.groups, changed.all) = (previous, all);
            }
            TokenChange::Owner(sid) if self.may_own_as(sid) => self.owner = sid.clone(),
            TokenChange::Owner(_) => return Err(NtStatus::INVALID_OWNER),
            TokenChange::PrimaryGroup(sid) => {
                if self.user != *sid && !self.groups.iter().any(|group| group.sid == *sid) {
                    return Err(NtStatus::INVALID_PRIMARY_GROUP);
                }
                self.primary_group = sid.clone();
            }
            TokenChange::DefaultDacl(bytes) => {
                let acl = bytes.as_deref().map(Acl::read).transpose()?;
                self.set_default_dacl(acl.as_ref());
            }
            TokenChange::Integrity(sid) => {
                let level = well_known::integrity_level(sid).ok_or(NtStatus::INVALID_SID)?;
                if level > self.integrity_level() && !self.has_enabled(Privilege::RELABEL) {
                    return Err(NtStatus::PRIVILEGE_NOT_HELD);
                }
                self.integrity = sid.clone();
            }
            TokenChange::Session(session) => {
                if *session != self.session && !self.has_enabled(Privilege::TCB) {
                    return Err(NtStatus::PRIVILEGE_NOT_HELD);
                }
                self.session = *session;
            }
        }
        Ok(changed)
    }

    /// The group that stands for the logon.
    #[must_use]
    pub fn logon_group(&self) -> Option<&Group> {
        self.groups.iter().find(|group| group.attributes.contains(GroupAttributes::LOGON_ID))
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::{root, user};
    use super::*;

    #[test]
    fn an_owner_is_one_of_the_tokens_own() {
        let mut token = root();
        assert!(token.change(&TokenChange::Owner(well_known::administrators())).is_ok());
        let mut token = user(7);
        let other = TokenChange::Owner(well_known::users());
        assert_eq!(token.change(&other), Err(NtStatus::INVALID_OWNER));
        let stranger = TokenChange::PrimaryGroup(Sid::linux_group(99));
        assert_eq!(token.change(&stranger), Err(NtStatus::INVALID_PRIMARY_GROUP));
    }

    #[test]
    fn integrity_only_falls_without_a_privilege() {
        let mut token = user(7);
        let high = TokenChange::Integrity(well_known::high_label());
        assert_eq!(token.change(&high), Err(NtStatus::PRIVILEGE_NOT_HELD));
        assert!(token.change(&TokenChange::Integrity(well_known::low_label())).is_ok());
        assert_eq!(token.integrity_level(), 0x1000);
        assert!(token.is_within(&user(7)));
    }
}
