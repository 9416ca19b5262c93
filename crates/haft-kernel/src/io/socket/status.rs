//! What the failures of sockets are called.

use haft_abi::NtStatus;
use haft_host::rustix::io::Errno;

/// The status that stands for a Winsock error which has none of its own (Microsoft: "Windows
/// Sockets Error Codes").
#[must_use]
pub const fn winsock(code: u16) -> NtStatus {
    NtStatus(0xC007_0000 | code as u32)
}

/// `WSAEINVAL`.
pub const INVALID: u16 = 10022;
/// `WSAEWOULDBLOCK`.
pub const WOULD_BLOCK: u16 = 10035;
/// `WSAEALREADY`.
pub const ALREADY: u16 = 10037;
/// `WSAEDESTADDRREQ`.
pub const ADDRESS_REQUIRED: u16 = 10039;
/// `WSAEMSGSIZE`.
pub const MESSAGE_SIZE: u16 = 10040;
/// `WSAEPROTOTYPE`.
pub const WRONG_PROTOCOL_TYPE: u16 = 10041;
/// `WSAENOPROTOOPT`.
pub const NO_SUCH_OPTION: u16 = 10042;
/// `WSAEPROTONOSUPPORT`.
pub const PROTOCOL_NOT_SUPPORTED: u16 = 10043;
/// `WSAESOCKTNOSUPPORT`.
pub const TYPE_NOT_SUPPORTED: u16 = 10044;
/// `WSAEOPNOTSUPP`.
pub const OPERATION_NOT_SUPPORTED: u16 = 10045;
/// `WSAEAFNOSUPPORT`.
pub const AF_NOT_SUPPORTED: u16 = 10047;
/// `WSAENETDOWN`.
pub const NETWORK_DOWN: u16 = 10050;
/// `WSAEISCONN`.
pub const IS_CONNECTED: u16 = 10056;
/// `WSAESHUTDOWN`.
pub const SHUT_DOWN: u16 = 10058;
/// `WSAEHOSTDOWN`.
pub const HOST_DOWN: u16 = 10064;

/// The status of a failed call on a socket.
#[must_use]
pub fn of(error: Errno) -> NtStatus {
    match error {
        Errno::ACCESS | Errno::PERM => NtStatus::ACCESS_DENIED,
        Errno::ADDRINUSE => NtStatus::ADDRESS_ALREADY_EXISTS,
        Errno::ADDRNOTAVAIL | Errno::NODEV => NtStatus::INVALID_ADDRESS_COMPONENT,
        Errno::AFNOSUPPORT => winsock(AF_NOT_SUPPORTED),
        Errno::PROTONOSUPPORT => winsock(PROTOCOL_NOT_SUPPORTED),
        Errno::SOCKTNOSUPPORT => winsock(TYPE_NOT_SUPPORTED),
        Errno::PROTOTYPE => winsock(WRONG_PROTOCOL_TYPE),
        Errno::AGAIN | Errno::INPROGRESS => NtStatus::DEVICE_NOT_READY,
        Errno::ALREADY => winsock(ALREADY),
        Errno::ISCONN => winsock(IS_CONNECTED),
        Errno::NOTCONN => NtStatus::INVALID_CONNECTION,
        Errno::DESTADDRREQ => winsock(ADDRESS_REQUIRED),
        // A path without a socket, for local ones.
        Errno::CONNREFUSED | Errno::NOENT => NtStatus::CONNECTION_REFUSED,
        // Linux has a broken pipe where it has told of the reset before.
        Errno::CONNRESET | Errno::PIPE => NtStatus::CONNECTION_RESET,
        Errno::CONNABORTED => NtStatus::CONNECTION_ABORTED,
        Errno::TIMEDOUT => NtStatus::IO_TIMEOUT,
        Errno::NETUNREACH => NtStatus::NETWORK_UNREACHABLE,
        Errno::HOSTUNREACH => NtStatus::HOST_UNREACHABLE,
        Errno::NETDOWN => winsock(NETWORK_DOWN),
        Errno::HOSTDOWN => winsock(HOST_DOWN),
        Errno::MSGSIZE => winsock(MESSAGE_SIZE),
        Errno::NOTSOCK => NtStatus::OBJECT_TYPE_MISMATCH,
        Errno::BADF => NtStatus::INVALID_HANDLE,
        Errno::OPNOTSUPP => winsock(OPERATION_NOT_SUPPORTED),
        Errno::NOPROTOOPT => winsock(NO_SUCH_OPTION),
        Errno::INVAL => NtStatus::INVALID_PARAMETER,
        Errno::FAULT => NtStatus::ACCESS_VIOLATION,
        Errno::MFILE | Errno::NFILE => NtStatus::TOO_MANY_OPENED_FILES,
        Errno::NOBUFS | Errno::NOMEM => NtStatus::INSUFFICIENT_RESOURCES,
        Errno::INTR => NtStatus::CANCELLED,
        error => haft_host::file::status(error),
    }
}
