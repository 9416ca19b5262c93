//! File objects: a Linux descriptor, and what Windows wants to know beside it.

use super::completion_port::Port;
use super::device::Device;
use super::holders::{self, Holders};
use super::message::{PipeMode, Taken};
use super::named_pipe::Instance;
use super::pending::Queue;
use super::socket::{SocketKind, SocketState};
use crate::ob::side::SideTable;
use crate::ob::{Pinned, objects, pending, reference};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::rustix::event::{EventfdFlags, eventfd};
use haft_host::rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use haft_host::rustix::fs::{FileType, Stat, fstat};
use haft_host::rustix::termios::isatty;
use haft_object::block::MAX_DESCRIPTION;
use haft_object::{Backing, ObjectType};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a file object is, which decides how it reads, writes and is told apart by
/// `GetFileType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// A file on a disk.
    Disk,
    /// A directory.
    Directory,
    /// A pipe, also one that is a Linux socket.
    Pipe,
    /// A socket of Winsock.
    Socket,
    /// A mailslot, to be read or to be written.
    Mailslot,
    /// A terminal.
    Console,
    /// Any other character device: `NUL`, a terminal of another program.
    Character,
    /// A serial line.
    Serial,
}

impl FileKind {
    /// The kind of what a descriptor is open on.
    #[must_use]
    pub fn of(fd: BorrowedFd<'_>) -> Self {
        match fstat(fd).map(|s| FileType::from_raw_mode(s.st_mode)) {
            Ok(FileType::Directory) => Self::Directory,
            Ok(FileType::Fifo | FileType::Socket) => Self::Pipe,
            Ok(FileType::CharacterDevice) if isatty(fd) => Self::Console,
            Ok(FileType::CharacterDevice) => Self::Character,
            _ => Self::Disk,
        }
    }
}

/// An end of a named pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipeEnd {
    /// Whether it is the server's.
    pub server: bool,
    /// The process that made the pipe.
    pub server_process: u32,
    /// The process that opened it, if it is known.
    pub client_process: u32,
    /// The sizes of its buffers as they were asked for: out and in, seen from the server.
    pub buffers: [u32; 2],
    /// How many instances there may be.
    pub instances: u32,
    /// Which ways data goes: `PIPE_ACCESS_INBOUND` 1, `OUTBOUND` 2, `DUPLEX` 3.
    pub ways: u32,
}

/// How a pipe of messages is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadMode {
    /// As bytes.
    Byte,
    /// Message by message.
    Message,
}

/// What about a file object goes with it into another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDescription {
    /// What it is.
    pub kind: FileKind,
    /// Whether calls wait for the result (no `FILE_FLAG_OVERLAPPED`).
    pub synchronous: bool,
    /// Whether every write goes to the end (`FILE_APPEND_DATA` without `FILE_WRITE_DATA`).
    pub append: bool,
    /// Whether the file is deleted when its last handle in every process is closed.
    pub delete_on_close: bool,
    /// The Linux path it was opened by; of a named pipe and a mailslot the name, of a serial line the
    /// device; empty for what has none.
    pub path: Vec<u8>,
    /// Whether the descriptor is a Linux socket.
    pub socket: bool,
    /// For a socket of Winsock, what it was created as.
    pub winsock: Option<SocketKind>,
    /// For one end of a named pipe, which one.
    pub pipe: Option<PipeEnd>,
    /// For a pipe of messages, how it is read.
    pub message: Option<ReadMode>,
    /// For a mailslot, its longest message; zero is any.
    pub mailslot: Option<u32>,
    /// For a console, whether it is the input.
    pub console_input: bool,
    /// For a device of NT's, which one.
    pub device: Option<Device>,
}

impl FileDescription {
    /// The same for who finds out the path by itself: short enough for the process block.
    fn without_path(&self) -> Self {
        Self { path: Vec::new(), ..self.clone() }
    }

    /// A plain synchronous file object of this kind.
    #[must_use]
    pub const fn plain(kind: FileKind) -> Self {
        Self {
            kind,
            synchronous: true,
            append: false,
            delete_on_close: false,
            path: Vec::new(),
            socket: false,
            winsock: None,
            pipe: None,
            message: None,
            mailslot: None,
            console_input: false,
            device: None,
        }
    }
}

/// A file object.
pub struct FileObject {
    /// The descriptor.
    pub fd: OwnedFd,
    /// What Windows knows of it.
    pub description: FileDescription,
    /// What changes while it is open.
    pub(crate) state: FileState,
}

/// What about a file object changes while it is open, and stays in its process.
#[derive(Default)]
pub(crate) struct FileState {
    /// Whether the file is deleted when this object is closed.
    pub(crate) delete: AtomicBool,
    /// The ranges that are locked through it.
    pub(crate) locks: Mutex<Vec<super::lock::LockedRange>>,
    /// Whether nothing is under way on an overlapped file: what its handle is signalled by.
    pub(crate) idle: AtomicBool,
    /// The object, while somebody waits for it and something is under way.
    pub(crate) waited: Mutex<Option<Pinned>>,
    /// The completion port that it is bound to, and its key there.
    pub(crate) port: OnceLock<(Arc<Port>, usize)>,
    /// `FILE_SKIP_*` flags.
    pub(crate) skip: AtomicU8,
    /// Reads under way.
    pub(crate) reads: Mutex<Queue>,
    /// Writes under way.
    pub(crate) writes: Mutex<Queue>,
    /// Waits for what happens.
    pub(crate) events: Mutex<Queue>,
    /// What was set of a serial line.
    pub(crate) line: super::serial::LineState,
    /// The instance of a named pipe that this is the server's end of.
    pub(crate) instance: OnceLock<Arc<Instance>>,
    /// How a named pipe is read, once that was changed: 1 bytes, 2 messages; and whether calls
    /// return at once.
    pub(crate) pipe_mode: PipeMode,
    /// The mailslot that is read.
    pub(crate) slot: OnceLock<Arc<super::mailslot::Slot>>,
    /// Messages that wait here rather than in Linux.
    pub(crate) taken: Taken,
    /// What is listed of a directory.
    pub(crate) listing: Mutex<Option<super::directory::Listing>>,
    /// Whether its last handle is closed, in every process.
    pub(crate) closed: AtomicBool,
    /// Who else has handles to it.
    pub(crate) holders: Holders,
    /// What Winsock knows of a socket.
    pub(crate) socket: SocketState,
    /// What was asked of the driver of sockets through it, and which of that watches it.
    pub(crate) polls: super::socket::driver::Polls,
    /// What changes in a directory, once somebody asked.
    pub(crate) changes: super::changes::Changes,
}

/// Whether there ever was a socket of the program's.
static SOCKETS: AtomicBool = AtomicBool::new(false);

/// Whether this process ever had a socket, whose close may wait for what was sent.
pub(crate) fn has_had_sockets() -> bool {
    SOCKETS.load(Ordering::Acquire)
}

impl FileObject {
    /// A file object over an open descriptor.
    #[must_use]
    pub fn new(fd: OwnedFd, description: FileDescription) -> Self {
        if description.kind == FileKind::Socket {
            SOCKETS.store(true, Ordering::Release);
        }
        Self { fd, description, state: FileState::default() }
    }

    /// Signals the object: nothing is under way any more.
    pub(crate) fn signal(&self) {
        self.state.idle.store(true, Ordering::SeqCst);
        let waited = self.state.waited.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(object) = waited {
            let _ = objects().signal_object(&object);
        }
    }

    /// Whether calls wait for the result.
    #[must_use]
    pub const fn is_synchronous(&self) -> bool {
        self.description.synchronous
    }

    /// Its status.
    ///
    /// # Errors
    /// That of fstat.
    pub fn status(&self) -> Result<Stat, NtStatus> {
        fstat(&self.fd).map_err(haft_host::file::status)
    }

    /// The Linux path under which the file is now, also when it was renamed since it was opened.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        let link = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
        match std::fs::read_link(link) {
            Ok(path) if path.is_absolute() => path,
            _ => PathBuf::from(OsString::from_vec(self.description.path.clone())),
        }
    }
}

static FILES: SideTable<FileObject> = SideTable::new();

/// Makes the object of an open descriptor.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the process block is full.
pub fn create(file: FileObject) -> Result<Pinned, NtStatus> {
    let fd = file.fd.as_raw_fd();
    let file = Arc::new(file);
    if file.description.delete_on_close {
        super::delete::note_open(&file);
    }
    let description = describe(&file.description);
    let extra = FILES.insert(file);
    let made = objects()
        .create_object(ObjectType::File, Backing::Descriptor { fd, extra }, false)
        .inspect_err(|_| drop(FILES.remove(extra)))?;
    objects().block().describe(made.index(), &description);
    Ok(made)
}

/// What the process block says of a file. The name of a pipe goes along where there is room, since
/// Linux does not know it.
fn describe(description: &FileDescription) -> Vec<u8> {
    let named = matches!(description.kind, FileKind::Pipe | FileKind::Mailslot | FileKind::Serial);
    let whole = if named { postcard::to_allocvec(description).ok() } else { None };
    whole
        .filter(|bytes| bytes.len() <= MAX_DESCRIPTION)
        .unwrap_or_else(|| postcard::to_allocvec(&description.without_path()).unwrap_or_default())
}

/// Makes the object of a file that was taken from another process, by what that process said of
/// it.
///
/// # Errors
/// `INVALID_PARAMETER` for a description that is none, `INSUFFICIENT_RESOURCES`.
pub(crate) fn create_taken(
    fd: OwnedFd,
    description: &[u8],
    path: Vec<u8>,
) -> Result<Pinned, NtStatus> {
    let description: FileDescription =
        postcard::from_bytes(description).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    // A file's path may have changed; of a pipe Linux knows none.
    let path = if description.path.is_empty() { path } else { description.path };
    create(FileObject::new(fd, FileDescription { path, ..description }))
}

/// The file behind an object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type.
pub fn of(object: &Pinned) -> Result<Arc<FileObject>, NtStatus> {
    match (object.object_type(), pending::backing(object)?) {
        (ObjectType::File, Backing::Descriptor { extra, .. }) => {
            FILES.get(extra).ok_or(NtStatus::OBJECT_TYPE_MISMATCH)
        }
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// The file that a handle names, if the handle may do this. The object stays open for as long as
/// the returned reference lives.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn by_handle(
    handle: Handle,
    wanted: AccessMask,
) -> Result<(Pinned, Arc<FileObject>), NtStatus> {
    let handle = match handle {
        Handle::CURRENT_DIRECTORY => super::current_directory::handle()?,
        handle => handle,
    };
    let object = reference(handle, Some(ObjectType::File), wanted)?;
    let file = of(&object)?;
    Ok((object, file))
}

/// Closes a file whose last handle is gone, and that nobody uses.
pub(crate) fn dispose(key: u64) {
    if let Some(file) = FILES.remove(key) {
        holders::when_gone(&file, end);
        if file.may_be_under_way()
            && file.state.closed.load(Ordering::SeqCst)
            && Arc::strong_count(&file) > 1
        {
            // The reactor is about to let go of it; Linux's file ends here all the same.
            let _ = eventfd(0, EventfdFlags::CLOEXEC)
                .map(|empty| haft_host::file::replace(empty.as_fd(), file.fd.as_fd()));
        }
        super::delete::at_close(file);
        haft_host::spawn::settle();
    }
}

/// Ends what is under way on a file whose last handle is gone.
pub(crate) fn last_handle_closed(key: u64) {
    if let Some(file) = FILES.get(key) {
        holders::when_gone(&file, end);
    }
}

/// Ends what is under way on a file that no process has a handle to.
fn end(file: &Arc<FileObject>) {
    file.state.closed.store(true, Ordering::SeqCst);
    if !file.is_synchronous() {
        super::pending::cancel(file, None, None);
    }
    super::socket::driver::at_close(file);
    super::named_pipe::at_close(file);
    super::blocking::end_all(file);
}

impl FileObject {
    /// Whether operations on it can outlast the handle that they were begun by.
    pub(crate) fn may_be_under_way(&self) -> bool {
        match self.description.kind {
            FileKind::Socket => true,
            FileKind::Pipe => !self.is_synchronous() || self.state.instance.get().is_some(),
            _ => false,
        }
    }

    /// What another process needs, beside the descriptor, to have it as this one does.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub(crate) fn share_holders(&self) -> Result<[OwnedFd; 2], NtStatus> {
        self.state.holders.share()
    }

    /// Takes what came along with its descriptor.
    pub(crate) fn accept_holders(&self, watch: OwnedFd, hold: OwnedFd) {
        self.state.holders.accept(watch, hold);
    }
}

/// Has a file object that somebody is about to wait for signal itself when it is ready.
pub(crate) fn prepare_wait(object: &Pinned) {
    let Ok(file) = of(object) else { return };
    if file.description.kind == FileKind::Console
        && super::console::input::prepare_wait(object, &file)
    {
        return;
    }
    if file.is_synchronous() || file.state.idle.load(Ordering::SeqCst) {
        // Without a request under way it is signalled, as a synchronous one always is here.
        let _ = objects().signal_object(object);
        return;
    }
    let _ = objects().clear_object(object);
    let mut waited = file.state.waited.lock().unwrap_or_else(PoisonError::into_inner);
    *waited = Some(object.clone());
    drop(waited);
    if file.state.idle.load(Ordering::SeqCst) {
        file.signal();
    }
}
