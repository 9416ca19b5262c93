//! Mathematics of C99, by the C library of Linux.

use haft_host::math;
use haft_kernel::crt::domain;
use haft_macros::export;

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
#[export(ucrtbase, also = "expm1l")]
fn expm1(x: f64) -> f64 {
    domain::one(x, math::expm1(x))
}

/// Gives a power of e of a number, less one. (Microsoft: "expm1, expm1f, expm1l")
#[export(ucrtbase)]
fn expm1f(x: f32) -> f32 {
    domain::one32(x, math::expm1f(x))
}

/// Gives the natural logarithm of a number and one. (Microsoft: "log1p, log1pf, log1pl2")
#[export(ucrtbase, also = "log1pl")]
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
#[export(ucrtbase, also = "lgammal")]
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
#[export(ucrtbase, also = "nexttoward")]
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

/// Tells what a number is. (Microsoft: "fpclassify")
#[export(ucrtbase)]
fn _dclass(x: f64) -> i32 {
    math::standard_class(x, x.is_subnormal())
}

/// Tells what a number is. (Microsoft: "fpclassify")
#[export(ucrtbase)]
fn _fdclass(x: f32) -> i32 {
    math::standard_class(x.into(), x.is_subnormal())
}

/// Tells whether a number is negative. (Microsoft: "signbit")
#[export(ucrtbase, also = "_ldsign")]
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
