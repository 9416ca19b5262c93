//! Sorting, random numbers and integer arithmetic.

use crate::abi::{ErrorCode, Out, Ptr, Routine};
use haft_kernel::crt::sort::{self, Compare};
use haft_kernel::crt::{Error, random, strings, thread_state};
use haft_macros::export;

/// The quotient and the remainder in one register: `div_t` and `ldiv_t`. (Microsoft: "div")
#[export(msvcrt, ucrtbase, also = "ldiv")]
fn div(numer: i32, denom: i32) -> u64 {
    let (quotient, remainder) = (numer.wrapping_div(denom), numer.wrapping_rem(denom));
    u64::from(quotient as u32) | u64::from(remainder as u32) << 32
}

/// The quotient and the remainder, to a place that the caller has for them. (Microsoft: "div")
#[export(ucrtbase, also = "imaxdiv")]
fn lldiv(result: Ptr<[i64; 2]>, numer: i64, denom: i64) -> Result<Ptr<[i64; 2]>, Error> {
    result.write([numer.wrapping_div(denom), numer.wrapping_rem(denom)])?;
    Ok(result)
}

/// Sorts an array. (Microsoft: "qsort")
#[export(msvcrt, ucrtbase)]
fn qsort(base: Ptr<u8>, number: usize, width: usize, compare: Routine) -> Result<(), Error> {
    sort::sort(base.addr(), number, width, Compare { function: compare.0, context: None })
}

/// Sorts an array. (Microsoft: "qsort_s")
#[export(msvcrt, ucrtbase)]
fn qsort_s(
    base: Ptr<u8>,
    num: usize,
    width: usize,
    compare: Routine,
    context: usize,
) -> Result<(), Error> {
    sort::sort(base.addr(), num, width, Compare { function: compare.0, context: Some(context) })
}

/// Finds an element of a sorted array. (Microsoft: "bsearch")
#[export(msvcrt, ucrtbase)]
fn bsearch(
    key: Ptr<u8>,
    base: Ptr<u8>,
    num: usize,
    width: usize,
    compare: Routine,
) -> Result<Ptr<u8>, Error> {
    sort::search(
        key.addr(),
        base.addr(),
        num,
        width,
        Compare { function: compare.0, context: None },
    )
    .map(Ptr::new)
}

/// Finds an element of a sorted array. (Microsoft: "bsearch_s")
#[export(msvcrt, ucrtbase)]
fn bsearch_s(
    key: Ptr<u8>,
    base: Ptr<u8>,
    number: usize,
    width: usize,
    compare: Routine,
    context: usize,
) -> Result<Ptr<u8>, Error> {
    sort::search(
        key.addr(),
        base.addr(),
        number,
        width,
        Compare { function: compare.0, context: Some(context) },
    )
    .map(Ptr::new)
}

/// Finds an element of an array. (Microsoft: "_lfind")
#[export(msvcrt, ucrtbase, also = "lfind")]
fn _lfind(
    key: Ptr<u8>,
    base: Ptr<u8>,
    num: Ptr<u32>,
    width: u32,
    compare: Routine,
) -> Result<Ptr<u8>, Error> {
    Ok(Ptr::new(sort::find(
        key.addr(),
        base.addr(),
        num.read()? as usize,
        width as usize,
        Compare { function: compare.0, context: None },
    )))
}

/// Gives the next pseudorandom number. (Microsoft: "rand")
#[export(msvcrt, ucrtbase)]
fn rand() -> i32 {
    thread_state::rand()
}

/// Starts the pseudorandom numbers. (Microsoft: "srand")
#[export(msvcrt, ucrtbase)]
fn srand(seed: u32) {
    thread_state::seed(seed)
}

/// Gives a random number. (Microsoft: "rand_s")
#[export(msvcrt, ucrtbase)]
fn rand_s(randomValue: Out<u32>) -> ErrorCode {
    ErrorCode(random::number().map_err(Error::from).and_then(|n| Ok(randomValue.set(n)?)))
}

/// Gives the magnitude of a number. (Microsoft: "abs, labs, llabs, _abs64")
#[export(msvcrt, ucrtbase, also = "labs")]
fn abs(n: i32) -> i32 {
    n.wrapping_abs()
}

/// Gives the magnitude of a number. (Microsoft: "abs, labs, llabs, _abs64")
#[export(msvcrt, ucrtbase)]
fn _abs64(n: i64) -> i64 {
    n.wrapping_abs()
}

/// Gives the magnitude of a number. (Microsoft: "abs, labs, llabs, _abs64")
#[export(ucrtbase, also = "imaxabs")]
fn llabs(n: i64) -> i64 {
    n.wrapping_abs()
}

/// Rotates bits to the left. (Microsoft: "_rotl, _rotl64, _rotr, _rotr64")
#[export(msvcrt, ucrtbase, also = "_lrotl")]
fn _rotl(value: u32, shift: i32) -> u32 {
    value.rotate_left(shift as u32 & 31)
}

/// Rotates bits to the right. (Microsoft: "_rotl, _rotl64, _rotr, _rotr64")
#[export(msvcrt, ucrtbase, also = "_lrotr")]
fn _rotr(value: u32, shift: i32) -> u32 {
    value.rotate_right(shift as u32 & 31)
}

/// Rotates bits to the left. (Microsoft: "_rotl, _rotl64, _rotr, _rotr64")
#[export(msvcrt, ucrtbase)]
fn _rotl64(value: u64, shift: i32) -> u64 {
    value.rotate_left(shift as u32 & 63)
}

/// Rotates bits to the right. (Microsoft: "_rotl, _rotl64, _rotr, _rotr64")
#[export(msvcrt, ucrtbase)]
fn _rotr64(value: u64, shift: i32) -> u64 {
    value.rotate_right(shift as u32 & 63)
}

/// Turns the order of bytes around. (Microsoft: "_byteswap_uint64, _byteswap_ulong,
/// _byteswap_ushort")
#[export(msvcrt, ucrtbase)]
fn _byteswap_ushort(val: u16) -> u16 {
    val.swap_bytes()
}

/// Turns the order of bytes around. (Microsoft: "_byteswap_uint64, _byteswap_ulong,
/// _byteswap_ushort")
#[export(msvcrt, ucrtbase)]
fn _byteswap_ulong(val: u32) -> u32 {
    val.swap_bytes()
}

/// Turns the order of bytes around. (Microsoft: "_byteswap_uint64, _byteswap_ulong,
/// _byteswap_ushort")
#[export(msvcrt, ucrtbase)]
fn _byteswap_uint64(val: u64) -> u64 {
    val.swap_bytes()
}

/// Copies bytes, each pair turned around. (Microsoft: "_swab")
#[export(msvcrt, ucrtbase, also = "swab")]
fn _swab(src: Ptr<u8>, dest: Ptr<u8>, n: i32) -> Result<(), Error> {
    strings::swap_bytes(src.addr(), dest.addr(), n)
}
