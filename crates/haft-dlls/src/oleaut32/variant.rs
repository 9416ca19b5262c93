//! Variants: a type and a value of it.

use crate::abi::Ptr;
use haft_kernel::ex::bstr;
use haft_macros::export;

/// Bytes of a `VARIANT`.
const SIZE: usize = 24;
/// Where its value is.
const VALUE: usize = 8;
/// `VT_BSTR`.
const BSTR: u16 = 8;
/// The types whose value is nothing to be freed: numbers, dates, flags and errors.
const PLAIN: [u16; 19] = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 14, 16, 17, 18, 19, 20, 21, 22, 23];
/// `VT_BYREF`: the value is somebody else's.
const BY_REFERENCE: u16 = 0x4000;

/// `DISP_E_BADVARTYPE`.
const BAD_TYPE: u32 = 0x8002_0008;

/// Makes a variant of no value. (Microsoft: "VariantInit function")
#[export(oleaut32(ordinal = 8))]
fn VariantInit(pvarg: Ptr<u8>) {
    let _ = pvarg.write_slice(&[0; SIZE]);
}

/// Frees the value of a variant, a number or a string, and makes it one of no value. (Microsoft:
/// "VariantClear function")
#[export(oleaut32(ordinal = 9))]
fn VariantClear(pvarg: Ptr<u8>) -> u32 {
    const E_POINTER: u32 = 0x8000_4003;
    let Ok(kind) = pvarg.cast::<u16>().read() else { return E_POINTER };
    match kind {
        BSTR => match pvarg.byte_add(VALUE).cast::<usize>().read() {
            Ok(string) => bstr::free(string),
            Err(_) => return E_POINTER,
        },
        plain if plain & BY_REFERENCE != 0 || PLAIN.contains(&plain) => {}
        // Nobody can have made an interface, an array or a record here.
        _ => return BAD_TYPE,
    }
    match pvarg.cast::<u16>().write(0) {
        Ok(()) => 0,
        Err(_) => E_POINTER,
    }
}
