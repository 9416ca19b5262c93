//! Process objects: what a handle to a process names.

mod by_handle;

pub(super) use by_handle::{
    PROCESS_QUERY_INFORMATION, PROCESS_SET_INFORMATION, by_handle, queried,
};
pub use by_handle::{
    Times, exit_code, facts, handle_count, id, memory_usage, nice, open, require_own, set_nice,
    terminate, times,
};

use super::child_block::ChildBlock;
use super::thread::STILL_ACTIVE;
use super::{opened, process};
use crate::ke::reactor::{self, Interest};
use crate::ob::side::SideTable;
use crate::ob::{Pinned, objects, pending};
use crate::session;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use haft_abi::{NtStatus, Pid};
use haft_host::process::killed_by;
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::Errno;
use haft_host::rustix::process::{WaitId, WaitIdOptions, waitid};
use haft_host::rustix::time::Timespec;
use haft_host::{descriptor, processor_count, reaper};
use haft_object::{
    Backing, DueTime, JobState, ObjectType, ProcessBlock, ProcessState, RecordIndex, Timeout,
};
use haft_wire::process::child_number;
use haft_wire::{ProcessFacts, ProcessRequest, Request, SharedId};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A process as another one (or itself) holds it.
pub struct ProcessObject {
    /// Its identifier.
    pub pid: Pid,
    place: Place,
}

/// How this process knows a process.
enum Place {
    /// It is the process itself.
    Own,
    /// It created it.
    Child(Child),
    /// By the executive's number of it.
    Elsewhere(SharedId),
}

/// A process that this one created.
struct Child {
    /// Readable once the process has ended.
    pidfd: OwnedFd,
    /// Its process block.
    block: ChildBlock,
    /// The wire that it was told over what to be, whose end tells that it has let go of everything.
    wire: OnceLock<OwnedFd>,
    /// Whether it has, while Linux has not said that it has ended.
    let_go: AtomicBool,
    /// Where a suspended child waits for the word to go on, and how often it was suspended.
    suspended: Mutex<Option<(OwnedFd, u32)>>,
    /// The objects that the reactor is to signal at its end; each is pinned there.
    watched: Mutex<Vec<RecordIndex>>,
    /// The exit status that Linux reported, for a process that could not write its own.
    killed: AtomicU32,
    /// Whether the executive has been told of it.
    registered: AtomicBool,
    /// Whether the executive knows who it is, or how it is protected.
    protected: AtomicBool,
}

static PROCESSES: SideTable<ProcessObject> = SideTable::new();

impl ProcessObject {
    /// The process itself.
    #[must_use]
    pub const fn own(pid: Pid) -> Self {
        Self { pid, place: Place::Own }
    }

    /// A process that the executive has under this number.
    #[must_use]
    pub const fn elsewhere(pid: Pid, number: SharedId) -> Self {
        Self { pid, place: Place::Elsewhere(number) }
    }

    /// A child that was just created.
    #[must_use]
    pub(super) fn child(pid: Pid, pidfd: OwnedFd, block: ChildBlock) -> Self {
        let place = Place::Child(Child {
            pidfd,
            block,
            wire: OnceLock::new(),
            let_go: AtomicBool::new(false),
            suspended: Mutex::default(),
            watched: Mutex::default(),
            killed: AtomicU32::new(STILL_ACTIVE),
            registered: AtomicBool::new(false),
            protected: AtomicBool::new(false),
        });
        Self { pid, place }
    }

    /// Says where a child waits that was created suspended.
    pub fn hold(&self, wire: OwnedFd) {
        if let Some(child) = self.as_child() {
            let mut suspended = child.suspended.lock().unwrap_or_else(PoisonError::into_inner);
            *suspended = Some((wire, 1));
        }
    }

    /// Listens for the end of a child's wire, if it keeps it.
    pub fn listen(&self, wire: OwnedFd) {
        let Some(child) = self.as_child() else { return };
        // With one processor nothing is done while Linux takes the memory apart.
        if descriptor::can_be_spared(&wire) && processor_count::may_run_on() > 1 {
            let _ = child.wire.set(wire);
        }
    }

    /// Notes that the executive has been told who it is or how it is protected.
    pub fn set_protected(&self) {
        if let Some(child) = self.as_child() {
            child.protected.store(true, Ordering::Release);
        }
    }

    /// Whether the executive knows more of it than that it is there.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.as_child().is_some_and(|child| child.protected.load(Ordering::Acquire))
    }

    /// Ends a child that cannot become what it was to be.
    pub fn give_up(&self) {
        if let Some(child) = self.as_child() {
            give_up(&child.pidfd);
        }
    }

    /// The file of a child's block.
    #[must_use]
    pub fn block_file(&self) -> Option<&OwnedFd> {
        self.as_child().map(|child| child.block.file())
    }

    const fn as_child(&self) -> Option<&Child> {
        match &self.place {
            Place::Child(child) => Some(child),
            _ => None,
        }
    }

    /// Tells the executive of a child, if it is asked at all and has not been told.
    fn register(&self) {
        let Some(child) = self.as_child() else { return };
        if session::is_connected() && !child.registered.swap(true, Ordering::SeqCst) {
            if child.let_go.load(Ordering::SeqCst) {
                // Others are to hear what this process has heard.
                child.wait_for_linux();
            }
            let request = Request::Process(ProcessRequest::Register { pid: self.pid });
            let _ =
                session::tell_with(&request, &[child.pidfd.as_fd(), child.block.file().as_fd()]);
        }
    }

    /// The executive's number of it, which every process of the session can be given.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` without an executive.
    pub fn number(&self) -> Result<SharedId, NtStatus> {
        match &self.place {
            Place::Elsewhere(number) => Ok(*number),
            Place::Own => opened::own_number(),
            Place::Child(_) => {
                session::connect()?;
                self.register();
                Ok(child_number(self.pid))
            }
        }
    }

    /// Takes one from the suspend count of the first thread; what it was before.
    #[must_use]
    pub fn resume_first_thread(&self) -> u32 {
        let Some(child) = self.as_child() else { return 0 };
        let mut suspended = child.suspended.lock().unwrap_or_else(PoisonError::into_inner);
        match suspended.take() {
            None => 0,
            Some((wire, 1)) => {
                // A child that is dead already needs no word.
                let _ = haft_host::rustix::net::send(
                    &wire,
                    &[1],
                    haft_host::rustix::net::SendFlags::NOSIGNAL,
                );
                1
            }
            Some((wire, count)) => {
                *suspended = Some((wire, count - 1));
                count
            }
        }
    }

    /// Adds one to the suspend count of the first thread, while it waits to be resumed for the
    /// first time; what it was before.
    #[must_use]
    pub fn suspend_first_thread(&self) -> Option<u32> {
        let child = self.as_child()?;
        let mut suspended = child.suspended.lock().unwrap_or_else(PoisonError::into_inner);
        suspended.as_mut().map(|(_, count)| core::mem::replace(count, *count + 1))
    }

    /// A pidfd of a child or of the process itself, to give to another process.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`; `NOT_SUPPORTED` for any other process.
    pub fn share_pidfd(&self) -> Result<OwnedFd, NtStatus> {
        match &self.place {
            Place::Own => haft_host::spawn::open_process(self.pid),
            Place::Child(child) => haft_host::spawn::above_standard(&child.pidfd),
            Place::Elsewhere(_) => Err(NtStatus::NOT_SUPPORTED),
        }
    }

    /// The file of the block of a child or of the process itself, to give to the executive.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub fn share_block_file(&self) -> Result<Option<OwnedFd>, NtStatus> {
        let file = match &self.place {
            Place::Own => crate::ob::block_file(),
            Place::Child(child) => Some(child.block.file()),
            Place::Elsewhere(_) => None,
        };
        file.map(haft_host::spawn::above_standard).transpose()
    }

    /// The descriptor that tells the end of a child.
    #[must_use]
    pub fn pidfd(&self) -> Option<&OwnedFd> {
        self.as_child().map(|child| &child.pidfd)
    }

    /// A child's process block.
    #[must_use]
    pub fn block(&self) -> Option<ProcessBlock<'_>> {
        self.as_child()?.block.view()
    }

    /// Waits until its handle table has what it inherits: a child enters that itself, before
    /// anything of its program runs.
    ///
    /// # Errors
    /// `TIMEOUT` for one that was stopped before it came so far; as for
    /// [`ProcessObject::exit_code`].
    pub fn settle(&self) -> Result<(), NtStatus> {
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
        let start = std::time::Instant::now();
        loop {
            let settled = match self.block() {
                Some(block) => block.has_inherited() || self.has_ended(),
                None => {
                    let facts = self.facts()?;
                    facts.settled || facts.exit_code.is_some()
                }
            };
            if settled {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(NtStatus::TIMEOUT);
            }
            std::thread::sleep(std::time::Duration::from_micros(50));
        }
    }

    /// What its jobs ask of it, where this process sees its block.
    #[must_use]
    pub fn job(&self) -> Option<JobState> {
        let block = if self.is_own() { Some(objects().block()) } else { self.block() };
        block.map(ProcessBlock::job)
    }

    /// Whether this is the process that asks.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self.place, Place::Own)
    }

    /// Whether it has ended; when its parent asks, Linux may forget it then.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match &self.place {
            Place::Own => false,
            Place::Child(child) => child.poll(Some(0)),
            Place::Elsewhere(_) => self.facts().is_ok_and(|facts| facts.exit_code.is_some()),
        }
    }

    /// Its 32-bit exit code, `STILL_ACTIVE` while it runs.
    ///
    /// # Errors
    /// `PORT_DISCONNECTED` for a process that only the executive knows, and it is gone.
    pub fn exit_code(&self) -> Result<u32, NtStatus> {
        match &self.place {
            Place::Own => Ok(STILL_ACTIVE),
            Place::Child(child) => Ok(child.exit_code().unwrap_or(STILL_ACTIVE)),
            Place::Elsewhere(_) => Ok(self.facts()?.exit_code.unwrap_or(STILL_ACTIVE)),
        }
    }

    /// What is known of it.
    ///
    /// # Errors
    /// As for [`ProcessObject::exit_code`].
    pub fn facts(&self) -> Result<ProcessFacts, NtStatus> {
        let (block, exit_code) = match &self.place {
            Place::Own => (objects().block(), None),
            Place::Child(child) => {
                let exit_code = child.exit_code();
                (self.block().ok_or(NtStatus::PORT_DISCONNECTED)?, exit_code)
            }
            Place::Elsewhere(number) => return opened::facts(*number),
        };
        let ended = exit_code.is_some();
        Ok(ProcessFacts {
            pid: self.pid,
            parent: block.parent(),
            exit_code,
            created: block.created(),
            exited: if ended { block.exited() } else { 0 },
            used: [block.usage().user, block.usage().kernel],
            handles: if ended { 0 } else { block.handle_count() },
            settled: block.has_inherited(),
            peb: block.peb(),
            image: block.image_name(),
        })
    }
}

impl Child {
    /// Waits until it has ended, for so many 100 ns units; whether it has.
    fn poll(&self, ticks: Option<u64>) -> bool {
        if self.let_go.load(Ordering::SeqCst) {
            return true;
        }
        let until = ticks.map(|t| haft_host::clock::interrupt_time().saturating_add(t));
        let mut wire = self.wire.get().filter(|_| ticks != Some(0));
        loop {
            let left = until.map(|u| u.saturating_sub(haft_host::clock::interrupt_time()));
            let spec = left.map(|l| Timespec {
                tv_sec: (l / 10_000_000) as i64,
                tv_nsec: (l % 10_000_000 * 100) as i64,
            });
            let ended = PollFd::new(&self.pidfd, PollFlags::IN);
            let mut fds = [ended.clone(), wire.map_or(ended, |w| PollFd::new(w, PollFlags::IN))];
            let count = 1 + usize::from(wire.is_some());
            match poll(&mut fds[..count], spec.as_ref()) {
                Ok(0) => return false,
                Ok(_) if !fds[0].revents().is_empty() => {
                    self.note_status();
                    return true;
                }
                Ok(_) if self.has_let_go() => return true,
                // It was killed, or others are to hear of its end as soon as this process.
                Ok(_) => wire = None,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    /// Whether a child whose wire has ended has let go of everything, and the executive, which hears
    /// of ends from Linux, does not know it.
    fn has_let_go(&self) -> bool {
        if !self.block.has_let_go() {
            return false;
        }
        self.let_go.store(true, Ordering::SeqCst);
        if self.registered.load(Ordering::SeqCst) {
            self.let_go.store(false, Ordering::SeqCst);
            return false;
        }
        true
    }

    /// Waits until Linux, too, says that a child has ended that has let go of everything: in no time,
    /// unless it lies.
    fn wait_for_linux(&self) {
        const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
        let _ = poll(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], Some(&PATIENCE));
    }

    /// Learns, without reaping, how Linux says that the process ended.
    fn note_status(&self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        if let Ok(Some(status)) = waitid(WaitId::PidFd(self.pidfd.as_fd()), options) {
            let code = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => code as u32,
                (None, Some(signal)) => killed_by(signal),
                _ => return,
            };
            self.killed.store(code, Ordering::Release);
        }
    }

    /// Its 32-bit exit code, once it has ended.
    fn exit_code(&self) -> Option<u32> {
        if !self.poll(Some(0)) {
            return None;
        }
        Some(match self.block.state() {
            ProcessState::Exited(code) => code,
            _ => match self.killed.load(Ordering::Acquire) {
                STILL_ACTIVE => NtStatus::UNSUCCESSFUL.0,
                code => code,
            },
        })
    }
}

/// Tells the executive of the children that were created before it was asked anything.
pub(crate) fn register_children() {
    // The executive is to know nobody as alive whose end this process has told of.
    reaper::settle();
    PROCESSES.for_each(|process| process.register());
}

/// Makes the object of a process.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the process block is full.
pub fn create(object: ProcessObject) -> Result<Pinned, NtStatus> {
    let object = Arc::new(object);
    let made = create_shared(Arc::clone(&object))?;
    // It is in the table of those that are told of at the first connection, or told of here.
    object.register();
    Ok(made)
}

/// Makes one more object of a process.
fn create_shared(object: Arc<ProcessObject>) -> Result<Pinned, NtStatus> {
    // Who looks at the handle from outside is told which process it is.
    let pid = u64::from(object.pid.0);
    let key = PROCESSES.insert(object);
    objects()
        .create_object(ObjectType::Process, Backing::Kernel { words: [key, pid] }, false)
        .inspect_err(|_| drop(PROCESSES.remove(key)))
}

/// The process behind a process object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type.
pub fn of(object: &Pinned) -> Result<Arc<ProcessObject>, NtStatus> {
    match (object.object_type(), pending::backing(object)?) {
        (ObjectType::Process, Backing::Kernel { words: [key, _] }) => {
            PROCESSES.get(key).ok_or(NtStatus::OBJECT_TYPE_MISMATCH)
        }
        (ObjectType::Process, Backing::Executive { id }) => {
            let pid = Pid(object.record().notes()[0] as u32);
            Ok(Arc::new(match pid == process().pid {
                true => ProcessObject::own(pid),
                false => ProcessObject::elsewhere(pid, SharedId(id)),
            }))
        }
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// The child whose end signals an object of this process: of the child, or of its first thread.
fn behind(object: &Pinned) -> Option<Arc<ProcessObject>> {
    let process = match object.object_type() {
        ObjectType::Thread => super::remote_thread::of(object)?.first_of()?,
        _ => of(object).ok()?,
    };
    process.as_child().is_some().then_some(process)
}

/// Lets go of a process; if it was this one's child and has ended, Linux may forget it now.
pub(crate) fn dispose(key: u64) {
    let Some(object) = PROCESSES.remove(key) else { return };
    let Some(child) = object.as_child() else { return };
    if PROCESSES.find(|other| Arc::ptr_eq(other, &object)).is_some() {
        return;
    }
    if child.registered.load(Ordering::Acquire) {
        let _ = session::tell(&Request::Release { object: child_number(object.pid) });
    }
    let let_go = child.let_go.load(Ordering::SeqCst);
    // What let go is in no job.
    let reaped = if let_go { reap(&child.pidfd) } else { reap_noting(&object) };
    if !matches!(reaped, Ok(false)) {
        return;
    }
    // It will be gone before it could be watched.
    let later = let_go && own_pidfd(&object).is_some_and(|fd| reaper::reap_later(fd).is_ok());
    if !later {
        super::orphans::adopt(Arc::clone(&object));
    }
}

/// A descriptor of a child that others may keep.
fn own_pidfd(object: &ProcessObject) -> Option<OwnedFd> {
    haft_host::spawn::above_standard(object.pidfd()?).ok()
}

/// Ends a child that was started and is not to be.
pub(super) fn give_up(pidfd: &OwnedFd) {
    use haft_host::rustix::process::{Signal, pidfd_send_signal};
    let _ = pidfd_send_signal(pidfd, Signal::KILL);
    let _ = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
}

/// Reaps a child if it has ended; whether it had. What it used is noted before Linux forgets it.
pub(super) fn reap_noting(process: &ProcessObject) -> Result<bool, Errno> {
    let Some(pidfd) = process.pidfd() else { return Ok(false) };
    let in_job = process.as_child().is_some_and(|c| c.block.job().contains(JobState::MEMBER));
    if let Some(block) = in_job.then(|| process.block()).flatten() {
        super::job::note_usage_of(process.pid, block);
    }
    reap(pidfd)
}

/// Reaps a child if it has ended; whether it had.
pub(super) fn reap(pidfd: &OwnedFd) -> Result<bool, Errno> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    waitid(WaitId::PidFd(pidfd.as_fd()), options).map(|status| status.is_some())
}

/// Waits for a process alone, without the reactor's help; `None` where that is not possible.
pub(crate) fn wait_alone(object: &Pinned, timeout: Timeout) -> Option<NtStatus> {
    let target = behind(object)?;
    let child = target.as_child()?;
    let ticks = match timeout {
        Timeout::Never => None,
        Timeout::Due(DueTime::After(ticks)) => Some(ticks),
        Timeout::Due(DueTime::At(time)) => {
            Some(u64::try_from(time - haft_host::clock::system_time()).unwrap_or(0))
        }
    };
    Some(if child.poll(ticks) {
        let _ = objects().signal_object(object);
        NtStatus::SUCCESS
    } else {
        NtStatus::TIMEOUT
    })
}

/// Sees to it that the object is signalled when the process ends.
pub(crate) fn watch(object: &Pinned) {
    let Some(target) = behind(object) else { return };
    let Some(child) = target.as_child() else { return };
    if child.poll(Some(0)) {
        let _ = objects().signal_object(object);
        return;
    }
    {
        // Each object is watched by itself: a process has several where its thread is held too.
        let mut watched = child.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.contains(&object.index()) {
            return;
        }
        watched.push(object.index());
    }
    let (object, process) = (object.clone(), Arc::clone(&target));
    let action = Box::new(move || {
        if let Some(child) = process.as_child() {
            child.note_status();
        }
        let _ = objects().signal_object(&object);
    });
    if reactor::watch(child.pidfd.as_fd(), Interest::Readable, action).is_err() {
        let mut watched = child.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.clear();
        crate::log::say_once("a process cannot be watched: too many files are open");
    }
}
