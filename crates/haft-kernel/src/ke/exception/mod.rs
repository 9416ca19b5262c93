//! Exceptions: their dispatch, and the unwinding of frames (Microsoft: "Structured Exception
//! Handling", "x64 exception handling").
//!
//! A fault or a raised exception goes first to the vectored handlers, then to the language
//! handlers of the frames, innermost first, then to the program's filter for unhandled ones; at
//! last it ends the program. Handlers of frames answer by unwinding: a second walk over the same
//! frames that has each clean up, and goes on in one of them.

mod c_handler;
mod cxx;
mod dispatch;
mod function_table;
mod raise;
mod slot;
mod stack;
mod unhandled;
mod unwind;
mod vectored;
mod walk;

pub use c_handler::c_specific_handler;
pub use cxx::{Tables, base_of, cxx_frame_handler, throw, uncaught};
pub use function_table::{
    Growable, add_callback, add_growable, add_table, delete_growable, delete_table, grow,
    lookup_for_program,
};
pub use raise::{
    continue_with, long_jump, raise, raise_access_violation, raise_record, raise_with_context,
};
pub use stack::{reset_stack_overflow, set_stack_guarantee};
pub use unhandled::{
    end_fast, error_mode, fail_fast, set_error_mode, set_filter, unhandled_exception_filter,
};
pub use unwind::{UnwindTarget, restore, unwind};
pub use vectored::{VectoredKind, add as add_vectored, remove as remove_vectored};
pub use walk::{back_trace, next_frame, virtual_unwind};

/// What the host is told to do about faults.
#[must_use]
pub fn handlers() -> haft_host::signal::Handlers {
    haft_host::signal::Handlers {
        memory: crate::mm::fault,
        is_program_thread: || crate::ps::thread::try_current().is_some(),
        exception: dispatch::handle_fault,
        end: unhandled::end_in_signal_handler,
    }
}
