//! Programs that a program starts.

use crate::abi::{Out, Ptr, SetIfSome as _, VaList};
use haft_kernel::crt::Error;
use haft_kernel::crt::popen;
use haft_kernel::crt::spawn::{self, Program};
use haft_kernel::crt::text::GuestUnit;
use haft_macros::export;

/// A program with its arguments in an array.
fn of_array<U>(
    name: Ptr<U>,
    argv: Ptr<usize>,
    environment: usize,
    search: bool,
) -> Result<Program, Error> {
    let arguments = spawn::array(argv.addr())?;
    Ok(Program { name: name.addr(), arguments, environment, search })
}

/// A program with its arguments in the call: they end with a null, behind which `environment`
/// says that there is an array of that.
fn of_list<U: GuestUnit>(
    name: Ptr<U>,
    first: Ptr<U>,
    mut rest: VaList,
    environment: bool,
    search: bool,
) -> Result<Program, Error> {
    let mut arguments = vec![first.addr()];
    loop {
        match rest.take::<usize>()? {
            0 => break,
            argument => arguments.push(argument),
        }
    }
    let environment = if environment { rest.take::<usize>()? } else { 0 };
    Ok(Program { name: name.addr(), arguments, environment, search })
}

/// Starts a program and ends the caller: arguments in the call. (Microsoft: "_exec, _wexec
/// Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _execl(cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, false)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program and ends the caller: arguments in the call, and an environment. (Microsoft:
/// "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _execle(cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, false)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in the call. (Microsoft: "_exec,
/// _wexec Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _execlp(cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, true)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in the call, and an environment.
/// (Microsoft: "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _execlpe(cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, true)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program and ends the caller: arguments in an array. (Microsoft: "_exec, _wexec
/// Functions")
#[export(msvcrt, ucrtbase)]
fn _execv(cmdname: Ptr<u8>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, false)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program and ends the caller: arguments in an array, and an environment. (Microsoft:
/// "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase)]
fn _execve(cmdname: Ptr<u8>, argv: Ptr<usize>, envp: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), false)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in an array. (Microsoft: "_exec,
/// _wexec Functions")
#[export(msvcrt, ucrtbase)]
fn _execvp(cmdname: Ptr<u8>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, true)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in an array, and an environment.
/// (Microsoft: "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase)]
fn _execvpe(cmdname: Ptr<u8>, argv: Ptr<usize>, envp: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), true)?;
    spawn::execute::<u8>(&program)
}

/// Starts a program: arguments in the call. (Microsoft: "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _spawnl(mode: i32, cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, false)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program: arguments in the call, and an environment. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _spawnle(mode: i32, cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, false)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program: found by PATH, arguments in the call. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _spawnlp(mode: i32, cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, true)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program: found by PATH, arguments in the call, and an environment. (Microsoft:
/// "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _spawnlpe(mode: i32, cmdname: Ptr<u8>, arg0: Ptr<u8>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, true)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program: arguments in an array. (Microsoft: "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase)]
fn _spawnv(mode: i32, cmdname: Ptr<u8>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, false)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program: arguments in an array, and an environment. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase)]
fn _spawnve(
    mode: i32,
    cmdname: Ptr<u8>,
    argv: Ptr<usize>,
    envp: Ptr<usize>,
) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), false)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program: found by PATH, arguments in an array. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase)]
fn _spawnvp(mode: i32, cmdname: Ptr<u8>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, true)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program: found by PATH, arguments in an array, and an environment. (Microsoft:
/// "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase)]
fn _spawnvpe(
    mode: i32,
    cmdname: Ptr<u8>,
    argv: Ptr<usize>,
    envp: Ptr<usize>,
) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), true)?;
    spawn::spawn::<u8>(mode, &program)
}

/// Starts a program and ends the caller: arguments in the call. (Microsoft: "_exec, _wexec
/// Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wexecl(cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, false)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program and ends the caller: arguments in the call, and an environment. (Microsoft:
/// "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wexecle(cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, false)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in the call. (Microsoft: "_exec,
/// _wexec Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wexeclp(cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, true)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in the call, and an environment.
/// (Microsoft: "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wexeclpe(cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, true)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program and ends the caller: arguments in an array. (Microsoft: "_exec, _wexec
/// Functions")
#[export(msvcrt, ucrtbase)]
fn _wexecv(cmdname: Ptr<u16>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, false)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program and ends the caller: arguments in an array, and an environment. (Microsoft:
/// "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase)]
fn _wexecve(cmdname: Ptr<u16>, argv: Ptr<usize>, envp: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), false)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in an array. (Microsoft: "_exec,
/// _wexec Functions")
#[export(msvcrt, ucrtbase)]
fn _wexecvp(cmdname: Ptr<u16>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, true)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program and ends the caller: found by PATH, arguments in an array, and an environment.
/// (Microsoft: "_exec, _wexec Functions")
#[export(msvcrt, ucrtbase)]
fn _wexecvpe(cmdname: Ptr<u16>, argv: Ptr<usize>, envp: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), true)?;
    spawn::execute::<u16>(&program)
}

/// Starts a program: arguments in the call. (Microsoft: "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wspawnl(mode: i32, cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, false)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Starts a program: arguments in the call, and an environment. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wspawnle(mode: i32, cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, false)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Starts a program: found by PATH, arguments in the call. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wspawnlp(mode: i32, cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, false, true)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Starts a program: found by PATH, arguments in the call, and an environment. (Microsoft:
/// "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase, variadic)]
fn _wspawnlpe(mode: i32, cmdname: Ptr<u16>, arg0: Ptr<u16>, args: VaList) -> Result<isize, Error> {
    let program = of_list(cmdname, arg0, args, true, true)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Starts a program: arguments in an array. (Microsoft: "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase)]
fn _wspawnv(mode: i32, cmdname: Ptr<u16>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, false)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Starts a program: arguments in an array, and an environment. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase)]
fn _wspawnve(
    mode: i32,
    cmdname: Ptr<u16>,
    argv: Ptr<usize>,
    envp: Ptr<usize>,
) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), false)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Starts a program: found by PATH, arguments in an array. (Microsoft: "_spawn, _wspawn
/// Functions")
#[export(msvcrt, ucrtbase)]
fn _wspawnvp(mode: i32, cmdname: Ptr<u16>, argv: Ptr<usize>) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, 0, true)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Starts a program: found by PATH, arguments in an array, and an environment. (Microsoft:
/// "_spawn, _wspawn Functions")
#[export(msvcrt, ucrtbase)]
fn _wspawnvpe(
    mode: i32,
    cmdname: Ptr<u16>,
    argv: Ptr<usize>,
    envp: Ptr<usize>,
) -> Result<isize, Error> {
    let program = of_array(cmdname, argv, envp.addr(), true)?;
    spawn::spawn::<u16>(mode, &program)
}

/// Waits for a process that was started without waiting. (Microsoft: "_cwait")
#[export(msvcrt, ucrtbase)]
fn _cwait(termstat: Option<Out<i32>>, procHandle: isize, action: i32) -> Result<isize, Error> {
    // The action is of another system.
    let _ = action;
    let code = spawn::wait_for(procHandle)?;
    termstat.set(code)?;
    Ok(procHandle)
}

/// Has the command interpreter run a command, or asks whether there is one. (Microsoft: "system,
/// _wsystem")
#[export(msvcrt, ucrtbase)]
fn system(command: Ptr<u8>) -> Result<i32, Error> {
    run(command)
}

/// Has the command interpreter run a command, or asks whether there is one. (Microsoft: "system,
/// _wsystem")
#[export(msvcrt, ucrtbase)]
fn _wsystem(command: Ptr<u16>) -> Result<i32, Error> {
    run(command)
}

fn run<U: GuestUnit>(command: Ptr<U>) -> Result<i32, Error> {
    if command.is_null() {
        return Ok(spawn::has_interpreter().is_ok().into());
    }
    spawn::command::<U>(command.addr())
}

/// Has the command interpreter run a command; a stream of what it writes or reads. (Microsoft:
/// "_popen, _wpopen")
#[export(msvcrt, ucrtbase, also = "popen")]
fn _popen(command: Ptr<u8>, mode: Ptr<u8>) -> Result<Ptr<u8>, Error> {
    popen::open::<u8>(command.addr(), mode.addr()).map(Ptr::new)
}

/// Has the command interpreter run a command; a stream of what it writes or reads. (Microsoft:
/// "_popen, _wpopen")
#[export(msvcrt, ucrtbase, also = "wpopen")]
fn _wpopen(command: Ptr<u16>, mode: Ptr<u16>) -> Result<Ptr<u8>, Error> {
    popen::open::<u16>(command.addr(), mode.addr()).map(Ptr::new)
}

/// Closes a stream of `_popen`, and waits for its command; the exit code. (Microsoft: "_pclose")
#[export(msvcrt, ucrtbase, also = "pclose")]
fn _pclose(stream: Ptr<u8>) -> Result<i32, Error> {
    popen::close(stream.addr())
}
