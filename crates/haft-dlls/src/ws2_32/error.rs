//! Winsock's errors, and how its functions return them.

use crate::abi::{LastError, OrInvalid, Return, Win32Value};
use crate::trace;
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_host::guest::Fault;

/// A code as `WSAGetLastError` gives it, which is the thread's last error (Microsoft: "Windows
/// Sockets Error Codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WsaError(pub(crate) u32);

macro_rules! codes {
    ($($name:ident = $code:literal,)*) => {
        impl WsaError {
            $(#[doc = concat!("`WSA", stringify!($name), "`.")]
            pub(crate) const $name: Self = Self($code);)*
        }
    };
}

codes! {
    EINTR = 10004,
    EACCES = 10013,
    EFAULT = 10014,
    EINVAL = 10022,
    EMFILE = 10024,
    EWOULDBLOCK = 10035,
    ENOTSOCK = 10038,
    EMSGSIZE = 10040,
    ESOCKTNOSUPPORT = 10044,
    EOPNOTSUPP = 10045,
    EAFNOSUPPORT = 10047,
    EADDRINUSE = 10048,
    EADDRNOTAVAIL = 10049,
    ENETUNREACH = 10051,
    ECONNABORTED = 10053,
    ECONNRESET = 10054,
    ENOBUFS = 10055,
    ENOTCONN = 10057,
    ETIMEDOUT = 10060,
    ECONNREFUSED = 10061,
    EHOSTUNREACH = 10065,
    VERNOTSUPPORTED = 10092,
    NOTINITIALISED = 10093,
    TYPE_NOT_FOUND = 10109,
    HOST_NOT_FOUND = 11001,
    TRY_AGAIN = 11002,
    NO_RECOVERY = 11003,
    NO_DATA = 11004,
    _IO_PENDING = 997,
    _IO_INCOMPLETE = 996,
    _OPERATION_ABORTED = 995,
    _INVALID_HANDLE = 6,
    _INVALID_PARAMETER = 87,
    _NOT_ENOUGH_MEMORY = 8,
}

impl From<NtStatus> for WsaError {
    fn from(status: NtStatus) -> Self {
        use NtStatus as N;
        match status {
            N::PENDING => Self::_IO_PENDING,
            N::BUFFER_OVERFLOW => Self::EMSGSIZE,
            N::ACCESS_DENIED => Self::EACCES,
            N::ADDRESS_ALREADY_EXISTS => Self::EADDRINUSE,
            N::INVALID_ADDRESS_COMPONENT => Self::EADDRNOTAVAIL,
            N::DEVICE_NOT_READY => Self::EWOULDBLOCK,
            N::INVALID_CONNECTION => Self::ENOTCONN,
            N::CONNECTION_REFUSED => Self::ECONNREFUSED,
            N::CONNECTION_RESET => Self::ECONNRESET,
            N::CONNECTION_ABORTED => Self::ECONNABORTED,
            N::IO_TIMEOUT => Self::ETIMEDOUT,
            N::NETWORK_UNREACHABLE => Self::ENETUNREACH,
            N::HOST_UNREACHABLE => Self::EHOSTUNREACH,
            N::INVALID_HANDLE | N::OBJECT_TYPE_MISMATCH => Self::ENOTSOCK,
            N::NOT_SUPPORTED => Self::EOPNOTSUPP,
            N::INVALID_PARAMETER | N::OBJECT_NAME_INVALID | N::OBJECT_PATH_NOT_FOUND => {
                Self::EINVAL
            }
            N::ACCESS_VIOLATION => Self::EFAULT,
            N::TOO_MANY_OPENED_FILES => Self::EMFILE,
            N::INSUFFICIENT_RESOURCES | N::NO_MEMORY => Self::ENOBUFS,
            // A call that waited was cancelled.
            N::CANCELLED => Self::EINTR,
            status => Self(Win32Error::from(status).0),
        }
    }
}

impl From<Fault> for WsaError {
    fn from(_: Fault) -> Self {
        Self::EFAULT
    }
}

impl LastError for WsaError {
    fn code(self) -> u32 {
        self.0
    }

    fn show(code: u32, out: &mut String) {
        trace::push(out, format_args!("error {code}"));
    }
}

/// A code that a function returns itself (`getaddrinfo`).
impl Return for WsaError {
    type Raw = u32;

    fn encode(self) -> u32 {
        self.0
    }

    fn fault(_: Fault) -> u32 {
        Self::EFAULT.0
    }

    fn show(raw: u32, out: &mut String) {
        trace::push(out, format_args!("{raw}"));
    }
}

/// Zero, or `SOCKET_ERROR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrSocketError;

impl Win32Value for OrSocketError {
    type Raw = i32;
    const FAILURE: i32 = -1;

    fn encode(self) -> i32 {
        0
    }

    fn show(raw: i32, out: &mut String) {
        out.push_str(if raw == 0 { "0" } else { "SOCKET_ERROR" });
    }
}

/// A socket, or `INVALID_SOCKET`.
pub(crate) type Socket = OrInvalid<Handle>;
