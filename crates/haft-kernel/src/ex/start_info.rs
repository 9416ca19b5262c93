//! What the process was started with, read back from its process parameters.

use crate::ps;
use core::mem::offset_of;
use haft_abi::nt::{ProcessParameters, UnicodeString};
use haft_abi::{Handle, NtStatus, wide};
use haft_host::guest::{self, Fault};
use std::sync::OnceLock;

/// A counted string of the process parameters: where its units are and how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Address of the UTF-16 units; a null follows them.
    pub address: usize,
    /// Bytes, without the null.
    pub length: u16,
}

fn counted(offset: usize) -> Result<Counted, Fault> {
    let at = ps::process().parameters + offset;
    let length = guest::read(at + offset_of!(UnicodeString, length))?;
    let address: u64 = guest::read(at + offset_of!(UnicodeString, buffer))?;
    Ok(Counted { address: address as usize, length })
}

fn word(offset: usize) -> Result<u32, Fault> {
    guest::read(ps::process().parameters + offset)
}

fn handle(offset: usize) -> Result<Handle, Fault> {
    guest::read(ps::process().parameters + offset)
}

/// Address of the command line, null-terminated UTF-16: the same for as long as the process runs
/// and the program does not replace it in the process parameters.
///
/// # Errors
/// A [`Fault`] if the program unmapped its parameters.
pub fn command_line() -> Result<usize, Fault> {
    Ok(counted(offset_of!(ProcessParameters, command_line))?.address)
}

/// Address of the command line as null-terminated bytes: made at the first call, then the same.
///
/// # Errors
/// `NO_MEMORY`.
pub fn command_line_bytes() -> Result<usize, NtStatus> {
    static COPY: OnceLock<Result<usize, NtStatus>> = OnceLock::new();
    *COPY.get_or_init(|| place_bytes(&guest::read_wide_z(command_line()?, 0x8000)?))
}

/// A null-terminated UTF-8 copy in memory that is never freed.
fn place_bytes(units: &[u16]) -> Result<usize, NtStatus> {
    let mut bytes = wide::to_bytes(units);
    bytes.push(0);
    let at = ps::allocate(bytes.len(), 16)?;
    guest::copy_out(at, &bytes)?;
    Ok(at)
}

/// What the process's creator put into `STARTUPINFO` (Microsoft: "STARTUPINFOW structure").
#[derive(Clone, Copy, Debug)]
pub struct StartInfo {
    /// `lpReserved`.
    pub shell: Counted,
    /// `lpDesktop`.
    pub desktop: Counted,
    /// `lpTitle`.
    pub title: Counted,
    /// `dwX`, `dwY`, `dwXSize`, `dwYSize`, `dwXCountChars`, `dwYCountChars`, `dwFillAttribute`.
    pub geometry: [u32; 7],
    /// `dwFlags`.
    pub flags: u32,
    /// `wShowWindow`.
    pub show_window: u16,
    /// `lpReserved2` and `cbReserved2`.
    pub runtime_data: Counted,
    /// `hStdInput`, `hStdOutput`, `hStdError`; null if the creator gave none.
    pub standard: [Handle; 3],
}

/// `STARTF_USESTDHANDLES`.
const USE_STANDARD_HANDLES: u32 = 0x100;

/// Reads it.
///
/// # Errors
/// A [`Fault`] if the program unmapped its parameters.
pub fn start_info() -> Result<StartInfo, Fault> {
    use ProcessParameters as P;
    let flags = word(offset_of!(P, window_flags))?;
    let standard = if flags & USE_STANDARD_HANDLES == 0 {
        [Handle::NULL; 3]
    } else {
        [
            handle(offset_of!(P, standard_input))?,
            handle(offset_of!(P, standard_output))?,
            handle(offset_of!(P, standard_error))?,
        ]
    };
    Ok(StartInfo {
        shell: counted(offset_of!(P, shell_info))?,
        desktop: counted(offset_of!(P, desktop_info))?,
        title: counted(offset_of!(P, window_title))?,
        geometry: guest::read(ps::process().parameters + offset_of!(P, starting_x))?,
        flags,
        show_window: word(offset_of!(P, show_window_flags))? as u16,
        runtime_data: counted(offset_of!(P, runtime_data))?,
        standard,
    })
}

/// Addresses of the strings of `STARTUPINFOA`: shell, desktop, title, as null-terminated bytes;
/// made at the first call, then the same.
///
/// # Errors
/// `NO_MEMORY`.
pub fn start_strings_bytes() -> Result<[usize; 3], NtStatus> {
    static COPIES: OnceLock<Result<[usize; 3], NtStatus>> = OnceLock::new();
    *COPIES.get_or_init(|| {
        let info = start_info()?;
        let copy = |text: Counted| match text.address {
            0 => Ok(0),
            at => place_bytes(&guest::read_slice(at, usize::from(text.length / 2))?),
        };
        Ok([copy(info.shell)?, copy(info.desktop)?, copy(info.title)?])
    })
}
