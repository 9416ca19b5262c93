//! The end of a program by the C runtime, and the functions it registered for it.

use super::error::Error;
use super::{heap, stream};
use crate::ps;
use core::sync::atomic::{AtomicUsize, Ordering};
use haft_crt::Errno;
use haft_host::{guest, jump};
use std::sync::{Mutex, PoisonError};

static AT_EXIT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static AT_QUICK_EXIT: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn push(list: &Mutex<Vec<usize>>, function: usize) {
    list.lock().unwrap_or_else(PoisonError::into_inner).push(function);
}

/// Registers a function for the end of the process.
pub fn at_exit(function: usize) {
    push(&AT_EXIT, function);
}

/// Registers a function for `quick_exit`.
pub fn at_quick_exit(function: usize) {
    push(&AT_QUICK_EXIT, function);
}

/// What destroys the thread-local variables of the thread that ends the process; 0 if nothing.
static THREAD_CALLBACK: AtomicUsize = AtomicUsize::new(0);

/// Registers what destroys the thread-local variables of the thread that ends the process.
pub fn set_thread_callback(callback: usize) {
    THREAD_CALLBACK.store(callback, Ordering::Release);
}

/// `DLL_PROCESS_DETACH`.
const DETACH: usize = 0;

/// Calls the functions, last first; one that registers another has that called next.
fn run(list: &Mutex<Vec<usize>>) {
    loop {
        let last = list.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(function) = last else { return };
        let _ = jump::call(function, [0; 4]);
    }
}

/// `_cexit`: calls what was registered and flushes the streams.
pub fn clean_up() {
    run(&AT_EXIT);
    stream::finish();
}

/// `exit`.
pub fn exit(code: i32) -> ! {
    let callback = THREAD_CALLBACK.swap(0, Ordering::AcqRel);
    if callback != 0 {
        // The callback is a TLS callback of the image format.
        let _ = jump::call(callback, [0, DETACH, 0, 0]);
    }
    clean_up();
    ps::exit_process(code as u32)
}

/// `quick_exit`.
pub fn quick_exit(code: i32) -> ! {
    run(&AT_QUICK_EXIT);
    ps::exit_process(code as u32)
}

/// Calls each function of a table of addresses that is not null, in order (`_initterm`).
///
/// # Errors
/// A fault for a bad table.
pub fn run_initializers(mut first: usize, last: usize) -> Result<(), Error> {
    while first < last {
        let function: usize = guest::read(first)?;
        if function != 0 {
            let _ = jump::call(function, [0; 4]);
        }
        first += size_of::<usize>();
    }
    Ok(())
}

/// As [`run_initializers`], up to the first function that does not return 0; what it returned.
///
/// # Errors
/// A fault for a bad table.
pub fn run_fallible_initializers(mut first: usize, last: usize) -> Result<i32, Error> {
    while first < last {
        let function: usize = guest::read(first)?;
        if function != 0 {
            let failed = jump::call(function, [0; 4]) as i32;
            if failed != 0 {
                return Ok(failed);
            }
        }
        first += size_of::<usize>();
    }
    Ok(0)
}

haft_host::plain! {
    /// `_onexit_table_t`: the functions of one module, in memory of the C heap.
    pub struct OnexitTable {
        first: usize,
        last: usize,
        end: usize,
    }
}

const ENTRY: usize = size_of::<usize>();

/// Adds a function to a module's table (`_register_onexit_function`).
///
/// # Errors
/// `EINVAL` for no table, `ENOMEM`.
pub fn register(table_at: usize, function: usize) -> Result<(), Error> {
    if table_at == 0 {
        return Err(Errno::EINVAL.into());
    }
    let mut table: OnexitTable = guest::read(table_at)?;
    if table.last >= table.end {
        let used = table.last - table.first;
        let size = (used * 2).max(32 * ENTRY);
        let grown = heap::reallocate(table.first, size)?;
        table = OnexitTable { first: grown, last: grown + used, end: grown + size };
    }
    guest::write(table.last, function)?;
    table.last += ENTRY;
    Ok(guest::write(table_at, table)?)
}

/// Adds a function to a table that is given by the places of its begin and end (`__dllonexit`).
///
/// # Errors
/// `ENOMEM`; a fault for bad places.
pub fn register_between(begin: usize, end: usize, function: usize) -> Result<(), Error> {
    let (first, last): (usize, usize) = (guest::read(begin)?, guest::read(end)?);
    // The caller allocated the block, so its size is known to the heap alone.
    let used = last - first;
    let room = heap::size(first).unwrap_or(0);
    let first = if used + ENTRY > room {
        let grown = heap::reallocate(first, (room * 2).max(used + 32 * ENTRY))?;
        guest::write(begin, grown)?;
        grown
    } else {
        first
    };
    guest::write(first + used, function)?;
    Ok(guest::write(end, first + used + ENTRY)?)
}

/// Empties a table that was not set up yet (`_initialize_onexit_table`).
///
/// # Errors
/// `EINVAL` for no table.
pub fn initialize(table_at: usize) -> Result<(), Error> {
    if table_at == 0 {
        return Err(Errno::EINVAL.into());
    }
    let table: OnexitTable = guest::read(table_at)?;
    if table.first == table.end {
        guest::write(table_at, OnexitTable { first: 0, last: 0, end: 0 })?;
    }
    Ok(())
}

/// Calls the functions of a table, last first, and empties it (`_execute_onexit_table`).
///
/// # Errors
/// `EINVAL` for no table.
pub fn execute(table_at: usize) -> Result<(), Error> {
    if table_at == 0 {
        return Err(Errno::EINVAL.into());
    }
    loop {
        let mut table: OnexitTable = guest::read(table_at)?;
        if table.last <= table.first {
            break;
        }
        table.last -= ENTRY;
        guest::write(table_at, table)?;
        let function: usize = guest::read(table.last)?;
        if function != 0 {
            let _ = jump::call(function, [0; 4]);
        }
    }
    let table: OnexitTable = guest::read(table_at)?;
    heap::free(table.first);
    Ok(guest::write(table_at, OnexitTable { first: 0, last: 0, end: 0 })?)
}
