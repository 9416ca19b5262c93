//! The 26-character text of a time (Microsoft: "asctime, _wasctime", "ctime, ...").

use super::strftime::{DAYS, MONTHS};
use super::{TimeZone, Tm, localtime};
use crate::Dialect;

/// `asctime`: such as `Wed Jan 02 02:03:55 1980\n`, without the terminator.
///
/// `msvcrt.dll` pads the day with a zero, the UCRT with a space. `None` if a field is out of its
/// range (`EINVAL`).
#[must_use]
pub fn asctime(tm: &Tm, dialect: Dialect) -> Option<[u8; 25]> {
    let within = |value: i32, limit: i32| (0..limit).contains(&value);
    let day = DAYS.get(usize::try_from(tm.wday).ok()?)?;
    let month = MONTHS.get(usize::try_from(tm.mon).ok()?)?;
    let year = i64::from(tm.year) + 1900;
    let fields_fit = within(tm.sec, 61)
        && within(tm.min, 60)
        && within(tm.hour, 24)
        && (1..=31).contains(&tm.mday)
        && (0..=9999).contains(&year);
    if !fields_fit {
        return None;
    }
    let mday = match dialect {
        Dialect::Msvcrt => format!("{:02}", tm.mday),
        Dialect::Ucrt => format!("{:2}", tm.mday),
    };
    let (day, month) = (&day[..3], &month[..3]);
    let (hour, min, sec) = (tm.hour, tm.min, tm.sec);
    let text = format!("{day} {month} {mday} {hour:02}:{min:02}:{sec:02} {year:04}\n");
    text.as_bytes().try_into().ok()
}

/// `ctime`: the text of a moment in local time; `None` out of range (`EINVAL`).
#[must_use]
pub fn ctime(seconds: i64, zone: &TimeZone, dialect: Dialect) -> Option<[u8; 25]> {
    asctime(&localtime(seconds, zone)?, dialect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_time() {
        let utc = TimeZone::utc();
        let old = ctime(315_626_635, &utc, Dialect::Msvcrt);
        assert_eq!(old.as_ref().map(|t| &t[..]), Some(&b"Wed Jan 02 02:03:55 1980\n"[..]));
        let new = ctime(315_626_635, &utc, Dialect::Ucrt);
        assert_eq!(new.as_ref().map(|t| &t[..]), Some(&b"Wed Jan  2 02:03:55 1980\n"[..]));
        assert_eq!(asctime(&Tm::default(), Dialect::Ucrt), None, "day 0");
        assert_eq!(ctime(-1, &utc, Dialect::Ucrt), None);
    }
}
