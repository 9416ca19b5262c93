//! How long reads and writes of a serial line wait (Microsoft: "COMMTIMEOUTS structure").

use std::time::{Duration, Instant};

/// `MAXDWORD`.
const MOST: u32 = u32::MAX;

/// The time limits of a line, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Between two bytes that are read; 0 for none.
    pub read_interval: u32,
    /// Of a read, for each byte asked for.
    pub read_multiplier: u32,
    /// Of a read, beside that.
    pub read_constant: u32,
    /// Of a write, for each byte.
    pub write_multiplier: u32,
    /// Of a write, beside that.
    pub write_constant: u32,
}

/// When a transfer is complete before all its bytes have moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// After this time in all.
    total: Option<Duration>,
    /// So long after the last byte.
    interval: Option<Duration>,
    /// As soon as there is a byte.
    any: bool,
}

impl Timeouts {
    /// That of a read of this many bytes.
    pub(crate) fn of_read(self, length: usize) -> Pace {
        let total = total(self.read_multiplier, self.read_constant, length);
        match (self.read_interval, self.read_multiplier, self.read_constant) {
            (MOST, 0, 0) => Pace { total: Some(Duration::ZERO), interval: None, any: true },
            (MOST, MOST, 1..) => {
                let constant = Duration::from_millis(self.read_constant.into());
                Pace { total: Some(constant), interval: None, any: true }
            }
            (0 | MOST, ..) => Pace { total, interval: None, any: false },
            (interval, ..) => {
                let interval = Some(Duration::from_millis(interval.into()));
                Pace { total, interval, any: false }
            }
        }
    }

    /// That of a write of this many bytes.
    pub(crate) fn of_write(self, length: usize) -> Pace {
        let total = total(self.write_multiplier, self.write_constant, length);
        Pace { total, interval: None, any: false }
    }
}

fn total(multiplier: u32, constant: u32, length: usize) -> Option<Duration> {
    let millis = u64::from(multiplier) * length as u64 + u64::from(constant);
    (millis != 0).then(|| Duration::from_millis(millis))
}

impl Pace {
    /// When a transfer is complete though not all of it has moved, if time alone completes it: begun then,
    /// with so many bytes moved, the last of them then.
    pub(crate) fn deadline(self, begun: Instant, moved: usize, last: Instant) -> Option<Instant> {
        if self.any && moved > 0 {
            return Some(begun);
        }
        let total = self.total.map(|total| begun + total);
        let interval = self.interval.filter(|_| moved > 0).map(|interval| last + interval);
        total.into_iter().chain(interval).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn reads(read_interval: u32, read_multiplier: u32, read_constant: u32) -> Timeouts {
        Timeouts { read_interval, read_multiplier, read_constant, ..Timeouts::default() }
    }

    #[test]
    fn no_limits_wait_for_all() {
        let now = Instant::now();
        assert_eq!(reads(0, 0, 0).of_read(5).deadline(now, 4, now), None);
        assert_eq!(Timeouts::default().of_write(5).deadline(now, 0, now), None);
    }

    #[test]
    fn the_total_counts_from_the_start() {
        let (now, later) = (Instant::now(), Instant::now() + 7 * MS);
        assert_eq!(reads(0, 2, 10).of_read(5).deadline(now, 3, later), Some(now + 20 * MS));
        let timeouts = Timeouts { write_multiplier: 1, write_constant: 4, ..Timeouts::default() };
        assert_eq!(timeouts.of_write(6).deadline(now, 0, now), Some(now + 10 * MS));
    }

    #[test]
    fn the_interval_counts_from_the_last_byte() {
        let (now, later) = (Instant::now(), Instant::now() + 50 * MS);
        let pace = reads(10, 0, 0).of_read(5);
        assert_eq!(pace.deadline(now, 0, now), None);
        assert_eq!(pace.deadline(now, 1, later), Some(later + 10 * MS));
        assert_eq!(reads(10, 0, 30).of_read(5).deadline(now, 1, later), Some(now + 30 * MS));
    }

    #[test]
    fn what_is_there_completes_at_once() {
        let now = Instant::now();
        assert_eq!(reads(MOST, 0, 0).of_read(5).deadline(now, 0, now), Some(now));
        let pace = reads(MOST, MOST, 40).of_read(5);
        assert_eq!(pace.deadline(now, 0, now), Some(now + 40 * MS));
        assert_eq!(pace.deadline(now, 1, now), Some(now));
    }
}
