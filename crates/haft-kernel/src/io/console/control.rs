//! Ctrl-C and its kin (Microsoft: "Console Control Handlers").
//!
//! Linux says them by signals. While the program has no handler of its own a signal ends it at
//! once; else the reactor hears of it and has the handlers run on a thread of their own.

use crate::io::{delete, open};
use crate::ke::reactor::{self, Interest};
use crate::ob::objects;
use crate::ps::{self, process, thread};
use core::mem::offset_of;
use haft_abi::nt::{ProcessParameters, UnicodeString};
use haft_abi::{NtStatus, Pid};
use haft_host::console_signal::{self, ConsoleSignal, Held};
use haft_host::{guest, jump};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a handler is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlEvent {
    /// `CTRL_C_EVENT`.
    C = 0,
    /// `CTRL_BREAK_EVENT`.
    Break = 1,
    /// `CTRL_CLOSE_EVENT`: the program ends whatever its handlers say.
    Close = 2,
}

impl ControlEvent {
    const fn of(signal: ConsoleSignal) -> Self {
        match signal {
            ConsoleSignal::Interrupt => Self::C,
            ConsoleSignal::Quit => Self::Break,
            ConsoleSignal::HangUp | ConsoleSignal::Terminate => Self::Close,
        }
    }
}

/// Addresses of the program's handlers, the last added last.
static HANDLERS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Whether Ctrl-C is ignored.
static IGNORED: AtomicBool = AtomicBool::new(false);

/// Starts to hear of signals, all but those that are held.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses.
pub(crate) fn install(held: Held) -> Result<(), NtStatus> {
    let at = process().parameters + offset_of!(ProcessParameters, console_flags);
    IGNORED.store(guest::read::<u32>(at)? & 1 != 0, Ordering::Relaxed);
    let at = process().parameters + offset_of!(ProcessParameters, console_handle);
    DETACHED.store(guest::read::<u64>(at)? == 0, Ordering::Relaxed);
    let group = process_group()?;
    objects().block().set_console_group(Pid(group));
    console_signal::install(group, held, |signal| {
        if signal == ConsoleSignal::Interrupt && IGNORED.load(Ordering::Relaxed) {
            return;
        }
        // In a signal handler: only what needs no lock.
        super::mode::restore();
        let block = objects().block();
        block.set_exited(NtStatus::CONTROL_C_EXIT.0, haft_host::clock::system_time());
        console_signal::die()
    })
}

/// Leaves signals to the reactor, which can do more about them than a signal handler.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES`.
pub(crate) fn watch() -> Result<(), NtStatus> {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if WATCHED.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    watch_again()
}

fn watch_again() -> Result<(), NtStatus> {
    let action = Box::new(|| {
        for signal in console_signal::take() {
            on_event(ControlEvent::of(signal));
        }
        let _ = watch_again();
    });
    reactor::watch(console_signal::watch()?, Interest::Readable, action)
}

/// Runs the handlers on a thread of their own.
fn on_event(event: ControlEvent) {
    if event == ControlEvent::C && IGNORED.load(Ordering::Relaxed) {
        return;
    }
    let routine = run_handlers as *const () as usize;
    if thread::create(thread::Start::Routine(routine, event as usize), 0, false).is_err() {
        ps::terminate(NtStatus::CONTROL_C_EXIT.0);
    }
}

/// The first frame of the thread that runs handlers: the last added first, until one says that
/// it did what is to be done.
extern "win64" fn run_handlers(event: usize) -> usize {
    let handlers = HANDLERS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let handled =
        handlers.iter().rev().any(|&handler| jump::call(handler, [event, 0, 0, 0]) as u32 != 0);
    if !handled || event == ControlEvent::Close as usize {
        ps::exit_process(NtStatus::CONTROL_C_EXIT.0)
    }
    0
}

/// Adds or removes a handler (Microsoft: "SetConsoleCtrlHandler function").
///
/// # Errors
/// `INVALID_PARAMETER` for a handler that was not added.
pub fn set_handler(handler: usize, add: bool) -> Result<(), NtStatus> {
    let mut handlers = HANDLERS.lock().unwrap_or_else(PoisonError::into_inner);
    if add {
        handlers.push(handler);
        drop(handlers);
        return watch();
    }
    let at = handlers.iter().rposition(|&h| h == handler).ok_or(NtStatus::INVALID_PARAMETER)?;
    handlers.remove(at);
    Ok(())
}

/// Has Ctrl-C ignored, or not; children that are created from now on do as well.
///
/// # Errors
/// `ACCESS_VIOLATION` when the program unmapped its parameters.
pub fn set_ignored(ignored: bool) -> Result<(), NtStatus> {
    IGNORED.store(ignored, Ordering::Relaxed);
    let at = process().parameters + offset_of!(ProcessParameters, console_flags);
    Ok(guest::write(at, u32::from(ignored))?)
}

/// The console process group that this process is of: its leader's identifier.
///
/// # Errors
/// `ACCESS_VIOLATION` when the program unmapped its parameters.
pub fn process_group() -> Result<u32, NtStatus> {
    let at = process().parameters + offset_of!(ProcessParameters, process_group_id);
    Ok(guest::read(at)?)
}

/// Sends Ctrl-C or Ctrl-Break to the processes of the console, or of one group of it (Microsoft:
/// "GenerateConsoleCtrlEvent function").
///
/// # Errors
/// `INVALID_PARAMETER` for another event or a group that is not there.
pub fn generate(event: u32, group: u32) -> Result<(), NtStatus> {
    let signal = match event {
        0 => ConsoleSignal::Interrupt,
        1 => ConsoleSignal::Quit,
        _ => return Err(NtStatus::INVALID_PARAMETER),
    };
    match group {
        0 => console_signal::send_to_all(signal),
        // Linux keeps one signal of a kind for a process: one for a group that it is not of would
        // take the place of one for its own.
        group => console_signal::send_to_group(signal, group, |process| {
            ps::snapshot::console_group(process) == Some(group)
        }),
    }
}

/// Whether the program let go of its console.
static DETACHED: AtomicBool = AtomicBool::new(false);

/// Whether the process has a console: a terminal that it has not let go of.
#[must_use]
pub fn is_attached() -> bool {
    !DETACHED.load(Ordering::Relaxed)
        && std::fs::File::options().read(true).write(true).open("/dev/tty").is_ok()
}

/// Takes the console back that the program let go of; there is no other to be had.
///
/// # Errors
/// `ACCESS_DENIED` while there is one, `INVALID_HANDLE` where there is no terminal.
pub fn attach() -> Result<(), NtStatus> {
    if is_attached() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    if !DETACHED.swap(false, Ordering::Relaxed) || !is_attached() {
        return Err(NtStatus::INVALID_HANDLE);
    }
    Ok(())
}

/// Lets go of the console (Microsoft: "FreeConsole function").
///
/// # Errors
/// `INVALID_PARAMETER` when there is none.
pub fn detach() -> Result<(), NtStatus> {
    if !is_attached() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    DETACHED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Whether opening the console's devices must fail.
pub(crate) fn is_detached() -> bool {
    DETACHED.load(Ordering::Relaxed)
}

/// The title that the program gave its console, once it did.
static TITLE: Mutex<Option<Vec<u16>>> = Mutex::new(None);

/// The console's title, as far as this process knows: what it set, or what it was started with.
///
/// # Errors
/// `ACCESS_VIOLATION` when the program unmapped its parameters.
pub fn title() -> Result<Vec<u16>, NtStatus> {
    let own = TITLE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(title) = own {
        return Ok(title);
    }
    let at = process().parameters + offset_of!(ProcessParameters, window_title);
    let title: UnicodeString = guest::read(at)?;
    Ok(guest::read_slice(title.buffer as usize, usize::from(title.length / 2))?)
}

/// Sets the console's title, and that of the terminal's window.
///
/// # Errors
/// Those of writing to the terminal.
pub fn set_title(text: &[u16]) -> Result<(), NtStatus> {
    use std::io::Write;
    *TITLE.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_vec());
    let shown: String =
        haft_abi::wide::to_string(text).chars().filter(|c| !c.is_control()).collect();
    match std::fs::File::options().write(true).open("/dev/tty") {
        Ok(mut terminal) => terminal
            .write_all(format!("\x1b]0;{shown}\x07").as_bytes())
            .map_err(|error| open::errno(&error)),
        Err(_) => Ok(()),
    }
}

/// The processes of the console that this one knows of: itself, and who started it.
#[must_use]
pub fn processes() -> Vec<u32> {
    let parent = haft_host::thread::parent_process();
    let mut processes = vec![std::process::id()];
    if parent != 0 {
        processes.push(parent);
    }
    processes
}

/// What ends with the process and not with its handles.
pub(crate) fn at_exit() {
    delete::at_exit();
    super::mode::restore();
}
