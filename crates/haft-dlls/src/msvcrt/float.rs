//! Floating-point numbers from text, as msvcrt.dll reads them.

use crate::abi::{Ptr, Whole};
use haft_crt::Dialect;
use haft_kernel::crt::{Error, convert as number};
use haft_macros::export;

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(msvcrt)]
fn strtod(strSource: Ptr<u8>, endptr: Ptr<usize>) -> Result<Whole<f64>, Error> {
    number::strtod::<u8>(strSource.addr(), endptr.addr(), Dialect::Msvcrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(msvcrt)]
fn _strtod_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    _locale: Ptr<u8>,
) -> Result<Whole<f64>, Error> {
    number::strtod::<u8>(strSource.addr(), endptr.addr(), Dialect::Msvcrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atof, _atof_l, _wtof, _wtof_l")
#[export(msvcrt)]
fn atof(str: Ptr<u8>) -> Result<Whole<f64>, Error> {
    number::strtod::<u8>(str.addr(), 0, Dialect::Msvcrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(msvcrt)]
fn wcstod(strSource: Ptr<u16>, endptr: Ptr<usize>) -> Result<Whole<f64>, Error> {
    number::strtod::<u16>(strSource.addr(), endptr.addr(), Dialect::Msvcrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(msvcrt)]
fn _wcstod_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    _locale: Ptr<u8>,
) -> Result<Whole<f64>, Error> {
    number::strtod::<u16>(strSource.addr(), endptr.addr(), Dialect::Msvcrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atof, _atof_l, _wtof, _wtof_l")
#[export(msvcrt)]
fn _wtof(str: Ptr<u16>) -> Result<Whole<f64>, Error> {
    number::strtod::<u16>(str.addr(), 0, Dialect::Msvcrt).map(Whole)
}
