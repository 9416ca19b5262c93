//! What the executive is told of who asks: nothing, as long as that is this process's Linux account
//! and nobody else.

use super::{check, impersonation};
use haft_abi::NtStatus;
use haft_object::security::SecurityDescriptor;
use haft_wire::Request;
use haft_wire::security::SecurityRequest;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process's own token is another than its account's.
static CHANGED: AtomicBool = AtomicBool::new(false);

/// This process's own token has become another than its account's.
pub(super) fn note_change() {
    CHANGED.store(true, Ordering::Relaxed);
}

/// Whether this process's own token is another than its account's.
pub(super) fn is_changed() -> bool {
    CHANGED.load(Ordering::Relaxed)
}

/// Whether the executive has to be told who asks.
#[must_use]
pub fn is_needed() -> bool {
    CHANGED.load(Ordering::Relaxed) || impersonation::is_any()
}

/// Whether who asks makes a difference to a request.
fn matters(request: &Request) -> bool {
    match request {
        Request::Create { .. } | Request::Open { .. } | Request::Process(_) | Request::Job(_) => {
            true
        }
        Request::Registry(_) | Request::Names(_) => true,
        Request::Security(request) => !matches!(request, SecurityRequest::As { .. }),
        _ => false,
    }
}

/// A request that says who makes it, where that is not plain.
///
/// # Errors
/// `BUFFER_TOO_SMALL` for one that does not fit a packet.
pub fn say_who(request: &Request) -> Result<Cow<'_, Request>, NtStatus> {
    if !is_needed() || !matters(request) {
        return Ok(Cow::Borrowed(request));
    }
    protecting(request, None).map(Cow::Owned)
}

/// A request that also says how what it creates is to be protected.
///
/// # Errors
/// `BUFFER_TOO_SMALL` for one that does not fit a packet.
pub fn protecting(
    request: &Request,
    descriptor: Option<SecurityDescriptor>,
) -> Result<Request, NtStatus> {
    let token = if is_needed() { Some(Box::new(check::effective()?)) } else { None };
    let request = haft_wire::encode(request)?;
    Ok(Request::Security(SecurityRequest::As { token, descriptor, request }))
}
