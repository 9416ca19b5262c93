//! Waiting for what happens on a line (Microsoft: "Communications Events").

use super::{Inner, line_of};
use crate::io::blocking;
use crate::io::file::FileObject;
use crate::io::pending::{self, Direction, Operation, Progress, Step, Work};
use crate::io::request::{Request, arm};
use haft_abi::{Handle, NtStatus};
use haft_host::file::status;
use haft_host::guest;
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::io::ioctl_fionread;
use haft_host::serial::{self as host, ErrorCounts, ModemLines};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What happens on a line (`EV_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events(pub u32);

haft_abi::flags!(Events);

impl Events {
    /// A byte has come.
    pub const RECEIVED: Self = Self(1);
    /// The last byte has gone out.
    pub const SENT: Self = Self(4);
    /// "Clear to send" has changed.
    pub const CTS: Self = Self(8);
    /// "Data set ready" has changed.
    pub const DSR: Self = Self(0x10);
    /// "Carrier detected" has changed.
    pub const CARRIER: Self = Self(0x20);
    /// The other side has made a break.
    pub const BREAK: Self = Self(0x40);
    /// Bytes came wrong or were lost.
    pub const ERROR: Self = Self(0x80);
    /// It rings.
    pub const RING: Self = Self(0x100);
    /// What Linux tells nobody of.
    const LOOKED_FOR: Self = Self(
        Self::SENT.0
            | Self::CTS.0
            | Self::DSR.0
            | Self::CARRIER.0
            | Self::BREAK.0
            | Self::ERROR.0
            | Self::RING.0,
    );
    const KNOWN: Self = Self::LOOKED_FOR.with(Self::RECEIVED);
}

/// So often a line is looked at for what Linux tells nobody of.
const LOOK: Duration = Duration::from_millis(10);

/// What a line is watched for, and how it was at the last look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watched {
    mask: Events,
    /// Changes with each setting of the mask.
    setting: u64,
    /// How many bytes had come.
    received: u64,
    lines: ModemLines,
    errors: ErrorCounts,
    /// Whether bytes were to go out.
    sending: bool,
}

/// How a line is now.
fn look(file: &FileObject, inner: &Inner) -> Watched {
    let unread = ioctl_fionread(&file.fd).unwrap_or(0);
    Watched {
        received: inner.taken + unread,
        lines: host::modem_lines(&file.fd).unwrap_or_default(),
        errors: host::error_counts(&file.fd).unwrap_or_default(),
        sending: host::bytes_to_send(&file.fd).unwrap_or(0) > 0,
        ..inner.watched
    }
}

/// What has happened between two looks.
fn between(before: &Watched, now: &Watched) -> Events {
    let (broken, wrong) = (before.errors.breaks != now.errors.breaks, before.errors != now.errors);
    let changed = |line: ModemLines| before.lines.any(line) != now.lines.any(line);
    let happened = [
        (Events::RECEIVED, now.received > before.received),
        (Events::SENT, before.sending && !now.sending),
        (Events::CTS, changed(ModemLines::CTS)),
        (Events::DSR, changed(ModemLines::DSR)),
        (Events::CARRIER, changed(ModemLines::CARRIER)),
        (Events::BREAK, broken),
        (Events::ERROR, wrong && !broken),
        (Events::RING, !before.lines.any(ModemLines::RING) && now.lines.any(ModemLines::RING)),
    ];
    let all = happened.into_iter().filter(|&(_, happened)| happened);
    Events(all.fold(0, |all, (event, _)| all | event.0) & now.mask.0)
}

/// What a line is watched for (Microsoft: "GetCommMask function").
///
/// # Errors
/// `INVALID_DEVICE_REQUEST` for what is no serial line, and those of the handle.
pub fn mask(handle: Handle) -> Result<Events, NtStatus> {
    Ok(line_of(handle)?.state.line.lock().watched.mask)
}

/// Changes what a line is watched for; who waits for it hears of nothing then (Microsoft: "SetCommMask
/// function").
///
/// # Errors
/// `INVALID_PARAMETER` for events that Linux does not tell of: a certain character, a queue that
/// is nearly full. Those of [`mask`].
pub fn set_mask(handle: Handle, mask: Events) -> Result<(), NtStatus> {
    if !Events::KNOWN.contains(mask) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let file = line_of(handle)?;
    let mut inner = file.state.line.lock();
    let now = look(&file, &inner);
    inner.watched = Watched { mask, setting: now.setting + 1, ..now };
    // Who waits looks and sets the bell under the lock too.
    file.state.line.bells.of(&file.fd, Direction::Event)?.set(Some(Instant::now()))
}

/// A wait that has begun.
struct Waiting {
    setting: u64,
    /// Where the events are put.
    address: usize,
}

impl Waiting {
    fn advance(&self, file: &FileObject, done: &mut usize) -> Result<Progress, NtStatus> {
        // Before the look: what happens after it rings.
        let bell = file.state.line.bells.of(&file.fd, Direction::Event)?;
        bell.hush();
        let mut inner = file.state.line.lock();
        let now = look(file, &inner);
        let happened = between(&inner.watched, &now);
        if happened == Events(0) && inner.watched.setting == self.setting {
            // What has begun to go out must be seen to end.
            inner.watched.sending |= now.sending;
            let looks = now.mask.any(Events::LOOKED_FOR);
            bell.set(looks.then(|| Instant::now() + LOOK))?;
            return Ok(Progress::Later);
        }
        inner.watched = now;
        drop(inner);
        guest::write(self.address, happened.0)?;
        *done = size_of::<u32>();
        Ok(Progress::Done(NtStatus::SUCCESS))
    }
}

impl Step for Waiting {
    fn step(&mut self, file: &Arc<FileObject>, done: &mut usize) -> Result<Progress, NtStatus> {
        self.advance(file, done)
    }
}

/// Waits for one of the events that the line is watched for, and puts what has happened at an address of
/// the program's: none if the mask was changed meanwhile (Microsoft: "WaitCommEvent function").
///
/// # Errors
/// `INVALID_PARAMETER` when the line is watched for nothing or somebody waits already, and those of
/// [`mask`].
pub fn start_wait(handle: Handle, address: usize, request: &Request) -> Result<NtStatus, NtStatus> {
    let file = line_of(handle)?;
    let watched = file.state.line.lock().watched;
    if watched.mask == Events(0) || pending::any(&file, Direction::Event) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let waiting = Waiting { setting: watched.setting, address };
    if !file.is_synchronous() {
        let armed = arm(&file, request)?;
        let operation = Operation::new(armed, Work::Step(Box::new(waiting)));
        return pending::start(&file, Direction::Event, operation);
    }
    let mut done = 0;
    loop {
        match waiting.advance(&file, &mut done)? {
            Progress::Done(status) => return Ok(status),
            _ => {
                let bell = file.state.line.bells.of(&file.fd, Direction::Event)?;
                let ring = || poll(&mut [PollFd::new(bell, PollFlags::IN)], None);
                blocking::wait(&file, status, ring)?;
            }
        }
    }
}
