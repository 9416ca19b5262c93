//! The call trace: one line a call on standard error.
//!
//! `[1234] kernel32.CloseHandle(hObject=0x24) = TRUE`. A line is written when its call returns,
//! with one write, so that lines of several processes never mix. A call that does not return
//! before the thread does something else that is traced (it calls back into the program, it ends
//! the thread) is written with ` ...` first, and its result on a line of its own.

use crate::export::Export;
use core::cell::RefCell;
use core::fmt::{self, Write as _};
use haft_abi::{Handle, wide};
use haft_host::rustix;
use std::sync::OnceLock;

/// How many characters of a string are shown.
pub const TEXT_SHOWN: usize = 80;

/// A value that can stand in a trace line.
pub trait TraceValue {
    /// Writes it; `name` is the parameter's name, empty for a result.
    fn show(&self, name: &str, out: &mut String);
}

/// Which DLLs' calls are traced.
#[derive(Debug, Default)]
pub struct Selection {
    all: bool,
    dlls: Vec<String>,
}

impl Selection {
    /// Reads `kernel32,ntdll` or `all`; DLLs with `.dll` or without, in any case.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let mut selection = Self::default();
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let word = word.to_ascii_lowercase();
            if word == "all" {
                selection.all = true;
            } else {
                selection.dlls.push(word.strip_suffix(".dll").unwrap_or(&word).to_owned());
            }
        }
        selection
    }

    /// Whether the calls of a DLL (`kernel32.dll`) are traced.
    #[must_use]
    pub fn includes(&self, dll: &str) -> bool {
        let stem = dll.strip_suffix(".dll").unwrap_or(dll);
        self.all || self.dlls.iter().any(|selected| selected.eq_ignore_ascii_case(stem))
    }
}

static SELECTION: OnceLock<Selection> = OnceLock::new();

/// Chooses what to trace, once, before the DLLs are laid out.
pub fn select(selection: Selection) {
    // The choice was made at start and holds for the process.
    let _ = SELECTION.set(selection);
}

/// Whether the calls of a DLL are traced: its image gets the traced entries.
#[must_use]
pub fn wanted(dll: &str) -> bool {
    SELECTION.get().is_some_and(|selection| selection.includes(dll))
}

struct Pending {
    id: u64,
    line: String,
}

thread_local! {
    /// The line of the call that this thread is in, until it is written.
    static PENDING: RefCell<Option<Pending>> = const { RefCell::new(None) };
    static NEXT_ID: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

/// A traced call that has begun.
#[must_use]
pub struct Call {
    export: &'static Export,
    id: u64,
}

/// Begins a traced call with its arguments, one for each parameter.
pub fn begin(export: &'static Export, arguments: &[&dyn TraceValue]) -> Call {
    flush();
    let mut line = head(export);
    line.push('(');
    for (n, ((name, _), argument)) in export.parameters().zip(arguments).enumerate() {
        if n > 0 {
            line.push_str(", ");
        }
        line.push_str(name);
        line.push('=');
        argument.show(name, &mut line);
    }
    line.push(')');
    let id = NEXT_ID.get();
    NEXT_ID.set(id + 1);
    PENDING.set(Some(Pending { id, line }));
    Call { export, id }
}

impl Call {
    /// Ends the call with its result.
    pub fn end(self, result: &dyn TraceValue) {
        let pending = PENDING.take();
        let mut line = match pending {
            Some(pending) if pending.id == self.id => pending.line,
            other => {
                PENDING.set(other);
                let mut line = head(self.export);
                line.push_str("(...)");
                line
            }
        };
        let before = line.len();
        line.push_str(" = ");
        let start = line.len();
        result.show("", &mut line);
        if line.len() == start {
            line.truncate(before);
        }
        line.push('\n');
        write_line(&line);
    }

    /// Writes the line of a call that does not return.
    pub fn never(self) {
        flush();
    }
}

/// Writes the line of the call that this thread is in, if it is not written yet: before the
/// thread or process ends, or when something is to be said in between.
pub fn flush() {
    if let Some(Pending { mut line, .. }) = PENDING.take() {
        line.push_str(" ...\n");
        write_line(&line);
    }
}

fn head(export: &Export) -> String {
    let mut line = String::with_capacity(128);
    let tid = haft_host::thread::current_tid().0;
    push(&mut line, format_args!("[{tid}] {}.{}", export.dll_stem(), export.name));
    line
}

/// Writes a line, which ends in a newline, to standard error with one write where Linux lets it.
pub(crate) fn write_line(line: &str) {
    #[cfg(test)]
    if let Some(captured) =
        CAPTURED.with_borrow_mut(|lines| lines.as_mut().map(|l| l.push_str(line)))
    {
        return captured;
    }
    let mut rest = line.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(std::io::stderr(), rest) {
            Ok(written) => rest = &rest[written..],
            Err(rustix::io::Errno::INTR) => {}
            // There is nobody to tell.
            Err(_) => return,
        }
    }
}

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

#[cfg(test)]
thread_local! {
    static CAPTURED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `body` and returns the lines that this thread would have written.
#[cfg(test)]
pub(crate) fn capture(body: impl FnOnce()) -> String {
    CAPTURED.set(Some(String::new()));
    body();
    CAPTURED.take().unwrap_or_default()
}
