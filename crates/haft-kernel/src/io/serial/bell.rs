//! What wakes whoever waits for a line: it is ready, or time is over.

use crate::io::pending::Direction;
use haft_abi::NtStatus;
use haft_host::file::status;
use haft_host::rustix::buffer::spare_capacity;
use haft_host::rustix::event::{Timespec, epoll};
use haft_host::rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use haft_host::rustix::io::Errno;
use haft_host::rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A descriptor that is readable when a line is ready in one direction or a time has come.
pub(crate) struct Bell {
    either: OwnedFd,
    timer: OwnedFd,
}

/// The bells of a line: reads, writes, events.
#[derive(Default)]
pub(crate) struct Bells([OnceLock<Bell>; 3]);

impl Bells {
    /// That of one direction.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES` and its kin.
    pub(super) fn of(&self, line: impl AsFd, direction: Direction) -> Result<&Bell, NtStatus> {
        let place = &self.0[direction as usize];
        if place.get().is_none() {
            // Another thread's is as good.
            let _ = place.set(Bell::new(line, direction).map_err(status)?);
        }
        place.get().ok_or(NtStatus::INSUFFICIENT_RESOURCES)
    }

    /// The descriptor to watch, if somebody has waited in this direction.
    pub(crate) fn descriptor(&self, direction: Direction) -> Option<BorrowedFd<'_>> {
        self.0[direction as usize].get().map(|bell| bell.either.as_fd())
    }
}

impl Bell {
    fn new(line: impl AsFd, direction: Direction) -> Result<Self, Errno> {
        let either = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let ready = match direction {
            Direction::Read => epoll::EventFlags::IN,
            Direction::Write => epoll::EventFlags::OUT,
            // What has come and is not read must not ring again.
            Direction::Event => epoll::EventFlags::IN | epoll::EventFlags::ET,
        };
        let data = epoll::EventData::new_u64(0);
        epoll::add(&either, line, data, ready)?;
        epoll::add(&either, &timer, data, epoll::EventFlags::IN)?;
        Ok(Self { either, timer })
    }

    /// Takes back what the line has rung for.
    pub(super) fn hush(&self) {
        let mut rung = Vec::with_capacity(2);
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let _ = epoll::wait(&self.either, spare_capacity(&mut rung), Some(&now));
    }

    /// Lets it ring at this time too, and at no earlier one.
    ///
    /// # Errors
    /// Those of the timer.
    pub(super) fn set(&self, at: Option<Instant>) -> Result<(), NtStatus> {
        let left =
            at.map(|at| at.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1)));
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let it_value = match left {
            Some(left) => Timespec::try_from(left).map_err(|_| NtStatus::INVALID_PARAMETER)?,
            None => zero,
        };
        let time = Itimerspec { it_interval: zero, it_value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &time).map_err(status)?;
        Ok(())
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.either.as_fd()
    }
}
