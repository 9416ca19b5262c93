//! Standard handles: where they are kept, and what they are in a program that Linux started.

use super::file::{self, FileDescription, FileKind, FileObject};
use crate::ob;
use crate::ps::process;
use core::mem::offset_of;
use haft_abi::nt::ProcessParameters;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::guest;
use haft_host::rustix::fd::{AsFd, BorrowedFd};
use haft_host::spawn;

/// Which standard handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Standard input.
    Input,
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

impl Standard {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Input, Self::Output, Self::Error];

    /// By the number that programs use: -10, -11, -12.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number.cast_signed() {
            -10 => Self::Input,
            -11 => Self::Output,
            -12 => Self::Error,
            _ => return None,
        })
    }

    fn address(self) -> usize {
        process().parameters
            + match self {
                Self::Input => offset_of!(ProcessParameters, standard_input),
                Self::Output => offset_of!(ProcessParameters, standard_output),
                Self::Error => offset_of!(ProcessParameters, standard_error),
            }
    }
}

/// A standard handle of the process (Microsoft: "GetStdHandle function").
///
/// # Errors
/// `ACCESS_VIOLATION` when the program unmapped its parameters.
pub fn get(which: Standard) -> Result<Handle, NtStatus> {
    Ok(guest::read(which.address())?)
}

/// Sets a standard handle of the process (Microsoft: "SetStdHandle function").
///
/// # Errors
/// `ACCESS_VIOLATION` when the program unmapped its parameters.
pub fn set(which: Standard, handle: Handle) -> Result<(), NtStatus> {
    Ok(guest::write(which.address(), handle)?)
}

/// Makes inheritable handles of descriptors 0, 1 and 2. One that is closed, or that can be
/// neither read nor written (see `haft_host::standard`), gives no handle.
///
/// # Errors
/// `TOO_MANY_OPENED_FILES`, `INSUFFICIENT_RESOURCES`.
pub fn from_linux() -> Result<[Handle; 3], NtStatus> {
    let mut handles = [Handle::NULL; 3];
    let standard = [
        haft_host::rustix::stdio::stdin(),
        haft_host::rustix::stdio::stdout(),
        haft_host::rustix::stdio::stderr(),
    ];
    for (number, (handle, fd)) in handles.iter_mut().zip(standard).enumerate() {
        *handle = adopt(fd, number == 0)?;
    }
    Ok(handles)
}

fn adopt(fd: BorrowedFd<'_>, input: bool) -> Result<Handle, NtStatus> {
    use haft_host::rustix::fs::OFlags;
    let Ok(flags) = haft_host::rustix::fs::fcntl_getfl(fd) else { return Ok(Handle::NULL) };
    if flags.contains(OFlags::PATH) {
        return Ok(Handle::NULL);
    }
    let access = if flags.contains(OFlags::RDWR) {
        AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE
    } else if flags.contains(OFlags::WRONLY) {
        AccessMask::GENERIC_WRITE
    } else {
        AccessMask::GENERIC_READ
    };
    // Two standard descriptors may be one open file, as in `2>&1`: a duplicate shares its
    // position.
    let own = spawn::above_standard(fd)?;
    let kind = FileKind::of(own.as_fd());
    let description = FileDescription {
        console_input: input && kind == FileKind::Console,
        ..FileDescription::plain(kind)
    };
    let object = file::create(FileObject::new(own, description))?;
    ob::insert(object, access, true)
}
