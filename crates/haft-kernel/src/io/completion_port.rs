//! I/O completion ports (Microsoft: "I/O Completion Ports").
//!
//! A port is a queue of packets, and a semaphore that counts them: threads wait for that as they
//! do for any other object, with time-outs, alerts and APCs.

use super::file;
use crate::ke::wait;
use crate::ob::side::SideTable;
use crate::ob::{self, Pinned, objects, reference};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_object::{Backing, ObjectType, Timeout};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What a port hands out for an I/O that is complete, or that a program posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The key of the file, or whatever was posted.
    pub key: usize,
    /// The address of the `OVERLAPPED`, or whatever was posted.
    pub context: usize,
    /// The status of the I/O.
    pub status: NtStatus,
    /// How many bytes were moved.
    pub information: usize,
}

/// What posts packets of its own accord, and may have some that are not there yet.
pub trait Feed: Send + Sync {
    /// Posts those packets.
    fn post_waiting(&self);
}

/// A completion port.
pub struct Port {
    packets: Mutex<VecDeque<Packet>>,
    count: Pinned,
    closed: AtomicBool,
    /// Whether it has feeds, which only few ports have.
    fed: AtomicBool,
    feeds: Mutex<Vec<Weak<dyn Feed>>>,
}

static PORTS: SideTable<Port> = SideTable::new();

impl Port {
    /// Queues a packet and wakes a thread for it.
    pub fn post(&self, packet: Packet) {
        self.packets.lock().unwrap_or_else(PoisonError::into_inner).push_back(packet);
        let _ = objects().release_semaphore(&self.count, 1);
    }

    /// Has the feed asked before anybody waits for a packet.
    pub fn add_feed(&self, feed: Weak<dyn Feed>) {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|feed| feed.strong_count() > 0);
        feeds.push(feed);
        self.fed.store(true, Ordering::Release);
    }

    /// Has the feeds post what they have.
    fn ask_feeds(&self) {
        if self.fed.load(Ordering::Acquire) {
            let feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner).clone();
            feeds.iter().filter_map(Weak::upgrade).for_each(|feed| feed.post_waiting());
        }
    }

    fn take(&self) -> Option<Packet> {
        self.packets.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// Makes a port without a handle.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn new() -> Result<Arc<Port>, NtStatus> {
    let count = objects().create_semaphore(0, i32::MAX)?;
    Ok(Arc::new(Port {
        packets: Mutex::default(),
        count,
        closed: AtomicBool::new(false),
        fed: AtomicBool::new(false),
        feeds: Mutex::default(),
    }))
}

/// Creates a port, and a handle to it.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub fn create(access: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
    let key = PORTS.insert(new()?);
    let object = objects()
        .create_object(ObjectType::IoCompletion, Backing::Kernel { words: [key, 0] }, false)
        .inspect_err(|_| drop(PORTS.remove(key)))?;
    ob::insert(object, access, inherit)
}

/// The port that a handle names.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn by_handle(handle: Handle, wanted: AccessMask) -> Result<(Pinned, Arc<Port>), NtStatus> {
    let object = reference(handle, Some(ObjectType::IoCompletion), wanted)?;
    let Backing::Kernel { words: [key, _] } = object.backing() else {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    };
    let port = PORTS.get(key).ok_or(NtStatus::OBJECT_TYPE_MISMATCH)?;
    Ok((object, port))
}

/// The right to post and bind (`IO_COMPLETION_MODIFY_STATE`).
pub const IO_COMPLETION_MODIFY_STATE: AccessMask = AccessMask(2);

/// Ends a port whose last handle is gone.
pub(crate) fn dispose(key: u64) {
    drop(PORTS.remove(key));
}

/// Tells those who wait for a port that its last handle is closed.
pub(crate) fn last_handle_closed(key: u64) {
    if let Some(port) = PORTS.get(key) {
        port.closed.store(true, Ordering::Release);
        let _ = objects().release_semaphore(&port.count, 1 << 16);
    }
}

/// Binds an overlapped file to a port: from then on its completions are posted there.
///
/// # Errors
/// `INVALID_PARAMETER` for a file that is bound already or is not overlapped.
pub fn bind(port: Handle, file: Handle, key: usize) -> Result<(), NtStatus> {
    bind_to(by_handle(port, IO_COMPLETION_MODIFY_STATE)?.1, file, key)
}

/// As [`bind`], to a port that may have no handle.
///
/// # Errors
/// As for [`bind`].
pub fn bind_to(port: Arc<Port>, file: Handle, key: usize) -> Result<(), NtStatus> {
    let (_object, file) = file::by_handle(file, AccessMask::NONE)?;
    if file.is_synchronous() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    file.state.port.set((port, key)).map_err(|_| NtStatus::INVALID_PARAMETER)
}

/// Posts a packet (Microsoft: "PostQueuedCompletionStatus function").
///
/// # Errors
/// Those of [`by_handle`].
pub fn post(port: Handle, packet: Packet) -> Result<(), NtStatus> {
    by_handle(port, IO_COMPLETION_MODIFY_STATE)?.1.post(packet);
    Ok(())
}

/// What ended the wait for packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Packets, at least one.
    Packets(Vec<Packet>),
    /// None: `TIMEOUT`, `USER_APC`, `ABANDONED_WAIT_0` when the port was closed.
    Nothing(NtStatus),
}

/// Waits for packets and takes up to `most` of them (Microsoft: "GetQueuedCompletionStatusEx
/// function").
///
/// # Errors
/// Those of [`by_handle`].
pub fn remove(
    port: Handle,
    most: usize,
    timeout: Timeout,
    alertable: bool,
) -> Result<Removed, NtStatus> {
    remove_from(&by_handle(port, IO_COMPLETION_MODIFY_STATE)?.1, most, timeout, alertable)
}

/// As [`remove`], from a port that may have no handle.
///
/// # Errors
/// What waits give.
pub fn remove_from(
    port: &Port,
    most: usize,
    timeout: Timeout,
    alertable: bool,
) -> Result<Removed, NtStatus> {
    port.ask_feeds();
    let mut packets = Vec::new();
    loop {
        let first = packets.is_empty();
        let timeout = if first { timeout } else { Timeout::ZERO };
        let status = wait::wait_for_object(&port.count, timeout, alertable && first)?;
        if status != NtStatus::SUCCESS {
            return Ok(if first { Removed::Nothing(status) } else { Removed::Packets(packets) });
        }
        match port.take() {
            Some(packet) => packets.push(packet),
            None if port.closed.load(Ordering::Acquire) => {
                return Ok(Removed::Nothing(NtStatus::ABANDONED_WAIT_0));
            }
            None => {}
        }
        if packets.len() >= most {
            return Ok(Removed::Packets(packets));
        }
    }
}

/// How many packets wait in a port.
///
/// # Errors
/// Those of [`by_handle`].
pub fn depth(port: Handle) -> Result<usize, NtStatus> {
    let port = by_handle(port, AccessMask(1))?.1;
    port.ask_feeds();
    Ok(port.packets.lock().unwrap_or_else(PoisonError::into_inner).len())
}
