//! The call trace: one line a call on standard error.
//!
//! `[1234] kernel32.CloseHandle(hObject=0x24) = TRUE`. A line is written when its call returns,
//! with one write, so that lines of several processes never mix. A call that does not return
//! before the thread waits or does something else that is traced (it calls back into the program,
//! it ends the thread or the process) is written with ` ...` first, and its result on a line of
//! its own.

mod call;
mod show;

pub(crate) use call::call;
pub use call::{Answer, Argument};
pub(crate) use show::*;

use crate::export::{Body, Export};
use core::cell::{Cell, RefCell};
use haft_host::rustix;
use std::sync::OnceLock;

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
    if selection.all || !selection.dlls.is_empty() {
        haft_kernel::log::keep_back(flush);
    }
    // The choice was made at start and holds for the process.
    let _ = SELECTION.set(selection);
}

/// Whether the calls of a DLL (`kernel32.dll`) are traced: its exports' traced entries go into
/// images.
#[must_use]
pub fn wanted(dll: &str) -> bool {
    SELECTION.get().is_some_and(|selection| selection.includes(dll))
}

/// Whether any calls are traced.
#[must_use]
pub fn is_on() -> bool {
    SELECTION.get().is_some_and(|selection| selection.all || !selection.dlls.is_empty())
}

struct Pending {
    id: u64,
    line: String,
}

thread_local! {
    /// The line of the call that this thread is in, until it is written.
    static PENDING: RefCell<Option<Pending>> = const { RefCell::new(None) };
    static NEXT_ID: Cell<u64> = const { Cell::new(0) };
}

/// Begins a traced call; `slot` gives the eight bytes of an argument by its index. Returns what
/// [`end`] wants.
fn begin(export: &Export, slot: impl Fn(usize, &Argument) -> u64) -> u64 {
    flush();
    let Body::Function { arguments, result, .. } = &export.body else { return 0 };
    let mut line = head(export);
    line.push('(');
    for (n, ((name, _), argument)) in export.parameters().zip(*arguments).enumerate() {
        if n > 0 {
            line.push_str(", ");
        }
        if name != VARIABLE {
            line.push_str(name);
            line.push('=');
        }
        argument.show(slot(n, argument), name, &mut line);
    }
    line.push(')');
    let id = NEXT_ID.get();
    NEXT_ID.set(id + 1);
    PENDING.set(Some(Pending { id, line }));
    if result.is_never() {
        flush();
    }
    id
}

/// Ends a traced call with the eight bytes of its result.
fn end(export: &Export, id: u64, slot: u64) {
    let Body::Function { result, .. } = &export.body else { return };
    let mut line = match PENDING.take() {
        Some(pending) if pending.id == id => pending.line,
        other => {
            PENDING.set(other);
            head(export) + "(...)"
        }
    };
    let before = line.len();
    line.push_str(" = ");
    let start = line.len();
    result.show(slot, &mut line);
    if line.len() == start {
        line.truncate(before);
    }
    line.push('\n');
    write_line(&line);
}

/// Writes the line of the call that this thread is in, if it is not written yet: before the
/// thread or process ends, or when something is to be said in between.
pub fn flush() {
    // A thread that is at its very end has no line any more.
    let pending = PENDING.try_with(|pending| pending.try_borrow_mut().ok()?.take()).ok().flatten();
    if let Some(Pending { mut line, .. }) = pending {
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
