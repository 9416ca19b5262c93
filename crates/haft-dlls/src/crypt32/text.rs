//! Bytes as text.

use crate::abi::{Charset, InOut, Out, Ptr, SetIfSome as _, TBuf, give};
use haft_abi::{Win32Error, wide};
use haft_kernel::ex::binary_text::{Form, LineEnd};
use haft_macros::export;

/// The forms that a number of a `CRYPT_STRING_...` stands for, in the order that they are tried,
/// each with its own number.
fn forms(number: u32) -> Result<&'static [(u32, Form)], Win32Error> {
    const HEADER: (u32, Form) = (0, Form::Certificate);
    const BASE64: (u32, Form) = (1, Form::Base64);
    const BYTES: (u32, Form) = (2, Form::Bytes);
    const HEX: (u32, Form) = (4, Form::Hex);
    Ok(match number {
        0 => &[HEADER],
        1 => &[BASE64],
        2 => &[BYTES],
        3 => &[(3, Form::Request)],
        4 => &[HEX],
        6 => &[HEADER, BASE64],
        7 => &[HEADER, BASE64, BYTES],
        9 => &[(9, Form::RevocationList)],
        0xC => &[(0xC, Form::Hex)],
        // Hexadecimal digits with addresses or characters beside them.
        _ => return Err(Win32Error::NOT_SUPPORTED),
    })
}

/// The flags above the number.
const NUMBER: u32 = 0x0FFF_FFFF;

/// Reads bytes that were written as text. (Microsoft: "CryptStringToBinaryW function")
#[export(crypt32, charset)]
fn CryptStringToBinary<C: Charset>(
    pszString: TBuf<C>,
    cchString: u32,
    dwFlags: u32,
    pbBinary: Ptr<u8>,
    pcbBinary: InOut<u32>,
    pdwSkip: Option<Out<u32>>,
    pdwFlags: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let text = match cchString {
        0 => C::read_z(pszString.addr(), usize::MAX)?,
        count => C::read_n(pszString.addr(), count as usize)?,
    };
    let text = wide::to_bytes(&text);
    let read = |(number, form): &(u32, Form)| form.read(&text).map(|found| (*number, found));
    let found = forms(dwFlags & NUMBER)?.iter().find_map(read);
    let (number, (bytes, skipped)) = found.ok_or(Win32Error::INVALID_DATA)?;
    give(&bytes, pbBinary, pcbBinary)?;
    pdwSkip.set(skipped as u32)?;
    Ok(pdwFlags.set(number)?)
}

/// Writes bytes as text. (Microsoft: "CryptBinaryToStringW function")
#[export(crypt32, charset)]
fn CryptBinaryToString<C: Charset>(
    pbBinary: Ptr<u8>,
    cbBinary: u32,
    dwFlags: u32,
    pszString: TBuf<C>,
    pcchString: InOut<u32>,
) -> Result<(), Win32Error> {
    const NO_LINES: u32 = 0x4000_0000;
    const NO_CR: u32 = 0x8000_0000;
    /// Digits in groups and lines.
    const HEX: u32 = 4;
    let number = dwFlags & NUMBER;
    let (1, [(_, form)]) = (u32::from(number != HEX), forms(number)?) else {
        return Err(Win32Error::NOT_SUPPORTED);
    };
    let end = match dwFlags & (NO_LINES | NO_CR) {
        0 => LineEnd::CrLf,
        NO_CR => LineEnd::Lf,
        _ => LineEnd::None,
    };
    let text = form.write(&pbBinary.read_slice(cbBinary as usize)?, end);
    let text = wide::from_bytes(&text);
    let length = C::encode(&text).len() as u32;
    let room = pcchString.get();
    if pszString.is_null() {
        return Ok(pcchString.set(length + 1)?);
    }
    if room <= length {
        pcchString.set(length + 1)?;
        return Err(Win32Error::MORE_DATA);
    }
    pszString.fill_truncated(room, &text)?;
    Ok(pcchString.set(length)?)
}
