//! What a call wants done when its I/O is complete: a status block filled, an event set, a packet
//! posted, a routine called (Microsoft: "Synchronous and Asynchronous I/O").

use super::file::FileObject;
use crate::ke::apc::{self, Apc};
use crate::ob::{Pinned, reference};
use crate::ps::thread::{self, Thread};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::guest;
use haft_object::ObjectType;
use std::sync::atomic::Ordering;

/// A routine of the program that is called when I/O is complete, on the thread that asked.
#[derive(Clone, Copy, Debug)]
pub struct Routine {
    /// Its address.
    pub address: usize,
    /// Its arguments, from the status, the information and the request.
    pub arguments: fn(NtStatus, usize, &Request) -> [usize; 4],
}

/// How a call wants to hear of its completion. Zero is "not at all" everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// An event to be set.
    pub event: Handle,
    /// Address of the `IO_STATUS_BLOCK`.
    pub status_block: usize,
    /// What a completion packet, or the routine, is given along; a packet is posted only if it
    /// is not zero.
    pub context: usize,
    /// A routine to be called.
    pub routine: Option<Routine>,
    /// Where in the file.
    pub offset: Option<u64>,
}

impl Request {
    /// A plain call that waits, at the file's position.
    pub const PLAIN: Self =
        Self { event: Handle::NULL, status_block: 0, context: 0, routine: None, offset: None };
}

/// A request under way.
pub(crate) struct Armed {
    pub(crate) request: Request,
    pub(crate) thread: Option<&'static Thread>,
    event: Option<Pinned>,
}

/// The right to set an event (`EVENT_MODIFY_STATE`).
const EVENT_MODIFY_STATE: AccessMask = AccessMask(2);

/// `FILE_SKIP_COMPLETION_PORT_ON_SUCCESS`.
pub const SKIP_COMPLETION_PORT: u8 = 1;
/// `FILE_SKIP_SET_EVENT_ON_HANDLE`.
pub const SKIP_SET_EVENT: u8 = 2;

/// Begins a request: its event is reset, its status block says that it is under way.
///
/// # Errors
/// Those of the event's handle, `ACCESS_VIOLATION` for the status block, `INVALID_PARAMETER` for
/// a routine on a file that is bound to a completion port.
pub(crate) fn arm(file: &FileObject, request: &Request) -> Result<Armed, NtStatus> {
    let event = if request.event.is_null() {
        None
    } else {
        let event = reference(request.event, Some(ObjectType::Event), EVENT_MODIFY_STATE)?;
        let _ = crate::ke::event::reset_object(&event);
        Some(event)
    };
    if request.routine.is_some() && file.state.port.get().is_some() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if request.status_block != 0 && !file.is_synchronous() {
        guest::write(request.status_block, u64::from(NtStatus::PENDING.0))?;
    }
    if !file.is_synchronous() {
        file.state.idle.store(false, Ordering::SeqCst);
    }
    Ok(Armed { request: *request, thread: thread::try_current(), event })
}

impl Armed {
    /// Tells of the end of a request. `inline` says that the call itself has it as its result.
    pub(crate) fn complete(
        self,
        file: &FileObject,
        status: NtStatus,
        information: usize,
        inline: bool,
    ) {
        let block = self.request.status_block;
        if block != 0 {
            // The information first: who polls the status finds both.
            let _ = guest::write(block + 8, information as u64);
            let _ = guest::write(block, u64::from(status.0));
        }
        let skip = file.state.skip.load(Ordering::Relaxed);
        if !file.is_synchronous() && (self.event.is_none() || skip & SKIP_SET_EVENT == 0) {
            file.signal();
        }
        if let Some(event) = &self.event {
            let _ = crate::ke::event::set_object(event);
        }
        if let Some(routine) = self.request.routine {
            if let Some(thread) = self.thread {
                let arguments = (routine.arguments)(status, information, &self.request);
                let _ = apc::queue(thread, Apc { routine: routine.address, arguments });
            }
        } else if self.request.context != 0
            && let Some((port, key)) = file.state.port.get()
            && !(inline && status.is_success() && skip & SKIP_COMPLETION_PORT != 0)
        {
            port.post(super::completion_port::Packet {
                key: *key,
                context: self.request.context,
                status,
                information,
            });
        }
    }
}
