//! Starting the process that haft was asked to run.

use super::birth::{Birth, NewUser};
use super::create::{self, Message};
use super::current::{self, Process};
use super::object::{self, ProcessObject};
use super::thread::{self, Thread};
use super::{gift, params};
use crate::io::{self, built_in::BuiltInProgram};
use crate::ldr::{self, BuiltIns, LoadError};
use crate::ob::{self, Pinned, left_open, objects};
use crate::session;
use core::convert::Infallible;
use haft_abi::{NtStatus, Pid};
use haft_host::console_signal::Held;
use haft_host::mem::SharedWords;
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_object::JobState;
use haft_object::block::BLOCK_SIZE;
use std::ffi::CString;
use std::sync::Mutex;

/// What the kernel is given from above.
pub struct Hooks {
    /// The built-in DLLs.
    pub built_ins: &'static dyn BuiltIns,
    /// The built-in programs.
    pub programs: &'static [BuiltInProgram],
}

/// Turns the running Linux process, which no haft process created, into the Windows process that
/// `birth` describes, and runs it to its end. Its standard handles are Linux's.
///
/// # Errors
/// What kept the program from starting, with a sentence for a person.
pub fn run(birth: Birth, hooks: &Hooks) -> Result<Infallible, LoadError> {
    let peb = prepare(hooks, ALWAYS).map_err(LoadError::setup)?;
    let pid = Pid(std::process::id());
    let parent = Pid(haft_host::thread::parent_process());
    let (file, words) = ob::create_block(pid, parent, &birth.image).map_err(LoadError::setup)?;
    ob::adopt_block(file, words).map_err(LoadError::setup)?;
    objects().block().set_session(session::tag());
    let standard = io::standard::from_linux().map_err(LoadError::setup)?;
    let own = Own::prepare(peb).map_err(LoadError::setup)?;
    let held_signals = Held::now().0;
    start(Birth { standard, held_signals, ..birth }, None, own)
}

/// Turns the running Linux process into the Windows process that its creator describes over
/// descriptor 3, and runs it to its end.
///
/// # Errors
/// What kept the program from starting, with a sentence for a person.
pub fn run_child(wire: OwnedFd, hooks: &Hooks) -> Result<Infallible, LoadError> {
    let (message, fds) = create::receive(&wire).map_err(LoadError::setup)?;
    let mut fds = fds.into_iter();
    let peb = prepare(hooks, ALWAYS).map_err(LoadError::setup)?;
    let file = fds.next().ok_or(LoadError::setup(NtStatus::INVALID_PARAMETER))?;
    SharedWords::map(&file, BLOCK_SIZE)
        .and_then(|words| ob::adopt_block(file, words))
        .map_err(LoadError::setup)?;
    let own = Own::prepare(peb).map_err(LoadError::setup)?;
    be_born(own, wire, message, fds)
}

/// [`run_child`] in a process that was forked, and has its block.
pub(super) fn run_forked(
    own: Own,
    wire: OwnedFd,
    message: Message,
    fds: Vec<OwnedFd>,
) -> Result<Infallible, LoadError> {
    let standard = message.standard.unwrap_or_default();
    let standard = standard.map(|place| fds.get(place? as usize).map(AsFd::as_fd));
    haft_host::standard::set(standard)
        .map_err(|_| LoadError::setup(NtStatus::TOO_MANY_OPENED_FILES))?;
    let name = message.birth.image.rsplit(|&b| b == b'/').next().unwrap_or_default();
    if let Ok(name) = CString::new(name) {
        haft_host::fork::set_name(&name);
    }
    be_born(own, wire, message, fds.into_iter())
}

fn be_born(
    own: Own,
    wire: OwnedFd,
    message: Message,
    mut fds: impl Iterator<Item = OwnedFd>,
) -> Result<Infallible, LoadError> {
    if let Some(NewUser { uid, gid, groups }) = &message.birth.user {
        haft_host::identity::become_user(*uid, *gid, groups).map_err(LoadError::setup)?;
    }
    if let Some(user) = message.birth.session_user {
        session::choose_user(user);
    }
    session::choose(&message.birth.session).map_err(LoadError::setup)?;
    gift::unwrap(&message.inheritance, &mut fds).map_err(LoadError::setup)?;
    if let Some(token) = message.birth.token.clone() {
        crate::se::token::set_primary(token).map_err(LoadError::setup)?;
    }
    if let Some(directory) = io::path::to_linux(&message.birth.current_directory) {
        // Its creator saw the directory; if it is gone by now, paths relative to it fail.
        let _ = std::env::set_current_dir(directory);
    }
    if message.birth.own_session {
        // It fails for none but the leader of a process group, which a child never is.
        let _ = haft_host::rustix::process::setsid();
    }
    let own_class = !objects().block().job().contains(JobState::FIXED_PRIORITY);
    if let Some(nice) = message.birth.nice.filter(|_| own_class) {
        // Raising the priority takes a privilege; without it the class is only a wish, as the
        // lower classes of Windows are.
        let _ = haft_host::rustix::process::setpriority_process(None, nice);
    }
    let suspended = message.birth.suspended;
    start(message.birth, suspended.then_some(wire), own)
}

/// The built-in DLLs that every process has.
const ALWAYS: &[&str] = &["ntdll.dll", "kernel32.dll"];

/// Does what needs doing once for a process and all that are forked from it: the PEB's address.
///
/// # Errors
/// What the system refuses.
pub(super) fn prepare(hooks: &Hooks, dlls: &[&str]) -> Result<usize, NtStatus> {
    if crate::mm::shared_data::reserve().is_err() {
        crate::log::say(
            "address 0x7ffe0000 is taken; a program that reads the clock there will fail",
        );
    }
    haft_host::signal::install(crate::ke::exception::handlers())?;
    haft_host::suspend::install(super::suspend::handlers())?;
    haft_host::service::install(super::service::serve)?;
    io::built_in::set(hooks.programs);
    let peb = params::place_peb()?;
    ldr::prepare(peb, hooks.built_ins, dlls)?;
    Ok(peb)
}

/// What a process has of its own before it knows what it is to be.
pub(super) struct Own {
    peb: usize,
    object: Pinned,
    thread: &'static Thread,
}

impl Own {
    /// Makes it, in a process that has its block.
    ///
    /// # Errors
    /// What the system refuses.
    pub(super) fn prepare(peb: usize) -> Result<Self, NtStatus> {
        let object = object::create(ProcessObject::own(Pid(std::process::id())))?;
        let thread = thread::prepare_first(peb)?;
        Ok(Self { peb, object, thread })
    }
}

fn start(birth: Birth, held: Option<OwnedFd>, own: Own) -> Result<Infallible, LoadError> {
    let Own { peb, object, thread } = own;
    let pid = Pid(std::process::id());
    let parameters = params::place_parameters(&birth).map_err(LoadError::setup)?;
    params::set_parameters(peb, parameters).map_err(LoadError::setup)?;
    objects().block().set_peb(peb as u64);
    if birth.leaks {
        left_open::watch();
    }
    if birth.session_user.is_some() {
        // The executive of another user is there for as long as somebody asks it.
        let _ = session::connect();
    }
    // From here on others may look at this process as at any other.
    objects().block().set_inherited();
    current::set_process(Process { pid, object, peb, parameters, threads: Mutex::default() });
    io::console::control::install(Held(birth.held_signals)).map_err(LoadError::setup)?;
    let program = ldr::load_program(&birth).inspect_err(|error| {
        objects().block().set_exited(error.status.0, haft_host::clock::system_time());
    })?;
    objects().block().set_running();
    thread::run_first(thread, program.entry, program.stack_reserve, held)
        .map_err(LoadError::setup)?;
    // The first thread has ended and others go on: this Linux thread has no more to do.
    haft_host::thread::exit_current()
}
