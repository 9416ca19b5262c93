//! Control codes of files and pipes (Microsoft: "DeviceIoControl function", "File Management
//! Control Codes").

use super::device::Device;
use super::file::FileObject;
use super::pipe;
use super::request::Request;
use super::socket::driver;
use super::{file, link, mount_manager, named_pipe};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::guest;

const FSCTL_GET_REPARSE_POINT: u32 = 0x0009_00A8;
const FSCTL_SET_SPARSE: u32 = 0x0009_00C4;
const FSCTL_PIPE_DISCONNECT: u32 = 0x0011_0004;
const FSCTL_PIPE_LISTEN: u32 = 0x0011_0008;
/// The most input that a code takes.
const MOST_INPUT: usize = 1 << 16;
const FSCTL_PIPE_PEEK: u32 = 0x0011_400C;

/// Sends a control code: how many bytes came back, or that it is under way (`PENDING`), or that more
/// would have (`BUFFER_OVERFLOW`).
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for a code that is not known, `BUFFER_TOO_SMALL`, and the code's own.
pub fn control(
    handle: Handle,
    code: u32,
    input: (usize, usize),
    (output, room): (usize, usize),
    request: &Request,
) -> Result<(NtStatus, usize), NtStatus> {
    let done = |length| Ok((NtStatus::SUCCESS, length));
    match code {
        FSCTL_GET_REPARSE_POINT => {
            let data = link::reparse_data(handle)?;
            if data.len() > room {
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            guest::copy_out(output, &data)?;
            done(data.len())
        }
        // Every file of Linux may have holes.
        FSCTL_SET_SPARSE => {
            file::by_handle(handle, AccessMask::NONE)?;
            done(0)
        }
        FSCTL_PIPE_DISCONNECT => {
            named_pipe::disconnect(handle)?;
            done(0)
        }
        FSCTL_PIPE_LISTEN => named_pipe::listen(handle, request).map(|status| (status, 0)),
        FSCTL_PIPE_PEEK => {
            const HEAD: usize = 16;
            const CONNECTED: u32 = 3;
            let data = room.checked_sub(HEAD).ok_or(NtStatus::INFO_LENGTH_MISMATCH)?;
            let waiting = pipe::peek(handle, output + HEAD, data)?;
            let messages = u32::from(waiting.left_of_message > 0);
            let length = waiting.copied + waiting.left_of_message;
            guest::write(output, [CONNECTED, waiting.available as u32, messages, length as u32])?;
            done(HEAD + waiting.copied)
        }
        driver::POLL => driver::poll(handle, input, (output, room), request),
        _ => {
            let (_object, file) = file::by_handle(handle, AccessMask::NONE)?;
            ask_device(&file, code, input, (output, room))
        }
    }
}

/// Asks what is no file of Linux.
fn ask_device(
    file: &FileObject,
    code: u32,
    (input, given): (usize, usize),
    (output, room): (usize, usize),
) -> Result<(NtStatus, usize), NtStatus> {
    if file.description.device != Some(Device::MountManager) {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let input = guest::read_slice::<u8>(input, given.min(MOST_INPUT))?;
    let answered = mount_manager::answer(code, &input, room)?;
    guest::copy_out(output, &answered.bytes)?;
    let status = if answered.whole { NtStatus::SUCCESS } else { NtStatus::BUFFER_OVERFLOW };
    Ok((status, answered.bytes.len()))
}
