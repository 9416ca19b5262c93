//! C++ exceptions: what handles them, and what is known of them.

use crate::abi::Ptr;
use core::mem::offset_of;
use haft_abi::exception::Disposition;
use haft_kernel::crt::thread_state;
use haft_kernel::ke::exception::{self, Tables};
use haft_macros::export;

use haft_kernel::crt::{heap, terminate as ends};
use thread_state::CurrentException;

/// Handles exceptions and unwinds for a C++ function. (Microsoft: "C++ exception handling")
#[export(msvcrt, vcruntime140, also = "__CxxFrameHandler", also = "__CxxFrameHandler2")]
fn __CxxFrameHandler3(
    ExceptionRecord: usize,
    EstablisherFrame: usize,
    ContextRecord: usize,
    DispatcherContext: usize,
) -> u32 {
    let at = [ExceptionRecord, EstablisherFrame, ContextRecord, DispatcherContext];
    ask(Tables::Plain, at)
}

/// Handles exceptions and unwinds for a C++ function whose tables are packed. (Microsoft: "C++
/// exception handling"; C++ Team Blog: "Making C++ Exception Handling Smaller On x64")
#[export(vcruntime140_1)]
fn __CxxFrameHandler4(
    ExceptionRecord: usize,
    EstablisherFrame: usize,
    ContextRecord: usize,
    DispatcherContext: usize,
) -> u32 {
    let at = [ExceptionRecord, EstablisherFrame, ContextRecord, DispatcherContext];
    ask(Tables::Packed, at)
}

fn ask(tables: Tables, [record, frame, registers, dispatcher]: [usize; 4]) -> u32 {
    exception::cxx_frame_handler(tables, record, frame, registers, dispatcher)
        // Tables that are of no use guard nothing.
        .unwrap_or(Disposition::ContinueSearch) as u32
}

/// Throws a C++ exception; null for both throws on what is caught. (Microsoft:
/// "_CxxThrowException")
#[export(msvcrt, vcruntime140)]
fn _CxxThrowException(pExceptionObject: Ptr<u8>, pThrowInfo: Ptr<u8>) -> ! {
    exception::throw(pExceptionObject.addr(), pThrowInfo.addr())
}

/// The place of the address of the record of what the thread's innermost handler has caught.
/// (Microsoft: "C++ exception handling")
#[export(vcruntime140)]
fn __current_exception() -> usize {
    // Without memory for it there is none to be told of.
    thread_state::current_exception().unwrap_or_default() + offset_of!(CurrentException, record)
}

/// The place of the address of the registers where that was thrown. (Microsoft: "C++ exception
/// handling")
#[export(vcruntime140)]
fn __current_exception_context() -> usize {
    thread_state::current_exception().unwrap_or_default() + offset_of!(CurrentException, registers)
}

/// Finds a base in an object. (Microsoft: "C++ exception handling")
#[export(vcruntime140)]
fn __AdjustPointer(pThis: usize, pmd: usize) -> usize {
    exception::base_of(pThis, pmd).unwrap_or_else(|fault| crate::hooks::fault(fault))
}

/// Whether the thread is unwinding because of a throw. (Microsoft: "uncaught_exception")
#[export(msvcrt, vcruntime140)]
fn __uncaught_exception() -> bool {
    exception::uncaught() != 0
}

/// How many exceptions of the thread are thrown and not yet caught. (Microsoft:
/// "uncaught_exceptions")
#[export(vcruntime140)]
fn __uncaught_exceptions() -> u32 {
    exception::uncaught()
}

/// Ends the program because an exception met a function that lets none out. (Microsoft:
/// "terminate (CRT)")
#[export(vcruntime140)]
fn __std_terminate() -> ! {
    ends::terminate()
}

haft_host::plain! {
    /// What a `std::exception` says (Microsoft: "exception Class").
    struct ExceptionData {
        what: usize,
        /// Whether the text is the exception's own; the rest of it is padding.
        owned: u64,
    }
}

/// Copies what a `std::exception` says. (Microsoft: "exception Class")
#[export(vcruntime140)]
fn __std_exception_copy(from: Ptr<ExceptionData>, to: Ptr<ExceptionData>) {
    if let Err(fault) = copy(from, to) {
        crate::hooks::fault(fault)
    }
}

fn copy(from: Ptr<ExceptionData>, to: Ptr<ExceptionData>) -> Result<(), haft_host::guest::Fault> {
    use haft_host::guest;
    let mut data = from.read()?;
    if data.owned as u8 != 0 && data.what != 0 {
        let mut text = guest::read_bytes_z(data.what, usize::MAX >> 1)?;
        text.push(0);
        // Without memory it says nothing.
        data = ExceptionData { what: heap::allocate(text.len()).unwrap_or(0), owned: 1 };
        if data.what != 0 {
            guest::copy_out(data.what, &text)?;
        }
    }
    to.write(ExceptionData { owned: u64::from(data.owned as u8 != 0), ..data })
}

/// Frees what a `std::exception` says. (Microsoft: "exception Class")
#[export(vcruntime140)]
fn __std_exception_destroy(data: Ptr<ExceptionData>) {
    let freed = data.read().and_then(|known| {
        if known.owned as u8 != 0 {
            heap::free(known.what);
        }
        data.write(ExceptionData { what: 0, owned: 0 })
    });
    if let Err(fault) = freed {
        crate::hooks::fault(fault)
    }
}
