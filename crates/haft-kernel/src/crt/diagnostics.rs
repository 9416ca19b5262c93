//! What the C runtime says of errors: `perror`, `assert`.

use super::error::{self, Error};
use super::text::{self, GuestUnit};
use super::{heap, signal, stream};
use haft_crt::Errno;
use haft_crt::errno::{SYS_NERR, UNKNOWN};
use std::sync::OnceLock;

fn units<U: GuestUnit>(text: &str) -> Vec<U> {
    text.bytes().map(U::from_ascii).collect()
}

/// The text of `errno` behind one of the program's, if there is one: `_strerror`.
///
/// # Errors
/// A fault for a bad address.
pub fn message<U: GuestUnit>(text_at: usize) -> Result<Vec<U>, Error> {
    let mut message = if text_at == 0 { Vec::new() } else { text::read::<U>(text_at)? };
    if !message.is_empty() {
        message.extend(units::<U>(": "));
    }
    message.extend(units::<U>(error::errno().text()));
    message.push(U::from_ascii(b'\n'));
    Ok(message)
}

/// `perror`.
///
/// # Errors
/// Those of writing.
pub fn report<U: GuestUnit>(text_at: usize) -> Result<(), Error> {
    let message = message::<U>(text_at)?;
    let bytes: Vec<u8> = if U::WIDE {
        let wide: Vec<u16> = message.iter().map(|&unit| unit.into() as u16).collect();
        haft_abi::wide::to_bytes(&wide)
    } else {
        message.iter().map(|&unit| unit.into() as u8).collect()
    };
    stream::with(stream::standard(2), |stream| stream.put(&bytes))
}

/// `assert` that does not hold: says so on standard error and aborts.
pub fn failed_assertion<U: GuestUnit>(expression: usize, file: usize, line: u32) -> ! {
    let shown = |at: usize| {
        text::read_wide::<U>(at).map_or_else(|_| String::new(), |t| haft_abi::wide::to_string(&t))
    };
    let text =
        format!("Assertion failed: {}, file {}, line {line}\n", shown(expression), shown(file));
    // There is nobody left to tell of an error.
    let _ = stream::with(stream::standard(2), |stream| stream.put(text.as_bytes()));
    stream::finish();
    signal::abort()
}

/// Where `_sys_nerr` and `_sys_errlist` are.
#[derive(Clone, Copy, Debug)]
pub struct ErrorList {
    /// The address of the number of texts.
    pub count: usize,
    /// The address of the array of texts.
    pub texts: usize,
}

/// The texts of the errors.
///
/// # Errors
/// `ENOMEM`.
pub fn error_list() -> Result<ErrorList, Error> {
    static LIST: OnceLock<Result<ErrorList, Error>> = OnceLock::new();
    *LIST.get_or_init(|| {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        for text in (0..SYS_NERR).map(|number| Errno(number).text()).chain([UNKNOWN]) {
            starts.push(bytes.len());
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
        let at = heap::place(&bytes)?;
        let texts: Vec<usize> = starts.into_iter().map(|start| at + start).collect();
        Ok(ErrorList { count: heap::place(&[SYS_NERR])?, texts: heap::place(&texts)? })
    })
}
