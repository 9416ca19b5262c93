//! Token objects.

use super::{account, acting, impersonation, object_security};
use crate::ob::side::SideTable;
use crate::ob::{self, Pinned, objects, reference, shared};
use crate::{ps, session};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::security::{
    Changed, ImpersonationLevel, Luid, Restrictions, Token, TokenChange, TokenKind,
};
use haft_object::types::grant;
use haft_object::{Backing, ObjectType};
use haft_wire::security::{SecurityAnswer, SecurityRequest};
use haft_wire::{Answer, Request, SharedId};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The right to use a token for a process (`TOKEN_ASSIGN_PRIMARY`).
pub const ASSIGN_PRIMARY: AccessMask = AccessMask(1);
/// The right to duplicate a token.
pub const DUPLICATE: AccessMask = AccessMask(2);
/// The right to use a token for a thread.
pub const IMPERSONATE: AccessMask = AccessMask(4);
/// The right to ask about a token.
pub const QUERY: AccessMask = AccessMask(8);
/// The right to ask who made a token.
pub const QUERY_SOURCE: AccessMask = AccessMask(0x10);
/// The right to adjust privileges.
pub const ADJUST_PRIVILEGES: AccessMask = AccessMask(0x20);
/// The right to adjust groups.
pub const ADJUST_GROUPS: AccessMask = AccessMask(0x40);
/// The right to change owner, group and DACL of what is created.
pub const ADJUST_DEFAULT: AccessMask = AccessMask(0x80);

/// A token.
pub struct TokenObject {
    /// Its number.
    pub id: Luid,
    place: Mutex<Place>,
}

/// Where a token is.
enum Place {
    /// Here, with the number that says that it has changed.
    Here(Box<Token>, Luid),
    /// As it was when it was asked for: another process's, which this one cannot change.
    Seen(Box<Token>),
    /// In the executive, where others may have it, too.
    Shared(SharedId),
}

static TOKENS: SideTable<TokenObject> = SideTable::new();

/// A number that no other has, until the machine starts again.
#[must_use]
pub fn new_luid() -> Luid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Below 2^62, whatever the identifier.
    Luid(u64::from(std::process::id()) << 32 | NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Asks for a shared token: it, its number, and the number that says that it has changed.
fn ask_for(object: SharedId) -> Result<(Token, Luid, Luid), NtStatus> {
    ask(SecurityRequest::Token { object }, |answer| match answer {
        SecurityAnswer::Token(token, id, modified) => Some((*token, id, modified)),
        _ => None,
    })
}

fn ask<R>(
    request: SecurityRequest,
    part: impl FnOnce(SecurityAnswer) -> Option<R>,
) -> Result<R, NtStatus> {
    session::ask_for(&Request::Security(request), |answer| match answer {
        Answer::Security(answer) => part(answer),
        _ => None,
    })
}

impl TokenObject {
    fn new(token: Token) -> Self {
        let id = new_luid();
        Self { id, place: Mutex::new(Place::Here(Box::new(token), id)) }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Result<(Token, Luid), NtStatus> {
        let shared = match &*self.place() {
            Place::Here(token, modified) => return Ok((Token::clone(token), *modified)),
            Place::Seen(token) => return Ok((Token::clone(token), self.id)),
            Place::Shared(number) => *number,
        };
        ask_for(shared).map(|(token, _, modified)| (token, modified))
    }

    /// The token as it is now.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a shared one whose executive is gone.
    pub fn state(&self) -> Result<Token, NtStatus> {
        self.look().map(|(token, _)| token)
    }

    /// A number that changes with the token.
    ///
    /// # Errors
    /// As for [`TokenObject::state`].
    pub fn modified(&self) -> Result<Luid, NtStatus> {
        self.look().map(|(_, modified)| modified)
    }

    /// Changes the token.
    ///
    /// # Errors
    /// Those of [`Token::change`]; `NOT_SUPPORTED` for that of another process.
    pub fn change(&self, change: &TokenChange) -> Result<Changed, NtStatus> {
        let object = match &mut *self.place() {
            Place::Here(token, modified) => {
                let changed = token.change(change)?;
                *modified = new_luid();
                if PRIMARY.get().is_some_and(|own| of(own).is_ok_and(|own| own.id == self.id)) {
                    acting::note_change();
                }
                return Ok(changed);
            }
            Place::Seen(_) => {
                crate::log::say_once("the token of another process cannot be changed yet");
                return Err(NtStatus::NOT_SUPPORTED);
            }
            Place::Shared(object) => *object,
        };
        let request =
            SecurityRequest::Change { object, change: change.clone(), modified: new_luid() };
        ask(request, |answer| match answer {
            SecurityAnswer::Changed(changed) => Some(changed),
            _ => None,
        })
    }

    /// Its number, if the executive keeps it.
    pub(super) fn shared_number(&self) -> Option<SharedId> {
        match &*self.place() {
            Place::Shared(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether it is another process's, as that was when it was asked for.
    pub(super) fn is_seen(&self) -> bool {
        matches!(&*self.place(), Place::Seen(_))
    }

    /// Has the executive keep it, so that others can be given it: its number there.
    fn share(&self) -> Result<SharedId, NtStatus> {
        let mut place = self.place();
        let token = match &*place {
            Place::Shared(number) => return Ok(*number),
            Place::Here(token, _) | Place::Seen(token) => token.clone(),
        };
        let request = SecurityRequest::Share { token, id: self.id };
        let number = ask(request, |answer| match answer {
            SecurityAnswer::Shared(number) => Some(number),
            _ => None,
        })?;
        *place = Place::Shared(number);
        Ok(number)
    }
}

/// The executive's number of a token, which others can be given.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH`; `ACCESS_DENIED` for a token that is not this process's to give;
/// `PORT_DISCONNECTED` without an executive.
pub fn number(object: &Pinned) -> Result<SharedId, NtStatus> {
    let token = of(object)?;
    let was_shared = token.shared_number().is_some();
    let number = token.share()?;
    if !was_shared {
        object_security::now_shared(object, number)?;
    }
    Ok(number)
}

/// Whether an object is this process's own token.
pub(super) fn is_primary(object: &Pinned) -> bool {
    PRIMARY.get().is_some_and(|own| own.index() == object.index())
}

/// Makes the object of a token.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn create(token: Token) -> Result<Pinned, NtStatus> {
    create_of(TokenObject::new(token))
}

fn create_of(token: TokenObject) -> Result<Pinned, NtStatus> {
    let key = TOKENS.insert(Arc::new(token));
    let backing = Backing::Kernel { words: [key, 0] };
    objects().create_object(ObjectType::Token, backing, false).inspect_err(|_| dispose(key))
}

/// Lets go of a token whose object has ended.
pub(crate) fn dispose(key: u64) {
    if let Some(token) = TOKENS.remove(key)
        && let Place::Shared(number) = &*token.place()
    {
        shared::release(*number);
    }
}

/// The token behind an object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH`.
pub fn of(object: &Pinned) -> Result<Arc<TokenObject>, NtStatus> {
    match (object.object_type(), ob::pending::backing(object)?) {
        (ObjectType::Token, Backing::Kernel { words: [key, _] }) => {
            TOKENS.get(key).ok_or(NtStatus::INVALID_HANDLE)
        }
        (ObjectType::Token, Backing::Executive { id }) => {
            let number = SharedId(id);
            let (_, id, _) = ask_for(number)?;
            Ok(Arc::new(TokenObject { id, place: Mutex::new(Place::Shared(number)) }))
        }
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// The token that a handle names which has the access.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn by_handle(handle: Handle, access: AccessMask) -> Result<Arc<TokenObject>, NtStatus> {
    of(&reference(handle, Some(ObjectType::Token), access)?)
}

static PRIMARY: OnceLock<Pinned> = OnceLock::new();

/// The object of this process's own token.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn primary() -> Result<Pinned, NtStatus> {
    if let Some(primary) = PRIMARY.get() {
        return Ok(primary.clone());
    }
    let made = create(Token::of_account(&account::own()))?;
    Ok(PRIMARY.get_or_init(|| made).clone())
}

/// Gives this process a token that its creator has chosen, before anybody asks for it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn set_primary(token: Token) -> Result<(), NtStatus> {
    let _ = PRIMARY.set(create(token)?);
    acting::note_change();
    Ok(())
}

/// This process's own token, where it is another than its Linux account's.
#[must_use]
pub fn own_if_changed() -> Option<Token> {
    if !acting::is_changed() {
        return None;
    }
    PRIMARY.get().and_then(|primary| of(primary).ok()?.state().ok())
}

/// The token that is in effect for this thread: the one that it impersonates with, else the
/// process's.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn effective() -> Result<Pinned, NtStatus> {
    impersonation::current().map_or_else(primary, Ok)
}

/// The object of a pseudo handle of a token; `None` for another handle, and for the thread's where
/// it has none.
pub(crate) fn pseudo(handle: Handle) -> Option<Pinned> {
    match handle {
        Handle::CURRENT_PROCESS_TOKEN => primary().ok(),
        Handle::CURRENT_THREAD_TOKEN => impersonation::current(),
        Handle::CURRENT_EFFECTIVE_TOKEN => effective().ok(),
        _ => None,
    }
}

/// A handle to a token with the access that the caller is granted by the token's descriptor: all to
/// its user.
fn open(object: Pinned, access: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
    let granted = super::check::check_token(&object, access)?;
    insert_object(object, granted, inherit)
}

fn insert_object(object: Pinned, access: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
    let granted = grant(ObjectType::Token, access)?;
    let flags = ob::HandleFlags::NONE.set(ob::HandleFlags::INHERIT, inherit);
    objects().insert(object, granted, flags)
}

/// Opens the token of a process (Microsoft: "OpenProcessToken function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `PORT_DISCONNECTED` for another process
/// without an executive.
pub fn open_of_process(
    process: Handle,
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    const PROCESS_QUERY_LIMITED_INFORMATION: AccessMask = AccessMask(0x1000);
    let process = reference(process, Some(ObjectType::Process), PROCESS_QUERY_LIMITED_INFORMATION)?;
    let process = ps::object::of(&process)?;
    if process.is_own() {
        return open(primary()?, access, inherit);
    }
    let place = Mutex::new(Place::Seen(Box::new(object_security::token_of(&process, access)?)));
    insert_object(create_of(TokenObject { id: new_luid(), place })?, access, inherit)
}

/// Opens the token that a thread impersonates with (Microsoft: "OpenThreadToken function").
///
/// # Errors
/// `NO_TOKEN` for a thread that impersonates nobody; `CANT_OPEN_ANONYMOUS`; `INVALID_HANDLE`,
/// `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn open_of_thread(
    thread: Handle,
    access: AccessMask,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    const THREAD_QUERY_LIMITED_INFORMATION: AccessMask = AccessMask(0x800);
    let thread = reference(thread, Some(ObjectType::Thread), THREAD_QUERY_LIMITED_INFORMATION)?;
    let token = impersonation::of(&thread)?.ok_or(NtStatus::NO_TOKEN)?;
    let kind = of(&token)?.state()?.kind;
    if kind == TokenKind::Impersonation(ImpersonationLevel::Anonymous) {
        return Err(NtStatus::CANT_OPEN_ANONYMOUS);
    }
    open(token, access, inherit)
}

/// Duplicates a token (Microsoft: "DuplicateTokenEx function"). Without an access the duplicate's
/// handle has the source's.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `BAD_IMPERSONATION_LEVEL`.
pub fn duplicate(
    token: Handle,
    access: AccessMask,
    kind: TokenKind,
    inherit: bool,
) -> Result<Handle, NtStatus> {
    let source = by_handle(token, DUPLICATE)?.state()?;
    let made = create(source.duplicate(kind)?)?;
    let access = if access == AccessMask::NONE { ob::basic(token)?.access } else { access };
    ob::insert(made, access, inherit)
}

/// A token that may do less, with the access that the handle has (Microsoft:
/// "CreateRestrictedToken function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `INVALID_PARAMETER`.
pub fn restrict(token: Handle, restrictions: &Restrictions) -> Result<Handle, NtStatus> {
    let source = by_handle(token, DUPLICATE)?;
    let mut less = source.state()?.restrict(restrictions)?;
    less.parent = source.id;
    ob::insert(create(less)?, ob::basic(token)?.access, false)
}

/// Changes a token.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; those of [`Token::change`].
pub fn change(token: Handle, change: &TokenChange) -> Result<Changed, NtStatus> {
    by_handle(token, change.needed())?.change(change)
}

/// Whether two tokens are the same to every access check (NtInternals: "NtCompareTokens").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn are_equal(first: Handle, second: Handle) -> Result<bool, NtStatus> {
    let (first, second) = (by_handle(first, QUERY)?, by_handle(second, QUERY)?);
    if first.id == second.id {
        return Ok(true);
    }
    let same = |a: &Token, b: &Token| {
        let held = |t: &Token| t.privileges.iter().map(|p| p.privilege).collect::<Vec<_>>();
        a.user == b.user
            && a.user_deny_only == b.user_deny_only
            && a.groups == b.groups
            && a.restricted == b.restricted
            && held(a) == held(b)
    };
    Ok(same(&first.state()?, &second.state()?))
}
