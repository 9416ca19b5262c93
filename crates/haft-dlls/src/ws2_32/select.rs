//! Waiting for sets of sockets.

use super::WsaError;
use super::startup::started;
use crate::abi::{In, OrMinusOne, Ptr};
use haft_abi::Handle;
use haft_kernel::io::socket::poll::{self, Ready, Watched};
use haft_macros::export;
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::TIMEVAL;

/// A set of sockets: their number, then that many (Microsoft: "fd_set structure").
#[derive(Clone, Copy)]
struct Set(Ptr<u32>);

impl Set {
    fn sockets(self) -> Ptr<Handle> {
        Ptr::new(self.0.addr() + 8)
    }

    fn read(self) -> Result<Vec<Handle>, WsaError> {
        if self.0.is_null() {
            return Ok(Vec::new());
        }
        let count = self.0.read()? as usize;
        let handles = Ptr::<usize>::new(self.sockets().addr()).read_slice(count)?;
        Ok(handles.into_iter().map(Handle).collect())
    }

    fn write(self, ready: &[Handle]) -> Result<(), WsaError> {
        if self.0.is_null() {
            return Ok(());
        }
        let handles: Vec<usize> = ready.iter().map(|handle| handle.0).collect();
        Ptr::<usize>::new(self.sockets().addr()).write_slice(&handles)?;
        Ok(self.0.write(ready.len() as u32)?)
    }
}

/// What is waited for in each of the three sets.
const WANTED: [Ready; 3] = [Ready::READ, Ready::WRITE, Ready::URGENT.with(Ready::CONNECT_FAILED)];

/// Waits until sockets are ready. (Microsoft: "select function")
#[export(ws2_32(ordinal = 18), wsock32(ordinal = 18))]
fn select(
    nfds: i32,
    readfds: Ptr<u32>,
    writefds: Ptr<u32>,
    exceptfds: Ptr<u32>,
    timeout: Option<In<TIMEVAL>>,
) -> Result<OrMinusOne, WsaError> {
    // "Ignored": it is for who comes from Berkeley.
    let _ = nfds;
    started()?;
    let sets = [readfds, writefds, exceptfds].map(Set);
    let timeout = match timeout {
        None => None,
        Some(limit) => {
            let (seconds, microseconds) = (limit.tv_sec, limit.tv_usec);
            let limit = i64::from(seconds) * 1_000_000 + i64::from(microseconds);
            Some(Duration::from_micros(u64::try_from(limit).map_err(|_| WsaError::EINVAL)?))
        }
    };
    let mut watched = Vec::new();
    let mut lengths = [0; 3];
    for ((set, wanted), length) in sets.iter().zip(WANTED).zip(&mut lengths) {
        let handles = set.read()?;
        *length = handles.len();
        watched.extend(handles.iter().map(|&handle| Watched {
            handle,
            wanted,
            ready: Ready::default(),
        }));
    }
    if watched.is_empty() {
        return Err(WsaError::EINVAL);
    }
    poll::wait(&mut watched, timeout)?;
    if watched.iter().any(|watched| watched.ready == Ready::INVALID) {
        return Err(WsaError::ENOTSOCK);
    }
    let mut rest = &watched[..];
    let mut count = 0;
    for (set, length) in sets.iter().zip(lengths) {
        let (own, others) = rest.split_at(length);
        rest = others;
        let ready: Vec<Handle> =
            own.iter().filter(|w| w.ready != Ready::default()).map(|w| w.handle).collect();
        count += ready.len();
        set.write(&ready)?;
    }
    Ok(OrMinusOne(count as i32))
}

/// Tells whether a socket is in a set: what the macro `FD_ISSET` calls. (Microsoft: "select
/// function")
#[export(ws2_32(ordinal = 151), wsock32(ordinal = 151))]
fn __WSAFDIsSet(s: Handle, set: Ptr<u32>) -> u32 {
    Set(set).read().is_ok_and(|handles| handles.contains(&s)).into()
}
