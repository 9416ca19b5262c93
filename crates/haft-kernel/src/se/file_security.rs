//! Security descriptors of files, which Linux has as an owner, a group and mode bits.

use super::object_security;
use crate::io::file;
use crate::io::name::Name;
use crate::io::open::{self, OpenRequest};
use crate::ob::{self, ObjectType, Pinned};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::file::status as status_of;
use haft_host::rustix::fd::AsRawFd;
use haft_host::rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Stat, Uid, chmodat, chownat};
use haft_host::rustix::io::Errno;
use haft_object::security::access_check::{Mapping, check, needed};
use haft_object::security::{
    Account, Ace, Acl, AclPart, SecurityDescriptor, SecurityInformation, Sid, Token, well_known,
};

/// What Linux says of a file, as a descriptor: its owner, its group, and its mode bits (Microsoft:
/// "File Security and Access Rights").
pub(super) fn of(object: &Pinned) -> Result<SecurityDescriptor, NtStatus> {
    of_status(&file::of(object)?.status()?)
}

fn of_status(status: &Stat) -> Result<SecurityDescriptor, NtStatus> {
    let is_folder = FileType::from_raw_mode(status.st_mode) == FileType::Directory;
    of_mode(status.st_uid, status.st_gid, status.st_mode, is_folder)
}

/// The descriptor of an owner, a group and mode bits. The owner may always change mode and owner's
/// rights; a class that is before another is denied what only that one has.
fn of_mode(uid: u32, gid: u32, mode: u32, is_folder: bool) -> Result<SecurityDescriptor, NtStatus> {
    const READ: u32 = 0x0012_0089;
    const WRITE: u32 = 0x0012_0116;
    const EXECUTE: u32 = 0x0012_00A0;
    const DELETE_CHILD: u32 = 0x40;
    // DELETE, WRITE_DAC, WRITE_OWNER and attributes.
    const OWNER: u32 = 0x001F_0188;
    // READ_CONTROL, SYNCHRONIZE and FILE_READ_ATTRIBUTES.
    const ANYBODY: u32 = 0x0012_0080;
    let rights = |bits: u32| {
        let has = |bit, rights| if bits & bit != 0 { rights } else { 0 };
        let in_folder = if is_folder { DELETE_CHILD } else { 0 };
        ANYBODY | has(4, READ) | has(2, WRITE | in_folder) | has(1, EXECUTE)
    };
    let (owner, group) = (Sid::linux_user(uid), Sid::linux_group(gid));
    let [user, members, others] = [mode >> 6, mode >> 3, mode].map(|bits| rights(bits & 7));
    let denied = |from: u32, to: u32| AccessMask(to & !from & !OWNER & !ANYBODY);
    let mut aces = Vec::new();
    let user_denied = denied(user, members | others);
    if user_denied != AccessMask::NONE {
        aces.push(Ace::deny(user_denied, owner.clone()));
    }
    aces.push(Ace::allow(AccessMask(user | OWNER), owner.clone()));
    let members_denied = denied(members, others);
    if members_denied != AccessMask::NONE {
        aces.push(Ace::deny(members_denied, group.clone()));
    }
    aces.push(Ace::allow(AccessMask(members), group.clone()));
    aces.push(Ace::allow(AccessMask(others), well_known::everyone()));
    let mut made = SecurityDescriptor::new();
    made.owner = Some(owner);
    made.group = Some(group);
    made.dacl = AclPart::List(Acl::of(aces)?);
    Ok(made)
}

/// Opens a file for its security alone, does something with the handle, and closes it.
fn with<R>(
    file: Name,
    access: AccessMask,
    work: impl FnOnce(Handle) -> Result<R, NtStatus>,
) -> Result<R, NtStatus> {
    let (handle, _) = open::open(OpenRequest::existing(file, access))?;
    let done = work(handle);
    ob::close(handle)?;
    done
}

/// Parts of the descriptor of a file, by its name (Microsoft: "GetNamedSecurityInfoW function").
///
/// # Errors
/// Those of opening it.
pub fn query_named(name: Name, parts: SecurityInformation) -> Result<SecurityDescriptor, NtStatus> {
    with(name, needed(parts, false), |handle| object_security::query(handle, parts))
}

/// Sets parts of the descriptor of a file, by its name (Microsoft: "SetNamedSecurityInfoW function").
///
/// # Errors
/// Those of opening it; `INVALID_OWNER`, `INVALID_PRIMARY_GROUP`, `NOT_SUPPORTED`, `ACCESS_DENIED` as for a
/// handle.
pub fn set_named(
    name: Name,
    parts: SecurityInformation,
    descriptor: &SecurityDescriptor,
) -> Result<(), NtStatus> {
    with(name, needed(parts, true), |handle| object_security::set(handle, parts, descriptor))
}

/// Sets parts of a file's descriptor: its owner, its group, and of its list what mode bits can say.
///
/// # Errors
/// `INVALID_OWNER` and `INVALID_PRIMARY_GROUP` for one that is no user or group of Linux, or that this user may
/// not give it to; `NOT_SUPPORTED` for a list that tells apart more than the owner, the group and all others,
/// and for a list of what is audited; `ACCESS_DENIED`.
pub(super) fn set(
    object: &Pinned,
    parts: SecurityInformation,
    wanted: &SecurityDescriptor,
) -> Result<(), NtStatus> {
    let file = file::of(object)?;
    let status = file.status()?;
    if parts.any(SecurityInformation::SACL) {
        return Err(not_said_by_mode_bits());
    }
    let mut then = of_status(&status)?;
    then.set(parts, wanted)?;
    let user = then.owner.as_ref().and_then(Sid::as_linux_user).ok_or(NtStatus::INVALID_OWNER)?;
    let group = then.group.as_ref().and_then(Sid::as_linux_group);
    let group = group.ok_or(NtStatus::INVALID_PRIMARY_GROUP)?;
    let mode = match parts.any(SecurityInformation::DACL) {
        true => Some(status.st_mode & 0o7000 | mode_of(&then, user, group)?),
        false => None,
    };
    // By this name, since a file that is open for this alone is open in no other way.
    let name = format!("/proc/self/fd/{}", file.fd.as_raw_fd());
    if (user, group) != (status.st_uid, status.st_gid) {
        let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
        chownat(CWD, &name, Some(user), Some(group), AtFlags::empty()).map_err(|error| {
            if error == Errno::PERM { NtStatus::INVALID_OWNER } else { status_of(error) }
        })?;
    }
    match mode {
        Some(mode) => {
            chmodat(CWD, &name, Mode::from_raw_mode(mode), AtFlags::empty()).map_err(status_of)
        }
        None => Ok(()),
    }
}

fn not_said_by_mode_bits() -> NtStatus {
    crate::log::say_once(
        "mode bits cannot say what a program wants of a file's security: rights of an owner, a group and all others",
    );
    NtStatus::NOT_SUPPORTED
}

/// The mode bits that give the owner, members of the group and all others what a descriptor gives them.
fn mode_of(descriptor: &SecurityDescriptor, user: u32, group: u32) -> Result<u32, NtStatus> {
    // Root has all rights in any case.
    let told_apart = |sid: &Sid| {
        let by_class = *sid == Sid::linux_user(user) || *sid == Sid::linux_group(group);
        let is_all =
            [well_known::everyone(), well_known::authenticated_users(), well_known::users()];
        let is_root = [well_known::local_system(), well_known::administrators()];
        let is_owner =
            [well_known::creator_owner(), well_known::creator_group(), well_known::owner_rights()];
        !by_class && ![&is_all[..], &is_root, &is_owner].concat().contains(sid)
    };
    let aces = descriptor.dacl.list().map_or(&[][..], Acl::aces);
    if aces.iter().any(|ace| ace.kind().is_conditional() || ace.sid().is_none_or(told_apart)) {
        return Err(not_said_by_mode_bits());
    }
    // A user and a group that nobody is.
    const NOBODY: u32 = u32::MAX - 1;
    let bits = |uid, gid| {
        let token = Token::of_account(&Account { uid, gid, groups: Vec::new(), capabilities: 0 });
        let can = |right| {
            let mapping = Mapping::Of(ObjectType::File);
            u32::from(check(descriptor, &token, AccessMask(right), mapping).is_ok())
        };
        can(1) << 2 | can(2) << 1 | can(0x20)
    };
    Ok(bits(user, NOBODY) << 6 | bits(NOBODY, group) << 3 | bits(NOBODY, NOBODY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(uid: u32, gid: u32, mode: u32) -> u32 {
        let account = Account { uid, gid, groups: vec![], capabilities: 0 };
        let token = Token::of_account(&account);
        let descriptor = of_mode(1000, 100, mode, false).unwrap();
        let mapping = Mapping::Of(ObjectType::File);
        let can = |right| check(&descriptor, &token, AccessMask(right), mapping).is_ok();
        u32::from(can(1)) << 2 | u32::from(can(2)) << 1 | u32::from(can(0x20))
    }

    #[test]
    fn mode_bits_mean_the_same_as_a_descriptor() {
        for mode in 0..0o1000 {
            assert_eq!(may(1000, 100, mode), mode >> 6, "{mode:o}");
            assert_eq!(may(1001, 100, mode), mode >> 3 & 7, "{mode:o}");
            assert_eq!(may(1001, 101, mode), mode & 7, "{mode:o}");
        }
    }

    #[test]
    fn mode_bits_come_back() {
        for mode in 0..0o1000 {
            let descriptor = of_mode(1000, 100, mode, false).unwrap();
            assert_eq!(mode_of(&descriptor, 1000, 100), Ok(mode), "{mode:o}");
        }
    }

    #[test]
    fn who_is_root_on_linux_needs_no_bit_and_others_have_none() {
        let mut descriptor = of_mode(1000, 100, 0o600, false).unwrap();
        let all = AccessMask(0x001F_01FF);
        let list = |sid| {
            let own = Ace::allow(all, Sid::linux_user(1000));
            AclPart::List(Acl::of(vec![own, Ace::allow(all, sid)]).unwrap())
        };
        descriptor.dacl = list(well_known::local_system());
        assert_eq!(mode_of(&descriptor, 1000, 100), Ok(0o700));
        descriptor.dacl = list(Sid::linux_user(1001));
        assert_eq!(mode_of(&descriptor, 1000, 100), Err(NtStatus::NOT_SUPPORTED));
        descriptor.dacl = AclPart::Null;
        assert_eq!(mode_of(&descriptor, 1000, 100), Ok(0o777));
    }
}
