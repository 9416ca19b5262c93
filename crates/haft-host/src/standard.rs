//! Descriptors 0, 1 and 2, which stay what they were when haft was started.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use std::os::fd::IntoRawFd;

/// The path that stands where a standard stream does not: always there, and opened as a place only
/// it can be neither read nor written, as if the descriptor were closed.
pub const NOTHING: &core::ffi::CStr = c"/";

/// Takes the place of each standard descriptor that is closed, so that no file that is opened later
/// comes up as a standard stream. To be called before anything else is opened.
pub fn hold() {
    let standard: [fn() -> BorrowedFd<'static>; 3] =
        [rustix::stdio::stdin, rustix::stdio::stdout, rustix::stdio::stderr];
    for stream in standard {
        if rustix::io::fcntl_getfd(stream()).is_err()
            && let Ok(place) = open_nothing()
        {
            // The lowest free number is this one: those below are open.
            let _ = place.into_raw_fd();
        }
    }
}

/// Makes descriptors the standard ones; where there is none, the standard stream is a place only.
///
/// # Errors
/// What the system says.
pub fn set(streams: [Option<BorrowedFd<'_>>; 3]) -> rustix::io::Result<()> {
    let set: [fn(BorrowedFd<'_>) -> rustix::io::Result<()>; 3] = [
        |fd| rustix::stdio::dup2_stdin(fd),
        |fd| rustix::stdio::dup2_stdout(fd),
        |fd| rustix::stdio::dup2_stderr(fd),
    ];
    for (stream, set) in streams.into_iter().zip(set) {
        match stream {
            Some(stream) => set(stream)?,
            None => set(open_nothing()?.as_fd())?,
        }
    }
    Ok(())
}

fn open_nothing() -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(NOTHING, OFlags::PATH, Mode::empty())
}
