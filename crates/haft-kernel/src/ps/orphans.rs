//! Children whose last handle was closed before they ended: somebody has to reap them.

use super::object::{self, ProcessObject};
use crate::ke::reactor::{self, Interest};
use haft_host::rustix::fd::AsFd;
use std::sync::Arc;

/// Reaps a child when it ends.
pub(super) fn adopt(child: Arc<ProcessObject>) {
    let Some(pidfd) = child.pidfd() else { return };
    let watched = Arc::clone(&child);
    let action = Box::new(move || {
        let _ = object::reap_noting(&watched);
    });
    // Without a watch the child stays a zombie until this process ends, which harms nobody.
    let _ = reactor::watch(pidfd.as_fd(), Interest::Readable, action);
}
