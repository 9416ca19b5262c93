//! Variables of msvcrt.dll that programs link to.

use crate::abi::{Data, Ptr};
use haft_kernel::crt::Error;
use haft_kernel::crt::environment;
use haft_kernel::ex::start_info;
use haft_macros::export;

/// The command line. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
pub(super) static _acmdln: Data<usize> = Data::new(0);

/// The wide command line. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
pub(super) static _wcmdln: Data<usize> = Data::new(0);

/// The environment that `main` was given. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static __initenv: Data<usize> = Data::new(0);

/// The environment that `wmain` was given. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static __winitenv: Data<usize> = Data::new(0);

/// The environment. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static _environ: Data<usize> = Data::new(0);

/// The wide environment. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static _wenviron: Data<usize> = Data::new(0);

/// The number of arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
pub(super) static __argc: Data<i32> = Data::new(0);

/// The arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
pub(super) static __argv: Data<usize> = Data::new(0);

/// The wide arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
pub(super) static __wargv: Data<usize> = Data::new(0);

/// The mode in which files are opened. (Microsoft: "_fmode")
#[export(msvcrt)]
pub(super) static _fmode: Data<i32> = Data::new(0);

/// Whether `fflush` commits to the disk. (Microsoft: "_commode")
#[export(msvcrt)]
pub(super) static _commode: Data<i32> = Data::new(0);

/// Puts the command lines where programs look for them.
pub(super) fn show_command_line() -> Result<(), Error> {
    _acmdln.set(start_info::command_line_bytes()?)?;
    Ok(_wcmdln.set(start_info::command_line()?)?)
}

/// Puts the arrays of environment strings where programs look for them.
pub(super) fn show_environment() -> Result<(), Error> {
    if _environ.address() == 0 {
        // Only ucrtbase.dll is here, which has functions instead.
        return Ok(());
    }
    if let Some(array) = environment::array_if_made::<u8>() {
        _environ.set(array)?;
    }
    if let Some(array) = environment::array_if_made::<u16>() {
        _wenviron.set(array)?;
    }
    Ok(())
}

/// The variable's place. (Microsoft: "_fmode")
#[export(msvcrt)]
fn __p__fmode() -> Ptr<i32> {
    Ptr::new(_fmode.address())
}

/// The variable's place. (Microsoft: "_commode")
#[export(msvcrt)]
fn __p__commode() -> Ptr<i32> {
    Ptr::new(_commode.address())
}

/// The variable's place. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
fn __p___argc() -> Ptr<i32> {
    Ptr::new(__argc.address())
}

/// The variable's place. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
fn __p___argv() -> Ptr<usize> {
    Ptr::new(__argv.address())
}

/// The variable's place. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
fn __p___wargv() -> Ptr<usize> {
    Ptr::new(__wargv.address())
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p___initenv() -> Ptr<usize> {
    Ptr::new(__initenv.address())
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p___winitenv() -> Ptr<usize> {
    Ptr::new(__winitenv.address())
}

/// The variable's place. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
fn __p__acmdln() -> Ptr<usize> {
    Ptr::new(_acmdln.address())
}

/// The variable's place. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
fn __p__wcmdln() -> Ptr<usize> {
    Ptr::new(_wcmdln.address())
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p__environ() -> Result<Ptr<usize>, Error> {
    environment::array::<u8>()?;
    show_environment()?;
    Ok(Ptr::new(_environ.address()))
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p__wenviron() -> Result<Ptr<usize>, Error> {
    environment::array::<u16>()?;
    show_environment()?;
    Ok(Ptr::new(_wenviron.address()))
}
