//! Messages of threads. There are no windows: a message is for none.

use crate::abi::{Bool, In, OrMax, Ptr};
use crate::kernel32::wait::timeout;
use haft_abi::{Handle, NtStatus, Tid, Win32Error};
use haft_host::guest;
use haft_kernel::ex::keyboard;
use haft_kernel::ke::wait::WaitKind;
use haft_kernel::ps::message_queue::{self as queue, Filter, Input, Message};
use haft_macros::export;

haft_host::plain! {
    /// `MSG`.
    pub(crate) struct Msg {
        window: usize,
        kind: u64,
        wide: usize,
        long: usize,
        time: u32,
        x: i32,
        y: i32,
        padding: u32,
    }
}

const _: () = assert!(size_of::<Msg>() == 48);

/// `ERROR_INVALID_WINDOW_HANDLE`.
const NO_WINDOW: Win32Error = Win32Error(1400);

/// `QS_POSTMESSAGE`, and with `QS_ALLPOSTMESSAGE`.
const POSTED: u32 = 0x8;
const ANY_POSTED: u32 = 0x108;

const fn shown(message: Message) -> Msg {
    let Message { kind, wide, long, time } = message;
    Msg { window: 0, kind: kind as u64, wide, long, time, x: 0, y: 0, padding: 0 }
}

/// Messages are for the thread: of all windows (0) or of none (-1).
const fn check(window: usize) -> Result<(), Win32Error> {
    if matches!(window, 0 | usize::MAX) { Ok(()) } else { Err(NO_WINDOW) }
}

/// Two zeros want everything.
const fn filter(first: u32, last: u32) -> Filter {
    if first == 0 && last == 0 { Filter::ALL } else { Filter { first, last } }
}

/// Waits for a message of the thread; 0 for `WM_QUIT`, -1 for a failure. (Microsoft: "GetMessageW
/// function")
#[export(user32, name = "GetMessageW", also = "GetMessageA")]
fn GetMessage(
    lpMsg: Ptr<Msg>,
    hWnd: usize,
    wMsgFilterMin: u32,
    wMsgFilterMax: u32,
) -> Result<OrMax, Win32Error> {
    check(hWnd)?;
    guest::probe(lpMsg.addr(), size_of::<Msg>(), true)?;
    let message = queue::get(filter(wMsgFilterMin, wMsgFilterMax))?;
    lpMsg.write(shown(message))?;
    Ok(OrMax(u32::from(message.kind != queue::QUIT)))
}

/// Tells the next message of the thread, if there is one. (Microsoft: "PeekMessageW function")
#[export(user32, name = "PeekMessageW", also = "PeekMessageA")]
fn PeekMessage(
    lpMsg: Ptr<Msg>,
    hWnd: usize,
    wMsgFilterMin: u32,
    wMsgFilterMax: u32,
    wRemoveMsg: u32,
) -> Result<Bool, Win32Error> {
    const PM_REMOVE: u32 = 1;
    check(hWnd)?;
    let kinds = wRemoveMsg >> 16;
    if kinds != 0 && kinds & POSTED == 0 {
        return Ok(Bool(false));
    }
    guest::probe(lpMsg.addr(), size_of::<Msg>(), true)?;
    let wanted = filter(wMsgFilterMin, wMsgFilterMax);
    let found = queue::peek(wanted, wRemoveMsg & PM_REMOVE != 0)?;
    if let Some(message) = found {
        lpMsg.write(shown(message))?;
    }
    Ok(Bool(found.is_some()))
}

fn post_error(status: NtStatus) -> Win32Error {
    match status {
        NtStatus::INVALID_CID => Win32Error::INVALID_THREAD_ID,
        other => other.into(),
    }
}

/// Posts a message to a thread of this process that has a queue. (Microsoft: "PostThreadMessageW
/// function")
#[export(user32, name = "PostThreadMessageW", also = "PostThreadMessageA")]
fn PostThreadMessage(
    idThread: Tid,
    Msg: u32,
    wParam: usize,
    lParam: usize,
) -> Result<(), Win32Error> {
    queue::post(idThread, Msg, wParam, lParam).map_err(post_error)
}

/// Posts a message to the running thread; there are no windows. (Microsoft: "PostMessageW function")
#[export(user32, name = "PostMessageW", also = "PostMessageA")]
fn PostMessage(hWnd: usize, Msg: u32, wParam: usize, lParam: usize) -> Result<(), Win32Error> {
    if hWnd != 0 {
        return Err(NO_WINDOW);
    }
    Ok(queue::post_own(Msg, wParam, lParam)?)
}

/// Has the thread find `WM_QUIT` once nothing else is in its queue. (Microsoft: "PostQuitMessage
/// function")
#[export(user32)]
fn PostQuitMessage(nExitCode: u32) {
    // Without memory for a queue there is nobody to tell.
    let _ = queue::post_quit(nExitCode);
}

/// Posts the character of a key that was pressed; whether the message is a key's. (Microsoft:
/// "TranslateMessage function")
#[export(user32)]
fn TranslateMessage(lpMsg: In<Msg>) -> Result<Bool, Win32Error> {
    const KEY_DOWN: u64 = 0x100;
    const KEY_UP: u64 = 0x101;
    const CHARACTER: u32 = 0x102;
    const SYSTEM_KEY_DOWN: u64 = 0x104;
    const SYSTEM_KEY_UP: u64 = 0x105;
    const SYSTEM_CHARACTER: u32 = 0x106;
    let kind = match lpMsg.kind & 0xFFFF_FFFF {
        KEY_DOWN => CHARACTER,
        SYSTEM_KEY_DOWN => SYSTEM_CHARACTER,
        other => return Ok(Bool(matches!(other, KEY_UP | SYSTEM_KEY_UP))),
    };
    // No key is held down: letters are small.
    let character = u8::try_from(lpMsg.wide).map_or(0, keyboard::character_of_key);
    if character != 0 {
        queue::post_own(kind, character.to_ascii_lowercase().into(), lpMsg.long)?;
    }
    Ok(Bool(true))
}

/// Gives a message to its window; to none where it has none. (Microsoft: "DispatchMessageW function")
#[export(user32, name = "DispatchMessageW", also = "DispatchMessageA")]
fn DispatchMessage(lpMsg: In<Msg>) -> Result<usize, Win32Error> {
    if lpMsg.window == 0 { Ok(0) } else { Err(NO_WINDOW) }
}

/// Tells which messages there are, in the upper half, and which have come since it was asked last.
/// (Microsoft: "GetQueueStatus function")
#[export(user32)]
fn GetQueueStatus(flags: u32) -> Result<u32, Win32Error> {
    let (fresh, any) = queue::status()?;
    let told = |is: bool| if is { flags & ANY_POSTED } else { 0 };
    Ok(told(any) << 16 | told(fresh))
}

/// Waits for a message that the thread has not seen. (Microsoft: "WaitMessage function")
#[export(user32)]
fn WaitMessage() -> Result<(), Win32Error> {
    let any = WaitKind::Any;
    Ok(queue::wait(&[], Input::Unseen, any, timeout(u32::MAX), false).map(drop)?)
}

/// Waits for objects and for messages. (Microsoft: "MsgWaitForMultipleObjectsEx function")
#[export(user32)]
fn MsgWaitForMultipleObjectsEx(
    nCount: u32,
    pHandles: Ptr<Handle>,
    dwMilliseconds: u32,
    dwWakeMask: u32,
    dwFlags: u32,
) -> Result<OrMax, Win32Error> {
    const WAIT_ALL: u32 = 1;
    const ALERTABLE: u32 = 2;
    const INPUT_AVAILABLE: u32 = 4;
    const MOST: u32 = 63;
    if nCount > MOST || dwFlags & !(WAIT_ALL | ALERTABLE | INPUT_AVAILABLE) != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let at = |index: u32| pHandles.at(index as usize).read();
    let handles = (0..nCount).map(at).collect::<Result<Vec<_>, _>>()?;
    let input = match dwFlags & INPUT_AVAILABLE {
        _ if dwWakeMask & ANY_POSTED == 0 => Input::None,
        0 => Input::Unseen,
        _ => Input::Any,
    };
    let kind = if dwFlags & WAIT_ALL != 0 { WaitKind::All } else { WaitKind::Any };
    let alertable = dwFlags & ALERTABLE != 0;
    let status = queue::wait(&handles, input, kind, timeout(dwMilliseconds), alertable)?;
    Ok(OrMax(status.0))
}

/// Waits for objects and for messages. (Microsoft: "MsgWaitForMultipleObjects function")
#[export(user32)]
fn MsgWaitForMultipleObjects(
    nCount: u32,
    pHandles: Ptr<Handle>,
    fWaitAll: Bool,
    dwMilliseconds: u32,
    dwWakeMask: u32,
) -> Result<OrMax, Win32Error> {
    let flags = u32::from(fWaitAll.0);
    MsgWaitForMultipleObjectsEx(nCount, pHandles, dwMilliseconds, dwWakeMask, flags)
}
