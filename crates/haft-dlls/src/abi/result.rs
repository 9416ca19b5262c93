//! Results.

use super::param::{Bool, Register, Routine};
use super::pointer::Ptr;
use crate::{hooks, trace};
use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid, Win32Error};
use haft_host::gs;
use haft_host::guest::Fault;

/// The result of an export.
pub trait Return: Sized {
    /// The form in which the calling convention returns it.
    type Raw: Register;

    /// Makes that form; a Win32 failure sets the last error, success leaves it alone.
    fn encode(self) -> Self::Raw;

    /// What a call with a parameter that cannot be decoded returns; one that has no way to fail
    /// raises the access violation that the program would get on Windows.
    fn fault(fault: Fault) -> Self::Raw;

    /// Writes the result for a trace line.
    fn show(raw: Self::Raw, out: &mut String);
}

/// A value with one that says "failed, see the last error".
pub trait Win32Value: Sized {
    /// The form in which the calling convention returns it.
    type Raw: Register + PartialEq;
    /// What a failure returns.
    const FAILURE: Self::Raw;

    /// The form of a success.
    fn encode(self) -> Self::Raw;

    /// Writes the value for a trace line.
    fn show(raw: Self::Raw, out: &mut String);
}

/// An error that a function leaves in the thread's last error.
pub trait LastError: From<Fault> {
    /// The code that is left there.
    fn code(self) -> u32;

    /// Writes the code for a trace line.
    fn show(code: u32, out: &mut String);
}

impl LastError for Win32Error {
    fn code(self) -> u32 {
        self.0
    }

    fn show(code: u32, out: &mut String) {
        trace::push(out, format_args!("{:?}", Self(code)));
    }
}

impl<T: Win32Value, E: LastError> Return for Result<T, E> {
    type Raw = T::Raw;

    #[inline]
    fn encode(self) -> T::Raw {
        match self {
            Ok(value) => value.encode(),
            Err(error) => {
                gs::set_last_error(error.code());
                T::FAILURE
            }
        }
    }

    #[cold]
    fn fault(fault: Fault) -> T::Raw {
        Self::Err(fault.into()).encode()
    }

    fn show(raw: T::Raw, out: &mut String) {
        T::show(raw, out);
        if raw == T::FAILURE {
            out.push_str(" (");
            E::show(gs::last_error(), out);
            out.push(')');
        }
    }
}

/// `BOOL`.
impl Win32Value for () {
    type Raw = u32;
    const FAILURE: u32 = 0;

    #[inline]
    fn encode(self) -> u32 {
        1
    }

    fn show(raw: u32, out: &mut String) {
        out.push_str(if raw == 0 { "FALSE" } else { "TRUE" });
    }
}

impl Win32Value for Bool {
    type Raw = u32;
    const FAILURE: u32 = 0;

    #[inline]
    fn encode(self) -> u32 {
        u32::from(self.0)
    }

    fn show(raw: u32, out: &mut String) {
        <() as Win32Value>::show(raw, out);
    }
}

/// Null on failure.
impl Win32Value for Handle {
    type Raw = usize;
    const FAILURE: usize = 0;

    #[inline]
    fn encode(self) -> usize {
        self.0
    }

    fn show(raw: usize, out: &mut String) {
        trace::show_handle(Self(raw), out);
    }
}

/// A value whose failure is all ones: `INVALID_HANDLE_VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrInvalid<T>(pub T);

impl Win32Value for OrInvalid<Handle> {
    type Raw = usize;
    const FAILURE: usize = Handle::INVALID.0;

    #[inline]
    fn encode(self) -> usize {
        self.0.0
    }

    fn show(raw: usize, out: &mut String) {
        if raw == Self::FAILURE {
            out.push_str("INVALID_HANDLE_VALUE");
        } else {
            trace::show_handle(Handle(raw), out);
        }
    }
}

/// A `DWORD` whose failure is 0xFFFFFFFF: `INVALID_FILE_ATTRIBUTES`, `WAIT_FAILED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrMax(pub u32);

/// An `int` whose failure is -1: `SOCKET_ERROR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrMinusOne(pub i32);

/// Values that are returned as numbers: what a failure returns, and how a value is encoded.
macro_rules! numbers {
    ($trait:ident: $($t:ty, $raw:ty, $failure:expr, $value:ident => $encode:expr;)*) => {$(
        impl $trait for $t {
            type Raw = $raw;
            const FAILURE: $raw = $failure;

            #[inline]
            fn encode(self) -> $raw {
                let $value = self;
                $encode
            }

            fn show(raw: $raw, out: &mut String) {
                trace::show_number(raw as i128, out);
            }
        }
    )*};
}

pub(super) use numbers;

numbers! { Win32Value:
    u16, u32, 0, v => u32::from(v);
    u32, u32, 0, v => v;
    i32, i32, 0, v => v;
    u64, u64, 0, v => v;
    usize, usize, 0, v => v;
    OrMax, u32, u32::MAX, v => v.0;
    OrMinusOne, i32, -1, v => v.0;
}

/// Null on failure.
impl<T> Win32Value for Ptr<T> {
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

/// Null on failure.
impl Win32Value for Routine {
    type Raw = usize;
    const FAILURE: usize = 0;

    #[inline]
    fn encode(self) -> usize {
        self.0
    }

    fn show(raw: usize, out: &mut String) {
        trace::show_address(raw, out);
    }
}

/// A native service without another success than `STATUS_SUCCESS`.
impl Return for Result<(), NtStatus> {
    type Raw = u32;

    #[inline]
    fn encode(self) -> u32 {
        match self {
            Ok(()) => NtStatus::SUCCESS.0,
            Err(status) => status.0,
        }
    }

    fn fault(fault: Fault) -> u32 {
        NtStatus::from(fault).0
    }

    fn show(raw: u32, out: &mut String) {
        trace::push(out, format_args!("{:?}", NtStatus(raw)));
    }
}

/// A native service with several successes.
impl Return for Result<NtStatus, NtStatus> {
    type Raw = u32;

    #[inline]
    fn encode(self) -> u32 {
        match self {
            Ok(status) | Err(status) => status.0,
        }
    }

    fn fault(fault: Fault) -> u32 {
        NtStatus::from(fault).0
    }

    fn show(raw: u32, out: &mut String) {
        trace::push(out, format_args!("{:?}", NtStatus(raw)));
    }
}

/// Results that name their failures themselves.
macro_rules! codes {
    ($($t:ident)*) => {$(
        impl Return for $t {
            type Raw = u32;

            #[inline]
            fn encode(self) -> u32 {
                self.0
            }

            fn fault(fault: Fault) -> u32 {
                Self::from(fault).0
            }

            fn show(raw: u32, out: &mut String) {
                trace::push(out, format_args!("{:?}", Self(raw)));
            }
        }
    )*};
}

codes!(NtStatus Win32Error);

/// Results without a way to fail.
macro_rules! plain {
    ($($t:ty, $raw:ty, $value:ident => $encode:expr, $shown:ident, $out:ident => $show:expr;)*) => {$(
        impl Return for $t {
            type Raw = $raw;

            #[inline]
            fn encode(self) -> $raw {
                let $value = self;
                $encode
            }

            fn fault(fault: Fault) -> $raw {
                hooks::fault(fault)
            }

            fn show($shown: $raw, $out: &mut String) {
                $show
            }
        }
    )*};
}

plain! {
    (), (), v => v, _raw, _out => ();
    bool, u32, v => u32::from(v), r, o => <() as Win32Value>::show(r, o);
    Bool, u32, v => u32::from(v.0), r, o => <() as Win32Value>::show(r, o);
    u8, u32, v => u32::from(v), r, o => trace::show_number(r.into(), o);
    u16, u32, v => u32::from(v), r, o => trace::show_number(r.into(), o);
    u32, u32, v => v, r, o => trace::show_number(r.into(), o);
    i32, i32, v => v, r, o => trace::show_number(r.into(), o);
    u64, u64, v => v, r, o => trace::show_number(r.into(), o);
    i64, i64, v => v, r, o => trace::show_number(r.into(), o);
    usize, usize, v => v, r, o => trace::show_number(r as i128, o);
    isize, isize, v => v, r, o => trace::show_number(r as i128, o);
    f32, f32, v => v, r, o => trace::push(o, format_args!("{r:?}"));
    f64, f64, v => v, r, o => trace::push(o, format_args!("{r:?}"));
    Handle, usize, v => v.0, r, o => trace::show_handle(Self(r), o);
    Routine, usize, v => v.0, r, o => trace::show_address(r, o);
    AccessMask, u32, v => v.0, r, o => trace::push(o, format_args!("{:?}", Self(r)));
    Pid, u32, v => v.0, r, o => trace::show_number(r.into(), o);
    Tid, u32, v => v.0, r, o => trace::show_number(r.into(), o);
}

impl<T> Return for Ptr<T> {
    type Raw = usize;

    #[inline]
    fn encode(self) -> usize {
        self.addr()
    }

    fn fault(fault: Fault) -> usize {
        hooks::fault(fault)
    }

    fn show(raw: usize, out: &mut String) {
        trace::show_address(raw, out);
    }
}

/// Raw pointers, for `unsafe fn` exports.
macro_rules! pointers {
    ($($p:ty),*) => {$(
        impl<T> Return for $p {
            type Raw = $p;

            #[inline]
            fn encode(self) -> $p {
                self
            }

            fn fault(fault: Fault) -> $p {
                hooks::fault(fault)
            }

            fn show(raw: $p, out: &mut String) {
                trace::show_address(raw as usize, out);
            }
        }
    )*};
}

pointers!(*const T, *mut T);
