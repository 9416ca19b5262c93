//! Taking connections.

use super::address::Place;
use super::status::{of as failed, winsock};
use super::{Socket, by_handle, connection, insert, status};
use crate::io::{blocking, file};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::{Errno, ioctl_fionbio};
use haft_host::socket::{self as host, linux};

/// Whether a socket takes connections.
fn listens(socket: &Socket) -> bool {
    host::int_option(socket.file.fd.as_fd(), linux::SOL_SOCKET, linux::SO_ACCEPTCONN)
        .is_ok_and(|listens| listens != 0)
}

/// A failure of a call that takes a connection.
fn refused(socket: &Socket, error: Errno) -> NtStatus {
    match error {
        Errno::AGAIN if connection::is_nonblocking(&socket.file) => NtStatus::DEVICE_NOT_READY,
        Errno::AGAIN => NtStatus::IO_TIMEOUT,
        Errno::OPNOTSUPP => winsock(status::OPERATION_NOT_SUPPORTED),
        error => failed(error),
    }
}

/// Takes a connection, waiting for one unless the socket does not; a handle to its socket, which
/// is as the listening one is (Microsoft: "accept function").
///
/// # Errors
/// `INVALID_PARAMETER` for a socket that does not listen, the status of `WSAEOPNOTSUPP` for one
/// that cannot, `DEVICE_NOT_READY`.
pub fn accept(handle: Handle, from: Place) -> Result<Handle, NtStatus> {
    let socket = by_handle(handle, AccessMask::NONE)?;
    if !socket.kind.is_stream() {
        return Err(winsock(status::OPERATION_NOT_SUPPORTED));
    }
    from.check(socket.kind.family)?;
    let fd = socket.file.fd.as_fd();
    let (accepted, address) =
        blocking::wait(&socket.file, |error| refused(&socket, error), || host::accept(fd))?;
    let nonblocking = connection::is_nonblocking(&socket.file);
    if nonblocking {
        let _ = ioctl_fionbio(&accepted, true);
    }
    let new = take(&socket, accepted)?;
    from.write(&address)?;
    Ok(new)
}

/// A handle to a connection's socket.
fn take(listener: &Socket, accepted: OwnedFd) -> Result<Handle, NtStatus> {
    let overlapped = !listener.file.is_synchronous();
    let (handle, object) = insert(accepted, listener.kind, overlapped, true)?;
    file::of(&object)?.state.socket.connected();
    Ok(handle)
}

/// Whether the socket that a handle names takes connections.
///
/// # Errors
/// Those of [`by_handle`].
pub fn is_listening(handle: Handle) -> Result<bool, NtStatus> {
    Ok(listens(&by_handle(handle, AccessMask::NONE)?))
}
