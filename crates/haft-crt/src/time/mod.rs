//! Calendar time: `struct tm`, local time by a time-zone rule, and its texts in the C locale.

mod calendar;
mod strftime;
mod text;
mod zone;

pub use calendar::{MAX_TIME, Tm, gmtime, localtime, mkgmtime, mktime};
pub use strftime::{ZoneNames, days, months, strftime};
pub use text::{asctime, ctime};
pub use zone::{BadTimeZone, LocalType, TimeZone, Transition, YearRules};
