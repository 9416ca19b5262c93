//! Window stations and desktops.

use crate::abi::{Bool, Charset, Out, Ptr, SetIfSome as _, TStr};
use haft_abi::{AccessMask, Handle, Tid, Win32Error, wide};
use haft_kernel::ps::desktop::{self, UserObject};
use haft_macros::export;

/// `UOI_*`.
mod index {
    pub const FLAGS: i32 = 1;
    pub const NAME: i32 = 2;
    pub const TYPE: i32 = 3;
    pub const USER_SID: i32 = 4;
    pub const IO: i32 = 6;
}

/// Returns the process's window station. (Microsoft: "GetProcessWindowStation function")
#[export(user32)]
fn GetProcessWindowStation() -> Result<Handle, Win32Error> {
    Ok(UserObject::Station.of_process()?)
}

/// Connects the process to a window station, of which there is one. (Microsoft:
/// "SetProcessWindowStation function")
#[export(user32)]
fn SetProcessWindowStation(hWinSta: Handle) -> Result<(), Win32Error> {
    Ok(UserObject::Station.check(hWinSta)?)
}

/// Opens a window station. (Microsoft: "OpenWindowStationW function")
#[export(user32, charset)]
fn OpenWindowStation<C: Charset>(
    lpszWinSta: TStr<C>,
    fInherit: Bool,
    dwDesiredAccess: AccessMask,
) -> Result<Handle, Win32Error> {
    Ok(UserObject::Station.open_named(lpszWinSta.as_wide(), dwDesiredAccess, fInherit.0)?)
}

/// Closes a window station. (Microsoft: "CloseWindowStation function")
#[export(user32)]
fn CloseWindowStation(hWinSta: Handle) -> Result<(), Win32Error> {
    Ok(UserObject::Station.close(hWinSta)?)
}

/// Returns the desktop of a thread. (Microsoft: "GetThreadDesktop function")
#[export(user32)]
fn GetThreadDesktop(dwThreadId: u32) -> Result<Handle, Win32Error> {
    Ok(desktop::of_thread(Tid(dwThreadId))?)
}

/// Connects the thread to a desktop, of which there is one. (Microsoft: "SetThreadDesktop
/// function")
#[export(user32)]
fn SetThreadDesktop(hDesktop: Handle) -> Result<(), Win32Error> {
    Ok(UserObject::Desktop.check(hDesktop)?)
}

/// Opens a desktop. (Microsoft: "OpenDesktopW function")
#[export(user32, charset)]
fn OpenDesktop<C: Charset>(
    lpszDesktop: TStr<C>,
    dwFlags: u32,
    fInherit: Bool,
    dwDesiredAccess: AccessMask,
) -> Result<Handle, Win32Error> {
    // The one flag lets other accounts' processes set hooks, which no process can.
    let _ = dwFlags;
    Ok(UserObject::Desktop.open_named(lpszDesktop.as_wide(), dwDesiredAccess, fInherit.0)?)
}

/// Closes a desktop. (Microsoft: "CloseDesktop function")
#[export(user32)]
fn CloseDesktop(hDesktop: Handle) -> Result<(), Win32Error> {
    Ok(UserObject::Desktop.close(hDesktop)?)
}

/// Tells about a window station or a desktop: nobody sees it, and it receives no input.
/// (Microsoft: "GetUserObjectInformationW function")
#[export(user32, charset)]
fn GetUserObjectInformation<C: Charset>(
    hObj: Handle,
    nIndex: i32,
    pvInfo: Ptr<u8>,
    nLength: u32,
    lpnLengthNeeded: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let (object, inherit) = UserObject::by_handle(hObj)?;
    let text = |text: &str| {
        let text = wide::from_str_z(text);
        if C::WIDE { wide::to_le_bytes(&text) } else { wide::to_bytes(&text) }
    };
    let information = match nIndex {
        index::FLAGS => [u32::from(inherit), 0, 0].map(u32::to_le_bytes).concat(),
        index::NAME => text(object.name()),
        index::TYPE => text(object.type_name()),
        // No user is associated with it.
        index::USER_SID => Vec::new(),
        index::IO if object == UserObject::Desktop => vec![0; 4],
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    lpnLengthNeeded.set(information.len() as u32)?;
    if (nLength as usize) < information.len() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(pvInfo.write_slice(&information)?)
}
