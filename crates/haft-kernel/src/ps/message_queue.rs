//! Message queues of threads (Microsoft: "About Messages and Message Queues"). There are no windows:
//! what is in a queue was posted to its thread. A thread gets its queue when it first asks for a
//! message.

use super::thread;
use crate::ke::event::{self, EventKind};
use crate::ke::wait::{self, MAXIMUM_WAIT_OBJECTS, WaitKind};
use crate::ob::{self, Pinned, objects};
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus, Tid};
use haft_object::Timeout;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The message that ends a program's loop (`WM_QUIT`).
pub const QUIT: u32 = 0x12;

/// As many messages Windows lets wait in a queue.
const MOST: usize = 10_000;

/// A message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// What it is.
    pub kind: u32,
    /// What it says of it.
    pub wide: usize,
    /// And further.
    pub long: usize,
    /// When it was posted, in milliseconds since the machine started.
    pub time: u32,
}

/// The messages that are wanted: from the first kind to the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filter {
    /// The first kind.
    pub first: u32,
    /// The last kind.
    pub last: u32,
}

impl Filter {
    /// All kinds.
    pub const ALL: Self = Self { first: 0, last: u32::MAX };

    fn wants(self, message: &Message) -> bool {
        (self.first..=self.last).contains(&message.kind)
    }
}

#[derive(Default)]
struct Content {
    messages: VecDeque<Message>,
    /// The exit code of a loop that is to end once nothing else is there.
    quit: Option<usize>,
    /// Whether one was posted since its thread looked last.
    fresh: bool,
}

struct Queue {
    content: Mutex<Content>,
    /// Set while something is there.
    filled: Pinned,
    /// Set while something is there that its thread has not looked at.
    unseen: Pinned,
}

static QUEUES: Mutex<BTreeMap<u32, Arc<Queue>>> = Mutex::new(BTreeMap::new());
/// How many there are, for threads that end without one.
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn queues() -> MutexGuard<'static, BTreeMap<u32, Arc<Queue>>> {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The running thread's queue.
fn own() -> Result<Arc<Queue>, NtStatus> {
    let tid = thread::current().tid().0;
    if let Some(queue) = queues().get(&tid) {
        return Ok(queue.clone());
    }
    let event = || objects().create_event(EventKind::Notification, false);
    let content = Mutex::default();
    let queue = Arc::new(Queue { content, filled: event()?, unseen: event()? });
    COUNT.fetch_add(1, Ordering::Relaxed);
    queues().insert(tid, queue.clone());
    Ok(queue)
}

/// Has a thread that ends have no queue any more.
pub(super) fn forget(tid: Tid) {
    if COUNT.load(Ordering::Relaxed) != 0 && queues().remove(&tid.0).is_some() {
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Queue {
    /// Changes the content, and has the events tell of it.
    fn change<R>(&self, change: impl FnOnce(&mut Content) -> R) -> Result<R, NtStatus> {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut content);
        let filled = !content.messages.is_empty() || content.quit.is_some();
        content.fresh &= filled;
        for (event, set) in [(&self.filled, filled), (&self.unseen, content.fresh)] {
            if set {
                event::set_object_unheard(event)?
            } else {
                event::reset_object(event).map(drop)?
            }
        }
        Ok(result)
    }

    fn look(&self, filter: Filter, remove: bool) -> Result<Option<Message>, NtStatus> {
        self.change(|content| {
            content.fresh = false;
            let found = content.messages.iter().position(|message| filter.wants(message));
            match found {
                Some(index) if remove => content.messages.remove(index),
                Some(index) => content.messages.get(index).copied(),
                // Whatever is wanted: nobody misses the end.
                None => {
                    let quit = if remove { content.quit.take() } else { content.quit };
                    quit.map(|code| message(QUIT, code, 0))
                }
            }
        })
    }
}

fn message(kind: u32, wide: usize, long: usize) -> Message {
    Message { kind, wide, long, time: crate::ex::time::tick_count() as u32 }
}

/// Posts a message to a thread of this process.
///
/// # Errors
/// `INVALID_CID` when there is no such thread here or it has no queue, `QUOTA_EXCEEDED` when the
/// queue is full.
pub fn post(tid: Tid, kind: u32, wide: usize, long: usize) -> Result<(), NtStatus> {
    let queue = queues().get(&tid.0).cloned().ok_or(NtStatus::INVALID_CID)?;
    queue.change(|content| {
        if content.messages.len() >= MOST {
            return Err(NtStatus::QUOTA_EXCEEDED);
        }
        content.messages.push_back(message(kind, wide, long));
        content.fresh = true;
        Ok(())
    })?
}

/// Posts a message to the running thread.
///
/// # Errors
/// `QUOTA_EXCEEDED`, `INSUFFICIENT_RESOURCES`.
pub fn post_own(kind: u32, wide: usize, long: usize) -> Result<(), NtStatus> {
    own()?;
    post(thread::current().tid(), kind, wide, long)
}

/// Has the running thread find [`QUIT`] once nothing else is in its queue.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn post_quit(code: u32) -> Result<(), NtStatus> {
    own()?.change(|content| {
        content.quit = Some(code as usize);
        content.fresh = true;
    })
}

/// The next message that is wanted, if there is one; with `remove` it is gone then.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn peek(filter: Filter, remove: bool) -> Result<Option<Message>, NtStatus> {
    own()?.look(filter, remove)
}

/// Waits for the next message that is wanted, and takes it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn get(filter: Filter) -> Result<Message, NtStatus> {
    let queue = own()?;
    loop {
        if let Some(message) = queue.look(filter, true)? {
            return Ok(message);
        }
        // Others than those that are wanted may be there, which were looked at.
        wait::wait_for_object(&queue.unseen, Timeout::Never, false)?;
    }
}

/// Whether messages were posted since the running thread looked last, and whether there are any.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn status() -> Result<(bool, bool), NtStatus> {
    own()?.change(|content| {
        let fresh = core::mem::take(&mut content.fresh);
        (fresh, !content.messages.is_empty() || content.quit.is_some())
    })
}

/// What of the queue a wait is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// Messages that its thread has not looked at.
    Unseen,
    /// Any messages.
    Any,
    /// No messages.
    None,
}

/// Waits for any or all of up to 63 objects and the queue, which counts as one more behind them.
///
/// # Errors
/// `INVALID_PARAMETER` for too many, `INVALID_HANDLE`, `ACCESS_DENIED`.
pub fn wait(
    handles: &[Handle],
    input: Input,
    kind: WaitKind,
    timeout: Timeout,
    alertable: bool,
) -> Result<NtStatus, NtStatus> {
    if handles.len() >= MAXIMUM_WAIT_OBJECTS {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let queue = own()?;
    let reference = |handle: &Handle| ob::reference(*handle, None, AccessMask::SYNCHRONIZE);
    let mut waited = handles.iter().map(reference).collect::<Result<Vec<_>, _>>()?;
    match input {
        Input::Unseen => waited.push(queue.unseen.clone()),
        Input::Any => waited.push(queue.filled.clone()),
        Input::None => {}
    }
    if waited.is_empty() {
        return Ok(wait::delay(timeout, alertable));
    }
    wait::wait_for_objects(&waited, kind, timeout, alertable)
}
