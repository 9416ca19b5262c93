//! Restricted tokens (Microsoft: "Restricted Tokens", "CreateRestrictedToken function").

use super::privilege::{Privilege, PrivilegeAttributes};
use super::{Group, GroupAttributes, Sid, Token};
use haft_abi::{NtStatus, flags};

/// The `Flags` of CreateRestrictedToken and NtFilterToken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Filter(pub u32);
flags!(Filter);

impl Filter {
    /// Every privilege but SeChangeNotify goes.
    pub const DISABLE_MAX_PRIVILEGE: Self = Self(1);
    /// Rules on what may run do not count.
    pub const SANDBOX_INERT: Self = Self(2);
    /// The token is as a standard user has it.
    pub const LUA_TOKEN: Self = Self(4);
    /// The restriction is for writing alone.
    pub const WRITE_RESTRICTED: Self = Self(8);
    const ALL: Self = Self(15);
}

/// What is taken from a token.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Restrictions {
    /// How.
    pub filter: Filter,
    /// SIDs that count from now on only where they are denied something.
    pub deny_only: Vec<Sid>,
    /// Privileges that go.
    pub privileges: Vec<Privilege>,
    /// SIDs that must be allowed something, too.
    pub restricted: Vec<Sid>,
}

impl Token {
    /// A token that may do less.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for an unknown flag.
    pub fn restrict(&self, restrictions: &Restrictions) -> Result<Self, NtStatus> {
        let Restrictions { filter, deny_only, privileges, restricted } = restrictions;
        if !Filter::ALL.contains(*filter) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let mut token = self.clone();
        let is_lua = filter.contains(Filter::LUA_TOKEN);
        token.user_deny_only |= deny_only.contains(&token.user);
        for group in &mut token.groups {
            let administrates = is_lua && group.sid == super::well_known::administrators();
            if deny_only.contains(&group.sid) || administrates {
                group.attributes = GroupAttributes(
                    (group.attributes.0 & GroupAttributes::LOGON_ID.0)
                        | GroupAttributes::USE_FOR_DENY_ONLY.0,
                );
            }
        }
        if !token.may_own_as(&token.owner) {
            token.owner = token.user.clone();
        }
        let keeps = |privilege: Privilege| {
            let goes = filter.contains(Filter::DISABLE_MAX_PRIVILEGE) || is_lua;
            privilege == Privilege::CHANGE_NOTIFY
                || !(goes && !(is_lua && privilege.is_given_by(0)))
                    && !privileges.contains(&privilege)
        };
        token.privileges.retain(|held| keeps(held.privilege));
        for held in &mut token.privileges {
            if privileges.contains(&held.privilege) {
                held.attributes = PrivilegeAttributes::NONE;
            }
        }
        if privileges.contains(&Privilege::CHANGE_NOTIFY) {
            token.privileges.retain(|held| held.privilege != Privilege::CHANGE_NOTIFY);
        }
        if !restricted.is_empty() {
            let both = |sid: &&Sid| !self.is_restricted() || self.is_restricted_to(sid);
            token.restricted = restricted
                .iter()
                .filter(both)
                .map(|sid| Group { sid: sid.clone(), attributes: GroupAttributes::USUAL })
                .collect();
            token.write_restricted = filter.contains(Filter::WRITE_RESTRICTED)
                && (!self.is_restricted() || self.write_restricted);
            if token.restricted.is_empty() {
                // Nobody is both: nothing is allowed.
                let sid = super::well_known::null();
                token.restricted.push(Group { sid, attributes: GroupAttributes::USUAL });
            }
        }
        token.sandbox_inert |= filter.contains(Filter::SANDBOX_INERT);
        if is_lua {
            token.is_elevated = false;
            token.integrity = token.integrity.clone().min(super::well_known::medium_label());
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::{root, user};
    use super::super::well_known;
    use super::*;

    #[test]
    fn less_is_left_of_a_restricted_token() {
        let all = root();
        let less = all
            .restrict(&Restrictions {
                filter: Filter::DISABLE_MAX_PRIVILEGE,
                deny_only: vec![well_known::administrators()],
                privileges: vec![],
                restricted: vec![well_known::everyone()],
            })
            .unwrap();
        assert_eq!(less.privileges.len(), 1);
        assert_eq!(less.privileges[0].privilege, Privilege::CHANGE_NOTIFY);
        assert!(!less.is_allowed_as(&well_known::administrators()));
        assert!(less.is_denied_as(&well_known::administrators()));
        assert!(less.is_restricted() && less.is_restricted_to(&well_known::everyone()));
        assert!(less.is_within(&all) && !all.is_within(&less));
    }

    #[test]
    fn restricting_again_never_gives_anything_back() {
        let once = Restrictions { restricted: vec![well_known::users()], ..Default::default() };
        let again = Restrictions { restricted: vec![well_known::everyone()], ..Default::default() };
        let token = user(7).restrict(&once).unwrap().restrict(&again).unwrap();
        assert!(!token.is_restricted_to(&well_known::everyone()));
        assert!(token.is_restricted());
    }

    #[test]
    fn an_unknown_flag_is_refused() {
        let bad = Restrictions { filter: Filter(16), ..Default::default() };
        assert_eq!(user(7).restrict(&bad), Err(NtStatus::INVALID_PARAMETER));
    }
}
