//! Windows time: 100 ns units since 1601-01-01 00:00 UTC.

/// 100 ns units in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Seconds from 1601-01-01 to 1970-01-01.
pub const UNIX_EPOCH_SECONDS: i64 = 11_644_473_600;

/// A Unix time in Windows units. Saturates rather than wraps.
#[must_use]
pub const fn from_unix(seconds: i64, nanoseconds: i64) -> i64 {
    seconds
        .saturating_add(UNIX_EPOCH_SECONDS)
        .saturating_mul(TICKS_PER_SECOND)
        .saturating_add(nanoseconds / 100)
}

/// A Windows time as Unix seconds and nanoseconds.
#[must_use]
pub const fn to_unix(ticks: i64) -> (i64, i64) {
    (
        ticks.div_euclid(TICKS_PER_SECOND) - UNIX_EPOCH_SECONDS,
        ticks.rem_euclid(TICKS_PER_SECOND) * 100,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unix_epoch_is_where_microsoft_puts_it() {
        assert_eq!(from_unix(0, 0), 116_444_736_000_000_000);
        assert_eq!(to_unix(116_444_736_000_000_000), (0, 0));
        assert_eq!(to_unix(116_444_735_999_999_999), (-1, 999_999_900));
    }
}
