//! Results of overlapped calls, and events.

use super::startup::started;
use super::transfer::{FLAGS, error_of};
use super::{OrSocketError, WsaError};
use crate::abi::{Bool, OrMax, Out, Ptr};
use crate::kernel32::overlapped::Overlapped;
use crate::kernel32::wait::timeout;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_kernel::io::socket::{self, events};
use haft_kernel::ke::event::{self, EventKind};
use haft_kernel::ke::wait::{self, MAXIMUM_WAIT_OBJECTS, Timeout, WaitKind};
use haft_kernel::ob;
use haft_kernel::ob::shared::Wanted;
use haft_macros::export;

/// Tells the result of an overlapped call, which it can wait for. (Microsoft:
/// "WSAGetOverlappedResult function")
#[export(ws2_32)]
fn WSAGetOverlappedResult(
    s: Handle,
    lpOverlapped: Ptr<Overlapped>,
    lpcbTransfer: Out<u32>,
    fWait: Bool,
    lpdwFlags: Out<u32>,
) -> Result<(), WsaError> {
    started()?;
    socket::kind(s)?;
    let under_way = || -> Result<bool, WsaError> {
        Ok(lpOverlapped.read()?.internal as u32 == NtStatus::PENDING.0)
    };
    if under_way()? {
        if !fWait.0 {
            return Err(WsaError::_IO_INCOMPLETE);
        }
        let event = Handle(lpOverlapped.read()?.event.0 & !1);
        wait::wait_for_single(if event.is_null() { s } else { event }, Timeout::Never, false)?;
        if under_way()? {
            return Err(WsaError::_IO_INCOMPLETE);
        }
    }
    let now = lpOverlapped.read()?;
    lpcbTransfer.set(now.internal_high as u32)?;
    lpdwFlags.set(Ptr::<u32>::new(lpOverlapped.addr() + FLAGS).read()?)?;
    match NtStatus(now.internal as u32) {
        status if status == NtStatus::SUCCESS => Ok(()),
        status => Err(error_of(status)),
    }
}

/// `EVENT_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_0003);

/// Creates an event that is reset by hand, and is not inheritable. (Microsoft: "WSACreateEvent
/// function")
#[export(ws2_32)]
fn WSACreateEvent() -> Result<Handle, WsaError> {
    started()?;
    let wanted = Wanted { name: None, access: ALL_ACCESS, inherit: false, descriptor: None };
    Ok(event::create(EventKind::Notification, false, wanted)?.handle)
}

/// Closes an event. (Microsoft: "WSACloseEvent function")
#[export(ws2_32)]
fn WSACloseEvent(hEvent: Handle) -> Result<(), WsaError> {
    ob::close(hEvent).map_err(|_| WsaError::_INVALID_HANDLE)
}

/// Sets an event. (Microsoft: "WSASetEvent function")
#[export(ws2_32)]
fn WSASetEvent(hEvent: Handle) -> Result<(), WsaError> {
    event::set(hEvent).map(drop).map_err(|_| WsaError::_INVALID_HANDLE)
}

/// Resets an event. (Microsoft: "WSAResetEvent function")
#[export(ws2_32)]
fn WSAResetEvent(hEvent: Handle) -> Result<(), WsaError> {
    event::reset(hEvent).map(drop).map_err(|_| WsaError::_INVALID_HANDLE)
}

/// Waits for any or all of up to 64 events. (Microsoft: "WSAWaitForMultipleEvents function")
#[export(ws2_32)]
fn WSAWaitForMultipleEvents(
    cEvents: u32,
    lphEvents: Ptr<Handle>,
    fWaitAll: Bool,
    dwTimeout: u32,
    fAlertable: Bool,
) -> Result<OrMax, WsaError> {
    let count = cEvents as usize;
    if count == 0 || count > MAXIMUM_WAIT_OBJECTS {
        return Err(WsaError::_INVALID_PARAMETER);
    }
    let mut handles = [Handle::NULL; MAXIMUM_WAIT_OBJECTS];
    for (at, handle) in handles[..count].iter_mut().enumerate() {
        *handle = lphEvents.at(at).read()?;
    }
    let kind = if fWaitAll.0 { WaitKind::All } else { WaitKind::Any };
    wait::wait_for_multiple(&handles[..count], kind, timeout(dwTimeout), fAlertable.0)
        .map(|status| OrMax(status.0))
        .map_err(|_| WsaError::_INVALID_HANDLE)
}

/// Has an event set when something happens on a socket. (Microsoft: "WSAEventSelect function")
#[export(ws2_32)]
fn WSAEventSelect(
    s: Handle,
    hEventObject: Handle,
    lNetworkEvents: u32,
) -> Result<OrSocketError, WsaError> {
    started()?;
    events::select(s, hEventObject, lNetworkEvents)?;
    Ok(OrSocketError)
}

haft_host::plain! {
    /// Which events there were, and how each ended (Microsoft: "WSANETWORKEVENTS structure").
    struct NetworkEvents {
        events: u32,
        errors: [u32; 10],
    }
}

/// Tells which events there were on a socket. (Microsoft: "WSAEnumNetworkEvents function")
#[export(ws2_32)]
fn WSAEnumNetworkEvents(
    s: Handle,
    hEventObject: Handle,
    lpNetworkEvents: Out<NetworkEvents>,
) -> Result<OrSocketError, WsaError> {
    started()?;
    lpNetworkEvents.probe()?;
    let (events, errors) = events::take(s, hEventObject)?;
    let code = |status| if status == NtStatus::SUCCESS { 0 } else { WsaError::from(status).0 };
    lpNetworkEvents.set(NetworkEvents { events, errors: errors.map(code) })?;
    Ok(OrSocketError)
}

/// Would send messages to a window when something happens on a socket: haft has no windows.
/// (Microsoft: "WSAAsyncSelect function")
#[export(ws2_32(ordinal = 101), wsock32(ordinal = 101))]
fn WSAAsyncSelect(
    s: Handle,
    hWnd: Handle,
    wMsg: u32,
    lEvent: u32,
) -> Result<OrSocketError, WsaError> {
    let _ = (s, hWnd, wMsg, lEvent);
    haft_kernel::log::say_once("there are no windows; WSAAsyncSelect fails");
    Err(WsaError::EOPNOTSUPP)
}
