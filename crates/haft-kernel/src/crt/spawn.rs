//! `_spawn`, `_exec`, `_cwait` and `system`: programs that C programs start.

use super::descriptor;
use super::environment;
use super::error::Error;
use super::text::{self, GuestUnit};
use crate::io::path;
use crate::ke::wait::{self, Timeout};
use crate::ob;
use crate::ps::launch::{self, CreationFlags, Launch};
use crate::ps::{self, Startup};
use haft_abi::{Handle, NtStatus, wide};
use haft_crt::Errno;
use haft_crt::string::path::split;
use haft_host::guest;

/// `_P_WAIT`: the result is the exit code.
pub const WAIT: i32 = 0;
/// `_P_NOWAIT`: the result is a handle, for [`wait_for`].
const NO_WAIT: i32 = 1;
/// `_P_OVERLAY`: the caller ends.
const OVERLAY: i32 = 2;
/// `_P_NOWAITO`: nobody will wait.
const NO_WAIT_OTHER: i32 = 3;
/// `_P_DETACH`: nobody will wait, and it has no console.
const DETACH: i32 = 4;

/// `DETACHED_PROCESS`.
const DETACHED_PROCESS: u32 = 8;

/// A program to start, by addresses in the caller's memory.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name of its file.
    pub name: usize,
    /// Its arguments, the first of which stands for its name.
    pub arguments: Vec<usize>,
    /// An array of its environment's strings; 0 for the caller's own environment.
    pub environment: usize,
    /// Whether the folders of `PATH` are searched for it.
    pub search: bool,
}

/// The addresses in an array that a null ends (`argv`).
///
/// # Errors
/// `EINVAL` for no array or an empty one.
pub fn array(mut at: usize) -> Result<Vec<usize>, Error> {
    let mut addresses = Vec::new();
    while at != 0 {
        let string: usize = guest::read(at)?;
        if string == 0 {
            break;
        }
        addresses.push(string);
        at += size_of::<usize>();
    }
    if addresses.is_empty() { Err(Error::Invalid(Errno::EINVAL)) } else { Ok(addresses) }
}

/// `_spawnve` and its kin: the exit code, a handle, or 0, by the mode.
///
/// # Errors
/// `EINVAL` for a mode that is none or empty names, `ENOENT`, `ENOEXEC`, `EACCES`, `ENOMEM`.
pub fn spawn<U: GuestUnit>(mode: i32, program: &Program) -> Result<isize, Error> {
    if !(WAIT..=DETACH).contains(&mode) || program.name == 0 {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    let name = text::read_wide::<U>(program.name)?;
    // As on Windows the arguments are joined as they are: who has spaces in one quotes it.
    let mut line = Vec::new();
    for (n, &argument) in program.arguments.iter().enumerate() {
        if n > 0 {
            line.push(u16::from(b' '));
        }
        line.extend(text::read_wide::<U>(argument)?);
    }
    let block = match program.environment {
        0 => None,
        array => Some(environment::block_of::<U>(array)?),
    };
    start(mode, &find(&name, program.search)?, line, block)
}

/// `_execve` and its kin: the caller ends once the program has started.
///
/// # Errors
/// As for [`spawn`].
pub fn execute<U: GuestUnit>(program: &Program) -> Result<isize, Error> {
    spawn::<U>(OVERLAY, program)
}

fn is_there(name: &[u16]) -> Option<Vec<u16>> {
    let full = path::full(name);
    path::find(&full).filter(|found| found.is_file()).map(|_| full)
}

/// The file that a name means: as it is, or with the extensions of programs.
fn find_in(folder: &[u16], name: &[u16]) -> Option<Vec<u16>> {
    let mut whole = folder.to_vec();
    if whole.last().is_some_and(|&last| !path::is_separator(last)) {
        whole.push(b'\\'.into());
    }
    whole.extend_from_slice(name);
    if !split(name).extension.is_empty() {
        return is_there(&whole);
    }
    [".com", ".exe", ".bat", ".cmd"]
        .iter()
        .find_map(|extension| is_there(&[&whole, &wide::from_str(extension)[..]].concat()))
}

fn find(name: &[u16], search: bool) -> Result<Vec<u16>, Error> {
    if name.is_empty() {
        return Err(Error::Invalid(Errno::EINVAL));
    }
    if let Some(found) = find_in(&[], name) {
        return Ok(found);
    }
    if search && !name.iter().any(|&unit| path::is_separator(unit) || unit == u16::from(b':')) {
        let list = crate::ex::environment::get(&wide::from_str("PATH")).unwrap_or_default();
        let folders = list.split(|&unit| unit == u16::from(b';'));
        let found = folders.filter(|folder| !folder.is_empty()).find_map(|f| find_in(f, name));
        return found.ok_or(Error::Errno(Errno::ENOENT));
    }
    Err(Errno::ENOENT.into())
}

fn start(
    mode: i32,
    file: &[u16],
    line: Vec<u16>,
    environment: Option<Vec<u16>>,
) -> Result<isize, Error> {
    let startup = Startup { runtime_data: descriptor::inheritance(), ..Startup::default() };
    let process = create(mode, file, line, environment, startup, [Handle::NULL; 3])?;
    match mode {
        WAIT => {
            let code = end_of(process)?;
            Ok(code as isize)
        }
        NO_WAIT => Ok(process.0 as isize),
        OVERLAY => ps::exit_process(0),
        NO_WAIT_OTHER | DETACH => {
            ob::close(process)?;
            Ok(0)
        }
        _ => Err(Error::Invalid(Errno::EINVAL)),
    }
}

fn create(
    mode: i32,
    file: &[u16],
    line: Vec<u16>,
    environment: Option<Vec<u16>>,
    startup: Startup,
    standard: [Handle; 3],
) -> Result<Handle, Error> {
    let created = launch::launch(Launch {
        job_list: &[],
        parent: None,
        descriptors: [None, None],
        token: None,
        application: Some(file.to_vec()),
        command_line: Some(line),
        inheritable: [false; 2],
        inherit_handles: true,
        flags: CreationFlags(if mode == DETACH { DETACHED_PROCESS } else { 0 }),
        environment,
        directory: None,
        startup,
        standard,
        handle_list: None,
    })?;
    ob::close(created.thread)?;
    Ok(created.process)
}

/// Has the command interpreter run a command whose standard stream of this number is `pipe`; a
/// handle to its process.
///
/// # Errors
/// `ENOENT` where there is no interpreter.
pub(super) fn command_at_pipe<U: GuestUnit>(
    command: usize,
    number: usize,
    pipe: Handle,
) -> Result<Handle, Error> {
    let interpreter = interpreter()?;
    let line = command_line(&interpreter, &text::read_wide::<U>(command)?);
    let mut standard = launch::own_standard()?;
    standard[number] = pipe;
    let startup = Startup { flags: launch::USE_STANDARD_HANDLES, ..Startup::default() };
    create(NO_WAIT, &interpreter, line, None, startup, standard)
}

/// Waits for the end of a process, and closes its handle; its exit code.
pub(super) fn end_of(process: Handle) -> Result<i32, NtStatus> {
    wait::wait_for_single(process, Timeout::Never, false)?;
    let code = ps::object::exit_code(process)?;
    ob::close(process)?;
    Ok(code as i32)
}

/// `_cwait`: waits for a process that was started without waiting; its exit code.
///
/// # Errors
/// `ECHILD` for a handle that is no process's.
pub fn wait_for(process: isize) -> Result<i32, Error> {
    let process = Handle(process as usize);
    // Pseudo handles name the caller, which would wait for ever.
    if process == Handle::CURRENT_PROCESS || ps::object::id(process).is_err() {
        return Err(Errno::ECHILD.into());
    }
    Ok(end_of(process)?)
}

/// The command interpreter: what `COMSPEC` says, else `cmd.exe` in the folders of `PATH`.
fn interpreter() -> Result<Vec<u16>, Error> {
    let named = crate::ex::environment::get(&wide::from_str("COMSPEC")).unwrap_or_default();
    is_there(&named)
        .filter(|_| !named.is_empty())
        .map_or_else(|| find(&wide::from_str("cmd.exe"), true), Ok)
}

/// `system`: has the command interpreter run a command; its exit code.
///
/// # Errors
/// `ENOENT` where there is no interpreter.
pub fn command<U: GuestUnit>(command: usize) -> Result<i32, Error> {
    let interpreter = interpreter()?;
    let line = command_line(&interpreter, &text::read_wide::<U>(command)?);
    Ok(start(WAIT, &interpreter, line, None)? as i32)
}

/// Whether there is a command interpreter (`system` without a command).
///
/// # Errors
/// `ENOENT` where there is none.
pub fn has_interpreter() -> Result<(), Error> {
    interpreter().map(|_| ())
}

fn command_line(interpreter: &[u16], command: &[u16]) -> Vec<u16> {
    let quoted = interpreter.contains(&u16::from(b' '));
    let quote: &[u16] = if quoted { &[b'"' as u16] } else { &[] };
    [quote, interpreter, quote, &wide::from_str(" /c "), command].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_with_a_space_is_quoted() {
        let line = |interpreter| {
            let (interpreter, command) = (wide::from_str(interpreter), wide::from_str("dir"));
            wide::to_string(&command_line(&interpreter, &command))
        };
        assert_eq!(line("C:\\cmd.exe"), "C:\\cmd.exe /c dir");
        assert_eq!(line("C:\\a b\\cmd.exe"), "\"C:\\a b\\cmd.exe\" /c dir");
    }

    #[test]
    fn no_arguments_are_invalid() {
        assert_eq!(array(0), Err(Error::Invalid(Errno::EINVAL)));
        let strings = [5usize, 6, 0];
        assert_eq!(array(strings.as_ptr().expose_provenance()), Ok(vec![5, 6]));
    }
}
