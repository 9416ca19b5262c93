//! How values look in a trace line.

use core::fmt::{self, Write as _};
use haft_abi::{Handle, wide};

/// How many characters of a string are shown.
pub(crate) const TEXT_SHOWN: usize = 80;

/// The name that the signature of an export gives to variable arguments.
pub(crate) const VARIABLE: &str = "...";

/// Appends formatted text.
pub(crate) fn push(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = out.write_fmt(text);
}

/// Appends an integer parameter: sets of bits in hexadecimal, as their names say, else decimal.
pub(crate) fn show_integer(value: i128, bits: u64, name: &str, out: &mut String) {
    const SETS: [&str; 10] = [
        "Flags",
        "Access",
        "Attributes",
        "Mask",
        "Options",
        "Protect",
        "Mode",
        "Disposition",
        "Type",
        "Key",
    ];
    if SETS.iter().any(|set| name.contains(set)) {
        push(out, format_args!("{bits:#x}"));
    } else {
        show_number(value, out);
    }
}

/// Appends a number: decimal, or hexadecimal where it is an address or a code rather than a count.
pub(crate) fn show_number(value: i128, out: &mut String) {
    if value == i128::from(u32::MAX) || value >= 1 << 40 {
        push(out, format_args!("{value:#x}"));
    } else {
        push(out, format_args!("{value}"));
    }
}

/// Appends an address.
pub(crate) fn show_address(address: usize, out: &mut String) {
    if address == 0 {
        out.push_str("NULL");
    } else {
        push(out, format_args!("{address:#x}"));
    }
}

/// Appends a handle.
pub(crate) fn show_handle(handle: Handle, out: &mut String) {
    match handle {
        Handle::NULL => out.push_str("NULL"),
        Handle::CURRENT_PROCESS => out.push_str("-1"),
        Handle::CURRENT_THREAD => out.push_str("-2"),
        other => push(out, format_args!("{other:?}")),
    }
}

/// Appends a string, quoted and shortened; `None` is one that cannot be read.
pub(crate) fn show_text(text: Option<&[u16]>, address: usize, out: &mut String) {
    match text {
        None => {
            show_address(address, out);
            out.push_str(" (not readable)");
        }
        Some(text) => {
            let shown = &text[..text.len().min(TEXT_SHOWN)];
            push(out, format_args!("{:?}", wide::to_string(shown)));
            if shown.len() < text.len() {
                out.push_str("...");
            }
        }
    }
}
