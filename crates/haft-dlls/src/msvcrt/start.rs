//! The start of a program that uses msvcrt.dll.

use super::data;
use crate::abi::{Out, Ptr, Routine, SetIfSome as _};
use haft_crt::string::argv::Rule;
use haft_kernel::crt::text::GuestUnit;
use haft_kernel::crt::{Error, arguments, environment, exit};
use haft_macros::export;

fn main_arguments<U: GuestUnit>(
    argc: Option<Out<i32>>,
    argv: Option<Out<usize>>,
    env: Option<Out<usize>>,
    expand: i32,
) -> Result<(), Error> {
    let arguments = arguments::get::<U>(Rule::Before2008, expand != 0)?;
    let array = environment::array::<U>()?;
    argc.set(arguments.count)?;
    argv.set(arguments.values)?;
    env.set(array)?;
    data::__argc.set(arguments.count)?;
    if U::WIDE {
        data::__wargv.set(arguments.values)?;
        data::__winitenv.set(array)?;
    } else {
        data::__argv.set(arguments.values)?;
        data::__initenv.set(array)?;
    }
    data::show_environment()?;
    data::show_command_line()
}

/// Gives a program the arguments of its `main`. (Microsoft: "__getmainargs, __wgetmainargs")
#[export(msvcrt)]
fn __getmainargs(
    _Argc: Option<Out<i32>>,
    _Argv: Option<Out<usize>>,
    _Env: Option<Out<usize>>,
    _DoWildCard: i32,
    _StartInfo: Ptr<i32>,
) -> Result<(), Error> {
    main_arguments::<u8>(_Argc, _Argv, _Env, _DoWildCard)
}

/// Gives a program the arguments of its `wmain`. (Microsoft: "__getmainargs, __wgetmainargs")
#[export(msvcrt)]
fn __wgetmainargs(
    _Argc: Option<Out<i32>>,
    _Argv: Option<Out<usize>>,
    _Env: Option<Out<usize>>,
    _DoWildCard: i32,
    _StartInfo: Ptr<i32>,
) -> Result<(), Error> {
    main_arguments::<u16>(_Argc, _Argv, _Env, _DoWildCard)
}

/// Hears whether the program is one of the console; haft's runtime does nothing by it.
/// (Microsoft: "__set_app_type")
#[export(msvcrt)]
fn __set_app_type(at: i32) {
    let _ = at;
}

/// Hears of the program's handler of mathematical errors; haft's functions report by `errno`
/// alone. (Microsoft: "__setusermatherr")
#[export(msvcrt, ucrtbase)]
fn __setusermatherr(pf: Option<Routine>) {
    let _ = pf;
}

/// Calls each function of a table that is not null. (Microsoft: "_initterm, _initterm_e")
#[export(msvcrt, ucrtbase)]
fn _initterm(first: Ptr<usize>, last: Ptr<usize>) -> Result<(), Error> {
    exit::run_initializers(first.addr(), last.addr())
}

/// Calls each function of a table until one fails. (Microsoft: "_initterm, _initterm_e")
#[export(msvcrt, ucrtbase)]
fn _initterm_e(first: Ptr<usize>, last: Ptr<usize>) -> Result<i32, Error> {
    exit::run_fallible_initializers(first.addr(), last.addr())
}
