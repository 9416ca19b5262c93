//! How a C runtime function fails, and `errno`.

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use haft_abi::{NtStatus, Win32Error};
use haft_crt::Errno;
use haft_host::guest::Fault;

/// Why a C runtime function failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// For a reason of its own: `errno` alone is set.
    Errno(Errno),
    /// The program passed an invalid parameter: the handler of those is called besides
    /// (Microsoft: "Parameter Validation").
    Invalid(Errno),
    /// The system refused: `_doserrno` is set too.
    System(NtStatus),
    /// The program passed a bad address, and gets the access violation.
    Fault(Fault),
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<NtStatus> for Error {
    fn from(status: NtStatus) -> Self {
        Self::System(status)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Error {
    /// The `errno` of the failure.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            Self::Errno(errno) | Self::Invalid(errno) => errno,
            Self::System(status) => Errno::from_win32(Win32Error::from(status).0),
            Self::Fault(_) => Errno::EFAULT,
        }
    }

    /// Sets `errno`, and `_doserrno` where the system refused; tells the handler of invalid
    /// parameters, and ends the process where that is what becomes of one.
    pub fn record(self) {
        if let Self::System(status) = self {
            set_doserrno(Win32Error::from(status).0);
        }
        set_errno(self.errno());
        if matches!(self, Self::Invalid(_)) {
            super::invalid::invoke();
        }
    }
}

thread_local! {
    // Atomics because the program writes them by address.
    static ERRNO: AtomicI32 = const { AtomicI32::new(0) };
    static DOSERRNO: AtomicU32 = const { AtomicU32::new(0) };
}

/// The address of the running thread's `errno`.
#[must_use]
#[inline]
pub fn errno_address() -> usize {
    ERRNO.with(|errno| errno.as_ptr().expose_provenance())
}

/// The address of the running thread's `_doserrno`.
#[must_use]
pub fn doserrno_address() -> usize {
    DOSERRNO.with(|code| code.as_ptr().expose_provenance())
}

/// The running thread's `errno`.
#[must_use]
pub fn errno() -> Errno {
    Errno(ERRNO.with(|errno| errno.load(Ordering::Relaxed)))
}

/// Sets the running thread's `errno`.
pub fn set_errno(errno: Errno) {
    ERRNO.with(|at| at.store(errno.0, Ordering::Relaxed));
}

/// The running thread's `_doserrno`.
#[must_use]
pub fn doserrno() -> u32 {
    DOSERRNO.with(|code| code.load(Ordering::Relaxed))
}

/// Sets the running thread's `_doserrno`.
pub fn set_doserrno(code: u32) {
    DOSERRNO.with(|at| at.store(code, Ordering::Relaxed));
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_host::guest;

    #[test]
    fn a_failure_of_the_system_sets_both() {
        Error::from(NtStatus::ACCESS_DENIED).record();
        assert_eq!((errno(), doserrno()), (Errno::EACCES, 5));
        Error::from(Errno::EINVAL).record();
        assert_eq!((errno(), doserrno()), (Errno::EINVAL, 5));
    }

    #[test]
    fn the_program_sees_errno_by_address() {
        set_errno(Errno::ERANGE);
        assert_eq!(guest::read(errno_address()), Ok(34));
        guest::write(errno_address(), 2).unwrap();
        assert_eq!(errno(), Errno::ENOENT);
    }
}
