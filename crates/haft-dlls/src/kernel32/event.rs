//! Events.

use super::object_name::{self, Attributes, created, wanted};
use crate::abi::{Bool, Charset, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_kernel::ke::event::{self, EventKind};
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// `EVENT_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0003);

/// Creates an event. (Microsoft: "CreateEventW function")
#[export(kernel32, charset)]
fn CreateEvent<C: Charset>(
    lpEventAttributes: Attributes,
    bManualReset: Bool,
    bInitialState: Bool,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    let wanted = wanted(&lpEventAttributes, lpName.as_ref(), ALL_ACCESS)?;
    Ok(created(event::create(kind(bManualReset.0), bInitialState.0, wanted)?))
}

const fn kind(manual: bool) -> EventKind {
    if manual { EventKind::Notification } else { EventKind::Synchronization }
}

/// Creates an event with flags and access. (Microsoft:
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
    let wanted = wanted(&lpEventAttributes, lpName.as_ref(), dwDesiredAccess)?;
    let kind = kind(dwFlags & CREATE_EVENT_MANUAL_RESET != 0);
    let signalled = dwFlags & CREATE_EVENT_INITIAL_SET != 0;
    Ok(created(event::create(kind, signalled, wanted)?))
}

/// Opens a named event. (Microsoft: "OpenEventW function")
#[export(kernel32, charset)]
fn OpenEvent<C: Charset>(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    object_name::open(ObjectType::Event, dwDesiredAccess, bInheritHandle.0, &lpName)
}

/// Sets an event. (Microsoft: "SetEvent function")
#[export(kernel32)]
fn SetEvent(hEvent: Handle) -> Result<(), Win32Error> {
    event::set_unheard(hEvent)?;
    Ok(())
}

/// Resets an event. (Microsoft: "ResetEvent function")
#[export(kernel32)]
fn ResetEvent(hEvent: Handle) -> Result<(), Win32Error> {
    event::reset_unheard(hEvent)?;
    Ok(())
}

/// Releases the threads that wait for an event now, and resets it. (Microsoft: "PulseEvent
/// function")
#[export(kernel32)]
fn PulseEvent(hEvent: Handle) -> Result<(), Win32Error> {
    event::pulse(hEvent)?;
    Ok(())
}
