//! Console modes and code pages.

use crate::abi::Out;
use haft_abi::{Handle, Win32Error};
use haft_kernel::io::console::mode;
use haft_macros::export;

/// Gets the mode of a console's input or screen. (Microsoft: "GetConsoleMode function")
#[export(kernel32)]
fn GetConsoleMode(hConsoleHandle: Handle, lpMode: Out<u32>) -> Result<(), Win32Error> {
    Ok(lpMode.set(mode::get(hConsoleHandle)?)?)
}

/// Sets the mode of a console's input or screen. (Microsoft: "SetConsoleMode function")
#[export(kernel32)]
fn SetConsoleMode(hConsoleHandle: Handle, dwMode: u32) -> Result<(), Win32Error> {
    Ok(mode::set(hConsoleHandle, dwMode)?)
}

/// UTF-8: the code page of every console.
const CODE_PAGE: u32 = 65001;

/// Returns the code page of the console's input: UTF-8. (Microsoft: "GetConsoleCP function")
#[export(kernel32)]
fn GetConsoleCP() -> u32 {
    CODE_PAGE
}

/// Returns the code page of the console's screen: UTF-8. (Microsoft: "GetConsoleOutputCP
/// function")
#[export(kernel32)]
fn GetConsoleOutputCP() -> u32 {
    CODE_PAGE
}

/// Terminals have UTF-8 and nothing else.
fn only_utf8(code_page: u32) -> Result<(), Win32Error> {
    if code_page == CODE_PAGE { Ok(()) } else { Err(Win32Error::INVALID_PARAMETER) }
}

/// Sets the code page of the console's input, which can only be UTF-8. (Microsoft: "SetConsoleCP
/// function")
#[export(kernel32)]
fn SetConsoleCP(wCodePageID: u32) -> Result<(), Win32Error> {
    only_utf8(wCodePageID)
}

/// Sets the code page of the console's screen, which can only be UTF-8. (Microsoft:
/// "SetConsoleOutputCP function")
#[export(kernel32)]
fn SetConsoleOutputCP(wCodePageID: u32) -> Result<(), Win32Error> {
    only_utf8(wCodePageID)
}
