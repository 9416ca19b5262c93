//! Threads that act for somebody else (Microsoft: "Client Impersonation").

use super::{account, token};
use crate::ob::{Pinned, reference};
use crate::ps::thread::{self, Thread};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::identity::{self, FileUser};
use haft_host::rustix;
use haft_object::ObjectType;
use haft_object::security::{Account, ImpersonationLevel, Privilege, Token, TokenKind};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether any thread of this process ever impersonated somebody. Until then nobody has to look.
static EVER: AtomicBool = AtomicBool::new(false);

/// The token that this thread impersonates with.
#[must_use]
pub fn current() -> Option<Pinned> {
    if !EVER.load(Ordering::Relaxed) {
        return None;
    }
    of_thread(thread::current())
}

/// Whether any thread of this process ever impersonated somebody.
pub(super) fn is_any() -> bool {
    EVER.load(Ordering::Relaxed)
}

/// Has this thread open files as whoever it acts for, where that is another Linux user.
fn follow(token: Option<&Token>) -> Result<(), NtStatus> {
    static OTHER: AtomicBool = AtomicBool::new(false);
    let own = || {
        let Account { uid, gid, groups, .. } = account::own();
        FileUser { user: uid, group: gid, groups }
    };
    let acts = |token: &&Token| {
        !matches!(token.kind, TokenKind::Impersonation(level)
            if level < ImpersonationLevel::Impersonation)
    };
    let uid = token.filter(acts).and_then(|token| token.user.as_linux_user());
    match uid.zip(token) {
        Some((user, token)) if user != rustix::process::geteuid().as_raw() => {
            let group = token.primary_group.as_linux_group().unwrap_or(u32::MAX - 1);
            let groups = token.groups.iter().filter_map(|group| group.sid.as_linux_group());
            OTHER.store(true, Ordering::Relaxed);
            identity::open_files_as(&FileUser { user, group, groups: groups.collect() })
        }
        _ if OTHER.load(Ordering::Relaxed) => identity::open_files_as(&own()),
        _ => Ok(()),
    }
}

/// [`set_of_thread`] for this thread, which follows.
fn set_of_current(token: Option<Pinned>) -> Result<(), NtStatus> {
    let state = token.as_ref().map(|token| token::of(token)?.state()).transpose()?;
    follow(state.as_ref())?;
    set_of_thread(thread::current(), token);
    Ok(())
}

fn of_thread(thread: &Thread) -> Option<Pinned> {
    thread.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The token that a thread of this process impersonates with.
///
/// # Errors
/// `NOT_SUPPORTED` for a thread of another process.
pub fn of(thread: &Pinned) -> Result<Option<Pinned>, NtStatus> {
    thread::of(thread).map(of_thread)
}

/// The level that a thread gets at most: who has no SeImpersonate acts for nobody but its own
/// user (Microsoft: "ImpersonateLoggedOnUser function").
fn level(token: &Token, wanted: ImpersonationLevel) -> Result<ImpersonationLevel, NtStatus> {
    let own = super::check::own()?;
    let is_own = own.user == token.user && token.integrity_level() <= own.integrity_level();
    let may = is_own || own.has_enabled(Privilege::IMPERSONATE);
    Ok(if may { wanted } else { wanted.min(ImpersonationLevel::Identification) })
}

fn set_of_thread(thread: &Thread, token: Option<Pinned>) {
    EVER.store(true, Ordering::Relaxed);
    let old = core::mem::replace(
        &mut *thread.token.lock().unwrap_or_else(PoisonError::into_inner),
        token,
    );
    // The object's end takes other locks.
    drop(old);
}

/// Has a thread impersonate with a token, or nobody any more (Microsoft: "SetThreadToken
/// function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `BAD_TOKEN_TYPE` for a primary token;
/// `NOT_SUPPORTED` for a thread of another process.
pub fn set(thread: Handle, token: Option<Handle>) -> Result<(), NtStatus> {
    const THREAD_SET_THREAD_TOKEN: AccessMask = AccessMask(0x80);
    let thread = reference(thread, Some(ObjectType::Thread), THREAD_SET_THREAD_TOKEN)?;
    let thread = thread::of(&thread)?;
    let is_current = core::ptr::eq(thread, thread::current());
    let Some(handle) = token else {
        if is_current {
            return set_of_current(None);
        }
        set_of_thread(thread, None);
        return Ok(());
    };
    let object = reference(handle, Some(ObjectType::Token), token::IMPERSONATE)?;
    let state = token::of(&object)?.state()?;
    let TokenKind::Impersonation(wanted) = state.kind else {
        return Err(NtStatus::BAD_TOKEN_TYPE);
    };
    let allowed = level(&state, wanted)?;
    let object = if allowed == wanted {
        object
    } else {
        token::create(state.duplicate(TokenKind::Impersonation(allowed))?)?
    };
    if is_current {
        return set_of_current(Some(object));
    }
    if state.user != super::check::own()?.user {
        crate::log::say_once("only the thread itself can begin to act for another user");
        return Err(NtStatus::NOT_SUPPORTED);
    }
    set_of_thread(thread, Some(object));
    Ok(())
}

/// Has this thread act for whoever a token is of (Microsoft: "ImpersonateLoggedOnUser function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn impersonate(token: Handle) -> Result<(), NtStatus> {
    let object = reference(token, Some(ObjectType::Token), token::QUERY)?;
    let state = token::of(&object)?.state()?;
    let (access, wanted) = match state.kind {
        TokenKind::Primary => (token::DUPLICATE, ImpersonationLevel::Impersonation),
        TokenKind::Impersonation(level) => (token::IMPERSONATE, level),
    };
    reference(token, Some(ObjectType::Token), access)?;
    let kind = TokenKind::Impersonation(level(&state, wanted)?);
    let object = if state.kind == kind { object } else { token::create(state.duplicate(kind)?)? };
    set_of_current(Some(object))
}

/// Has this thread act for its own process, by a token that is its own (Microsoft:
/// "ImpersonateSelf function").
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn impersonate_self(level: ImpersonationLevel) -> Result<(), NtStatus> {
    let own = super::check::own()?;
    set_of_current(Some(token::create(own.duplicate(TokenKind::Impersonation(level))?)?))
}

/// Has this thread act for itself again (Microsoft: "RevertToSelf function").
///
/// # Errors
/// `PRIVILEGE_NOT_HELD` where Linux does not let it.
pub fn revert() -> Result<(), NtStatus> {
    if EVER.load(Ordering::Relaxed) { set_of_current(None) } else { Ok(()) }
}

/// A thread has ended: nobody impersonates with its record.
pub(crate) fn forget(thread: &Thread) {
    if EVER.load(Ordering::Relaxed) {
        set_of_thread(thread, None);
    }
}
