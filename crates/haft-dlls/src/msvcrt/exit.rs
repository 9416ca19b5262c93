//! The end of a program.

use crate::abi::{Ptr, Routine};
use haft_kernel::crt::{Error, exit as end, signal};
use haft_kernel::ps;
use haft_macros::export;

/// Calls what was registered, flushes the streams and ends the process. (Microsoft: "exit,
/// _Exit, _exit")
#[export(msvcrt, ucrtbase)]
fn exit(status: i32) -> ! {
    end::exit(status)
}

/// Ends the process at once. (Microsoft: "exit, _Exit, _exit")
#[export(msvcrt, ucrtbase, also = "_Exit")]
fn _exit(status: i32) -> ! {
    ps::exit_process(status as u32)
}

/// Calls what was registered and flushes the streams. (Microsoft: "_cexit, _c_exit")
#[export(msvcrt, ucrtbase)]
fn _cexit() {
    end::clean_up();
}

/// Returns: nothing is left to do. (Microsoft: "_cexit, _c_exit")
#[export(msvcrt, ucrtbase)]
fn _c_exit() {}

/// Ends the process with 3, after the handler of SIGABRT. (Microsoft: "abort")
#[export(msvcrt, ucrtbase)]
fn abort() -> ! {
    signal::abort()
}

/// Ends the process with a runtime error. (Microsoft: "_amsg_exit")
#[export(msvcrt)]
fn _amsg_exit(rterrnum: i32) -> ! {
    signal::fatal(rterrnum)
}

/// Registers a function that `exit` calls. (Microsoft: "atexit")
#[export(msvcrt)]
fn atexit(func: Routine) -> i32 {
    end::at_exit(func.0);
    0
}

/// Registers a function that `exit` calls. (Microsoft: "_onexit, _onexit_m")
#[export(msvcrt)]
fn _onexit(function: Option<Routine>) -> Ptr<u8> {
    let Some(function) = function else { return Ptr::NULL };
    end::at_exit(function.0);
    Ptr::new(function.0)
}

/// Registers a function in a DLL's own table, which is given by its begin and end.
/// (Microsoft: "__dllonexit")
#[export(msvcrt)]
fn __dllonexit(func: Routine, pbegin: Ptr<usize>, pend: Ptr<usize>) -> Result<Ptr<u8>, Error> {
    end::register_between(pbegin.addr(), pend.addr(), func.0)?;
    Ok(Ptr::new(func.0))
}
