//! Strings with their length before them.

use crate::abi::Ptr;
use haft_host::guest;
use haft_kernel::ex::bstr;
use haft_macros::export;

/// Makes a string of a terminated text; null for null. (Microsoft: "SysAllocString function")
#[export(oleaut32(ordinal = 2))]
fn SysAllocString(psz: Ptr<u16>) -> Ptr<u16> {
    if psz.is_null() {
        return Ptr::new(0);
    }
    let text = guest::read_wide_z(psz.addr(), usize::MAX).ok();
    Ptr::new(text.and_then(|text| bstr::of_units(&text).ok()).unwrap_or(0))
}

/// Makes a string of so many units, of a text or not yet written. (Microsoft: "SysAllocStringLen
/// function")
#[export(oleaut32(ordinal = 4))]
fn SysAllocStringLen(strIn: Ptr<u16>, ui: u32) -> Ptr<u16> {
    let text = match strIn.is_null() {
        true => Some(vec![0; ui as usize]),
        false => strIn.read_slice(ui as usize).ok(),
    };
    Ptr::new(text.and_then(|text| bstr::of_units(&text).ok()).unwrap_or(0))
}

/// Makes a string of so many bytes, of others or not yet written. (Microsoft:
/// "SysAllocStringByteLen function")
#[export(oleaut32(ordinal = 150))]
fn SysAllocStringByteLen(psz: Ptr<u8>, len: u32) -> Ptr<u16> {
    let bytes = match psz.is_null() {
        true => Some(vec![0; len as usize]),
        false => psz.read_slice(len as usize).ok(),
    };
    Ptr::new(bytes.and_then(|bytes| bstr::of_bytes(&bytes).ok()).unwrap_or(0))
}

/// Frees a string. (Microsoft: "SysFreeString function")
#[export(oleaut32(ordinal = 6))]
fn SysFreeString(bstrString: Ptr<u16>) {
    bstr::free(bstrString.addr());
}

/// Returns a string's length in units. (Microsoft: "SysStringLen function")
#[export(oleaut32(ordinal = 7))]
fn SysStringLen(pbstr: Ptr<u16>) -> u32 {
    bstr::length(pbstr.addr()) / 2
}

/// Returns a string's length in bytes. (Microsoft: "SysStringByteLen function")
#[export(oleaut32(ordinal = 149))]
fn SysStringByteLen(bstr: Ptr<u16>) -> u32 {
    bstr::length(bstr.addr())
}
