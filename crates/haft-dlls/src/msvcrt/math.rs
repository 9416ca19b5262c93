//! Mathematics, by the C library of Linux.

use crate::abi::{Out, Ptr};
use crate::hooks::or_fault;
use haft_host::math;
use haft_kernel::crt::domain;
use haft_macros::export;

/// Gives the sine of a number. (Microsoft: "sin, sinf, sinl")
#[export(msvcrt, ucrtbase)]
fn sin(x: f64) -> f64 {
    domain::one(x, math::sin(x))
}

/// Gives the cosine of a number. (Microsoft: "cos, cosf, cosl")
#[export(msvcrt, ucrtbase)]
fn cos(x: f64) -> f64 {
    domain::one(x, math::cos(x))
}

/// Gives the tangent of a number. (Microsoft: "tan, tanf, tanl")
#[export(msvcrt, ucrtbase)]
fn tan(x: f64) -> f64 {
    domain::one(x, math::tan(x))
}

/// Gives the arcsine of a number. (Microsoft: "asin, asinf, asinl")
#[export(msvcrt, ucrtbase)]
fn asin(x: f64) -> f64 {
    domain::one(x, math::asin(x))
}

/// Gives the arccosine of a number. (Microsoft: "acos, acosf, acosl")
#[export(msvcrt, ucrtbase)]
fn acos(x: f64) -> f64 {
    domain::one(x, math::acos(x))
}

/// Gives the arctangent of a number. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atan(x: f64) -> f64 {
    math::atan(x)
}

/// Gives the hyperbolic sine of a number. (Microsoft: "sinh, sinhf, sinhl")
#[export(msvcrt, ucrtbase)]
fn sinh(x: f64) -> f64 {
    domain::one(x, math::sinh(x))
}

/// Gives the hyperbolic cosine of a number. (Microsoft: "cosh, coshf, coshl")
#[export(msvcrt, ucrtbase)]
fn cosh(x: f64) -> f64 {
    domain::one(x, math::cosh(x))
}

/// Gives the hyperbolic tangent of a number. (Microsoft: "tanh, tanhf, tanhl")
#[export(msvcrt, ucrtbase)]
fn tanh(x: f64) -> f64 {
    math::tanh(x)
}

/// Gives a power of e of a number. (Microsoft: "exp, expf, expl")
#[export(msvcrt, ucrtbase)]
fn exp(x: f64) -> f64 {
    domain::one(x, math::exp(x))
}

/// Gives the natural logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn log(x: f64) -> f64 {
    domain::one(x, math::log(x))
}

/// Gives the decimal logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn log10(x: f64) -> f64 {
    domain::one(x, math::log10(x))
}

/// Gives the square root of a number. (Microsoft: "sqrt, sqrtf, sqrtl")
#[export(msvcrt, ucrtbase)]
fn sqrt(x: f64) -> f64 {
    domain::one(x, math::sqrt(x))
}

/// Rounds a number down. (Microsoft: "floor, floorf, floorl")
#[export(msvcrt, ucrtbase)]
fn floor(x: f64) -> f64 {
    math::floor(x)
}

/// Rounds a number up. (Microsoft: "ceil, ceilf, ceill")
#[export(msvcrt, ucrtbase)]
fn ceil(x: f64) -> f64 {
    math::ceil(x)
}

/// Gives the magnitude of a number. (Microsoft: "fabs, fabsf, fabsl")
#[export(msvcrt, ucrtbase)]
fn fabs(x: f64) -> f64 {
    math::fabs(x)
}

/// Gives a power. (Microsoft: "pow, powf, powl")
#[export(msvcrt, ucrtbase)]
fn pow(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::pow(x, y))
}

/// Gives the angle of a point. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atan2(y: f64, x: f64) -> f64 {
    domain::two(y, x, math::atan2(y, x))
}

/// Gives the remainder. (Microsoft: "fmod, fmodf, fmodl")
#[export(msvcrt, ucrtbase)]
fn fmod(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::fmod(x, y))
}

/// Multiplies a number by a power of two. (Microsoft: "ldexp, ldexpf, ldexpl")
#[export(msvcrt, ucrtbase)]
fn ldexp(x: f64, exp: i32) -> f64 {
    domain::one(x, math::ldexp(x, exp))
}

/// Multiplies a number by a power of two. (Microsoft: "scalbn, scalbnf, scalbnl, scalbln,
/// scalblnf, scalblnl")
#[export(msvcrt, ucrtbase)]
fn _scalb(x: f64, exp: i32) -> f64 {
    math::ldexp(x, exp)
}

/// Parts a number into mantissa and exponent. (Microsoft: "frexp, frexpf, frexpl")
#[export(msvcrt, ucrtbase)]
fn frexp(x: f64, expptr: Out<i32>) -> f64 {
    let (mantissa, exponent) = math::frexp(x);
    or_fault(expptr.set(exponent));
    mantissa
}

/// Gives the length of a hypotenuse. (Microsoft: "hypot, hypotf, hypotl, _hypot, _hypotf,
/// _hypotl")
#[export(msvcrt, ucrtbase)]
fn _hypot(x: f64, y: f64) -> f64 {
    math::hypot(x, y)
}

/// Gives the magnitude of a complex number. (Microsoft: "_cabs")
#[export(msvcrt, ucrtbase)]
fn _cabs(z: Ptr<[f64; 2]>) -> f64 {
    let [x, y] = or_fault(z.read());
    math::hypot(x, y)
}

/// Gives a number another's sign. (Microsoft: "copysign, copysignf, copysignl, _copysign,
/// _copysignf, _copysignl")
#[export(msvcrt, ucrtbase)]
fn _copysign(x: f64, y: f64) -> f64 {
    x.copysign(y)
}

/// Changes the sign. (Microsoft: "_chgsign, _chgsignf, _chgsignl")
#[export(msvcrt, ucrtbase)]
fn _chgsign(x: f64) -> f64 {
    -x
}

/// Gives the exponent of a number. (Microsoft: "logb, logbf, logbl, _logb, _logbf")
#[export(msvcrt, ucrtbase)]
fn _logb(x: f64) -> f64 {
    math::logb(x)
}

/// Gives the next number. (Microsoft: "nextafter, nextafterf, nextafterl, _nextafter,
/// _nextafterf, nexttoward, nexttowardf, nexttowardl")
#[export(msvcrt, ucrtbase)]
fn _nextafter(x: f64, y: f64) -> f64 {
    math::nextafter(x, y)
}

/// Tells whether a number is none. (Microsoft: "isnan, _isnan, _isnanf")
#[export(msvcrt, ucrtbase)]
fn _isnan(x: f64) -> i32 {
    x.is_nan().into()
}

/// Tells whether a number is finite. (Microsoft: "_finite, _finitef")
#[export(msvcrt, ucrtbase)]
fn _finite(x: f64) -> i32 {
    x.is_finite().into()
}

/// Tells what a number is. (Microsoft: "_fpclass, _fpclassf")
#[export(msvcrt, ucrtbase)]
fn _fpclass(x: f64) -> i32 {
    math::class(x)
}

/// Gives a Bessel function. (Microsoft: "Bessel functions: _j0, _j1, _jn, _y0, _y1, _yn")
#[export(msvcrt, ucrtbase)]
fn _j0(x: f64) -> f64 {
    math::j0(x)
}

/// Gives a Bessel function. (Microsoft: "Bessel functions: _j0, _j1, _jn, _y0, _y1, _yn")
#[export(msvcrt, ucrtbase)]
fn _j1(x: f64) -> f64 {
    math::j1(x)
}

/// Gives a Bessel function. (Microsoft: "Bessel functions: _j0, _j1, _jn, _y0, _y1, _yn")
#[export(msvcrt, ucrtbase)]
fn _jn(n: i32, x: f64) -> f64 {
    math::jn(n, x)
}

/// Gives a Bessel function. (Microsoft: "Bessel functions: _j0, _j1, _jn, _y0, _y1, _yn")
#[export(msvcrt, ucrtbase)]
fn _y0(x: f64) -> f64 {
    math::y0(x)
}

/// Gives a Bessel function. (Microsoft: "Bessel functions: _j0, _j1, _jn, _y0, _y1, _yn")
#[export(msvcrt, ucrtbase)]
fn _y1(x: f64) -> f64 {
    math::y1(x)
}

/// Gives a Bessel function. (Microsoft: "Bessel functions: _j0, _j1, _jn, _y0, _y1, _yn")
#[export(msvcrt, ucrtbase)]
fn _yn(n: i32, x: f64) -> f64 {
    math::yn(n, x)
}
