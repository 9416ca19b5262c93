//! `errno` of mathematical functions (Microsoft: "Math error handling"): `EDOM` when numbers give
//! none, `ERANGE` when finite ones give an infinity.

use super::error::set_errno;
use haft_crt::Errno;

#[cold]
fn report(nan: bool) {
    set_errno(if nan { Errno::EDOM } else { Errno::ERANGE });
}

macro_rules! check {
    ($($(#[$doc:meta])* $name:ident($($p:ident),*): $t:ty;)*) => {$(
        $(#[$doc])*
        #[inline]
        #[must_use]
        pub fn $name($($p: $t,)* result: $t) -> $t {
            if !result.is_finite() && $($p.is_finite())&&* {
                report(result.is_nan());
            }
            result
        }
    )*};
}

check! {
    /// The result of a function of one number.
    one(x): f64;
    /// The result of a function of one number.
    one32(x): f32;
    /// The result of a function of two numbers.
    two(x, y): f64;
    /// The result of a function of two numbers.
    two32(x, y): f32;
}
