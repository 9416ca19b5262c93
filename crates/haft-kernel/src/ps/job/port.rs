//! Messages about jobs, which arrive at completion ports (Microsoft:
//! "JOBOBJECT_ASSOCIATE_COMPLETION_PORT structure").

use super::{SET_ATTRIBUTES, ask, by_handle, done};
use crate::io::completion_port::{self, Feed, IO_COMPLETION_MODIFY_STATE, Packet, Port};
use crate::ke::reactor::{self, Interest};
use crate::session;
use haft_abi::{Handle, NtStatus};
use haft_host::packet;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_wire::job::{JobAnswer, JobMessage, JobRequest};
use haft_wire::{Answer, Request, SharedId};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The socket over which the executive tells of one job.
struct Messages {
    /// One takes messages at a time, so that they are posted in their order.
    socket: Mutex<OwnedFd>,
    port: Weak<Port>,
    key: usize,
}

impl Messages {
    /// Posts what has come; whether more may come.
    fn post_all(&self) -> bool {
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(port) = self.port.upgrade() else { return false };
        let mut buffer = [0; 64];
        loop {
            let message = match packet::receive(&*socket, &mut buffer) {
                Ok((bytes, _)) => haft_wire::decode::<JobMessage>(bytes),
                Err(packet::Gone::WouldBlock) => return true,
                Err(_) => return false,
            };
            let Ok(message) = message else { return false };
            port.post(Packet {
                key: self.key,
                context: message.process.0 as usize,
                status: NtStatus::SUCCESS,
                information: message.event as usize,
            });
        }
    }

    /// Has the reactor post what comes, until nothing can come any more.
    fn watch(self: Arc<Self>) {
        let own = Arc::clone(&self);
        let socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        let action = Box::new(move || {
            if own.post_all() {
                own.watch();
            }
        });
        if reactor::watch(socket.as_fd(), Interest::Readable, action).is_err() {
            crate::log::say_once("messages about a job are late: too many files are open");
        }
    }
}

impl Feed for Messages {
    fn post_waiting(&self) {
        self.post_all();
    }
}

/// Has messages about a job arrive at a completion port with this key; at none for a null handle.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED` for either handle.
pub fn associate(job: Handle, port: Handle, key: usize) -> Result<(), NtStatus> {
    let (_job, id) = by_handle(job, SET_ATTRIBUTES)?;
    if port.is_null() {
        return ask(JobRequest::Mute { job: id }, done);
    }
    let (_port, port) = completion_port::by_handle(port, IO_COMPLETION_MODIFY_STATE)?;
    let socket = Mutex::new(listen(id)?);
    let messages = Arc::new(Messages { socket, port: Arc::downgrade(&port), key });
    let feed: Weak<dyn Feed> = Arc::downgrade(&(Arc::clone(&messages) as Arc<dyn Feed>));
    port.add_feed(feed);
    messages.watch();
    Ok(())
}

fn listen(job: SharedId) -> Result<OwnedFd, NtStatus> {
    let request = Request::Job(JobRequest::Listen { job });
    match session::holding(|turn| turn.ask_with(&request, &[]))? {
        (Answer::Job(JobAnswer::Done), mut fds) if fds.len() == 1 => {
            fds.pop().ok_or(NtStatus::PORT_DISCONNECTED)
        }
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}
