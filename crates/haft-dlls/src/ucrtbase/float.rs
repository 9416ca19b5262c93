//! Floating-point numbers from text, as ucrtbase.dll reads them.

use crate::abi::{Ptr, Whole};
use haft_crt::Dialect;
use haft_kernel::crt::{Error, convert as number};
use haft_macros::export;

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(ucrtbase, also = "strtold")]
fn strtod(strSource: Ptr<u8>, endptr: Ptr<usize>) -> Result<Whole<f64>, Error> {
    number::strtod::<u8>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(ucrtbase, also = "_strtold_l")]
fn _strtod_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    _locale: Ptr<u8>,
) -> Result<Whole<f64>, Error> {
    number::strtod::<u8>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atof, _atof_l, _wtof, _wtof_l")
#[export(ucrtbase)]
fn atof(str: Ptr<u8>) -> Result<Whole<f64>, Error> {
    number::strtod::<u8>(str.addr(), 0, Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtof, _strtof_l, wcstof,
/// _wcstof_l")
#[export(ucrtbase)]
fn strtof(strSource: Ptr<u8>, endptr: Ptr<usize>) -> Result<Whole<f32>, Error> {
    number::strtof::<u8>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtof, _strtof_l, wcstof,
/// _wcstof_l")
#[export(ucrtbase)]
fn _strtof_l(
    strSource: Ptr<u8>,
    endptr: Ptr<usize>,
    _locale: Ptr<u8>,
) -> Result<Whole<f32>, Error> {
    number::strtof::<u8>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(ucrtbase, also = "wcstold")]
fn wcstod(strSource: Ptr<u16>, endptr: Ptr<usize>) -> Result<Whole<f64>, Error> {
    number::strtod::<u16>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtod, _strtod_l, wcstod,
/// _wcstod_l")
#[export(ucrtbase, also = "_wcstold_l")]
fn _wcstod_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    _locale: Ptr<u8>,
) -> Result<Whole<f64>, Error> {
    number::strtod::<u16>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "atof, _atof_l, _wtof, _wtof_l")
#[export(ucrtbase)]
fn _wtof(str: Ptr<u16>) -> Result<Whole<f64>, Error> {
    number::strtod::<u16>(str.addr(), 0, Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtof, _strtof_l, wcstof,
/// _wcstof_l")
#[export(ucrtbase)]
fn wcstof(strSource: Ptr<u16>, endptr: Ptr<usize>) -> Result<Whole<f32>, Error> {
    number::strtof::<u16>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}

/// Gives the number that a string begins with. (Microsoft: "strtof, _strtof_l, wcstof,
/// _wcstof_l")
#[export(ucrtbase)]
fn _wcstof_l(
    strSource: Ptr<u16>,
    endptr: Ptr<usize>,
    _locale: Ptr<u8>,
) -> Result<Whole<f32>, Error> {
    number::strtof::<u16>(strSource.addr(), endptr.addr(), Dialect::Ucrt).map(Whole)
}
