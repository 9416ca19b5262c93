//! Process objects: what a handle to a process names.

use super::process;
use super::thread::STILL_ACTIVE;
use crate::ke::reactor::{self, Interest};
use crate::ob::side::SideTable;
use crate::ob::{Pinned, objects, pending, reference};
use core::sync::atomic::{AtomicU32, Ordering};
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_host::mem::SharedWords;
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::io::Errno;
use haft_host::rustix::process::{WaitId, WaitIdOptions, waitid};
use haft_host::rustix::time::Timespec;
use haft_object::{
    Backing, DueTime, JobState, ObjectType, ProcessBlock, ProcessState, RecordIndex, Timeout,
};
use std::sync::{Arc, Mutex, PoisonError};

/// A process as another one (or itself) holds it.
pub struct ProcessObject {
    /// Its identifier.
    pub pid: Pid,
    /// Readable once the process has ended; `None` for the process itself.
    pidfd: Option<OwnedFd>,
    /// Its process block, where it was given to this process.
    block: Option<(OwnedFd, SharedWords)>,
    /// Where a suspended child waits for the word to go on, and how often it was suspended.
    suspended: Mutex<Option<(OwnedFd, u32)>>,
    /// The objects that the reactor is to signal at its end; each is pinned there.
    watched: Mutex<Vec<RecordIndex>>,
    /// The exit status that Linux reported, for a process that could not write its own.
    killed: AtomicU32,
}

static PROCESSES: SideTable<ProcessObject> = SideTable::new();

/// The exit code of a process that Linux ended with this signal: what `TerminateProcess` by an
/// administrator would show is up to them; haft says 128 and the signal, as shells do.
const fn killed_by(signal: i32) -> u32 {
    128 + signal as u32
}

impl ProcessObject {
    /// The process itself.
    #[must_use]
    pub fn own(pid: Pid) -> Self {
        Self {
            pid,
            pidfd: None,
            block: None,
            suspended: Mutex::new(None),
            watched: Mutex::default(),
            killed: AtomicU32::new(STILL_ACTIVE),
        }
    }

    /// A process by its descriptor and, where there is one, its block.
    #[must_use]
    pub fn other(pid: Pid, pidfd: OwnedFd, block: Option<(OwnedFd, SharedWords)>) -> Self {
        Self {
            pid,
            pidfd: Some(pidfd),
            block,
            suspended: Mutex::new(None),
            watched: Mutex::default(),
            killed: AtomicU32::new(STILL_ACTIVE),
        }
    }

    /// A child that was just created; `held` is where it waits if it was created suspended.
    #[must_use]
    pub fn child(
        pid: Pid,
        pidfd: OwnedFd,
        block: (OwnedFd, SharedWords),
        held: Option<OwnedFd>,
    ) -> Self {
        let suspended = Mutex::new(held.map(|wire| (wire, 1)));
        Self { suspended, ..Self::other(pid, pidfd, Some(block)) }
    }

    /// Takes one from the suspend count of the first thread; what it was before.
    #[must_use]
    pub fn resume_first_thread(&self) -> u32 {
        let mut suspended = self.suspended.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut suspended = self.suspended.lock().unwrap_or_else(PoisonError::into_inner);
        suspended.as_mut().map(|(_, count)| core::mem::replace(count, *count + 1))
    }

    /// A pidfd to give to another process.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub fn share_pidfd(&self) -> Result<OwnedFd, NtStatus> {
        match &self.pidfd {
            Some(pidfd) => haft_host::spawn::above_standard(pidfd),
            None => haft_host::spawn::open_process(self.pid),
        }
    }

    /// The file of its block, to give to another process.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub fn share_block_file(&self) -> Result<Option<OwnedFd>, NtStatus> {
        let file = match &self.block {
            Some((file, _)) => Some(file),
            None if self.is_own() => crate::ob::block_file(),
            None => None,
        };
        file.map(haft_host::spawn::above_standard).transpose()
    }

    /// The descriptor that tells its end.
    #[must_use]
    pub fn pidfd(&self) -> Option<&OwnedFd> {
        self.pidfd.as_ref()
    }

    /// Its process block.
    #[must_use]
    pub fn block(&self) -> Option<ProcessBlock<'_>> {
        ProcessBlock::open(self.block.as_ref()?.1.words()).ok()
    }

    /// Its process block, once its handle table has what it inherits: a child enters that itself,
    /// before anything of its program runs.
    ///
    /// # Errors
    /// `NOT_SUPPORTED` for a process whose block was not given to this one, `TIMEOUT` for one that
    /// was stopped before it came so far.
    pub fn settled_block(&self) -> Result<ProcessBlock<'_>, NtStatus> {
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
        let block = self.block().ok_or(NtStatus::NOT_SUPPORTED)?;
        let start = std::time::Instant::now();
        while !block.has_inherited() && !self.has_ended() {
            if start.elapsed() > PATIENCE {
                return Err(NtStatus::TIMEOUT);
            }
            std::thread::sleep(std::time::Duration::from_micros(50));
        }
        Ok(block)
    }

    /// What its jobs ask of it, as far as this process can see.
    #[must_use]
    pub fn job(&self) -> JobState {
        let block = if self.is_own() { Some(objects().block()) } else { self.block() };
        block.map_or(JobState::default(), ProcessBlock::job)
    }

    /// Whether this is the process that asks.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.pidfd.is_none()
    }

    /// Whether it has ended; when its parent asks, Linux may forget it then.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.poll(Some(0))
    }

    /// Waits until it has ended, for so many 100 ns units; whether it has.
    fn poll(&self, ticks: Option<u64>) -> bool {
        let Some(pidfd) = &self.pidfd else { return false };
        let until = ticks.map(|t| haft_host::clock::interrupt_time().saturating_add(t));
        loop {
            let left = until.map(|u| u.saturating_sub(haft_host::clock::interrupt_time()));
            let spec = left.map(|l| Timespec {
                tv_sec: (l / 10_000_000) as i64,
                tv_nsec: (l % 10_000_000 * 100) as i64,
            });
            match poll(&mut [PollFd::new(pidfd, PollFlags::IN)], spec.as_ref()) {
                Ok(0) => return false,
                Ok(_) => {
                    self.note_status();
                    return true;
                }
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    /// Learns, without reaping, how Linux says that the process ended.
    fn note_status(&self) {
        let Some(pidfd) = &self.pidfd else { return };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        if let Ok(Some(status)) = waitid(WaitId::PidFd(pidfd.as_fd()), options) {
            let code = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => code as u32,
                (None, Some(signal)) => killed_by(signal),
                _ => return,
            };
            self.killed.store(code, Ordering::Release);
        }
    }

    /// Its 32-bit exit code, `STILL_ACTIVE` while it runs.
    #[must_use]
    pub fn exit_code(&self) -> u32 {
        if self.is_own() || !self.has_ended() {
            return STILL_ACTIVE;
        }
        match self.block().map(ProcessBlock::state) {
            Some(ProcessState::Exited(code)) => code,
            _ => match self.killed.load(Ordering::Acquire) {
                STILL_ACTIVE => NtStatus::UNSUCCESSFUL.0,
                code => code,
            },
        }
    }
}

/// Makes the object of a process.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the process block is full.
pub fn create(object: ProcessObject) -> Result<Pinned, NtStatus> {
    create_shared(Arc::new(object))
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
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// The process whose end signals an object: a process, or a thread of another process.
fn behind(object: &Pinned) -> Option<Arc<ProcessObject>> {
    match super::remote_thread::of(object) {
        Some(thread) => Some(Arc::clone(&thread.process)),
        None => of(object).ok(),
    }
}

/// Lets go of a process; if it was this one's child and has ended, Linux may forget it now.
pub(crate) fn dispose(key: u64) {
    let Some(object) = PROCESSES.remove(key) else { return };
    if object.pidfd.is_some()
        && object.pid != process().pid
        && PROCESSES.find(|other| Arc::ptr_eq(other, &object)).is_none()
        && matches!(reap(&object), Ok(false))
    {
        super::orphans::adopt(Arc::clone(&object));
    }
}

/// Ends a child that was started and is not to be.
pub(super) fn give_up(pidfd: &OwnedFd) {
    use haft_host::rustix::process::{Signal, pidfd_send_signal};
    let _ = pidfd_send_signal(pidfd, Signal::KILL);
    let _ = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
}

/// Reaps a child if it has ended; whether it had.
pub(super) fn reap(process: &ProcessObject) -> Result<bool, Errno> {
    let Some(pidfd) = &process.pidfd else { return Ok(false) };
    if let Some(block) = process.block() {
        super::job::note_usage_of(process.pid, block);
    }
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    waitid(WaitId::PidFd(pidfd.as_fd()), options).map(|status| status.is_some())
}

/// Waits for a process alone, without the reactor's help; `None` where that is not possible.
pub(crate) fn wait_alone(object: &Pinned, timeout: Timeout) -> Option<NtStatus> {
    let target = behind(object)?;
    if target.is_own() {
        return None;
    }
    let ticks = match timeout {
        Timeout::Never => None,
        Timeout::Due(DueTime::After(ticks)) => Some(ticks),
        Timeout::Due(DueTime::At(time)) => {
            Some(u64::try_from(time - haft_host::clock::system_time()).unwrap_or(0))
        }
    };
    Some(if target.poll(ticks) {
        let _ = objects().signal_object(object);
        NtStatus::SUCCESS
    } else {
        NtStatus::TIMEOUT
    })
}

/// Sees to it that the object is signalled when the process ends.
pub(crate) fn watch(object: &Pinned) {
    let Some(target) = behind(object).filter(|target| !target.is_own()) else { return };
    if target.has_ended() {
        let _ = objects().signal_object(object);
        return;
    }
    {
        // Each object is watched by itself: a process has several where its thread is held too.
        let mut watched = target.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.contains(&object.index()) {
            return;
        }
        watched.push(object.index());
    }
    let (object, process) = (object.clone(), Arc::clone(&target));
    let action = Box::new(move || {
        process.note_status();
        let _ = objects().signal_object(&object);
    });
    let Some(pidfd) = &target.pidfd else { return };
    if reactor::watch(pidfd.as_fd(), Interest::Readable, action).is_err() {
        let mut watched = target.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.clear();
        crate::log::say_once("a process cannot be watched: too many files are open");
    }
}

/// The right to end a process (`PROCESS_TERMINATE`).
const PROCESS_TERMINATE: AccessMask = AccessMask(1);
/// `PROCESS_QUERY_LIMITED_INFORMATION`, which `PROCESS_QUERY_INFORMATION` implies.
const PROCESS_QUERY_LIMITED_INFORMATION: AccessMask = AccessMask(0x1000);

/// The process that a handle names.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub(super) fn by_handle(
    handle: Handle,
    wanted: AccessMask,
) -> Result<Arc<ProcessObject>, NtStatus> {
    of(&reference(handle, Some(ObjectType::Process), wanted)?)
}

/// The process behind a handle that may be asked about it.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub(super) fn queried(handle: Handle) -> Result<Arc<ProcessObject>, NtStatus> {
    by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)
}

/// Opens a process by its identifier: the calling one, or one that it has a handle to already
/// (Microsoft: "OpenProcess function").
///
/// # Errors
/// `INVALID_CID` when there is no such process, `NOT_IMPLEMENTED` for another that there is,
/// `ACCESS_DENIED`.
pub fn open(pid: Pid, access: AccessMask, inherit: bool) -> Result<Handle, NtStatus> {
    if pid == process().pid {
        return crate::ob::insert(process().object.clone(), access, inherit);
    }
    if let Some(known) = PROCESSES.find(|known| known.pid == pid) {
        return crate::ob::insert(create_shared(known)?, access, inherit);
    }
    if pid.0 == 0 || !std::path::Path::new(&format!("/proc/{}", pid.0)).exists() {
        return Err(NtStatus::INVALID_CID);
    }
    crate::log::say_once(
        "OpenProcess opens the calling process and those that it created and has a handle to; \
         others are not implemented",
    );
    Err(NtStatus::NOT_IMPLEMENTED)
}

/// Checks that a handle names the calling process and has rights to it.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_IMPLEMENTED` for another
/// process.
pub fn require_own(handle: Handle, access: AccessMask) -> Result<(), NtStatus> {
    if by_handle(handle, access)?.is_own() { Ok(()) } else { Err(NtStatus::NOT_IMPLEMENTED) }
}

/// The identifier of a process (Microsoft: "GetProcessId function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn id(handle: Handle) -> Result<Pid, NtStatus> {
    Ok(by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?.pid)
}

/// The exit code of a process, `STILL_ACTIVE` while it runs (Microsoft: "GetExitCodeProcess
/// function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn exit_code(handle: Handle) -> Result<u32, NtStatus> {
    Ok(by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?.exit_code())
}

/// The number of open handles of a process (Microsoft: "GetProcessHandleCount function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_SUPPORTED` for a process whose
/// block was not given to this one.
pub fn handle_count(handle: Handle) -> Result<u32, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    if process.is_own() {
        return Ok(objects().handle_count());
    }
    process.settled_block().map(ProcessBlock::handle_count)
}

/// Ends a process at once (Microsoft: "TerminateProcess function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also for a process that has ended.
pub fn terminate(handle: Handle, code: u32) -> Result<(), NtStatus> {
    let process = by_handle(handle, PROCESS_TERMINATE)?;
    let Some(pidfd) = process.pidfd() else { super::terminate(code) };
    if process.has_ended() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    // The code is written first: whoever sees the end finds it.
    if let Some(block) = process.block() {
        block.set_exited(code, haft_host::clock::system_time());
    }
    haft_host::rustix::process::pidfd_send_signal(pidfd, haft_host::rustix::process::Signal::KILL)
        .map_err(|_| NtStatus::ACCESS_DENIED)
}

/// When a process was created and when it ended, in system time (zero while it runs), and how
/// long it ran in the system and in its own code, in 100 ns units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When it was created.
    pub created: i64,
    /// When it ended.
    pub exited: i64,
    /// Time in the system.
    pub kernel: i64,
    /// Time in its own code.
    pub user: i64,
}

/// The times of a process (Microsoft: "GetProcessTimes function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_SUPPORTED` for a process whose
/// block was not given to this one, or that ended and is forgotten by Linux.
pub fn times(handle: Handle) -> Result<Times, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    let (block, used) = if process.is_own() {
        (objects().block(), haft_host::thread::process_time())
    } else {
        let used = haft_host::thread::time_of_process(process.pid.0);
        (process.block().ok_or(NtStatus::NOT_SUPPORTED)?, used.ok_or(NtStatus::NOT_SUPPORTED)?)
    };
    let [user, kernel] = used.map(u64::cast_signed);
    Ok(Times { created: block.created(), exited: block.exited(), kernel, user })
}

/// The right to change a process's properties (`PROCESS_SET_INFORMATION`).
pub(super) const PROCESS_SET_INFORMATION: AccessMask = AccessMask(0x200);

/// The Linux nice value of a process.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, also for a process that ended.
pub fn nice(handle: Handle) -> Result<i32, NtStatus> {
    let process = by_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION)?;
    haft_host::rustix::process::getpriority_process(linux_pid(&process))
        .map_err(|_| NtStatus::ACCESS_DENIED)
}

/// Sets the Linux nice value of a process.
///
/// # Errors
/// As for [`nice`]; `PRIVILEGE_NOT_HELD` where Linux does not let this user.
pub fn set_nice(handle: Handle, nice: i32) -> Result<(), NtStatus> {
    let process = by_handle(handle, PROCESS_SET_INFORMATION)?;
    if process.job().contains(JobState::FIXED_PRIORITY) {
        // The class is the job's; who sets one is told nothing, as on Windows.
        return Ok(());
    }
    haft_host::rustix::process::setpriority_process(linux_pid(&process), nice)
        .map_err(|_| NtStatus::PRIVILEGE_NOT_HELD)
}

fn linux_pid(process: &ProcessObject) -> Option<haft_host::rustix::process::Pid> {
    haft_host::rustix::process::Pid::from_raw(process.pid.0 as i32)
}
