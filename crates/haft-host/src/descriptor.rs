//! Descriptors that somebody else has chosen, and how many there may be.

use rustix::fd::AsFd;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_may_linger() {
        let (read, _write) = rustix::pipe::pipe().unwrap();
        assert!(!may_linger(read));
        let (here, _there) = crate::packet::pair().unwrap();
        assert!(may_linger(here));
    }
}
