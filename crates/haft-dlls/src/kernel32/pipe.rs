//! Anonymous pipes.

use crate::abi::{In, Out, Ptr, SetIfSome as _};
use haft_abi::{Handle, Win32Error};
use haft_kernel::io::pipe;
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

/// Creates a pipe. (Microsoft: "CreatePipe function")
#[export(kernel32)]
fn CreatePipe(
    hReadPipe: Out<Handle>,
    hWritePipe: Out<Handle>,
    lpPipeAttributes: Option<In<SECURITY_ATTRIBUTES>>,
    nSize: u32,
) -> Result<(), Win32Error> {
    let inherit = lpPipeAttributes.is_some_and(|a| a.bInheritHandle != 0);
    let (read, write) = pipe::create(inherit, nSize)?;
    hReadPipe.set(read)?;
    Ok(hWritePipe.set(write)?)
}

/// Looks at what waits in a pipe without taking it. (Microsoft: "PeekNamedPipe function")
#[export(kernel32)]
fn PeekNamedPipe(
    hNamedPipe: Handle,
    lpBuffer: Ptr<u8>,
    nBufferSize: u32,
    lpBytesRead: Option<Out<u32>>,
    lpTotalBytesAvail: Option<Out<u32>>,
    lpBytesLeftThisMessage: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let length = if lpBuffer.is_null() { 0 } else { nBufferSize as usize };
    let waiting = pipe::peek(hNamedPipe, lpBuffer.addr(), length)?;
    lpBytesRead.set(waiting.copied as u32)?;
    lpTotalBytesAvail.set(waiting.available as u32)?;
    Ok(lpBytesLeftThisMessage.set(waiting.left_of_message as u32)?)
}
