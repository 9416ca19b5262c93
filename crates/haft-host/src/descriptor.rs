//! Descriptors that somebody else has chosen, and how many there may be.

#![allow(unsafe_code, reason = "closing what others own is a raw call")]

use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::process::{Resource, getrlimit, setrlimit};

/// Whether closing a descriptor may wait until what was sent has arrived: it is a socket. Asking
/// does not wait, whatever it is.
#[must_use]
pub fn may_linger(fd: impl AsFd) -> bool {
    rustix::net::sockopt::socket_type(fd).is_ok()
}

/// Lets this process have as many descriptors as it may ask for: how many.
pub fn have_all() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    let allowed = if setrlimit(Resource::Nofile, limit).is_ok() { limit.current } else { before };
    allowed.unwrap_or(u64::MAX)
}

/// Whether a descriptor is among the first quarter of those that the process may have: so many can be
/// spared.
#[must_use]
pub fn can_be_spared(fd: impl AsFd) -> bool {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    u64::from(fd.as_fd().as_raw_fd().cast_unsigned()) < allowed / 4
}

/// Closes every descriptor of the process but one, which is to end at once; false when Linux cannot.
pub fn close_all_but(last: &OwnedFd) -> bool {
    let last = last.as_raw_fd().cast_unsigned();
    let close = |first: u32, to: u32| {
        // SAFETY: whoever owned them does nothing any more, as the caller says.
        first > to || unsafe { libc::syscall(libc::SYS_close_range, first, to, 0) } == 0
    };
    close(last + 1, u32::MAX) && (last == 0 || close(0, last - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_descriptors_cannot_be_spared() {
        let (read, _write) = rustix::pipe::pipe().unwrap();
        let allowed = getrlimit(Resource::Nofile).current.unwrap_or(0).min(1 << 20) as i32;
        assert!(can_be_spared(&read) || allowed < 256);
        let last = rustix::io::fcntl_dupfd_cloexec(&read, allowed / 4).unwrap();
        let unlimited = getrlimit(Resource::Nofile).current.is_none_or(|all| all > 1 << 20);
        assert!(!can_be_spared(last) || unlimited);
    }

    #[test]
    fn a_socket_may_linger() {
        let (read, _write) = rustix::pipe::pipe().unwrap();
        assert!(!may_linger(read));
        let (here, _there) = crate::packet::pair().unwrap();
        assert!(may_linger(here));
    }
}
