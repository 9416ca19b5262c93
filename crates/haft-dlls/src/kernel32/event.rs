//! Events.

use super::object_name::{Attributes, inherits, unnamed};
use crate::abi::{Bool, Charset, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_kernel::ke::event::{self, EventKind};
use haft_macros::export;

/// `EVENT_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0003);

/// Creates an event. Named ones wait for the executive. (Microsoft: "CreateEventW function")
#[export(kernel32, charset)]
fn CreateEvent<C: Charset>(
    lpEventAttributes: Attributes,
    bManualReset: Bool,
    bInitialState: Bool,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    unnamed(lpName.as_ref())?;
    let inherit = inherits(&lpEventAttributes);
    Ok(event::create(kind(bManualReset.0), bInitialState.0, ALL_ACCESS, inherit)?)
}

const fn kind(manual: bool) -> EventKind {
    if manual { EventKind::Notification } else { EventKind::Synchronization }
}

/// Creates an event with flags and access. Named ones wait for the executive. (Microsoft:
/// "CreateEventExW function")
#[export(kernel32, charset)]
fn CreateEventEx<C: Charset>(
    lpEventAttributes: Attributes,
    lpName: Option<TStr<C>>,
    dwFlags: u32,
    dwDesiredAccess: AccessMask,
) -> Result<Handle, Win32Error> {
    const CREATE_EVENT_MANUAL_RESET: u32 = 1;
    const CREATE_EVENT_INITIAL_SET: u32 = 2;
    if dwFlags & !(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET) != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    unnamed(lpName.as_ref())?;
    let kind = kind(dwFlags & CREATE_EVENT_MANUAL_RESET != 0);
    let signalled = dwFlags & CREATE_EVENT_INITIAL_SET != 0;
    Ok(event::create(kind, signalled, dwDesiredAccess, inherits(&lpEventAttributes))?)
}

/// Opens a named event, of which there are none yet. (Microsoft: "OpenEventW function")
#[export(kernel32, charset)]
fn OpenEvent<C: Charset>(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    let _ = (dwDesiredAccess, bInheritHandle);
    unnamed(Some(&lpName))?;
    Err(Win32Error::INVALID_NAME)
}

/// Sets an event. (Microsoft: "SetEvent function")
#[export(kernel32)]
fn SetEvent(hEvent: Handle) -> Result<(), Win32Error> {
    event::set(hEvent)?;
    Ok(())
}

/// Resets an event. (Microsoft: "ResetEvent function")
#[export(kernel32)]
fn ResetEvent(hEvent: Handle) -> Result<(), Win32Error> {
    event::reset(hEvent)?;
    Ok(())
}

/// Releases the threads that wait for an event now, and resets it. (Microsoft: "PulseEvent
/// function")
#[export(kernel32)]
fn PulseEvent(hEvent: Handle) -> Result<(), Win32Error> {
    event::pulse(hEvent)?;
    Ok(())
}
