//! Mailslots.

use crate::abi::{Charset, In, OrInvalid, Out, SetIfSome as _, TStr};
use haft_abi::{Handle, Win32Error};
use haft_kernel::io::mailslot;
use haft_kernel::io::name::{self, Target};
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// `MAILSLOT_NO_MESSAGE`.
const NO_MESSAGE: u32 = u32::MAX;

/// Creates a mailslot, and a handle to read it. (Microsoft: "CreateMailslotW function")
#[export(kernel32, charset)]
fn CreateMailslot<C: Charset>(
    lpName: TStr<C>,
    nMaxMessageSize: u32,
    lReadTimeout: u32,
    lpSecurityAttributes: Option<In<SECURITY_ATTRIBUTES>>,
) -> Result<OrInvalid<Handle>, Win32Error> {
    let Target::Mailslot(name) = name::dos(&lpName)?.target else {
        return Err(Win32Error::INVALID_NAME);
    };
    let inherit = lpSecurityAttributes.is_some_and(|a| a.bInheritHandle != 0);
    Ok(OrInvalid(mailslot::create(&name, nMaxMessageSize, lReadTimeout, inherit)?))
}

/// Tells what is in a mailslot. (Microsoft: "GetMailslotInfo function")
#[export(kernel32)]
fn GetMailslotInfo(
    hMailslot: Handle,
    lpMaxMessageSize: Option<Out<u32>>,
    lpNextSize: Option<Out<u32>>,
    lpMessageCount: Option<Out<u32>>,
    lpReadTimeout: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let slot = mailslot::information(hMailslot)?;
    lpMaxMessageSize.set(slot.max_message)?;
    lpNextSize.set(slot.next.unwrap_or(NO_MESSAGE))?;
    lpMessageCount.set(slot.count)?;
    Ok(lpReadTimeout.set(slot.timeout)?)
}

/// Changes how long a read of a mailslot waits. (Microsoft: "SetMailslotInfo function")
#[export(kernel32)]
fn SetMailslotInfo(hMailslot: Handle, lReadTimeout: u32) -> Result<(), Win32Error> {
    Ok(mailslot::set_timeout(hMailslot, lReadTimeout)?)
}
