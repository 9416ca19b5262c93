//! Microsoft's `errno` values, their texts, and the map from Win32 errors to them.
//!
//! Source: Microsoft, "errno, _doserrno, _sys_errlist, and _sys_nerr" and "errno constants".

use core::fmt;

/// An `errno` value in Microsoft's numbering, which is not Linux's above 34.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Errno(pub i32);

/// The number of texts in `_sys_errlist` (`_sys_nerr`); the entry of this number is the text
/// of every value outside the list.
pub const SYS_NERR: i32 = 43;

/// The text of a value that has none.
pub const UNKNOWN: &str = "Unknown error";

macro_rules! errno {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        impl Errno {
            $(#[doc = concat!("`", stringify!($name), "`: ", $text, ".")]
            pub const $name: Self = Self($value);)*

            /// The text that `strerror` and `perror` give.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self.0 {
                    0 => "No error",
                    $($value => $text,)*
                    _ => UNKNOWN,
                }
            }
        }

        impl fmt::Debug for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($value => f.write_str(stringify!($name)),)*
                    value => write!(f, "errno {value}"),
                }
            }
        }
    };
}

errno! {
    EPERM = 1, "Operation not permitted";
    ENOENT = 2, "No such file or directory";
    ESRCH = 3, "No such process";
    EINTR = 4, "Interrupted function call";
    EIO = 5, "Input/output error";
    ENXIO = 6, "No such device or address";
    E2BIG = 7, "Arg list too long";
    ENOEXEC = 8, "Exec format error";
    EBADF = 9, "Bad file descriptor";
    ECHILD = 10, "No child processes";
    EAGAIN = 11, "Resource temporarily unavailable";
    ENOMEM = 12, "Not enough space";
    EACCES = 13, "Permission denied";
    EFAULT = 14, "Bad address";
    EBUSY = 16, "Resource device";
    EEXIST = 17, "File exists";
    EXDEV = 18, "Improper link";
    ENODEV = 19, "No such device";
    ENOTDIR = 20, "Not a directory";
    EISDIR = 21, "Is a directory";
    EINVAL = 22, "Invalid argument";
    ENFILE = 23, "Too many open files in system";
    EMFILE = 24, "Too many open files";
    ENOTTY = 25, "Inappropriate I/O control operation";
    EFBIG = 27, "File too large";
    ENOSPC = 28, "No space left on device";
    ESPIPE = 29, "Invalid seek";
    EROFS = 30, "Read-only file system";
    EMLINK = 31, "Too many links";
    EPIPE = 32, "Broken pipe";
    EDOM = 33, "Domain error";
    ERANGE = 34, "Result too large";
    EDEADLK = 36, "Resource deadlock avoided";
    ENAMETOOLONG = 38, "Filename too long";
    ENOLCK = 39, "No locks available";
    ENOSYS = 40, "Function not implemented";
    ENOTEMPTY = 41, "Directory not empty";
    EILSEQ = 42, "Illegal byte sequence";
    STRUNCATE = 80, "Unknown error";
    EADDRINUSE = 100, "address in use";
    EADDRNOTAVAIL = 101, "address not available";
    EAFNOSUPPORT = 102, "address family not supported";
    EALREADY = 103, "connection already in progress";
    EBADMSG = 104, "bad message";
    ECANCELED = 105, "operation canceled";
    ECONNABORTED = 106, "connection aborted";
    ECONNREFUSED = 107, "connection refused";
    ECONNRESET = 108, "connection reset";
    EDESTADDRREQ = 109, "destination address required";
    EHOSTUNREACH = 110, "host unreachable";
    EIDRM = 111, "identifier removed";
    EINPROGRESS = 112, "operation in progress";
    EISCONN = 113, "already connected";
    ELOOP = 114, "too many symbolic link levels";
    EMSGSIZE = 115, "message size";
    ENETDOWN = 116, "network down";
    ENETRESET = 117, "network reset";
    ENETUNREACH = 118, "network unreachable";
    ENOBUFS = 119, "no buffer space";
    ENODATA = 120, "no message available";
    ENOLINK = 121, "no link";
    ENOMSG = 122, "no message";
    ENOPROTOOPT = 123, "no protocol option";
    ENOSR = 124, "no stream resources";
    ENOSTR = 125, "not a stream";
    ENOTCONN = 126, "not connected";
    ENOTRECOVERABLE = 127, "state not recoverable";
    ENOTSOCK = 128, "not a socket";
    ENOTSUP = 129, "not supported";
    EOPNOTSUPP = 130, "operation not supported";
    EOTHER = 131, "other";
    EOVERFLOW = 132, "value too large";
    EOWNERDEAD = 133, "owner dead";
    EPROTO = 134, "protocol error";
    EPROTONOSUPPORT = 135, "protocol not supported";
    EPROTOTYPE = 136, "wrong protocol type";
    ETIME = 137, "stream timeout";
    ETIMEDOUT = 138, "timed out";
    ETXTBSY = 139, "text file busy";
    EWOULDBLOCK = 140, "operation would block";
}

impl Errno {
    /// The text in the dialect: `msvcrt.dll` knows none above `EILSEQ`.
    #[must_use]
    pub fn text_in(self, dialect: crate::Dialect) -> &'static str {
        match dialect {
            crate::Dialect::Msvcrt if self.0 >= SYS_NERR => UNKNOWN,
            _ => self.text(),
        }
    }

    /// The value that a failed Win32 call leaves in `errno` (`_dosmaperr`).
    ///
    /// Errors without an entry are `EACCES` in the two ranges of sharing and locking
    /// (`ERROR_WRITE_PROTECT` to `ERROR_SHARING_BUFFER_EXCEEDED`), `ENOEXEC` for bad images
    /// (`ERROR_INVALID_STARTING_CODESEG` to `ERROR_INFLOOP_IN_RELOC_CHAIN`), else `EINVAL`.
    #[must_use]
    pub fn from_win32(error: u32) -> Self {
        match error {
            2 | 3 | 15 | 18 | 53 | 67 | 161 | 206 => Self::ENOENT,
            4 => Self::EMFILE,
            5 | 16 | 65 | 82 | 83 | 108 | 132 | 158 | 167 => Self::EACCES,
            6 | 114 | 130 => Self::EBADF,
            7 | 8 | 9 | 1816 => Self::ENOMEM,
            10 => Self::E2BIG,
            11 => Self::ENOEXEC,
            17 => Self::EXDEV,
            19..=36 => Self::EACCES,
            80 | 183 => Self::EEXIST,
            89 | 164 | 215 => Self::EAGAIN,
            109 => Self::EPIPE,
            112 => Self::ENOSPC,
            128 | 129 => Self::ECHILD,
            145 => Self::ENOTEMPTY,
            188..=202 => Self::ENOEXEC,
            1113 => Self::EILSEQ,
            _ => Self::EINVAL,
        }
    }

    /// The value in Microsoft's numbering for one in Linux's.
    ///
    /// For functions that forward to the host's C library and report its error.
    #[must_use]
    pub fn from_linux(value: i32) -> Self {
        match value {
            1..=34 if value != 15 && value != 26 => Self(value),
            26 => Self::ETXTBSY,
            35 => Self::EDEADLK,
            36 => Self::ENAMETOOLONG,
            37 => Self::ENOLCK,
            38 => Self::ENOSYS,
            39 => Self::ENOTEMPTY,
            40 => Self::ELOOP,
            75 => Self::EOVERFLOW,
            84 => Self::EILSEQ,
            95 => Self::EOPNOTSUPP,
            110 => Self::ETIMEDOUT,
            125 => Self::ECANCELED,
            _ => Self::EINVAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    #[test]
    fn values_are_microsofts() {
        assert_eq!(Errno::EDEADLK.0, 36);
        assert_eq!(Errno::EILSEQ.0, 42);
        assert_eq!(Errno::STRUNCATE.0, 80);
        assert_eq!(Errno::EWOULDBLOCK.0, 140);
    }

    #[test]
    fn texts_are_those_of_strerror() {
        assert_eq!(Errno::ENOENT.text(), "No such file or directory");
        assert_eq!(Errno(0).text(), "No error");
        assert_eq!(Errno(15).text(), UNKNOWN);
        assert_eq!(Errno(-1).text(), UNKNOWN);
        assert_eq!(Errno::ETIMEDOUT.text_in(Dialect::Msvcrt), UNKNOWN);
        assert_eq!(Errno::ETIMEDOUT.text_in(Dialect::Ucrt), "timed out");
    }

    #[test]
    fn win32_errors_map_as_documented() {
        assert_eq!(Errno::from_win32(2), Errno::ENOENT);
        assert_eq!(Errno::from_win32(5), Errno::EACCES);
        assert_eq!(Errno::from_win32(32), Errno::EACCES, "sharing violation");
        assert_eq!(Errno::from_win32(6), Errno::EBADF);
        assert_eq!(Errno::from_win32(193), Errno::ENOEXEC, "bad exe format");
        assert_eq!(Errno::from_win32(87), Errno::EINVAL);
        assert_eq!(Errno::from_win32(0xFFFF), Errno::EINVAL);
    }

    #[test]
    fn linux_values_keep_their_name() {
        assert_eq!(Errno::from_linux(39), Errno::ENOTEMPTY);
        assert_eq!(Errno::from_linux(2), Errno::ENOENT);
        assert_eq!(Errno::from_linux(26), Errno::ETXTBSY);
    }
}
