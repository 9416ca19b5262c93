//! Being another Linux user: a whole process for good, or one thread for what files it opens.
#![allow(unsafe_code, reason = "credentials of one thread have no safe wrapper")]

use haft_abi::NtStatus;
use std::io::Error;

/// Makes this process one of another user's, for good. There is one thread.
///
/// # Errors
/// `PRIVILEGE_NOT_HELD` where Linux does not let it.
pub fn become_user(user: u32, group: u32, groups: &[u32]) -> Result<(), NtStatus> {
    let done = |r: libc::c_int| if r == 0 { Ok(()) } else { Err(NtStatus::PRIVILEGE_NOT_HELD) };
    // SAFETY: the array has as many elements as is said.
    done(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) })?;
    // SAFETY: plain numbers.
    done(unsafe { libc::setresgid(group, group, group) })?;
    // SAFETY: plain numbers.
    done(unsafe { libc::setresuid(user, user, user) })?;
    // The process is its user's to look at, as one that the user has started; and its own files in
    // /proc are its own.
    // SAFETY: plain numbers.
    done(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) })
}

/// Who this thread is to the file system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileUser {
    /// The user.
    pub user: u32,
    /// The first group.
    pub group: u32,
    /// The other groups.
    pub groups: Vec<u32>,
}

/// Has this thread alone open files as somebody. Linux takes the capabilities that are about
/// files from a thread that is not root's to the file system, and gives them back.
///
/// # Errors
/// `PRIVILEGE_NOT_HELD` where Linux does not let it; the thread is then who it was.
pub fn open_files_as(who: &FileUser) -> Result<(), NtStatus> {
    // The C library's setgroups is for all threads; Linux's own is for one.
    // SAFETY: the array has as many elements as is said.
    let r = unsafe { libc::syscall(libc::SYS_setgroups, who.groups.len(), who.groups.as_ptr()) };
    if r != 0 {
        debug_assert_eq!(Error::last_os_error().raw_os_error(), Some(libc::EPERM));
        return Err(NtStatus::PRIVILEGE_NOT_HELD);
    }
    // SAFETY: plain numbers.
    unsafe {
        libc::setfsgid(who.group);
        libc::setfsuid(who.user);
    }
    // They tell nothing of a failure but who it is now.
    // SAFETY: a user that nobody is changes nothing.
    let now = unsafe { libc::setfsuid(u32::MAX) };
    if now.cast_unsigned() == who.user { Ok(()) } else { Err(NtStatus::PRIVILEGE_NOT_HELD) }
}
