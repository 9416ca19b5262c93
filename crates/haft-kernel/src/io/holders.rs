//! Which processes have handles to a file on whose account operations are under way.
//!
//! On Windows an operation lives until the last handle to its file object is closed, in whichever
//! process that is: a child that inherited a socket keeps what its creator began alive. So a file
//! that may have operations under way goes to another process together with both ends of a pipe,
//! of which every process that has a handle keeps the end to write. When the last of them is
//! gone, closed or killed, the other end says so.

use super::file::FileObject;
use crate::ke::reactor::{self, Interest};
use haft_abi::NtStatus;
use haft_host::rustix::event::{PollFd, PollFlags, Timespec, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::pipe::{PipeFlags, pipe_with};
use haft_host::spawn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file's two ends, once it was given away or was itself given.
#[derive(Default)]
pub(crate) struct Holders(Mutex<Option<Ends>>);

struct Ends {
    watch: OwnedFd,
    /// There as long as this process has a handle.
    hold: OwnedFd,
}

impl Holders {
    fn lock(&self) -> MutexGuard<'_, Option<Ends>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The two ends, for another process.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub(crate) fn share(&self) -> Result<[OwnedFd; 2], NtStatus> {
        let mut ends = self.lock();
        if ends.is_none() {
            let (watch, hold) = pipe_with(PipeFlags::CLOEXEC).map_err(haft_host::file::status)?;
            *ends = Some(Ends { watch, hold });
        }
        let ends = ends.as_ref().ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        Ok([spawn::above_standard(&ends.watch)?, spawn::above_standard(&ends.hold)?])
    }

    /// Takes the two ends that came along with a file.
    pub(crate) fn accept(&self, watch: OwnedFd, hold: OwnedFd) {
        *self.lock() = Some(Ends { watch, hold });
    }
}

/// Gives this process's hold up; what it waits for then, if another process has a handle still.
fn let_go(file: &FileObject) -> Option<OwnedFd> {
    let Ends { watch, hold } = file.state.holders.lock().take()?;
    drop(hold);
    let mut fds = [PollFd::new(&watch, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let gone = poll(&mut fds, Some(&now)).is_err() || fds[0].revents().contains(PollFlags::HUP);
    if gone { None } else { Some(watch) }
}

/// Calls `end` when no process has a handle to the file any more: at once, or later, on the
/// reactor's thread.
pub(crate) fn when_gone(file: &Arc<FileObject>, end: fn(&Arc<FileObject>)) {
    if let Some(watch) = let_go(file) {
        let kept = Arc::clone(file);
        let action = Box::new(move || end(&kept));
        if reactor::watch(watch.as_fd(), Interest::HangUp, action).is_ok() {
            return;
        }
    }
    end(file);
}
