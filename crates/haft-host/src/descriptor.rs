//! Descriptors that somebody else has chosen, and how many there may be.

use rustix::fd::AsFd;
use rustix::process::{Resource, getrlimit, setrlimit};

/// Whether closing a descriptor certainly never waits: it is a memory file or a pipe. Asking does
/// not wait, whatever it is.
#[must_use]
pub fn closes_at_once(fd: impl AsFd) -> bool {
    rustix::fs::fcntl_get_seals(&fd).is_ok() || rustix::pipe::fcntl_getpipe_size(&fd).is_ok()
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
    fn memory_files_and_pipes_close_at_once() {
        let (read, _write) = rustix::pipe::pipe().unwrap();
        assert!(closes_at_once(read));
        assert!(closes_at_once(crate::mem::memfd("closes", 1).unwrap()));
        let (here, _there) = crate::packet::pair().unwrap();
        assert!(!closes_at_once(here));
    }
}
