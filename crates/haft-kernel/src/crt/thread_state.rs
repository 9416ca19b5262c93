//! What the C runtime keeps for each thread: where `strtok` goes on, `rand`, answers that stand
//! in buffers of the runtime.

use super::error::Error;
use super::heap;
use core::cell::{Cell, RefCell};
use haft_crt::rand::Rand;
use haft_host::guest;

thread_local! {
    static STRTOK: Cell<usize> = const { Cell::new(0) };
    static WCSTOK: Cell<usize> = const { Cell::new(0) };
    static EXCEPTION: Cell<usize> = const { Cell::new(0) };
    static RAND: Cell<Option<Rand>> = const { Cell::new(None) };
    static BUFFERS: RefCell<[(usize, usize); 8]> = const { RefCell::new([(0, 0); 8]) };
}

/// Where `strtok` (or `wcstok`, if `wide`) goes on.
#[must_use]
pub fn next_token(wide: bool) -> usize {
    if wide { WCSTOK.get() } else { STRTOK.get() }
}

/// Sets where `strtok` or `wcstok` goes on.
pub fn set_next_token(wide: bool, address: usize) {
    if wide { WCSTOK.set(address) } else { STRTOK.set(address) }
}

/// `rand`.
#[must_use]
pub fn rand() -> i32 {
    let mut state = RAND.get().unwrap_or_default();
    let value = state.rand();
    RAND.set(Some(state));
    value
}

/// `srand`.
pub fn seed(seed: u32) {
    RAND.set(Some(Rand::seeded(seed)));
}

/// What the innermost C++ handler of a thread has caught: addresses of a record and registers, 0
/// for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct CurrentException {
    /// Of the exception's record.
    pub record: usize,
    /// Of the registers where it was thrown.
    pub registers: usize,
}

/// Where the program finds the addresses of a [`CurrentException`], one after the other.
///
/// # Errors
/// `ENOMEM`.
pub fn current_exception() -> Result<usize, Error> {
    match EXCEPTION.get() {
        0 => {
            let at = heap::allocate_zeroed(2, size_of::<usize>())?;
            EXCEPTION.set(at);
            Ok(at)
        }
        at => Ok(at),
    }
}

/// Sets what has been caught; what was before, `None` without memory for it.
pub fn set_current_exception(current: CurrentException) -> Option<CurrentException> {
    let at = current_exception().ok()?;
    let [record, registers] = guest::read(at).ok()?;
    guest::write(at, [current.record, current.registers]).ok()?;
    Some(CurrentException { record, registers })
}

/// Which of a thread's buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffer {
    /// `gmtime` and `localtime`, which share it.
    Time,
    /// `asctime` and `ctime`.
    TimeText,
    /// `_wasctime` and `_wctime`.
    WideTimeText,
    /// `strerror`.
    ErrorText,
    /// `_wcserror`.
    WideErrorText,
    /// `tmpnam`.
    Name,
    /// `_wtmpnam`.
    WideName,
    /// `_ecvt` and `_fcvt`.
    Digits,
}

/// Puts values into one of the thread's buffers; its address. It is kept for the thread's life.
///
/// # Errors
/// `ENOMEM`.
pub fn put<T: Copy + 'static>(buffer: Buffer, values: &[T]) -> Result<usize, Error> {
    let size = size_of_val(values).max(128);
    let at = BUFFERS.with_borrow_mut(|buffers| {
        let (address, room) = &mut buffers[buffer as usize];
        if *room < size {
            let new = heap::allocate(size)?;
            heap::free(*address);
            (*address, *room) = (new, size);
        }
        Ok::<usize, Error>(*address)
    })?;
    guest::write_slice(at, values)?;
    Ok(at)
}
