//! The mathematics of the C library.
#![allow(unsafe_code, reason = "functions of the C library")]

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident = $c:ident($($p:ident: $t:ty),*) -> $r:ty;)*) => {$(
        $(#[$doc])*
        #[inline]
        #[must_use]
        pub fn $name($($p: $t),*) -> $r {
            unsafe extern "C" {
                fn $c($($p: $t),*) -> $r;
            }
            // SAFETY: a pure function of the C library; any numbers are valid.
            unsafe { $c($($p),*) }
        }
    )*};
}

functions! {
    /// C's `sin`.
    sin = sin(x: f64) -> f64;
    /// C's `sinf`.
    sinf = sinf(x: f32) -> f32;
    /// C's `cos`.
    cos = cos(x: f64) -> f64;
    /// C's `cosf`.
    cosf = cosf(x: f32) -> f32;
    /// C's `tan`.
    tan = tan(x: f64) -> f64;
    /// C's `tanf`.
    tanf = tanf(x: f32) -> f32;
    /// C's `asin`.
    asin = asin(x: f64) -> f64;
    /// C's `asinf`.
    asinf = asinf(x: f32) -> f32;
    /// C's `acos`.
    acos = acos(x: f64) -> f64;
    /// C's `acosf`.
    acosf = acosf(x: f32) -> f32;
    /// C's `atan`.
    atan = atan(x: f64) -> f64;
    /// C's `atanf`.
    atanf = atanf(x: f32) -> f32;
    /// C's `sinh`.
    sinh = sinh(x: f64) -> f64;
    /// C's `sinhf`.
    sinhf = sinhf(x: f32) -> f32;
    /// C's `cosh`.
    cosh = cosh(x: f64) -> f64;
    /// C's `coshf`.
    coshf = coshf(x: f32) -> f32;
    /// C's `tanh`.
    tanh = tanh(x: f64) -> f64;
    /// C's `tanhf`.
    tanhf = tanhf(x: f32) -> f32;
    /// C's `exp`.
    exp = exp(x: f64) -> f64;
    /// C's `expf`.
    expf = expf(x: f32) -> f32;
    /// C's `log`.
    log = log(x: f64) -> f64;
    /// C's `logf`.
    logf = logf(x: f32) -> f32;
    /// C's `log10`.
    log10 = log10(x: f64) -> f64;
    /// C's `log10f`.
    log10f = log10f(x: f32) -> f32;
    /// C's `sqrt`.
    sqrt = sqrt(x: f64) -> f64;
    /// C's `sqrtf`.
    sqrtf = sqrtf(x: f32) -> f32;
    /// C's `floor`.
    floor = floor(x: f64) -> f64;
    /// C's `floorf`.
    floorf = floorf(x: f32) -> f32;
    /// C's `ceil`.
    ceil = ceil(x: f64) -> f64;
    /// C's `ceilf`.
    ceilf = ceilf(x: f32) -> f32;
    /// C's `fabs`.
    fabs = fabs(x: f64) -> f64;
    /// C's `fabsf`.
    fabsf = fabsf(x: f32) -> f32;
    /// C's `asinh`.
    asinh = asinh(x: f64) -> f64;
    /// C's `asinhf`.
    asinhf = asinhf(x: f32) -> f32;
    /// C's `acosh`.
    acosh = acosh(x: f64) -> f64;
    /// C's `acoshf`.
    acoshf = acoshf(x: f32) -> f32;
    /// C's `atanh`.
    atanh = atanh(x: f64) -> f64;
    /// C's `atanhf`.
    atanhf = atanhf(x: f32) -> f32;
    /// C's `exp2`.
    exp2 = exp2(x: f64) -> f64;
    /// C's `exp2f`.
    exp2f = exp2f(x: f32) -> f32;
    /// C's `expm1`.
    expm1 = expm1(x: f64) -> f64;
    /// C's `expm1f`.
    expm1f = expm1f(x: f32) -> f32;
    /// C's `log1p`.
    log1p = log1p(x: f64) -> f64;
    /// C's `log1pf`.
    log1pf = log1pf(x: f32) -> f32;
    /// C's `log2`.
    log2 = log2(x: f64) -> f64;
    /// C's `log2f`.
    log2f = log2f(x: f32) -> f32;
    /// C's `logb`.
    logb = logb(x: f64) -> f64;
    /// C's `logbf`.
    logbf = logbf(x: f32) -> f32;
    /// C's `cbrt`.
    cbrt = cbrt(x: f64) -> f64;
    /// C's `cbrtf`.
    cbrtf = cbrtf(x: f32) -> f32;
    /// C's `erf`.
    erf = erf(x: f64) -> f64;
    /// C's `erff`.
    erff = erff(x: f32) -> f32;
    /// C's `erfc`.
    erfc = erfc(x: f64) -> f64;
    /// C's `erfcf`.
    erfcf = erfcf(x: f32) -> f32;
    /// C's `tgamma`.
    tgamma = tgamma(x: f64) -> f64;
    /// C's `tgammaf`.
    tgammaf = tgammaf(x: f32) -> f32;
    /// C's `lgamma`.
    lgamma = lgamma(x: f64) -> f64;
    /// C's `lgammaf`.
    lgammaf = lgammaf(x: f32) -> f32;
    /// C's `rint`.
    rint = rint(x: f64) -> f64;
    /// C's `rintf`.
    rintf = rintf(x: f32) -> f32;
    /// C's `nearbyint`.
    nearbyint = nearbyint(x: f64) -> f64;
    /// C's `nearbyintf`.
    nearbyintf = nearbyintf(x: f32) -> f32;
    /// C's `round`.
    round = round(x: f64) -> f64;
    /// C's `roundf`.
    roundf = roundf(x: f32) -> f32;
    /// C's `trunc`.
    trunc = trunc(x: f64) -> f64;
    /// C's `truncf`.
    truncf = truncf(x: f32) -> f32;
    /// C's `pow`.
    pow = pow(x: f64, y: f64) -> f64;
    /// C's `powf`.
    powf = powf(x: f32, y: f32) -> f32;
    /// C's `atan2`.
    atan2 = atan2(x: f64, y: f64) -> f64;
    /// C's `atan2f`.
    atan2f = atan2f(x: f32, y: f32) -> f32;
    /// C's `fmod`.
    fmod = fmod(x: f64, y: f64) -> f64;
    /// C's `fmodf`.
    fmodf = fmodf(x: f32, y: f32) -> f32;
    /// C's `hypot`.
    hypot = hypot(x: f64, y: f64) -> f64;
    /// C's `hypotf`.
    hypotf = hypotf(x: f32, y: f32) -> f32;
    /// C's `copysign`.
    copysign = copysign(x: f64, y: f64) -> f64;
    /// C's `copysignf`.
    copysignf = copysignf(x: f32, y: f32) -> f32;
    /// C's `fdim`.
    fdim = fdim(x: f64, y: f64) -> f64;
    /// C's `fdimf`.
    fdimf = fdimf(x: f32, y: f32) -> f32;
    /// C's `fmax`.
    fmax = fmax(x: f64, y: f64) -> f64;
    /// C's `fmaxf`.
    fmaxf = fmaxf(x: f32, y: f32) -> f32;
    /// C's `fmin`.
    fmin = fmin(x: f64, y: f64) -> f64;
    /// C's `fminf`.
    fminf = fminf(x: f32, y: f32) -> f32;
    /// C's `nextafter`.
    nextafter = nextafter(x: f64, y: f64) -> f64;
    /// C's `nextafterf`.
    nextafterf = nextafterf(x: f32, y: f32) -> f32;
    /// C's `remainder`.
    remainder = remainder(x: f64, y: f64) -> f64;
    /// C's `remainderf`.
    remainderf = remainderf(x: f32, y: f32) -> f32;
    /// C's `ldexp`.
    ldexp = ldexp(x: f64, exponent: i32) -> f64;
    /// C's `ldexpf`.
    ldexpf = ldexpf(x: f32, exponent: i32) -> f32;
    /// C's `ilogb`.
    ilogb = ilogb(x: f64) -> i32;
    /// C's `j0`.
    j0 = j0(x: f64) -> f64;
    /// C's `j1`.
    j1 = j1(x: f64) -> f64;
    /// C's `jn`.
    jn = jn(n: i32, x: f64) -> f64;
    /// C's `y0`.
    y0 = y0(x: f64) -> f64;
    /// C's `y1`.
    y1 = y1(x: f64) -> f64;
    /// C's `yn`.
    yn = yn(n: i32, x: f64) -> f64;
}

/// Mantissa and exponent of a number.
#[must_use]
pub fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let exponent = ilogb(x) + 1;
    // Two steps, because 2^-1074 is no divisor.
    (ldexp(ldexp(x, -(exponent / 2)), -(exponent - exponent / 2)), exponent)
}

/// The fraction of a number, with its sign; zero of an infinity.
#[must_use]
pub fn fraction(x: f64) -> f64 {
    if x.is_infinite() { 0.0_f64.copysign(x) } else { (x - x.trunc()).copysign(x) }
}

/// The `_FPCLASS_*` of a number.
#[must_use]
pub fn class(x: f64) -> i32 {
    use core::num::FpCategory;
    let negative = x.is_sign_negative();
    match x.classify() {
        FpCategory::Nan if x.to_bits() & (1 << 51) == 0 => 1,
        FpCategory::Nan => 2,
        FpCategory::Infinite => {
            if negative {
                4
            } else {
                0x200
            }
        }
        FpCategory::Normal => {
            if negative {
                8
            } else {
                0x100
            }
        }
        FpCategory::Subnormal => {
            if negative {
                0x10
            } else {
                0x80
            }
        }
        FpCategory::Zero => {
            if negative {
                0x20
            } else {
                0x40
            }
        }
    }
}

/// The `FP_*` of a number, which in the narrower type is subnormal or not.
#[must_use]
pub fn standard_class(x: f64, subnormal: bool) -> i32 {
    use core::num::FpCategory;
    match x.classify() {
        FpCategory::Infinite => 1,
        FpCategory::Nan => 2,
        FpCategory::Zero => 0,
        _ if subnormal => -2,
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parted() {
        for x in [1.0, -3.75, 1e300, 5e-324, f64::MIN_POSITIVE, 0.5] {
            let (mantissa, exponent) = frexp(x);
            assert!((0.5..1.0).contains(&mantissa.abs()), "{x} {mantissa}");
            assert_eq!(ldexp(mantissa, exponent), x);
        }
        assert_eq!(frexp(0.0), (0.0, 0));
        assert_eq!(fraction(-2.25), -0.25);
        assert!(fraction(f64::NEG_INFINITY).is_sign_negative());
        assert_eq!((class(1.0), class(-0.0), class(f64::INFINITY)), (0x100, 0x20, 0x200));
    }
}
