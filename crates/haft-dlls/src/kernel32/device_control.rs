//! Control codes of devices and files.

use super::overlapped::{self, Overlapped};
use crate::abi::{In, Out, Ptr, SetIfSome as _};
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_kernel::io::device_control;
use haft_kernel::io::request::Request;
use haft_macros::export;

/// Sends a control code to a file or device. (Microsoft: "DeviceIoControl function")
#[export(kernel32)]
fn DeviceIoControl(
    hDevice: Handle,
    dwIoControlCode: u32,
    lpInBuffer: Ptr<u8>,
    nInBufferSize: u32,
    lpOutBuffer: Ptr<u8>,
    nOutBufferSize: u32,
    lpBytesReturned: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), Win32Error> {
    let request = lpOverlapped.as_ref().map_or(Request::PLAIN, overlapped::request);
    let output = (lpOutBuffer.addr(), nOutBufferSize as usize);
    let input = (lpInBuffer.addr(), nInBufferSize as usize);
    match device_control::control(hDevice, dwIoControlCode, input, output, &request)? {
        (NtStatus::PENDING, _) => Err(Win32Error::IO_PENDING),
        (NtStatus::BUFFER_OVERFLOW, length) => {
            lpBytesReturned.set(length as u32)?;
            Err(Win32Error::MORE_DATA)
        }
        (_, length) => Ok(lpBytesReturned.set(length as u32)?),
    }
}
