//! Mathematics of `float`, by the C library of Linux.

use crate::abi::Out;
use crate::hooks::or_fault;
use haft_host::math;
use haft_kernel::crt::domain;
use haft_macros::export;

/// Gives the sine of a number. (Microsoft: "sin, sinf, sinl")
#[export(msvcrt, ucrtbase)]
fn sinf(x: f32) -> f32 {
    domain::one32(x, math::sinf(x))
}

/// Gives the cosine of a number. (Microsoft: "cos, cosf, cosl")
#[export(msvcrt, ucrtbase)]
fn cosf(x: f32) -> f32 {
    domain::one32(x, math::cosf(x))
}

/// Gives the tangent of a number. (Microsoft: "tan, tanf, tanl")
#[export(msvcrt, ucrtbase)]
fn tanf(x: f32) -> f32 {
    domain::one32(x, math::tanf(x))
}

/// Gives the arcsine of a number. (Microsoft: "asin, asinf, asinl")
#[export(msvcrt, ucrtbase)]
fn asinf(x: f32) -> f32 {
    domain::one32(x, math::asinf(x))
}

/// Gives the arccosine of a number. (Microsoft: "acos, acosf, acosl")
#[export(msvcrt, ucrtbase)]
fn acosf(x: f32) -> f32 {
    domain::one32(x, math::acosf(x))
}

/// Gives the arctangent of a number. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atanf(x: f32) -> f32 {
    math::atanf(x)
}

/// Gives the hyperbolic sine of a number. (Microsoft: "sinh, sinhf, sinhl")
#[export(msvcrt, ucrtbase)]
fn sinhf(x: f32) -> f32 {
    domain::one32(x, math::sinhf(x))
}

/// Gives the hyperbolic cosine of a number. (Microsoft: "cosh, coshf, coshl")
#[export(msvcrt, ucrtbase)]
fn coshf(x: f32) -> f32 {
    domain::one32(x, math::coshf(x))
}

/// Gives the hyperbolic tangent of a number. (Microsoft: "tanh, tanhf, tanhl")
#[export(msvcrt, ucrtbase)]
fn tanhf(x: f32) -> f32 {
    math::tanhf(x)
}

/// Gives a power of e of a number. (Microsoft: "exp, expf, expl")
#[export(msvcrt, ucrtbase)]
fn expf(x: f32) -> f32 {
    domain::one32(x, math::expf(x))
}

/// Gives the natural logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn logf(x: f32) -> f32 {
    domain::one32(x, math::logf(x))
}

/// Gives the decimal logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn log10f(x: f32) -> f32 {
    domain::one32(x, math::log10f(x))
}

/// Gives the square root of a number. (Microsoft: "sqrt, sqrtf, sqrtl")
#[export(msvcrt, ucrtbase)]
fn sqrtf(x: f32) -> f32 {
    domain::one32(x, math::sqrtf(x))
}

/// Rounds a number down. (Microsoft: "floor, floorf, floorl")
#[export(msvcrt, ucrtbase)]
fn floorf(x: f32) -> f32 {
    math::floorf(x)
}

/// Rounds a number up. (Microsoft: "ceil, ceilf, ceill")
#[export(msvcrt, ucrtbase)]
fn ceilf(x: f32) -> f32 {
    math::ceilf(x)
}

/// Gives the magnitude of a number. (Microsoft: "fabs, fabsf, fabsl")
#[export(msvcrt, ucrtbase)]
fn fabsf(x: f32) -> f32 {
    math::fabsf(x)
}

/// Gives a power. (Microsoft: "pow, powf, powl")
#[export(msvcrt, ucrtbase)]
fn powf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::powf(x, y))
}

/// Gives the angle of a point. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atan2f(y: f32, x: f32) -> f32 {
    domain::two32(y, x, math::atan2f(y, x))
}

/// Gives the remainder. (Microsoft: "fmod, fmodf, fmodl")
#[export(msvcrt, ucrtbase)]
fn fmodf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::fmodf(x, y))
}

/// Multiplies a number by a power of two. (Microsoft: "scalbn, scalbnf, scalbnl, scalbln,
/// scalblnf, scalblnl")
#[export(msvcrt, ucrtbase)]
fn _scalbf(x: f32, exp: i32) -> f32 {
    math::ldexpf(x, exp)
}

/// Parts a number into integer and fraction. (Microsoft: "modf, modff, modfl")
#[export(msvcrt, ucrtbase)]
fn modf(x: f64, intptr: Out<f64>) -> f64 {
    or_fault(intptr.set(x.trunc()));
    math::fraction(x)
}

/// Parts a number into integer and fraction. (Microsoft: "modf, modff, modfl")
#[export(msvcrt, ucrtbase)]
fn modff(x: f32, intptr: Out<f32>) -> f32 {
    or_fault(intptr.set(x.trunc()));
    math::fraction(x.into()) as f32
}

/// Gives the length of a hypotenuse. (Microsoft: "hypot, hypotf, hypotl, _hypot, _hypotf,
/// _hypotl")
#[export(msvcrt, ucrtbase)]
fn _hypotf(x: f32, y: f32) -> f32 {
    math::hypotf(x, y)
}

/// Gives a number another's sign. (Microsoft: "copysign, copysignf, copysignl, _copysign,
/// _copysignf, _copysignl")
#[export(msvcrt, ucrtbase)]
fn _copysignf(x: f32, y: f32) -> f32 {
    x.copysign(y)
}

/// Changes the sign. (Microsoft: "_chgsign, _chgsignf, _chgsignl")
#[export(msvcrt, ucrtbase)]
fn _chgsignf(x: f32) -> f32 {
    -x
}

/// Gives the exponent of a number. (Microsoft: "logb, logbf, logbl, _logb, _logbf")
#[export(msvcrt, ucrtbase)]
fn _logbf(x: f32) -> f32 {
    math::logbf(x)
}

/// Gives the next number. (Microsoft: "nextafter, nextafterf, nextafterl, _nextafter,
/// _nextafterf, nexttoward, nexttowardf, nexttowardl")
#[export(msvcrt, ucrtbase)]
fn _nextafterf(x: f32, y: f32) -> f32 {
    math::nextafterf(x, y)
}

/// Tells whether a number is none. (Microsoft: "isnan, _isnan, _isnanf")
#[export(msvcrt, ucrtbase)]
fn _isnanf(x: f32) -> i32 {
    x.is_nan().into()
}

/// Tells whether a number is finite. (Microsoft: "_finite, _finitef")
#[export(msvcrt, ucrtbase)]
fn _finitef(x: f32) -> i32 {
    x.is_finite().into()
}

/// Tells what a number is. (Microsoft: "_fpclass, _fpclassf")
#[export(msvcrt, ucrtbase)]
fn _fpclassf(x: f32) -> i32 {
    if x.is_subnormal() { if x < 0.0 { 0x10 } else { 0x80 } } else { math::class(x.into()) }
}
