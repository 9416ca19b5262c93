//! Threads that act for somebody else (Microsoft: "Client Impersonation").

use super::token;
use crate::ob::{Pinned, reference};
use crate::ps::thread::{self, Thread};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::ObjectType;
use haft_object::security::{ImpersonationLevel, Privilege, Token, TokenKind};
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
    let own = token::of(&token::primary()?)?.state();
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
    let Some(handle) = token else {
        set_of_thread(thread, None);
        return Ok(());
    };
    let object = reference(handle, Some(ObjectType::Token), token::IMPERSONATE)?;
    let state = token::of(&object)?.state();
    let TokenKind::Impersonation(wanted) = state.kind else {
        return Err(NtStatus::BAD_TOKEN_TYPE);
    };
    let allowed = level(&state, wanted)?;
    let object = if allowed == wanted {
        object
    } else {
        token::create(state.duplicate(TokenKind::Impersonation(allowed))?)?
    };
    set_of_thread(thread, Some(object));
    Ok(())
}

/// Has this thread act for whoever a token is of (Microsoft: "ImpersonateLoggedOnUser function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn impersonate(token: Handle) -> Result<(), NtStatus> {
    let object = reference(token, Some(ObjectType::Token), token::QUERY)?;
    let state = token::of(&object)?.state();
    let (access, wanted) = match state.kind {
        TokenKind::Primary => (token::DUPLICATE, ImpersonationLevel::Impersonation),
        TokenKind::Impersonation(level) => (token::IMPERSONATE, level),
    };
    reference(token, Some(ObjectType::Token), access)?;
    let kind = TokenKind::Impersonation(level(&state, wanted)?);
    let object = if state.kind == kind { object } else { token::create(state.duplicate(kind)?)? };
    set_of_thread(thread::current(), Some(object));
    Ok(())
}

/// Has this thread act for its own process, by a token that is its own (Microsoft:
/// "ImpersonateSelf function").
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn impersonate_self(level: ImpersonationLevel) -> Result<(), NtStatus> {
    let own = token::of(&token::primary()?)?.state();
    let object = token::create(own.duplicate(TokenKind::Impersonation(level))?)?;
    set_of_thread(thread::current(), Some(object));
    Ok(())
}

/// Has this thread act for itself again (Microsoft: "RevertToSelf function").
pub fn revert() {
    if EVER.load(Ordering::Relaxed) {
        set_of_thread(thread::current(), None);
    }
}

/// A thread has ended: nobody impersonates with its record.
pub(crate) fn forget(thread: &Thread) {
    if EVER.load(Ordering::Relaxed) {
        set_of_thread(thread, None);
    }
}
