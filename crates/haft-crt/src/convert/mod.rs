//! Numbers from text and text from numbers: `strtol`, `strtod`, `_itoa`, `_ecvt` and their kin,
//! for narrow and wide text.

mod cvt;
mod float;
mod integer;
mod itoa;

pub use cvt::{Cvt, ecvt, fcvt, gcvt};
pub use float::{Float, atof, strtod, strtof};
pub use integer::{Integer, atoi, atoi64, strtoi64, strtol, strtoui64, strtoul};
pub use itoa::{NumberText, i32_to_text, i64_to_text, u64_to_text};
