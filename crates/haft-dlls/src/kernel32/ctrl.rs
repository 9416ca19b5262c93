//! Ctrl-C and its kin, and the console as a whole.

use crate::abi::{Bool, Charset, Ptr, Routine, TBuf, TStr};
use haft_abi::{Handle, Win32Error};
use haft_kernel::io::console::control;
use haft_macros::export;

/// Adds or removes a handler of Ctrl-C and its kin; without one, has Ctrl-C ignored or not.
/// (Microsoft: "SetConsoleCtrlHandler function")
#[export(kernel32)]
fn SetConsoleCtrlHandler(HandlerRoutine: Option<Routine>, Add: Bool) -> Result<(), Win32Error> {
    match HandlerRoutine {
        Some(Routine(handler)) => Ok(control::set_handler(handler, Add.0)?),
        None => Ok(control::set_ignored(Add.0)?),
    }
}

/// Sends Ctrl-C or Ctrl-Break to the console's processes. (Microsoft: "GenerateConsoleCtrlEvent
/// function")
#[export(kernel32)]
fn GenerateConsoleCtrlEvent(dwCtrlEvent: u32, dwProcessGroupId: u32) -> Result<(), Win32Error> {
    Ok(control::generate(dwCtrlEvent, dwProcessGroupId)?)
}

/// Makes a console: the terminal, if the program let go of it. (Microsoft: "AllocConsole
/// function")
#[export(kernel32)]
fn AllocConsole() -> Result<(), Win32Error> {
    Ok(control::attach()?)
}

/// Takes part in the console of another process: the terminal, if the program let go of it.
/// (Microsoft: "AttachConsole function")
#[export(kernel32)]
fn AttachConsole(dwProcessId: u32) -> Result<(), Win32Error> {
    let _ = dwProcessId;
    Ok(control::attach()?)
}

/// Lets go of the console. (Microsoft: "FreeConsole function")
#[export(kernel32)]
fn FreeConsole() -> Result<(), Win32Error> {
    Ok(control::detach()?)
}

/// Returns the console's window, which a terminal does not have. (Microsoft: "GetConsoleWindow
/// function")
#[export(kernel32)]
fn GetConsoleWindow() -> Handle {
    Handle::NULL
}

/// Gets the console's title. (Microsoft: "GetConsoleTitle function")
#[export(kernel32, charset)]
fn GetConsoleTitle<C: Charset>(lpConsoleTitle: TBuf<C>, nSize: u32) -> Result<u32, Win32Error> {
    let title = control::title()?;
    lpConsoleTitle.fill_truncated(nSize, &title)?;
    Ok(title.len() as u32)
}

/// Sets the console's title. (Microsoft: "SetConsoleTitle function")
#[export(kernel32, charset)]
fn SetConsoleTitle<C: Charset>(lpConsoleTitle: TStr<C>) -> Result<(), Win32Error> {
    Ok(control::set_title(&lpConsoleTitle)?)
}

/// Gets the console's processes that this one knows of. (Microsoft: "GetConsoleProcessList
/// function")
#[export(kernel32)]
fn GetConsoleProcessList(
    lpdwProcessList: Ptr<u32>,
    dwProcessCount: u32,
) -> Result<u32, Win32Error> {
    if lpdwProcessList.is_null() || dwProcessCount == 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let processes = control::processes();
    if processes.len() <= dwProcessCount as usize {
        lpdwProcessList.write_slice(&processes)?;
    }
    Ok(processes.len() as u32)
}
