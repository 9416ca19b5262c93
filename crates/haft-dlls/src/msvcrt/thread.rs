//! Threads, and who they are.

use crate::abi::{In, Out, Ptr, Routine, SetIfSome as _};
use haft_abi::Handle;
use haft_kernel::crt::{Error, thread};
use haft_kernel::ps;
use haft_macros::export;

const CREATE_SUSPENDED: u32 = 4;
const STACK_SIZE_PARAM_IS_A_RESERVATION: u32 = 0x0001_0000;

haft_host::plain! {
    /// `SECURITY_ATTRIBUTES`.
    struct SecurityAttributes {
        length: u32,
        security_descriptor: usize,
        inherit_handle: i32,
    }
}

/// Starts a thread. (Microsoft: "_beginthread, _beginthreadex")
#[export(msvcrt, ucrtbase)]
fn _beginthreadex(
    security: Option<In<SecurityAttributes>>,
    stack_size: u32,
    start_address: Routine,
    arglist: usize,
    initflag: u32,
    thrdaddr: Option<Out<u32>>,
) -> Result<Ptr<u8>, Error> {
    let inherit = security.is_some_and(|s| s.inherit_handle != 0);
    let (handle, tid) = thread::begin(
        start_address.0,
        arglist,
        stack_size,
        initflag & CREATE_SUSPENDED != 0,
        initflag & STACK_SIZE_PARAM_IS_A_RESERVATION != 0,
        inherit,
    )?;
    thrdaddr.set(tid)?;
    Ok(Ptr::new(handle.0))
}

/// Starts a thread whose handle `_endthread` closes. (Microsoft: "_beginthread, _beginthreadex")
#[export(msvcrt, ucrtbase)]
fn _beginthread(start_address: Routine, stack_size: u32, arglist: usize) -> Result<isize, Error> {
    thread::begin_own(start_address.0, arglist, stack_size).map(|handle| handle.0 as isize)
}

/// Ends the thread. (Microsoft: "_endthread, _endthreadex")
#[export(msvcrt, ucrtbase)]
fn _endthreadex(retval: u32) -> ! {
    ps::thread::exit_thread(retval)
}

/// Ends the thread. (Microsoft: "_endthread, _endthreadex")
#[export(msvcrt, ucrtbase)]
fn _endthread() -> ! {
    thread::end()
}

/// Gives the place of the thread's identifier. (Microsoft: "_threadid macro")
#[export(msvcrt, ucrtbase)]
fn __threadid() -> Ptr<u32> {
    Ptr::new(haft_host::gs::teb() + 0x48)
}

/// Gives the pseudo handle of the thread. (Microsoft: "__threadhandle")
#[export(msvcrt, ucrtbase)]
fn __threadhandle() -> Handle {
    Handle::CURRENT_THREAD
}

/// Gives the process's identifier. (Microsoft: "_getpid")
#[export(msvcrt, ucrtbase, also = "getpid")]
fn _getpid() -> i32 {
    ps::process().pid.0 as i32
}
