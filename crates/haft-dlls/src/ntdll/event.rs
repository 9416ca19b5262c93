//! Events.

use super::object_attributes::{Attributes, open_named};
use crate::abi::{Out, Ptr, SetIfSome as _};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_kernel::ke::event::{self, EventKind};
use haft_kernel::ob::ObjectType;
use haft_macros::export;

/// Creates an event, or opens the one of the name. (Microsoft: "ZwCreateEvent function")
#[export(ntdll, also = "ZwCreateEvent")]
fn NtCreateEvent(
    EventHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    EventType: u32,
    InitialState: u8,
) -> Result<NtStatus, NtStatus> {
    let kind = match EventType {
        0 => EventKind::Notification,
        1 => EventKind::Synchronization,
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    let attributes = Attributes::read(ObjectAttributes)?;
    EventHandle.probe()?;
    let made = event::create(kind, InitialState != 0, attributes.wanted(DesiredAccess))?;
    let (handle, status) = attributes.created(made)?;
    EventHandle.set(handle)?;
    Ok(status)
}

/// Opens a named event. (Microsoft: "ZwOpenEvent function")
#[export(ntdll, also = "ZwOpenEvent")]
fn NtOpenEvent(
    EventHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    open_named(ObjectType::Event, &EventHandle, DesiredAccess, ObjectAttributes)
}

/// Sets an event. (Microsoft: "ZwSetEvent function")
#[export(ntdll, also = "ZwSetEvent")]
fn NtSetEvent(EventHandle: Handle, PreviousState: Option<Out<i32>>) -> Result<(), NtStatus> {
    Ok(PreviousState.set(event::set(EventHandle)?.into())?)
}

/// Resets an event. (NtInternals: "NtResetEvent")
#[export(ntdll, also = "ZwResetEvent")]
fn NtResetEvent(EventHandle: Handle, PreviousState: Option<Out<i32>>) -> Result<(), NtStatus> {
    Ok(PreviousState.set(event::reset(EventHandle)?.into())?)
}

/// Resets an event. (NtInternals: "NtClearEvent")
#[export(ntdll, also = "ZwClearEvent")]
fn NtClearEvent(EventHandle: Handle) -> Result<(), NtStatus> {
    event::reset(EventHandle).map(drop)
}

/// Releases the threads that wait for an event now, and resets it. (NtInternals: "NtPulseEvent")
#[export(ntdll, also = "ZwPulseEvent")]
fn NtPulseEvent(EventHandle: Handle, PreviousState: Option<Out<i32>>) -> Result<(), NtStatus> {
    Ok(PreviousState.set(event::pulse(EventHandle)?.into())?)
}

/// Gets an event's kind and state. (NtInternals: "NtQueryEvent")
#[export(ntdll, also = "ZwQueryEvent")]
fn NtQueryEvent(
    EventHandle: Handle,
    EventInformationClass: u32,
    EventInformation: Out<[i32; 2]>,
    EventInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    if EventInformationClass != 0 {
        return Err(NtStatus::INVALID_INFO_CLASS);
    }
    if EventInformationLength != 8 {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let (kind, set) = event::query(EventHandle)?;
    EventInformation.set([(kind == EventKind::Synchronization).into(), set.into()])?;
    Ok(ReturnLength.set(8)?)
}
