//! Tokens: who a process or thread is, and what it may do for that (Microsoft: "Access Tokens").

use super::privilege::{Privilege, PrivilegeAttributes};
use super::{Ace, Acl, Sid, well_known};
use haft_abi::{AccessMask, NtStatus, flags};
use serde::{Deserialize, Serialize};

/// A number that is unique until the machine starts again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Luid(pub u64);

/// How a token holds a group (Microsoft: "TOKEN_GROUPS structure").
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct GroupAttributes(pub u32);
flags!(GroupAttributes);

impl GroupAttributes {
    /// It cannot be disabled.
    pub const MANDATORY: Self = Self(1);
    /// It is in use from the start.
    pub const ENABLED_BY_DEFAULT: Self = Self(2);
    /// It is in use.
    pub const ENABLED: Self = Self(4);
    /// It can own objects.
    pub const OWNER: Self = Self(8);
    /// It counts only where it denies.
    pub const USE_FOR_DENY_ONLY: Self = Self(0x10);
    /// It is an integrity label.
    pub const INTEGRITY: Self = Self(0x20);
    /// It is an integrity label that counts.
    pub const INTEGRITY_ENABLED: Self = Self(0x40);
    /// It stands for the logon.
    pub const LOGON_ID: Self = Self(0xC000_0000);
    /// What a group usually is: mandatory and in use.
    pub const USUAL: Self = Self(7);
}

/// A group of a token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// The group.
    pub sid: Sid,
    /// How it is held.
    pub attributes: GroupAttributes,
}

/// A privilege of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldPrivilege {
    /// The privilege.
    pub privilege: Privilege,
    /// How it is held.
    pub attributes: PrivilegeAttributes,
}

/// How far a server goes in a client's name (Microsoft: "SECURITY_IMPERSONATION_LEVEL
/// enumeration").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ImpersonationLevel {
    /// It learns nothing of the client.
    Anonymous,
    /// It learns who the client is.
    Identification,
    /// It acts for the client on this machine.
    Impersonation,
    /// It acts for the client on other machines.
    Delegation,
}

impl ImpersonationLevel {
    /// The level of a `SECURITY_IMPERSONATION_LEVEL`.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Anonymous,
            1 => Self::Identification,
            2 => Self::Impersonation,
            3 => Self::Delegation,
            _ => return None,
        })
    }
}

/// What a token is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TokenKind {
    /// For a process.
    Primary,
    /// For a thread.
    Impersonation(ImpersonationLevel),
}

/// Who made a token (Microsoft: "TOKEN_SOURCE structure").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokenSource {
    /// A name.
    pub name: [u8; 8],
    /// A number of the maker's.
    pub id: Luid,
}

/// Who a process or thread is, and what it may do for that.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Token {
    /// The user.
    pub user: Sid,
    /// Whether the user counts only where it is denied something.
    pub user_deny_only: bool,
    /// The groups; the integrity label is not among them.
    pub groups: Vec<Group>,
    /// What else must be allowed something, of a restricted token.
    pub restricted: Vec<Group>,
    /// Whether the restriction is for writing alone.
    pub write_restricted: bool,
    /// The privileges.
    pub privileges: Vec<HeldPrivilege>,
    /// Who owns what is created with it.
    pub owner: Sid,
    /// The group of what is created with it.
    pub primary_group: Sid,
    /// The DACL of what is created with it, where nobody says another; its bytes.
    pub(in crate::security) default_dacl: Option<Vec<u8>>,
    /// Its integrity label.
    pub integrity: Sid,
    /// What it is for.
    pub kind: TokenKind,
    /// Who made it.
    pub source: TokenSource,
    /// The logon that it comes from.
    pub logon: Luid,
    /// The token that it was filtered from.
    pub parent: Luid,
    /// The terminal session.
    pub session: u32,
    /// Whether the user is one whose other half has more rights.
    pub is_elevated: bool,
    /// Whether programs with it may not take part in anybody's user interface.
    pub sandbox_inert: bool,
}

/// A Linux account, as a process of it has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The user.
    pub uid: u32,
    /// The first group.
    pub gid: u32,
    /// The other groups.
    pub groups: Vec<u32>,
    /// The capabilities that are in effect.
    pub capabilities: u64,
}

/// What became of an adjustment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adjusted<T> {
    /// How those were held before that have changed.
    pub previous: Vec<T>,
    /// Whether the token holds all that were named.
    pub all: bool,
}

impl Token {
    /// The primary token of a process of a Linux account. What it may do is what Linux lets it do:
    /// root is an administrator, and a privilege is held for the capabilities behind it.
    #[must_use]
    pub fn of_account(account: &Account) -> Self {
        const LOGONS: u64 = 0x1_0000_0000;
        let usual = |sid| Group { sid, attributes: GroupAttributes::USUAL };
        let user = Sid::linux_user(account.uid);
        let primary_group = Sid::linux_group(account.gid);
        let is_root = account.uid == 0;
        let logon = Luid(LOGONS + u64::from(account.uid));
        let mut groups = vec![usual(primary_group.clone()), usual(well_known::everyone())];
        if is_root {
            let attributes = GroupAttributes::USUAL.with(GroupAttributes::OWNER);
            groups.push(Group { sid: well_known::administrators(), attributes });
        }
        groups.extend(
            [
                well_known::users(),
                well_known::interactive(),
                well_known::console_logon(),
                well_known::authenticated_users(),
                well_known::this_organization(),
                well_known::local_account(),
            ]
            .map(usual),
        );
        groups.push(Group {
            sid: Sid::known(5, &[5, (logon.0 >> 32) as u32, logon.0 as u32]),
            attributes: GroupAttributes::USUAL.with(GroupAttributes::LOGON_ID),
        });
        groups.push(usual(well_known::local()));
        for &gid in &account.groups {
            let sid = Sid::linux_group(gid);
            if !groups.iter().any(|group| group.sid == sid) {
                groups.push(usual(sid));
            }
        }
        let held = Privilege::all().filter(|p| p.is_given_by(account.capabilities));
        let privileges = held.map(|privilege| {
            let enabled =
                PrivilegeAttributes::ENABLED.with(PrivilegeAttributes::ENABLED_BY_DEFAULT);
            let by_default = privilege.is_enabled_by_default();
            let attributes = if by_default { enabled } else { PrivilegeAttributes::NONE };
            HeldPrivilege { privilege, attributes }
        });
        let all = AccessMask::GENERIC_ALL;
        let dacl = [user.clone(), well_known::local_system()].map(|sid| Ace::allow(all, sid));
        let integrity = if is_root { well_known::high_label() } else { well_known::medium_label() };
        Self {
            user_deny_only: false,
            restricted: Vec::new(),
            write_restricted: false,
            privileges: privileges.collect(),
            owner: user.clone(),
            primary_group,
            default_dacl: Acl::of(dacl.to_vec()).ok().map(|acl| acl.to_bytes()),
            integrity,
            kind: TokenKind::Primary,
            source: TokenSource { name: *b"Linux\0\0\0", id: Luid(0) },
            logon,
            parent: Luid(0),
            session: 1,
            is_elevated: is_root,
            sandbox_inert: false,
            user,
            groups,
        }
    }

    /// The DACL of what is created with it, where nobody says another.
    #[must_use]
    pub fn default_dacl(&self) -> Option<Acl> {
        self.default_dacl.as_deref().and_then(|bytes| Acl::read(bytes).ok())
    }

    /// Sets the DACL of what is created with it.
    pub fn set_default_dacl(&mut self, acl: Option<&Acl>) {
        self.default_dacl = acl.map(Acl::to_bytes);
    }

    /// Whether it has a privilege in use.
    #[must_use]
    pub fn has_enabled(&self, privilege: Privilege) -> bool {
        self.privileges.iter().any(|held| {
            held.privilege == privilege && held.attributes.contains(PrivilegeAttributes::ENABLED)
        })
    }

    /// Whether an entry for this SID that allows something allows it to this token's holder.
    #[must_use]
    pub fn is_allowed_as(&self, sid: &Sid) -> bool {
        (self.user == *sid && !self.user_deny_only)
            || self.groups.iter().any(|group| {
                group.sid == *sid
                    && group.attributes.contains(GroupAttributes::ENABLED)
                    && !group.attributes.contains(GroupAttributes::USE_FOR_DENY_ONLY)
            })
    }

    /// Whether an entry for this SID that denies something denies it to this token's holder.
    #[must_use]
    pub fn is_denied_as(&self, sid: &Sid) -> bool {
        self.user == *sid
            || self.groups.iter().any(|group| {
                let counts = [GroupAttributes::ENABLED, GroupAttributes::USE_FOR_DENY_ONLY];
                group.sid == *sid && counts.iter().any(|&flag| group.attributes.contains(flag))
            })
    }

    /// Whether it is restricted to what other SIDs are allowed, too.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        !self.restricted.is_empty()
    }

    /// Whether a SID is among those that it is restricted to.
    #[must_use]
    pub fn is_restricted_to(&self, sid: &Sid) -> bool {
        self.restricted.iter().any(|group| group.sid == *sid)
    }

    /// The level of its integrity label.
    #[must_use]
    pub fn integrity_level(&self) -> u32 {
        well_known::integrity_level(&self.integrity).unwrap_or(0)
    }

    /// Whether what is created with it may be owned so.
    #[must_use]
    pub fn may_own_as(&self, sid: &Sid) -> bool {
        self.user == *sid
            || self
                .groups
                .iter()
                .any(|g| g.sid == *sid && g.attributes.contains(GroupAttributes::OWNER))
    }

    /// Adjusts privileges (Microsoft: "AdjustTokenPrivileges function").
    pub fn adjust_privileges(&mut self, new: &[HeldPrivilege]) -> Adjusted<HeldPrivilege> {
        let mut adjusted = Adjusted { previous: Vec::new(), all: true };
        for wanted in new {
            let at = self.privileges.iter().position(|p| p.privilege == wanted.privilege);
            let Some(at) = at else {
                // Taking away what is not there is nothing that was not done.
                let is_removal = wanted.attributes.contains(PrivilegeAttributes::REMOVED);
                adjusted.all &= is_removal;
                continue;
            };
            if wanted.attributes.contains(PrivilegeAttributes::REMOVED) {
                self.privileges.remove(at);
                continue;
            }
            let held = &mut self.privileges[at];
            let before = *held;
            held.attributes = PrivilegeAttributes(
                (held.attributes.0 & !PrivilegeAttributes::ENABLED.0)
                    | (wanted.attributes.0 & PrivilegeAttributes::ENABLED.0),
            );
            if *held != before {
                adjusted.previous.push(before);
            }
        }
        adjusted
    }

    /// Takes every privilege out of use.
    pub fn disable_all_privileges(&mut self) -> Adjusted<HeldPrivilege> {
        let off: Vec<_> = self
            .privileges
            .iter()
            .map(|held| HeldPrivilege { attributes: PrivilegeAttributes::NONE, ..*held })
            .collect();
        self.adjust_privileges(&off)
    }

    /// Adjusts groups; all to what they are at first where none is named (Microsoft:
    /// "AdjustTokenGroups function").
    ///
    /// # Errors
    /// `CANT_DISABLE_MANDATORY` for a group that must stay in use; nothing has changed then.
    pub fn adjust_groups(&mut self, new: Option<&[Group]>) -> Result<Adjusted<Group>, NtStatus> {
        use GroupAttributes as A;
        let wanted: Vec<Group> = match new {
            Some(new) => new.to_vec(),
            None => {
                let first = |group: &Group| {
                    let on = group.attributes.contains(A::ENABLED_BY_DEFAULT);
                    Group {
                        sid: group.sid.clone(),
                        attributes: A(if on { A::ENABLED.0 } else { 0 }),
                    }
                };
                self.groups.iter().map(first).collect()
            }
        };
        let mut groups = self.groups.clone();
        let mut adjusted = Adjusted { previous: Vec::new(), all: true };
        for wanted in wanted {
            let Some(held) = groups.iter_mut().find(|group| group.sid == wanted.sid) else {
                adjusted.all = false;
                continue;
            };
            let on = wanted.attributes.contains(A::ENABLED);
            if on == held.attributes.contains(A::ENABLED) {
                continue;
            }
            if held.attributes.contains(A::MANDATORY)
                || held.attributes.contains(A::USE_FOR_DENY_ONLY)
            {
                return Err(NtStatus::CANT_DISABLE_MANDATORY);
            }
            adjusted.previous.push(held.clone());
            held.attributes.0 ^= A::ENABLED.0;
        }
        self.groups = groups;
        Ok(adjusted)
    }

    /// A duplicate for another use (Microsoft: "DuplicateTokenEx function").
    ///
    /// # Errors
    /// `BAD_IMPERSONATION_LEVEL` for more than an impersonation token has.
    pub fn duplicate(&self, kind: TokenKind) -> Result<Self, NtStatus> {
        if let TokenKind::Impersonation(has) = self.kind {
            let wanted = match kind {
                TokenKind::Primary => ImpersonationLevel::Impersonation,
                TokenKind::Impersonation(level) => level,
            };
            if wanted > has {
                return Err(NtStatus::BAD_IMPERSONATION_LEVEL);
            }
        }
        Ok(Self { kind, ..self.clone() })
    }

    /// Whether it lets its holder do nothing that `other` does not: the executive takes no other
    /// one from a process.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let groups = self.groups.iter().all(|group| {
            let counts = [GroupAttributes::ENABLED, GroupAttributes::OWNER];
            let bits = |g: &Group, flag| g.attributes.contains(flag);
            other.groups.iter().any(|has| {
                let same_denial = !bits(has, GroupAttributes::USE_FOR_DENY_ONLY)
                    || bits(group, GroupAttributes::USE_FOR_DENY_ONLY);
                has.sid == group.sid
                    && same_denial
                    && counts.iter().all(|&flag| {
                        // What is not mandatory can be put into use at any time.
                        !bits(group, flag)
                            || bits(has, flag)
                            || (flag == GroupAttributes::ENABLED
                                && !bits(has, GroupAttributes::MANDATORY))
                    })
            })
        });
        // A group that denies must not be left out.
        let denials = other.groups.iter().all(|has| self.groups.iter().any(|g| g.sid == has.sid));
        let privileges = self
            .privileges
            .iter()
            .all(|held| other.privileges.iter().any(|has| has.privilege == held.privilege));
        let restricted = !other.is_restricted()
            || (self.is_restricted()
                && (other.write_restricted || !self.write_restricted)
                && self.restricted.iter().all(|group| other.is_restricted_to(&group.sid)));
        self.user == other.user
            && (self.user_deny_only || !other.user_deny_only)
            && groups
            && denials
            && privileges
            && restricted
            && (self.integrity_level() <= other.integrity_level())
            && self.may_own_as(&self.owner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn user(uid: u32) -> Token {
        let account = Account { uid, gid: uid, groups: vec![4], capabilities: 0 };
        Token::of_account(&account)
    }

    pub fn root() -> Token {
        let account = Account { uid: 0, gid: 0, groups: vec![], capabilities: u64::MAX };
        Token::of_account(&account)
    }

    fn enable(privilege: Privilege) -> HeldPrivilege {
        HeldPrivilege { privilege, attributes: PrivilegeAttributes::ENABLED }
    }

    #[test]
    fn root_is_an_administrator_and_others_are_users() {
        assert!(root().is_allowed_as(&well_known::administrators()));
        assert!(!user(7).is_allowed_as(&well_known::administrators()));
        for token in [root(), user(7)] {
            assert!(token.is_allowed_as(&well_known::everyone()));
            assert!(token.is_allowed_as(&well_known::users()));
            assert!(token.is_within(&token));
        }
        assert!(!root().is_within(&user(7)) && !user(7).is_within(&root()));
    }

    #[test]
    fn a_privilege_that_is_not_held_is_not_assigned() {
        let mut token = user(7);
        let adjusted = token.adjust_privileges(&[enable(Privilege::DEBUG)]);
        assert_eq!(adjusted, Adjusted { previous: vec![], all: false });
        let mut token = root();
        assert!(!token.has_enabled(Privilege::DEBUG));
        let adjusted = token.adjust_privileges(&[enable(Privilege::DEBUG)]);
        assert!(adjusted.all && token.has_enabled(Privilege::DEBUG));
        token.adjust_privileges(&adjusted.previous);
        assert!(!token.has_enabled(Privilege::DEBUG));
    }

    #[test]
    fn a_removed_privilege_never_comes_back() {
        let mut token = root();
        let attributes = PrivilegeAttributes::REMOVED;
        token.adjust_privileges(&[HeldPrivilege { privilege: Privilege::DEBUG, attributes }]);
        assert!(!token.adjust_privileges(&[enable(Privilege::DEBUG)]).all);
        assert!(token.is_within(&root()) && !root().is_within(&token));
    }

    #[test]
    fn a_mandatory_group_stays() {
        let mut token = user(7);
        let off = Group { sid: well_known::everyone(), attributes: GroupAttributes(0) };
        assert_eq!(token.adjust_groups(Some(&[off])), Err(NtStatus::CANT_DISABLE_MANDATORY));
        assert_eq!(token, user(7));
        assert!(token.adjust_groups(None).unwrap().previous.is_empty());
    }

    #[test]
    fn a_duplicate_has_no_higher_level() {
        let identify = TokenKind::Impersonation(ImpersonationLevel::Identification);
        let token = user(7).duplicate(identify).unwrap();
        assert_eq!(token.duplicate(TokenKind::Primary), Err(NtStatus::BAD_IMPERSONATION_LEVEL));
        assert!(token.duplicate(identify).is_ok());
    }

    #[test]
    fn a_forged_token_is_not_within_the_true_one() {
        let true_one = user(7);
        let mut forged = true_one.clone();
        forged
            .groups
            .push(Group { sid: well_known::administrators(), attributes: GroupAttributes::USUAL });
        assert!(!forged.is_within(&true_one));
        let forged = Token { integrity: well_known::high_label(), ..true_one.clone() };
        assert!(!forged.is_within(&true_one));
        let forged = Token { owner: Sid::linux_user(8), ..true_one.clone() };
        assert!(!forged.is_within(&true_one));
    }
}
