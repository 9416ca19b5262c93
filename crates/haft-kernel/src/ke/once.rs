//! One-time initialisation, in the program's own memory (Microsoft: "One-Time Initialization").
//!
//! ```text
//! bit 0..1   0 not begun, 1 under way in one thread, 2 done, 3 under way in several (asynchronous)
//!     2      under way in one thread: others wait
//!     2..63  done: the context
//! ```

use crate::ps::thread;
use haft_abi::NtStatus;
use haft_host::guest::atomic::Word64;

const STATE: u64 = 3;
const NOT_BEGUN: u64 = 0;
const SYNCHRONOUS: u64 = 1;
const DONE: u64 = 2;
const ASYNCHRONOUS: u64 = 3;
const WAITED: u64 = 4;

/// `INIT_ONCE_CHECK_ONLY`.
pub const CHECK_ONLY: u32 = 1;
/// `INIT_ONCE_ASYNC`.
pub const ASYNC: u32 = 2;
/// `INIT_ONCE_INIT_FAILED`.
pub const INIT_FAILED: u32 = 4;

/// A one-time initialisation at an address of the program.
#[derive(Clone, Copy, Debug)]
pub struct Once(Word64);

/// What a caller is told who is about to initialise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It has been done; the context.
    Done(u64),
    /// It is the caller's to do.
    Pending,
}

impl Once {
    /// The one-time initialisation at an address.
    #[must_use]
    pub const fn at(address: usize) -> Self {
        Self(Word64::at(address))
    }

    /// Makes it one that has not begun.
    pub fn initialize(self) {
        self.0.store(NOT_BEGUN);
    }

    /// Begins it, or waits while another thread does it.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for flags that exclude each other or an initialisation that was begun
    /// the other way; `UNSUCCESSFUL` with [`CHECK_ONLY`] when it is not done.
    pub fn begin(self, flags: u32) -> Result<Begun, NtStatus> {
        if flags & !(CHECK_ONLY | ASYNC) != 0 || flags == CHECK_ONLY | ASYNC {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        loop {
            let word = self.0.load();
            match word & STATE {
                DONE => return Ok(Begun::Done(word & !STATE)),
                _ if flags & CHECK_ONLY != 0 => return Err(NtStatus::UNSUCCESSFUL),
                NOT_BEGUN => {
                    let to = if flags & ASYNC != 0 { ASYNCHRONOUS } else { SYNCHRONOUS };
                    if self.0.compare_exchange(word, to).is_ok() {
                        return Ok(Begun::Pending);
                    }
                }
                ASYNCHRONOUS if flags & ASYNC != 0 => return Ok(Begun::Pending),
                SYNCHRONOUS if flags & ASYNC == 0 => {
                    let waited = word | WAITED;
                    if word == waited || self.0.compare_exchange(word, waited).is_ok() {
                        self.0.low().sleep(waited as u32, None);
                        thread::checkpoint();
                    }
                }
                _ => return Err(NtStatus::INVALID_PARAMETER),
            }
        }
    }

    /// Ends what [`Once::begin`] began, with the context or, with [`INIT_FAILED`], as not begun.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for flags that exclude each other and for a context whose two lowest
    /// bits are not clear; `UNSUCCESSFUL` when it was not under way so.
    pub fn complete(self, flags: u32, context: u64) -> Result<(), NtStatus> {
        let failed = flags & INIT_FAILED != 0;
        let known = flags & !(ASYNC | INIT_FAILED) == 0 && flags != ASYNC | INIT_FAILED;
        if !known || context & STATE != 0 || failed && context != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let to = if failed { NOT_BEGUN } else { context | DONE };
        let from = if flags & ASYNC != 0 { ASYNCHRONOUS } else { SYNCHRONOUS };
        let before = self.0.update(|word| (word & STATE == from).then_some(to));
        match before {
            Err(_) => Err(NtStatus::UNSUCCESSFUL),
            Ok(word) => {
                if word & WAITED != 0 {
                    self.0.low().wake(u32::MAX >> 1);
                }
                Ok(())
            }
        }
    }
}
