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

/// Gives the sine of a number. (Microsoft: "sin, sinf, sinl")
#[export(msvcrt, ucrtbase)]
fn sinf(x: f32) -> f32 {
    domain::one32(x, math::sinf(x))
}

/// Gives the cosine of a number. (Microsoft: "cos, cosf, cosl")
#[export(msvcrt, ucrtbase)]
fn cos(x: f64) -> f64 {
    domain::one(x, math::cos(x))
}

/// Gives the cosine of a number. (Microsoft: "cos, cosf, cosl")
#[export(msvcrt, ucrtbase)]
fn cosf(x: f32) -> f32 {
    domain::one32(x, math::cosf(x))
}

/// Gives the tangent of a number. (Microsoft: "tan, tanf, tanl")
#[export(msvcrt, ucrtbase)]
fn tan(x: f64) -> f64 {
    domain::one(x, math::tan(x))
}

/// Gives the tangent of a number. (Microsoft: "tan, tanf, tanl")
#[export(msvcrt, ucrtbase)]
fn tanf(x: f32) -> f32 {
    domain::one32(x, math::tanf(x))
}

/// Gives the arcsine of a number. (Microsoft: "asin, asinf, asinl")
#[export(msvcrt, ucrtbase)]
fn asin(x: f64) -> f64 {
    domain::one(x, math::asin(x))
}

/// Gives the arcsine of a number. (Microsoft: "asin, asinf, asinl")
#[export(msvcrt, ucrtbase)]
fn asinf(x: f32) -> f32 {
    domain::one32(x, math::asinf(x))
}

/// Gives the arccosine of a number. (Microsoft: "acos, acosf, acosl")
#[export(msvcrt, ucrtbase)]
fn acos(x: f64) -> f64 {
    domain::one(x, math::acos(x))
}

/// Gives the arccosine of a number. (Microsoft: "acos, acosf, acosl")
#[export(msvcrt, ucrtbase)]
fn acosf(x: f32) -> f32 {
    domain::one32(x, math::acosf(x))
}

/// Gives the arctangent of a number. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atan(x: f64) -> f64 {
    math::atan(x)
}

/// Gives the arctangent of a number. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atanf(x: f32) -> f32 {
    math::atanf(x)
}

/// Gives the hyperbolic sine of a number. (Microsoft: "sinh, sinhf, sinhl")
#[export(msvcrt, ucrtbase)]
fn sinh(x: f64) -> f64 {
    domain::one(x, math::sinh(x))
}

/// Gives the hyperbolic sine of a number. (Microsoft: "sinh, sinhf, sinhl")
#[export(msvcrt, ucrtbase)]
fn sinhf(x: f32) -> f32 {
    domain::one32(x, math::sinhf(x))
}

/// Gives the hyperbolic cosine of a number. (Microsoft: "cosh, coshf, coshl")
#[export(msvcrt, ucrtbase)]
fn cosh(x: f64) -> f64 {
    domain::one(x, math::cosh(x))
}

/// Gives the hyperbolic cosine of a number. (Microsoft: "cosh, coshf, coshl")
#[export(msvcrt, ucrtbase)]
fn coshf(x: f32) -> f32 {
    domain::one32(x, math::coshf(x))
}

/// Gives the hyperbolic tangent of a number. (Microsoft: "tanh, tanhf, tanhl")
#[export(msvcrt, ucrtbase)]
fn tanh(x: f64) -> f64 {
    math::tanh(x)
}

/// Gives the hyperbolic tangent of a number. (Microsoft: "tanh, tanhf, tanhl")
#[export(msvcrt, ucrtbase)]
fn tanhf(x: f32) -> f32 {
    math::tanhf(x)
}

/// Gives a power of e of a number. (Microsoft: "exp, expf, expl")
#[export(msvcrt, ucrtbase)]
fn exp(x: f64) -> f64 {
    domain::one(x, math::exp(x))
}

/// Gives a power of e of a number. (Microsoft: "exp, expf, expl")
#[export(msvcrt, ucrtbase)]
fn expf(x: f32) -> f32 {
    domain::one32(x, math::expf(x))
}

/// Gives the natural logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn log(x: f64) -> f64 {
    domain::one(x, math::log(x))
}

/// Gives the natural logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn logf(x: f32) -> f32 {
    domain::one32(x, math::logf(x))
}

/// Gives the decimal logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn log10(x: f64) -> f64 {
    domain::one(x, math::log10(x))
}

/// Gives the decimal logarithm of a number. (Microsoft: "log, logf, logl, log10, log10f, log10l")
#[export(msvcrt, ucrtbase)]
fn log10f(x: f32) -> f32 {
    domain::one32(x, math::log10f(x))
}

/// Gives the square root of a number. (Microsoft: "sqrt, sqrtf, sqrtl")
#[export(msvcrt, ucrtbase)]
fn sqrt(x: f64) -> f64 {
    domain::one(x, math::sqrt(x))
}

/// Gives the square root of a number. (Microsoft: "sqrt, sqrtf, sqrtl")
#[export(msvcrt, ucrtbase)]
fn sqrtf(x: f32) -> f32 {
    domain::one32(x, math::sqrtf(x))
}

/// Rounds a number down. (Microsoft: "floor, floorf, floorl")
#[export(msvcrt, ucrtbase)]
fn floor(x: f64) -> f64 {
    math::floor(x)
}

/// Rounds a number down. (Microsoft: "floor, floorf, floorl")
#[export(msvcrt, ucrtbase)]
fn floorf(x: f32) -> f32 {
    math::floorf(x)
}

/// Rounds a number up. (Microsoft: "ceil, ceilf, ceill")
#[export(msvcrt, ucrtbase)]
fn ceil(x: f64) -> f64 {
    math::ceil(x)
}

/// Rounds a number up. (Microsoft: "ceil, ceilf, ceill")
#[export(msvcrt, ucrtbase)]
fn ceilf(x: f32) -> f32 {
    math::ceilf(x)
}

/// Gives the magnitude of a number. (Microsoft: "fabs, fabsf, fabsl")
#[export(msvcrt, ucrtbase)]
fn fabs(x: f64) -> f64 {
    math::fabs(x)
}

/// Gives the magnitude of a number. (Microsoft: "fabs, fabsf, fabsl")
#[export(msvcrt, ucrtbase)]
fn fabsf(x: f32) -> f32 {
    math::fabsf(x)
}

/// Gives the inverse hyperbolic sine of a number. (Microsoft: "asinh, asinhf, asinhl")
#[export(ucrtbase)]
fn asinh(x: f64) -> f64 {
    math::asinh(x)
}

/// Gives the inverse hyperbolic sine of a number. (Microsoft: "asinh, asinhf, asinhl")
#[export(ucrtbase)]
fn asinhf(x: f32) -> f32 {
    math::asinhf(x)
}

/// Gives the inverse hyperbolic cosine of a number. (Microsoft: "acosh, acoshf, acoshl")
#[export(ucrtbase)]
fn acosh(x: f64) -> f64 {
    domain::one(x, math::acosh(x))
}

/// Gives the inverse hyperbolic cosine of a number. (Microsoft: "acosh, acoshf, acoshl")
#[export(ucrtbase)]
fn acoshf(x: f32) -> f32 {
    domain::one32(x, math::acoshf(x))
}

/// Gives the inverse hyperbolic tangent of a number. (Microsoft: "atanh, atanhf, atanhl")
#[export(ucrtbase)]
fn atanh(x: f64) -> f64 {
    domain::one(x, math::atanh(x))
}

/// Gives the inverse hyperbolic tangent of a number. (Microsoft: "atanh, atanhf, atanhl")
#[export(ucrtbase)]
fn atanhf(x: f32) -> f32 {
    domain::one32(x, math::atanhf(x))
}

/// Gives a power of two of a number. (Microsoft: "exp2, exp2f, exp2l")
#[export(ucrtbase)]
fn exp2(x: f64) -> f64 {
    domain::one(x, math::exp2(x))
}

/// Gives a power of two of a number. (Microsoft: "exp2, exp2f, exp2l")
#[export(ucrtbase)]
fn exp2f(x: f32) -> f32 {
    domain::one32(x, math::exp2f(x))
}

/// Gives a power of e of a number, less one. (Microsoft: "expm1, expm1f, expm1l")
#[export(ucrtbase)]
fn expm1(x: f64) -> f64 {
    domain::one(x, math::expm1(x))
}

/// Gives a power of e of a number, less one. (Microsoft: "expm1, expm1f, expm1l")
#[export(ucrtbase)]
fn expm1f(x: f32) -> f32 {
    domain::one32(x, math::expm1f(x))
}

/// Gives the natural logarithm of a number and one. (Microsoft: "log1p, log1pf, log1pl2")
#[export(ucrtbase)]
fn log1p(x: f64) -> f64 {
    domain::one(x, math::log1p(x))
}

/// Gives the natural logarithm of a number and one. (Microsoft: "log1p, log1pf, log1pl2")
#[export(ucrtbase)]
fn log1pf(x: f32) -> f32 {
    domain::one32(x, math::log1pf(x))
}

/// Gives the binary logarithm of a number. (Microsoft: "log2, log2f, log2l")
#[export(ucrtbase)]
fn log2(x: f64) -> f64 {
    domain::one(x, math::log2(x))
}

/// Gives the binary logarithm of a number. (Microsoft: "log2, log2f, log2l")
#[export(ucrtbase)]
fn log2f(x: f32) -> f32 {
    domain::one32(x, math::log2f(x))
}

/// Gives the exponent of a number. (Microsoft: "logb, logbf, logbl, _logb, _logbf")
#[export(ucrtbase)]
fn logb(x: f64) -> f64 {
    domain::one(x, math::logb(x))
}

/// Gives the exponent of a number. (Microsoft: "logb, logbf, logbl, _logb, _logbf")
#[export(ucrtbase)]
fn logbf(x: f32) -> f32 {
    domain::one32(x, math::logbf(x))
}

/// Gives the cube root of a number. (Microsoft: "cbrt, cbrtf, cbrtl")
#[export(ucrtbase)]
fn cbrt(x: f64) -> f64 {
    math::cbrt(x)
}

/// Gives the cube root of a number. (Microsoft: "cbrt, cbrtf, cbrtl")
#[export(ucrtbase)]
fn cbrtf(x: f32) -> f32 {
    math::cbrtf(x)
}

/// Gives the error function of a number. (Microsoft: "erf, erff, erfl, erfc, erfcf, erfcl")
#[export(ucrtbase)]
fn erf(x: f64) -> f64 {
    math::erf(x)
}

/// Gives the error function of a number. (Microsoft: "erf, erff, erfl, erfc, erfcf, erfcl")
#[export(ucrtbase)]
fn erff(x: f32) -> f32 {
    math::erff(x)
}

/// Gives the complementary error function of a number. (Microsoft: "erf, erff, erfl, erfc, erfcf,
/// erfcl")
#[export(ucrtbase)]
fn erfc(x: f64) -> f64 {
    math::erfc(x)
}

/// Gives the complementary error function of a number. (Microsoft: "erf, erff, erfl, erfc, erfcf,
/// erfcl")
#[export(ucrtbase)]
fn erfcf(x: f32) -> f32 {
    math::erfcf(x)
}

/// Gives the gamma function of a number. (Microsoft: "tgamma, tgammaf, tgammal")
#[export(ucrtbase)]
fn tgamma(x: f64) -> f64 {
    domain::one(x, math::tgamma(x))
}

/// Gives the gamma function of a number. (Microsoft: "tgamma, tgammaf, tgammal")
#[export(ucrtbase)]
fn tgammaf(x: f32) -> f32 {
    domain::one32(x, math::tgammaf(x))
}

/// Gives the logarithm of the gamma function of a number. (Microsoft: "lgamma, lgammaf, lgammal")
#[export(ucrtbase)]
fn lgamma(x: f64) -> f64 {
    domain::one(x, math::lgamma(x))
}

/// Gives the logarithm of the gamma function of a number. (Microsoft: "lgamma, lgammaf, lgammal")
#[export(ucrtbase)]
fn lgammaf(x: f32) -> f32 {
    domain::one32(x, math::lgammaf(x))
}

/// Rounds a number by the current mode. (Microsoft: "rint, rintf, rintl")
#[export(ucrtbase)]
fn rint(x: f64) -> f64 {
    math::rint(x)
}

/// Rounds a number by the current mode. (Microsoft: "rint, rintf, rintl")
#[export(ucrtbase)]
fn rintf(x: f32) -> f32 {
    math::rintf(x)
}

/// Rounds a number by the current mode. (Microsoft: "nearbyint, nearbyintf, nearbyintl")
#[export(ucrtbase)]
fn nearbyint(x: f64) -> f64 {
    math::nearbyint(x)
}

/// Rounds a number by the current mode. (Microsoft: "nearbyint, nearbyintf, nearbyintl")
#[export(ucrtbase)]
fn nearbyintf(x: f32) -> f32 {
    math::nearbyintf(x)
}

/// Rounds a number to the nearest integer. (Microsoft: "round, roundf, roundl")
#[export(ucrtbase)]
fn round(x: f64) -> f64 {
    math::round(x)
}

/// Rounds a number to the nearest integer. (Microsoft: "round, roundf, roundl")
#[export(ucrtbase)]
fn roundf(x: f32) -> f32 {
    math::roundf(x)
}

/// Rounds a number towards zero. (Microsoft: "trunc, truncf, truncl")
#[export(ucrtbase)]
fn trunc(x: f64) -> f64 {
    math::trunc(x)
}

/// Rounds a number towards zero. (Microsoft: "trunc, truncf, truncl")
#[export(ucrtbase)]
fn truncf(x: f32) -> f32 {
    math::truncf(x)
}

/// Gives a power. (Microsoft: "pow, powf, powl")
#[export(msvcrt, ucrtbase)]
fn pow(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::pow(x, y))
}

/// Gives a power. (Microsoft: "pow, powf, powl")
#[export(msvcrt, ucrtbase)]
fn powf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::powf(x, y))
}

/// Gives the angle of a point. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atan2(y: f64, x: f64) -> f64 {
    domain::two(y, x, math::atan2(y, x))
}

/// Gives the angle of a point. (Microsoft: "atan, atanf, atanl, atan2, atan2f, atan2l")
#[export(msvcrt, ucrtbase)]
fn atan2f(y: f32, x: f32) -> f32 {
    domain::two32(y, x, math::atan2f(y, x))
}

/// Gives the remainder. (Microsoft: "fmod, fmodf, fmodl")
#[export(msvcrt, ucrtbase)]
fn fmod(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::fmod(x, y))
}

/// Gives the remainder. (Microsoft: "fmod, fmodf, fmodl")
#[export(msvcrt, ucrtbase)]
fn fmodf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::fmodf(x, y))
}

/// Gives the length of a hypotenuse. (Microsoft: "hypot, hypotf, hypotl, _hypot, _hypotf,
/// _hypotl")
#[export(ucrtbase)]
fn hypot(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::hypot(x, y))
}

/// Gives the length of a hypotenuse. (Microsoft: "hypot, hypotf, hypotl, _hypot, _hypotf,
/// _hypotl")
#[export(ucrtbase)]
fn hypotf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::hypotf(x, y))
}

/// Gives a number another's sign. (Microsoft: "copysign, copysignf, copysignl, _copysign,
/// _copysignf, _copysignl")
#[export(ucrtbase)]
fn copysign(x: f64, y: f64) -> f64 {
    math::copysign(x, y)
}

/// Gives a number another's sign. (Microsoft: "copysign, copysignf, copysignl, _copysign,
/// _copysignf, _copysignl")
#[export(ucrtbase)]
fn copysignf(x: f32, y: f32) -> f32 {
    math::copysignf(x, y)
}

/// Gives how much a number is larger. (Microsoft: "fdim, fdimf, fdiml")
#[export(ucrtbase)]
fn fdim(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::fdim(x, y))
}

/// Gives how much a number is larger. (Microsoft: "fdim, fdimf, fdiml")
#[export(ucrtbase)]
fn fdimf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::fdimf(x, y))
}

/// Gives the larger number. (Microsoft: "fmax, fmaxf, fmaxl")
#[export(ucrtbase)]
fn fmax(x: f64, y: f64) -> f64 {
    math::fmax(x, y)
}

/// Gives the larger number. (Microsoft: "fmax, fmaxf, fmaxl")
#[export(ucrtbase)]
fn fmaxf(x: f32, y: f32) -> f32 {
    math::fmaxf(x, y)
}

/// Gives the smaller number. (Microsoft: "fmin, fminf, fminl")
#[export(ucrtbase)]
fn fmin(x: f64, y: f64) -> f64 {
    math::fmin(x, y)
}

/// Gives the smaller number. (Microsoft: "fmin, fminf, fminl")
#[export(ucrtbase)]
fn fminf(x: f32, y: f32) -> f32 {
    math::fminf(x, y)
}

/// Gives the next number. (Microsoft: "nextafter, nextafterf, nextafterl, _nextafter,
/// _nextafterf, nexttoward, nexttowardf, nexttowardl")
#[export(ucrtbase)]
fn nextafter(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::nextafter(x, y))
}

/// Gives the next number. (Microsoft: "nextafter, nextafterf, nextafterl, _nextafter,
/// _nextafterf, nexttoward, nexttowardf, nexttowardl")
#[export(ucrtbase)]
fn nextafterf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::nextafterf(x, y))
}

/// Gives the nearest remainder. (Microsoft: "remainder, remainderf, remainderl")
#[export(ucrtbase)]
fn remainder(x: f64, y: f64) -> f64 {
    domain::two(x, y, math::remainder(x, y))
}

/// Gives the nearest remainder. (Microsoft: "remainder, remainderf, remainderl")
#[export(ucrtbase)]
fn remainderf(x: f32, y: f32) -> f32 {
    domain::two32(x, y, math::remainderf(x, y))
}

/// Multiplies a number by a power of two. (Microsoft: "ldexp, ldexpf, ldexpl")
#[export(msvcrt, ucrtbase)]
fn ldexp(x: f64, exp: i32) -> f64 {
    domain::one(x, math::ldexp(x, exp))
}

/// Multiplies a number by a power of two. (Microsoft: "scalbn, scalbnf, scalbnl, scalbln,
/// scalblnf, scalblnl")
#[export(ucrtbase, also = "scalbln")]
fn scalbn(x: f64, exp: i32) -> f64 {
    math::ldexp(x, exp)
}

/// Multiplies a number by a power of two. (Microsoft: "scalbn, scalbnf, scalbnl, scalbln,
/// scalblnf, scalblnl")
#[export(ucrtbase, also = "scalblnf")]
fn scalbnf(x: f32, exp: i32) -> f32 {
    math::ldexpf(x, exp)
}

/// Multiplies a number by a power of two. (Microsoft: "scalbn, scalbnf, scalbnl, scalbln,
/// scalblnf, scalblnl")
#[export(msvcrt, ucrtbase)]
fn _scalb(x: f64, exp: i32) -> f64 {
    math::ldexp(x, exp)
}

/// Multiplies a number by a power of two. (Microsoft: "scalbn, scalbnf, scalbnl, scalbln,
/// scalblnf, scalblnl")
#[export(msvcrt, ucrtbase)]
fn _scalbf(x: f32, exp: i32) -> f32 {
    math::ldexpf(x, exp)
}

/// Parts a number into mantissa and exponent. (Microsoft: "frexp, frexpf, frexpl")
#[export(msvcrt, ucrtbase)]
fn frexp(x: f64, expptr: Out<i32>) -> f64 {
    let (mantissa, exponent) = math::frexp(x);
    or_fault(expptr.set(exponent));
    mantissa
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

/// Multiplies and adds with one rounding. (Microsoft: "fma, fmaf, fmal")
#[export(ucrtbase)]
fn fma(x: f64, y: f64, z: f64) -> f64 {
    x.mul_add(y, z)
}

/// Multiplies and adds with one rounding. (Microsoft: "fma, fmaf, fmal")
#[export(ucrtbase)]
fn fmaf(x: f32, y: f32, z: f32) -> f32 {
    x.mul_add(y, z)
}

/// Gives the length of a hypotenuse. (Microsoft: "hypot, hypotf, hypotl, _hypot, _hypotf,
/// _hypotl")
#[export(msvcrt, ucrtbase)]
fn _hypot(x: f64, y: f64) -> f64 {
    math::hypot(x, y)
}

/// Gives the length of a hypotenuse. (Microsoft: "hypot, hypotf, hypotl, _hypot, _hypotf,
/// _hypotl")
#[export(msvcrt, ucrtbase)]
fn _hypotf(x: f32, y: f32) -> f32 {
    math::hypotf(x, y)
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

/// Gives a number another's sign. (Microsoft: "copysign, copysignf, copysignl, _copysign,
/// _copysignf, _copysignl")
#[export(msvcrt, ucrtbase)]
fn _copysignf(x: f32, y: f32) -> f32 {
    x.copysign(y)
}

/// Changes the sign. (Microsoft: "_chgsign, _chgsignf, _chgsignl")
#[export(msvcrt, ucrtbase)]
fn _chgsign(x: f64) -> f64 {
    -x
}

/// Changes the sign. (Microsoft: "_chgsign, _chgsignf, _chgsignl")
#[export(msvcrt, ucrtbase)]
fn _chgsignf(x: f32) -> f32 {
    -x
}

/// Gives the exponent of a number. (Microsoft: "logb, logbf, logbl, _logb, _logbf")
#[export(msvcrt, ucrtbase)]
fn _logb(x: f64) -> f64 {
    math::logb(x)
}

/// Gives the exponent of a number. (Microsoft: "logb, logbf, logbl, _logb, _logbf")
#[export(msvcrt, ucrtbase)]
fn _logbf(x: f32) -> f32 {
    math::logbf(x)
}

/// Gives the next number. (Microsoft: "nextafter, nextafterf, nextafterl, _nextafter,
/// _nextafterf, nexttoward, nexttowardf, nexttowardl")
#[export(msvcrt, ucrtbase)]
fn _nextafter(x: f64, y: f64) -> f64 {
    math::nextafter(x, y)
}

/// Gives the next number. (Microsoft: "nextafter, nextafterf, nextafterl, _nextafter,
/// _nextafterf, nexttoward, nexttowardf, nexttowardl")
#[export(msvcrt, ucrtbase)]
fn _nextafterf(x: f32, y: f32) -> f32 {
    math::nextafterf(x, y)
}

/// Tells whether a number is none. (Microsoft: "isnan, _isnan, _isnanf")
#[export(msvcrt, ucrtbase)]
fn _isnan(x: f64) -> i32 {
    x.is_nan().into()
}

/// Tells whether a number is none. (Microsoft: "isnan, _isnan, _isnanf")
#[export(msvcrt, ucrtbase)]
fn _isnanf(x: f32) -> i32 {
    x.is_nan().into()
}

/// Tells whether a number is finite. (Microsoft: "_finite, _finitef")
#[export(msvcrt, ucrtbase)]
fn _finite(x: f64) -> i32 {
    x.is_finite().into()
}

/// Tells whether a number is finite. (Microsoft: "_finite, _finitef")
#[export(msvcrt, ucrtbase)]
fn _finitef(x: f32) -> i32 {
    x.is_finite().into()
}

/// Tells what a number is. (Microsoft: "_fpclass, _fpclassf")
#[export(msvcrt, ucrtbase)]
fn _fpclass(x: f64) -> i32 {
    math::class(x)
}

/// Tells what a number is. (Microsoft: "_fpclass, _fpclassf")
#[export(msvcrt, ucrtbase)]
fn _fpclassf(x: f32) -> i32 {
    if x.is_subnormal() { if x < 0.0 { 0x10 } else { 0x80 } } else { math::class(x.into()) }
}

/// Tells what a number is. (Microsoft: "fpclassify")
#[export(ucrtbase)]
fn _dclass(x: f64) -> i32 {
    i32::from(math::standard_class(x, x.is_subnormal()))
}

/// Tells what a number is. (Microsoft: "fpclassify")
#[export(ucrtbase)]
fn _fdclass(x: f32) -> i32 {
    i32::from(math::standard_class(x.into(), x.is_subnormal()))
}

/// Tells whether a number is negative. (Microsoft: "signbit")
#[export(ucrtbase)]
fn _dsign(x: f64) -> i32 {
    if x.is_sign_negative() { 0x8000 } else { 0 }
}

/// Tells whether a number is negative. (Microsoft: "signbit")
#[export(ucrtbase)]
fn _fdsign(x: f32) -> i32 {
    if x.is_sign_negative() { 0x8000 } else { 0 }
}

/// Rounds a number by the current mode. (Microsoft: "lrint, lrintf, lrintl, llrint, llrintf,
/// llrintl")
#[export(ucrtbase)]
fn lrint(x: f64) -> i32 {
    math::rint(x) as i32
}

/// Rounds a number by the current mode. (Microsoft: "lrint, lrintf, lrintl, llrint, llrintf,
/// llrintl")
#[export(ucrtbase)]
fn lrintf(x: f32) -> i32 {
    math::rintf(x) as i32
}

/// Rounds a number by the current mode. (Microsoft: "lrint, lrintf, lrintl, llrint, llrintf,
/// llrintl")
#[export(ucrtbase)]
fn llrint(x: f64) -> i64 {
    math::rint(x) as i64
}

/// Rounds a number by the current mode. (Microsoft: "lrint, lrintf, lrintl, llrint, llrintf,
/// llrintl")
#[export(ucrtbase)]
fn llrintf(x: f32) -> i64 {
    math::rintf(x) as i64
}

/// Rounds a number to the nearest integer. (Microsoft: "lround, lroundf, lroundl, llround,
/// llroundf, llroundl")
#[export(ucrtbase)]
fn lround(x: f64) -> i32 {
    x.round() as i32
}

/// Rounds a number to the nearest integer. (Microsoft: "lround, lroundf, lroundl, llround,
/// llroundf, llroundl")
#[export(ucrtbase)]
fn lroundf(x: f32) -> i32 {
    x.round() as i32
}

/// Rounds a number to the nearest integer. (Microsoft: "lround, lroundf, lroundl, llround,
/// llroundf, llroundl")
#[export(ucrtbase)]
fn llround(x: f64) -> i64 {
    x.round() as i64
}

/// Rounds a number to the nearest integer. (Microsoft: "lround, lroundf, lroundl, llround,
/// llroundf, llroundl")
#[export(ucrtbase)]
fn llroundf(x: f32) -> i64 {
    x.round() as i64
}

/// Gives the exponent of a number. (Microsoft: "ilogb, ilogbf, ilogbl")
#[export(ucrtbase)]
fn ilogb(x: f64) -> i32 {
    math::ilogb(x)
}

/// Gives the exponent of a number. (Microsoft: "ilogb, ilogbf, ilogbl")
#[export(ucrtbase)]
fn ilogbf(x: f32) -> i32 {
    math::ilogb(x.into())
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
