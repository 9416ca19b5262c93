//! The command line and the start-up information.

use crate::abi::{Out, Ptr};
use crate::hooks;
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_host::guest::Fault;
use haft_kernel::ex::start_info::{self, StartInfo};
use haft_macros::export;

/// Returns the command line; the pointer stays the same. (Microsoft: "GetCommandLineW function")
#[export(kernel32)]
fn GetCommandLineW() -> Ptr<u16> {
    Ptr::new(hooks::or_fault(start_info::command_line()))
}

/// Returns the command line in UTF-8; the pointer stays the same. (Microsoft: "GetCommandLineA
/// function")
#[export(kernel32)]
fn GetCommandLineA() -> Result<Ptr<u8>, Win32Error> {
    Ok(Ptr::new(start_info::command_line_bytes()?))
}

haft_host::plain! {
    /// `STARTUPINFOA` and `STARTUPINFOW`, which differ in what the strings are.
    struct StartupInfo {
        cb: u32,
        shell: usize,
        desktop: usize,
        title: usize,
        geometry: [u32; 7],
        flags: u32,
        show_window: u16,
        runtime_data_size: u16,
        runtime_data: usize,
        standard: [Handle; 3],
    }
}

const _: () = assert!(size_of::<StartupInfo>() == 104);

fn startup_info(info: &StartInfo, strings: [usize; 3]) -> StartupInfo {
    let [shell, desktop, title] = strings;
    StartupInfo {
        cb: size_of::<StartupInfo>() as u32,
        shell,
        desktop,
        title,
        geometry: info.geometry,
        flags: info.flags,
        show_window: info.show_window,
        runtime_data_size: info.runtime_data.length,
        runtime_data: info.runtime_data.address,
        standard: info.standard,
    }
}

/// Gets what the process was started with. (Microsoft: "GetStartupInfoW function")
#[export(kernel32)]
fn GetStartupInfoW(lpStartupInfo: Out<StartupInfo>) {
    let fill = || -> Result<(), Fault> {
        let info = start_info::start_info()?;
        let strings = [info.shell.address, info.desktop.address, info.title.address];
        lpStartupInfo.set(startup_info(&info, strings))
    };
    hooks::or_fault(fill());
}

/// Gets what the process was started with, strings in UTF-8. (Microsoft: "GetStartupInfoA
/// function")
#[export(kernel32)]
fn GetStartupInfoA(lpStartupInfo: Out<StartupInfo>) -> Result<(), NtStatus> {
    let info = start_info::start_info()?;
    let strings = start_info::start_strings_bytes()?;
    Ok(lpStartupInfo.set(startup_info(&info, strings))?)
}
