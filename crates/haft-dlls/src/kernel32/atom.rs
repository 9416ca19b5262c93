//! Atoms of the process. Global ones wait for the executive.

use crate::abi::{Charset, TBuf};
use haft_abi::{Win32Error, wide};
use haft_kernel::ex::atom;
use haft_macros::export;

enum Name {
    Number(u16),
    Text(Vec<u16>),
}

/// What a program names an atom by: a number below 0xC000, a text, or a text of `#` and a number.
fn name<C: Charset>(given: usize) -> Result<Name, Win32Error> {
    if let Ok(number) = u16::try_from(given) {
        return number_of(number).ok_or(Win32Error::INVALID_PARAMETER).map(Name::Number);
    }
    let text = C::read_z(given, usize::MAX)?;
    let digits = text.strip_prefix(&[u16::from(b'#')]).map(wide::to_string);
    match digits.and_then(|digits| digits.parse().ok()).and_then(number_of) {
        Some(number) => Ok(Name::Number(number)),
        None => Ok(Name::Text(text)),
    }
}

const fn number_of(number: u16) -> Option<u16> {
    if number != 0 && number < atom::FIRST { Some(number) } else { None }
}

/// Returns TRUE: the table of atoms grows. (Microsoft: "InitAtomTable function")
#[export(kernel32)]
fn InitAtomTable(nSize: u32) -> bool {
    let _ = nSize;
    true
}

/// Adds a text to the process's atoms, or counts it up. (Microsoft: "AddAtomW function")
#[export(kernel32, charset)]
fn AddAtom<C: Charset>(lpString: usize) -> Result<u16, Win32Error> {
    match name::<C>(lpString)? {
        Name::Number(number) => Ok(number),
        Name::Text(text) => Ok(atom::add(&text)?),
    }
}

/// Finds the atom of a text. (Microsoft: "FindAtomW function")
#[export(kernel32, charset)]
fn FindAtom<C: Charset>(lpString: usize) -> Result<u16, Win32Error> {
    match name::<C>(lpString)? {
        Name::Number(number) => Ok(number),
        Name::Text(text) => atom::find(&text).ok_or(Win32Error::FILE_NOT_FOUND),
    }
}

/// Counts an atom down; returns 0, or the atom that there is not. (Microsoft: "DeleteAtom
/// function")
#[export(kernel32)]
fn DeleteAtom(nAtom: u16) -> u16 {
    if nAtom < atom::FIRST || atom::delete(nAtom) {
        return 0;
    }
    haft_host::gs::set_last_error(Win32Error::INVALID_HANDLE.0);
    nAtom
}

/// Tells the text of an atom. (Microsoft: "GetAtomNameW function")
#[export(kernel32, charset)]
fn GetAtomName<C: Charset>(nAtom: u16, lpBuffer: TBuf<C>, nSize: i32) -> Result<u32, Win32Error> {
    let size = u32::try_from(nSize).ok().filter(|&size| size > 0).ok_or(Win32Error::MORE_DATA)?;
    let text = match number_of(nAtom) {
        Some(number) => wide::from_str(&format!("#{number}")),
        None => atom::text(nAtom).ok_or(Win32Error::INVALID_HANDLE)?,
    };
    if lpBuffer.fill_truncated(size, &text)? {
        Ok(C::encode(&text).len() as u32)
    } else {
        Err(Win32Error::MORE_DATA)
    }
}
