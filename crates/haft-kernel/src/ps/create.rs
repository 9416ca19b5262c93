//! Creating a process.

use super::birth::Birth;
use super::child_block::ChildBlock;
use super::gift::{self, Inheritance};
use super::job::{self, JobBirth};
use super::object::{self, ProcessObject};
use super::zygote::{self, Spare};
use super::{heritage, process, remote_thread};
use crate::io::lookup;
use crate::ob::{self, Pinned, objects};
use crate::se::object_security;
use crate::session;
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_host::file_state::FileState;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::spawn::{self, Descriptors};
use haft_host::wire;
use haft_object::InheritRequest;
use haft_object::security::SecurityDescriptor;
use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What a process is to be, as its creator says it.
pub struct CreateRequest<'a> {
    /// What it is born with; its standard handles are values of this process's table.
    pub birth: Birth,
    /// `bInheritHandles`.
    pub inherit_handles: bool,
    /// `PROC_THREAD_ATTRIBUTE_HANDLE_LIST`.
    pub handle_list: Option<&'a [Handle]>,
    /// Whether the child gets duplicates of the standard handles although it inherits nothing.
    pub duplicate_standard: bool,
    /// Whether the handles to the process and its thread are inheritable.
    pub inheritable: [bool; 2],
    /// The jobs that it is born into.
    pub jobs: JobBirth<'a>,
    /// `PROC_THREAD_ATTRIBUTE_PARENT_PROCESS`, where that is another process.
    pub parent: Option<Arc<ProcessObject>>,
    /// How it and its first thread are to be protected.
    pub descriptors: [Option<SecurityDescriptor>; 2],
}

/// A process that was created.
#[derive(Clone, Copy, Debug)]
pub struct Created {
    /// A handle to it, with every access.
    pub process: Handle,
    /// A handle to its first thread, with every access.
    pub thread: Handle,
    /// Its identifier.
    pub pid: Pid,
    /// Its first thread's identifier.
    pub tid: Tid,
}

/// The first message over a child's wire.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// What the child is born with.
    pub birth: Birth,
    /// What it inherits.
    pub inheritance: Inheritance,
    /// The places among the descriptors of the standard ones, for a process that was forked. One
    /// that was executed has them in place, and its block's file comes first.
    pub standard: Option<[Option<u32>; 3]>,
}

/// The program that was found fit last, and what its file was then.
static CHECKED: Mutex<Option<(PathBuf, FileState)>> = Mutex::new(None);

/// The image of a program is checked before anything is started, as on Windows. Whether its file
/// has been what it is for a while.
fn check_image(path: &[u8]) -> Result<bool, NtStatus> {
    let path = Path::new(OsStr::from_bytes(path));
    let state = FileState::at(path);
    let known = |checked: &(PathBuf, FileState)| checked.0 == path && Some(checked.1) == state;
    if CHECKED.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(known) {
        return Ok(true);
    }
    check_file(path)?;
    let checked = state.map(|state| (path.to_owned(), state));
    *CHECKED.lock().unwrap_or_else(PoisonError::into_inner) = checked;
    Ok(state.is_some())
}

fn check_file(path: &Path) -> Result<(), NtStatus> {
    // A built-in program is under its name in every process.
    let there = lookup::existing(path).unwrap_or_else(|_| path.to_owned());
    let file = File::open(there).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => NtStatus::OBJECT_NAME_NOT_FOUND,
        std::io::ErrorKind::NotADirectory => NtStatus::OBJECT_PATH_NOT_FOUND,
        _ => NtStatus::ACCESS_DENIED,
    })?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(NtStatus::ACCESS_DENIED);
    }
    crate::ldr::check_program(&file, &path.display().to_string()).map_err(|e| e.status)
}

/// The haft binary itself, as the child is to execute it.
pub(crate) fn own_binary() -> Result<CString, NtStatus> {
    let linked = CString::from(c"/proc/self/exe");
    if std::path::Path::new("/proc/self/exe").exists() {
        return Ok(linked);
    }
    // Without /proc the path that this process was executed by has to do.
    let path = std::env::args_os().next().ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let path = std::path::absolute(path).map_err(|_| NtStatus::OBJECT_NAME_NOT_FOUND)?;
    CString::new(path.as_os_str().as_bytes()).map_err(|_| NtStatus::OBJECT_NAME_INVALID)
}

/// The arguments of another haft process that is to be `role`.
pub(crate) fn own_arguments(binary: &CString, role: &CStr) -> [CString; 2] {
    // Without /proc the path is what that process finds itself by.
    let shown = binary.as_c_str() != c"/proc/self/exe";
    [if shown { binary.clone() } else { c"haft".into() }, role.into()]
}

/// Creates a process (Microsoft: "CreateProcessW function").
///
/// # Errors
/// Those of the image, before anything is started: `OBJECT_NAME_NOT_FOUND`, `ACCESS_DENIED`,
/// `INVALID_IMAGE_FORMAT`; `INVALID_PARAMETER` for a bad handle list; `NOT_SUPPORTED` for an
/// inherited object that cannot leave its process yet; those of [`job::enter`];
/// `INSUFFICIENT_RESOURCES`.
pub fn create_process(request: CreateRequest<'_>) -> Result<Created, NtStatus> {
    let settled = check_image(&request.birth.image)?;
    let set = objects().inherited_set(InheritRequest {
        // Of another parent nothing is in this table.
        inherit_handles: request.inherit_handles && request.parent.is_none(),
        list: request.handle_list.filter(|_| request.parent.is_none()),
        standard: request.duplicate_standard.then_some(request.birth.standard),
    })?;
    let mut described = gift::describe(&set)?;

    let suspended = request.birth.suspended;
    // Only who is executed anew can become somebody else.
    let spare = if request.birth.user.is_some() { None } else { zygote::take() };
    let forked = spare.is_some();
    let Spare { pid, pidfd, wire: here, block } = match spare {
        Some(spare) => spare,
        None => execute(&gift::standard_files(request.birth.standard, &set))?,
    };
    drop(set);
    let now = haft_host::clock::system_time();
    let adopted = |parent: &Arc<ProcessObject>| {
        block.view().map(|view| view.set_parent(parent.pid)).ok_or(NtStatus::NO_MEMORY)
    };
    let entered = block
        .introduce(now, session::tag(), &request.birth.image)
        .and_then(|()| request.parent.as_ref().map_or(Ok(()), adopted))
        .and_then(|()| job::enter(request.jobs, pid, &pidfd, block.file()));
    entered.inspect_err(|_| object::give_up(&pidfd))?;
    described.offer(pid).inspect_err(|_| object::give_up(&pidfd))?;
    let object = object::create(ProcessObject::child(pid, pidfd, block))?;
    let process = object::of(&object)?;
    tell_executive(&object, &request).inspect_err(|_| process.give_up())?;
    if let Some(parent) = request.parent.filter(|_| request.inherit_handles) {
        heritage::inherit(&mut described.inheritance, &parent, pid, request.handle_list)
            .inspect_err(|_| process.give_up())?;
    }
    let mut fds = described.descriptors();
    if !forked && let Some(block_file) = process.block_file() {
        fds.insert(0, block_file.as_fd());
    }
    let standard = forked.then(|| described.standard_places(request.birth.standard));
    let inheritance = described.inheritance.clone();
    let message = Message { birth: request.birth, inheritance, standard };
    let bytes = postcard::to_allocvec(&message).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    // A child that was killed already is a child that ended: its creator still gets handles.
    let _ = wire::send(&here, &bytes, &fds);
    drop(described);
    if forked {
        zygote::refill(&message.birth.image, settled);
    }

    if suspended {
        process.hold(here);
    } else {
        process.listen(here);
    }
    hand_out(object, pid, request.inheritable)
}

/// Tells the executive what others have to know of a process before it runs: who it is, and how it
/// and its first thread are protected, where that is not plain.
fn tell_executive(object: &Pinned, request: &CreateRequest<'_>) -> Result<(), NtStatus> {
    let process = object::of(object)?;
    if let Some(token) = &request.birth.token {
        object_security::assign(&process, token.clone())?;
    }
    let [of_process, of_thread] = &request.descriptors;
    if let Some(descriptor) = of_process {
        object_security::protect_known(object, descriptor)?;
    }
    if let Some(descriptor) = of_thread {
        let thread = remote_thread::create(Arc::clone(&process), Tid(process.pid.0))?;
        object_security::protect_known(&thread, descriptor)?;
    }
    Ok(())
}

/// Starts a process that waits to be told what it is to be, by executing haft anew.
fn execute(standard: &[Option<OwnedFd>; 3]) -> Result<Spare, NtStatus> {
    let (here, there) = wire::pair()?;
    let there = spawn::above_standard(there)?;
    let binary = own_binary()?;
    let pid = spawn::spawn(
        &binary,
        &own_arguments(&binary, c"--internal-child"),
        &Descriptors {
            standard: standard.each_ref().map(|fd| fd.as_ref().map(AsFd::as_fd)),
            wire: there.as_fd(),
        },
    )?;
    let pidfd = spawn::open_process(pid)?;
    let (block, _) = ob::create_block(pid, process().pid, b"")?;
    Ok(Spare { pid, pidfd, wire: here, block: ChildBlock::new(block) })
}

fn hand_out(object: Pinned, pid: Pid, inheritable: [bool; 2]) -> Result<Created, NtStatus> {
    let thread = remote_thread::create(object::of(&object)?, Tid(pid.0))?;
    let process = ob::insert(object, AccessMask::GENERIC_ALL, inheritable[0])?;
    let thread = ob::insert(thread, AccessMask::GENERIC_ALL, inheritable[1]).inspect_err(|_| {
        let _ = ob::close(process);
    })?;
    Ok(Created { process, thread, pid, tid: Tid(pid.0) })
}

/// Receives what this process is to be from its creator, over descriptor 3.
///
/// # Errors
/// `PORT_DISCONNECTED` when the creator is gone or is not haft.
pub fn receive(wire: &OwnedFd) -> Result<(Message, Vec<OwnedFd>), NtStatus> {
    let (bytes, fds) = wire::receive(wire)?;
    let message = postcard::from_bytes(&bytes).map_err(|_| NtStatus::PORT_DISCONNECTED)?;
    Ok((message, fds))
}
