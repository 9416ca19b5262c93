//! What a token tells of itself, as it lies in a program's memory (Microsoft:
//! "TOKEN_INFORMATION_CLASS enumeration").

use super::token::{self, TokenObject};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::security::{
    Acl, Group, GroupAttributes, HeldPrivilege, ImpersonationLevel, Sid, Token, TokenKind,
};

/// Bytes that lie at an address of the program's and hold addresses of one another.
pub struct Layout {
    base: usize,
    bytes: Vec<u8>,
}

impl Layout {
    fn new(base: usize) -> Self {
        Self { base, bytes: Vec::new() }
    }

    fn u32(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.align(8);
        self.bytes.extend(value.to_le_bytes());
    }

    fn align(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    /// A place for an address: where in the bytes it is.
    fn hole(&mut self) -> usize {
        self.align(8);
        let at = self.bytes.len();
        self.bytes.extend([0; 8]);
        at
    }

    /// Lays bytes down, whose address goes into a hole.
    fn fill(&mut self, hole: usize, bytes: &[u8]) {
        self.align(4);
        let address = (self.base + self.bytes.len()) as u64;
        self.bytes[hole..hole + 8].copy_from_slice(&address.to_le_bytes());
        self.bytes.extend(bytes);
    }

    fn sids_and_attributes(&mut self, groups: &[(Sid, u32)]) {
        let holes: Vec<usize> = groups
            .iter()
            .map(|(_, attributes)| {
                let hole = self.hole();
                self.u32(*attributes);
                self.u32(0);
                hole
            })
            .collect();
        for ((sid, _), hole) in groups.iter().zip(holes) {
            self.fill(hole, &sid.to_bytes());
        }
    }

    /// `TOKEN_GROUPS`.
    fn groups(&mut self, groups: &[(Sid, u32)]) {
        self.u32(groups.len() as u32);
        self.align(8);
        self.sids_and_attributes(groups);
        // Even an empty list has room for one, as the structure has.
        let least = 24;
        let length = self.bytes.len().max(if groups.is_empty() { 8 } else { least });
        self.bytes.resize(length, 0);
    }

    /// `LUID_AND_ATTRIBUTES`, one after another.
    fn privileges(&mut self, privileges: &[HeldPrivilege]) {
        for held in privileges {
            self.u32(held.privilege.0);
            self.u32(0);
            self.u32(held.attributes.0);
        }
    }

    fn one_sid(&mut self, sid: &Sid) {
        let hole = self.hole();
        self.fill(hole, &sid.to_bytes());
    }
}

fn pairs(groups: &[Group]) -> Vec<(Sid, u32)> {
    groups.iter().map(|group| (group.sid.clone(), group.attributes.0)).collect()
}

/// The groups as programs see them: the integrity label is one of them.
fn all_groups(token: &Token) -> Vec<(Sid, u32)> {
    let mut groups = pairs(&token.groups);
    let label = GroupAttributes::INTEGRITY.with(GroupAttributes::INTEGRITY_ENABLED);
    groups.push((token.integrity.clone(), label.0));
    groups
}

/// What a token tells, as it lies at `base` (Microsoft: "GetTokenInformation function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `INVALID_INFO_CLASS`;
/// `INVALID_PARAMETER` for the level of a primary token; `NO_SUCH_LOGON_SESSION` for the other
/// half of a user that has none.
pub fn query(handle: Handle, class: u32, base: usize) -> Result<Vec<u8>, NtStatus> {
    let access: AccessMask = if class == 7 { token::QUERY_SOURCE } else { token::QUERY };
    let object = token::by_handle(handle, access)?;
    let token = object.state()?;
    let mut out = Layout::new(base);
    match class {
        1 => {
            let deny = if token.user_deny_only { GroupAttributes::USE_FOR_DENY_ONLY.0 } else { 0 };
            out.sids_and_attributes(&[(token.user, deny)]);
        }
        2 => out.groups(&all_groups(&token)),
        3 => {
            out.u32(token.privileges.len() as u32);
            out.privileges(&token.privileges);
        }
        4 => out.one_sid(&token.owner),
        5 => out.one_sid(&token.primary_group),
        6 => {
            let hole = out.hole();
            if let Some(acl) = token.default_dacl() {
                out.fill(hole, &acl.to_bytes());
            }
        }
        7 => {
            out.bytes.extend(token.source.name);
            out.u64(token.source.id.0);
        }
        8 => out.u32(if token.kind == TokenKind::Primary { 1 } else { 2 }),
        9 => match token.kind {
            TokenKind::Primary => return Err(NtStatus::INVALID_PARAMETER),
            TokenKind::Impersonation(level) => out.u32(level as u32),
        },
        10 => statistics(&mut out, &object, &token)?,
        11 => out.groups(&pairs(&token.restricted)),
        12 => out.u32(token.session),
        13 => groups_and_privileges(&mut out, &token),
        15 => out.u32(token.sandbox_inert.into()),
        // Of the logon that has made this one: the system's.
        17 => out.u64(0x3E7),
        // TokenElevationTypeDefault: the user has no other half.
        18 => out.u32(1),
        19 => return Err(NtStatus::NO_SUCH_LOGON_SESSION),
        20 => out.u32(token.is_elevated.into()),
        21 => out.u32(u32::from(token.is_restricted() || token.user_deny_only)),
        23 | 24 | 26 | 29 | 46 => out.u32(0),
        25 => {
            let label = GroupAttributes::INTEGRITY.with(GroupAttributes::INTEGRITY_ENABLED);
            out.sids_and_attributes(&[(token.integrity, label.0)]);
        }
        // TOKEN_MANDATORY_POLICY_NO_WRITE_UP.
        27 => out.u32(1),
        28 => {
            let logon: Vec<_> = token.logon_group().cloned().into_iter().collect();
            out.groups(&pairs(&logon));
        }
        30 => out.groups(&[]),
        31 => {
            out.hole();
        }
        32 => out.u32(0),
        40 => out.u32(token.is_restricted().into()),
        _ => return Err(NtStatus::INVALID_INFO_CLASS),
    }
    Ok(out.bytes)
}

/// `TOKEN_STATISTICS`.
fn statistics(out: &mut Layout, object: &TokenObject, token: &Token) -> Result<(), NtStatus> {
    let (kind, level) = match token.kind {
        TokenKind::Primary => (1, ImpersonationLevel::Anonymous),
        TokenKind::Impersonation(level) => (2, level),
    };
    out.u64(object.id.0);
    out.u64(token.logon.0);
    // It never expires.
    out.u64(i64::MAX as u64);
    out.u32(kind);
    out.u32(level as u32);
    let dacl = token.default_dacl().map_or(0, |acl| Acl::size(&acl));
    out.u32(dacl as u32);
    out.u32(0);
    out.u32(token.groups.len() as u32 + 1);
    out.u32(token.privileges.len() as u32);
    out.u64(object.modified()?.0);
    Ok(())
}

/// `TOKEN_GROUPS_AND_PRIVILEGES`.
fn groups_and_privileges(out: &mut Layout, token: &Token) {
    let deny = if token.user_deny_only { GroupAttributes::USE_FOR_DENY_ONLY.0 } else { 0 };
    let mut sids = vec![(token.user.clone(), deny)];
    sids.extend(all_groups(token));
    let restricted = pairs(&token.restricted);
    let length = |sids: &[(Sid, u32)]| sids.iter().map(|(sid, _)| 16 + sid.size()).sum::<usize>();
    out.u32(sids.len() as u32);
    out.u32(length(&sids) as u32);
    let sids_hole = out.hole();
    out.u32(restricted.len() as u32);
    out.u32(length(&restricted) as u32);
    let restricted_hole = out.hole();
    out.u32(token.privileges.len() as u32);
    out.u32(token.privileges.len() as u32 * 12);
    let privileges_hole = out.hole();
    out.u64(token.logon.0);
    let begin = |out: &mut Layout, hole| {
        out.align(8);
        out.fill(hole, &[]);
    };
    begin(out, sids_hole);
    out.sids_and_attributes(&sids);
    if !restricted.is_empty() {
        begin(out, restricted_hole);
        out.sids_and_attributes(&restricted);
    }
    begin(out, privileges_hole);
    out.privileges(&token.privileges);
}
