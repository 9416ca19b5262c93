//! The time limit of a wait that haft itself makes of sleeps: each sleep gets what is left.

use haft_host::clock;
use haft_object::{DueTime, Timeout};

/// When a wait is to end at the latest.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimit(End);

#[derive(Clone, Copy, Debug)]
enum End {
    Never,
    Interrupt(u64),
    System(i64),
}

impl TimeLimit {
    /// The limit of a wait that begins now.
    #[must_use]
    pub fn new(timeout: Timeout) -> Self {
        Self(match timeout {
            Timeout::Never => End::Never,
            Timeout::Due(DueTime::After(ticks)) => {
                End::Interrupt(clock::interrupt_time().saturating_add(ticks))
            }
            Timeout::Due(DueTime::At(time)) => End::System(time),
        })
    }

    /// What is left in 100 ns units, `None` for no end; zero once it has come.
    #[must_use]
    pub fn left(self) -> Option<u64> {
        match self.0 {
            End::Never => None,
            End::Interrupt(end) => Some(end.saturating_sub(clock::interrupt_time())),
            End::System(end) => Some(u64::try_from(end - clock::system_time()).unwrap_or(0)),
        }
    }
}
