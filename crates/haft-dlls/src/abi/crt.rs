//! Results of the C runtime's functions: a failure is in `errno`.

use super::pointer::Ptr;
use super::result::{Return, numbers};
use crate::{hooks, trace};
use haft_abi::Win32Error;
use haft_crt::Errno;
use haft_host::gs;
use haft_host::guest::Fault;
use haft_kernel::crt::Error;

/// A value with one that says "failed, see `errno`".
pub trait CrtValue: Sized {
    /// The form in which the calling convention returns it.
    type Raw: super::param::Register;
    /// What a failure returns.
    const FAILURE: Self::Raw;

    /// The form of a success.
    fn encode(self) -> Self::Raw;

    /// Writes the value for a trace line.
    fn show(raw: Self::Raw, out: &mut String);
}

/// Sets `errno`; what the system refused is the last error too, as the runtime of Windows leaves it
/// from the functions that it calls; a bad address is the program's access violation.
#[cold]
fn record(error: Error) {
    if let Error::Fault(fault) = error {
        hooks::fault(fault);
    }
    if let Error::System(status) = error {
        gs::set_last_error(Win32Error::from(status).0);
    }
    error.record();
}

/// Why a parameter could not be decoded: null is an invalid parameter, another bad address the
/// program's access violation.
fn undecoded(fault: Fault) -> Error {
    if fault.address == 0 { Error::Invalid(Errno::EINVAL) } else { Error::Fault(fault) }
}

impl<T: CrtValue> Return for Result<T, Error> {
    type Raw = T::Raw;

    #[inline]
    fn encode(self) -> T::Raw {
        match self {
            Ok(value) => value.encode(),
            Err(error) => {
                record(error);
                T::FAILURE
            }
        }
    }

    #[cold]
    fn fault(fault: Fault) -> T::Raw {
        Self::Err(undecoded(fault)).encode()
    }

    fn show(raw: T::Raw, out: &mut String) {
        T::show(raw, out);
    }
}

/// A `size_t` whose failure is 0: `fread`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrNone(pub usize);

/// An `int` whose failure is 0: `_mkstemp`-like and `is`-like functions that set `errno`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrZero(pub i32);

numbers! { CrtValue:
    (), i32, -1, _v => 0;
    i32, i32, -1, v => v;
    i64, i64, -1, v => v;
    isize, isize, -1, v => v;
    usize, usize, usize::MAX, v => v;
    // `WEOF`.
    u16, u32, 0xFFFF, v => v.into();
    u64, u64, u64::MAX, v => v;
    OrNone, usize, 0, v => v.0;
    OrZero, i32, 0, v => v.0;
}

/// A number of a conversion that cannot fail: what `errno` says of it is set already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whole<T>(pub T);

macro_rules! numbers {
    ($($t:ty, $zero:expr, $value:ident, $out:ident => $show:expr;)*) => {$(
        impl CrtValue for Whole<$t> {
            type Raw = $t;
            const FAILURE: $t = $zero;

            #[inline]
            fn encode(self) -> $t {
                self.0
            }

            fn show($value: $t, $out: &mut String) {
                $show
            }
        }
    )*};
}

numbers! {
    i32, 0, v, o => trace::show_number(v.into(), o);
    u32, 0, v, o => trace::show_number(v.into(), o);
    i64, 0, v, o => trace::show_number(v.into(), o);
    u64, 0, v, o => trace::show_number(v.into(), o);
    f32, 0.0, v, o => trace::push(o, format_args!("{v:?}"));
    f64, 0.0, v, o => trace::push(o, format_args!("{v:?}"));
}

impl<T> CrtValue for Ptr<T> {
    type Raw = usize;
    const FAILURE: usize = 0;

    #[inline]
    fn encode(self) -> usize {
        self.addr()
    }

    fn show(raw: usize, out: &mut String) {
        trace::show_address(raw, out);
    }
}

/// An `errno_t`: 0, or the error, which is in `errno` too.
#[derive(Clone, Copy, Debug)]
pub struct ErrorCode(pub Result<(), Error>);

impl Return for ErrorCode {
    type Raw = i32;

    fn encode(self) -> i32 {
        match self.0 {
            Ok(()) => 0,
            Err(error) => {
                record(error);
                error.errno().0
            }
        }
    }

    #[cold]
    fn fault(fault: Fault) -> i32 {
        Self(Err(undecoded(fault))).encode()
    }

    fn show(raw: i32, out: &mut String) {
        trace::show_number(raw.into(), out);
    }
}
