//! Carrying out a command.

use crate::cli::{Command, HELP, Run};
use crate::environment;
use haft_abi::{Handle, NtStatus, wide};
use haft_dlls::trace::Selection;
use haft_kernel::io::{built_in, path};
use haft_kernel::log;
use haft_kernel::ps::{self, Birth, Hooks, Startup};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The exit status of a wrong command line.
pub const USAGE_ERROR: i32 = 2;
/// The exit status, as shells have it, of a file that cannot be run.
const NOT_RUNNABLE: i32 = 126;
/// The exit status, as shells have it, of a program that is not there.
const NOT_FOUND: i32 = 127;

/// Carries the command out and gives the exit status, unless a program ran and gave its own.
pub fn execute(command: Command) -> i32 {
    match command {
        Command::Run(run) => start(run),
        Command::Help => print(HELP),
        Command::Version => print(concat!("haft ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Child => child(),
        Command::Zygote => zygote(),
        Command::Executive => executive(),
        Command::Processes { json } => crate::inspect::ps(json),
        Command::Handles { processes, json } => crate::inspect::handles(&processes, json),
        Command::Binfmt(action) => {
            match crate::binfmt::run(action, Path::new(crate::binfmt::FORMATS)) {
                Ok(said) => print(&format!("{said}\n")),
                Err(sentence) => {
                    log::say(&sentence);
                    1
                }
            }
        }
        Command::Demo => crate::demo::run(),
        Command::Compatibility => print(&crate::compatibility::page()),
    }
}

fn print(text: &str) -> i32 {
    use std::io::Write;
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

/// The program's file: as named, or with `.exe`, or from `PATH` when it names no folder.
fn find(program: &OsStr) -> Option<PathBuf> {
    let with_exe = || {
        let mut name = program.to_owned();
        name.push(".exe");
        PathBuf::from(name)
    };
    let direct = [PathBuf::from(program), with_exe()];
    if let Some(found) = direct.iter().find(|p| p.exists()) {
        return std::path::absolute(found).ok();
    }
    if program.as_bytes().contains(&b'/') {
        return None;
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| direct.iter().map(move |name| folder.join(name)).collect::<Vec<_>>())
        .find(|p| p.is_file());
    found.or_else(|| built_in::named(program.as_bytes(), crate::programs::ALL)?.place())
}

fn start(run: Run) -> i32 {
    let Some(file) = find(&run.program) else {
        let shown = Path::new(&run.program).display();
        log::say(&format!("{shown}: there is no such program; check the path"));
        return NOT_FOUND;
    };
    if file.is_dir() {
        log::say(&format!("{} is a directory; name a program in it", file.display()));
        return NOT_RUNNABLE;
    }
    haft_dlls::trace::select(Selection::parse(&run.trace));
    if !run.session.is_empty() && haft_kernel::session::choose(&run.session).is_err() {
        log::say("a session's name has up to 40 letters, digits, - and _; choose another");
        return USAGE_ERROR;
    }
    for folder in run.dll_folders {
        haft_kernel::ldr::add_search_folder(folder);
    }
    let arguments: Vec<Vec<u16>> = std::iter::once(&run.program)
        .chain(&run.arguments)
        .map(|a| wide::from_bytes(a.as_bytes()))
        .collect();
    let birth = Birth {
        image: file.as_os_str().as_bytes().to_vec(),
        image_name: path::from_linux(&file),
        startup: Startup { title: path::from_linux(&file), ..Startup::default() },
        command_line: haft_kernel::ps::command_line::join(&arguments),
        environment: haft_kernel::ps::params::environment_block(&environment::from_linux()),
        current_directory: path::current_directory(),
        standard: [Handle::NULL; 3],
        leaks: run.leaks,
        session: haft_kernel::session::name().to_owned(),
        ..Birth::default()
    };
    set_hooks();
    let Err(error) = ps::run(birth, &kernel_hooks());
    log::say(&error.sentence);
    match error.status {
        NtStatus::OBJECT_NAME_NOT_FOUND => NOT_FOUND,
        status if haft_abi::Win32Error::from(status) == haft_abi::Win32Error::BAD_EXE_FORMAT => {
            NOT_RUNNABLE
        }
        NtStatus::ACCESS_DENIED => NOT_RUNNABLE,
        status => ps::linux_status(status.0),
    }
}

/// Runs what the haft process that started this one describes.
fn child() -> i32 {
    let Some(wire) = haft_host::spawn::take_wire() else {
        log::say("--internal-child is for haft's own use; name a program instead");
        return USAGE_ERROR;
    };
    set_hooks();
    let Err(error) = ps::run_child(wire, &kernel_hooks());
    log::say(&error.sentence);
    ps::linux_status(error.status.0)
}

/// Forks processes that run what the haft process that started this one describes.
fn zygote() -> i32 {
    let Some(line) = haft_host::spawn::take_wire() else {
        log::say("--internal-zygote is for haft's own use; name a program instead");
        return USAGE_ERROR;
    };
    set_hooks();
    let Err(error) = ps::serve_zygote(line, &kernel_hooks());
    log::say(&error.sentence);
    ps::linux_status(error.status.0)
}

/// Serves a session until its last process is gone.
fn executive() -> i32 {
    let Some(listener) = haft_host::spawn::take_wire() else {
        log::say("--internal-executive is for haft's own use; name a program instead");
        return USAGE_ERROR;
    };
    haft_host::thread::leave_terminal();
    haft_host::console_signal::Held::default().set();
    match haft_executive::serve(&listener) {
        Ok(()) => 0,
        Err(status) => ps::linux_status(status.0),
    }
}

fn kernel_hooks() -> Hooks {
    Hooks { built_ins: haft_dlls::image::built_ins(), programs: crate::programs::ALL }
}

fn set_hooks() {
    haft_dlls::hooks::set(haft_dlls::hooks::Hooks {
        missing: |dll, name| {
            log::say(&format!(
                "the program called {name} ({dll}), which is not there yet and cannot fail; it ends"
            ));
            ps::terminate(NtStatus::ENTRYPOINT_NOT_FOUND.0)
        },
        fault: |fault| haft_kernel::ke::exception::raise_access_violation(fault),
    });
}
