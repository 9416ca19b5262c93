//! Entries that are worked into a list (Microsoft: "SetEntriesInAclW function").

use super::{Ace, AceFlags, AceKind, Acl, Sid};
use haft_abi::{AccessMask, NtStatus};

/// What is done with an entry (Microsoft: "ACCESS_MODE enumeration").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessMode {
    /// The rights are allowed beside what is allowed already.
    Grant,
    /// The rights are allowed in place of all that was said.
    Set,
    /// The rights are denied.
    Deny,
    /// All that was said is taken away.
    Revoke,
    /// Successes (and failures, by the second) are logged.
    Audit(bool),
}

/// One entry that is to be worked in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExplicitEntry {
    /// What is done.
    pub mode: AccessMode,
    /// Which rights.
    pub mask: AccessMask,
    /// How it is inherited.
    pub flags: AceFlags,
    /// Whose.
    pub sid: Sid,
}

impl Acl {
    /// A list with these entries worked into it: what denies comes first, what was inherited last.
    ///
    /// # Errors
    /// `ALLOTTED_SPACE_EXCEEDED` for more than fit a list.
    pub fn with_entries(&self, entries: &[ExplicitEntry]) -> Result<Self, NtStatus> {
        let inherited = |ace: &Ace| ace.flags().contains(AceFlags::INHERITED);
        let mut own: Vec<Ace> = self.aces().iter().filter(|ace| !inherited(ace)).cloned().collect();
        for entry in entries {
            let is_his = |ace: &Ace| ace.sid() == Some(&entry.sid);
            let allows = |ace: &Ace| ace.kind().allows() || ace.kind().denies();
            match entry.mode {
                AccessMode::Set | AccessMode::Revoke => {
                    own.retain(|ace| !(is_his(ace) && allows(ace)));
                }
                // What is granted is not denied any more, and the other way round.
                AccessMode::Grant => take(&mut own, AceKind::DENIED, entry),
                AccessMode::Deny => take(&mut own, AceKind::ALLOWED, entry),
                AccessMode::Audit(_) => {}
            }
            let ExplicitEntry { mask, flags, ref sid, .. } = *entry;
            let (kind, flags) = match entry.mode {
                AccessMode::Revoke => continue,
                AccessMode::Grant | AccessMode::Set => (AceKind::ALLOWED, flags),
                AccessMode::Deny => (AceKind::DENIED, flags),
                AccessMode::Audit(failures) => {
                    let when = if failures {
                        AceFlags::FAILED_ACCESS
                    } else {
                        AceFlags::SUCCESSFUL_ACCESS
                    };
                    (AceKind::AUDIT, flags.with(when))
                }
            };
            let same = own
                .iter_mut()
                .find(|ace| ace.kind() == kind && ace.flags() == flags && ace.sid() == Some(sid));
            match same {
                Some(Ace::Sid { mask: has, .. }) => *has |= mask,
                _ => {
                    let at = if kind == AceKind::DENIED { 0 } else { own.len() };
                    own.insert(at, Ace::new(kind, flags, mask, sid.clone()));
                }
            }
        }
        own.extend(self.aces().iter().filter(|ace| inherited(ace)).cloned());
        Self::of(own)
    }
}

/// Takes an entry's rights out of those of the same SID of this kind.
fn take(aces: &mut Vec<Ace>, from: AceKind, entry: &ExplicitEntry) {
    for ace in aces.iter_mut() {
        if let Ace::Sid { kind, mask, sid, .. } = ace
            && *kind == from
            && *sid == entry.sid
        {
            *mask = mask.without(entry.mask);
        }
    }
    aces.retain(|ace| !(ace.kind() == from && ace.mask() == Some(AccessMask::NONE)));
}

#[cfg(test)]
mod tests {
    use super::super::well_known;
    use super::*;

    fn entry(mode: AccessMode, mask: u32) -> ExplicitEntry {
        let sid = well_known::everyone();
        ExplicitEntry { mode, mask: AccessMask(mask), flags: AceFlags::NONE, sid }
    }

    #[test]
    fn entries_are_worked_in_by_their_mode() {
        let once = Acl::new().with_entries(&[entry(AccessMode::Grant, 1)]).unwrap();
        let twice = once.with_entries(&[entry(AccessMode::Grant, 2)]).unwrap();
        assert_eq!(twice.aces(), [Ace::allow(AccessMask(3), well_known::everyone())]);
        let denied = twice.with_entries(&[entry(AccessMode::Deny, 1)]).unwrap();
        assert_eq!(
            denied.aces(),
            [
                Ace::deny(AccessMask(1), well_known::everyone()),
                Ace::allow(AccessMask(2), well_known::everyone())
            ]
        );
        let set = denied.with_entries(&[entry(AccessMode::Set, 4)]).unwrap();
        assert_eq!(set.aces(), [Ace::allow(AccessMask(4), well_known::everyone())]);
        assert_eq!(set.with_entries(&[entry(AccessMode::Revoke, 0)]).unwrap(), Acl::new());
    }
}
