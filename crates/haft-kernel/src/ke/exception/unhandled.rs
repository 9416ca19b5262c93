//! Exceptions that nobody handled, and the end of the program by them.

use super::slot::Slot;
use super::walk::with_caller;
use crate::ldr::{self, Place};
use crate::ps;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use haft_abi::exception::{
    EXCEPTION_CONTINUE_EXECUTION, EXCEPTION_CONTINUE_SEARCH, EXCEPTION_EXECUTE_HANDLER,
    EXCEPTION_NONCONTINUABLE, ExceptionPointers, ExceptionRecord,
};
use haft_abi::{Context, NtStatus};
use haft_host::{guest, jump, rustix};
use haft_image::symbols::Symbol;

static FILTER: AtomicUsize = AtomicUsize::new(0);
static ERROR_MODE: AtomicU32 = AtomicU32::new(0);

/// Sets the program's filter for exceptions that nobody handled and gives the one before
/// (Microsoft: "SetUnhandledExceptionFilter function"). 0 is none.
pub fn set_filter(filter: usize) -> usize {
    FILTER.swap(filter, Ordering::AcqRel)
}

/// The process's error mode (Microsoft: "GetErrorMode function").
#[must_use]
pub fn error_mode() -> u32 {
    ERROR_MODE.load(Ordering::Relaxed)
}

/// Sets the process's error mode and gives the one before (Microsoft: "SetErrorMode function").
pub fn set_error_mode(mode: u32) -> u32 {
    /// Once set, it stays (`SEM_NOALIGNMENTFAULTEXCEPT`).
    const STAYS: u32 = 4;
    let next = |old| Some(mode | old & STAYS);
    ERROR_MODE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default()
}

/// Asks the program's filter about an exception; when it does not decide, says what happened
/// (Microsoft: "UnhandledExceptionFilter function"). `pointers` is the address of the pair.
pub fn unhandled_exception_filter(pointers: usize) -> i32 {
    let filter = FILTER.load(Ordering::Acquire);
    if filter != 0 {
        let answer = jump::call(filter, [pointers, 0, 0, 0]) as u32 as i32;
        if answer != EXCEPTION_CONTINUE_SEARCH {
            return answer;
        }
    }
    let pair = guest::read::<ExceptionPointers>(pointers).unwrap_or_default();
    say_unhandled(pair.record as usize);
    EXCEPTION_EXECUTE_HANDLER
}

/// Whether the program's filter says that the thread is to go on. When it does not, the process
/// ends here.
pub(super) fn asks_to_continue(record: usize, registers: usize) -> bool {
    let pointers =
        Slot::new(ExceptionPointers { record: record as u64, context: registers as u64 });
    let answer = unhandled_exception_filter(pointers.address());
    let known = guest::read::<ExceptionRecord>(record).unwrap_or_default();
    if answer != EXCEPTION_CONTINUE_EXECUTION {
        ps::terminate(known.code);
    }
    if known.flags & EXCEPTION_NONCONTINUABLE != 0 {
        // The filter is not asked about its own mistake.
        let code = NtStatus::NONCONTINUABLE_EXCEPTION.0;
        let mistake = Slot::new(ExceptionRecord { code, nested: record as u64, ..known });
        end(mistake.address());
    }
    true
}

/// Ends the process by an exception that there is nobody left to ask about.
pub(super) fn end(record: usize) -> ! {
    say_unhandled(record);
    let known = guest::read::<ExceptionRecord>(record);
    ps::terminate(known.map_or(NtStatus::UNHANDLED_EXCEPTION.0, |known| known.code))
}

/// Ends the process at once, asking nobody (Microsoft: "RaiseFailFastException function"). 0 for
/// what the program does not tell.
pub fn fail_fast(record: usize, registers: usize) -> ! {
    let known = guest::read::<ExceptionRecord>(record).unwrap_or_else(|_| {
        let given = guest::read::<Context>(registers).map(|registers| registers.rip);
        ExceptionRecord {
            code: NtStatus::FAIL_FAST_EXCEPTION.0,
            address: given.unwrap_or_else(|_| with_caller(|registers| registers.rip)),
            ..ExceptionRecord::default()
        }
    });
    say(format_args!("gave up: {}", Exception(&known)));
    ps::terminate(known.code)
}

/// Ends the process as `int 29h` does (Microsoft: "__fastfail").
pub fn end_fast(code: u32, rip: usize) -> ! {
    end_in_signal_handler(NtStatus::STACK_BUFFER_OVERRUN, Some(code), rip)
}

/// Ends the process where an exception cannot even be raised. Allocates nothing and takes no lock
/// that the fault may have left taken.
pub(super) fn end_in_signal_handler(status: NtStatus, fast_fail: Option<u32>, rip: usize) -> ! {
    if let Some(code) = fast_fail {
        say(format_args!("ended itself at once (fast fail {code}) at {}", Place(rip)));
    } else {
        let known =
            ExceptionRecord { code: status.0, address: rip as u64, ..ExceptionRecord::default() };
        say(format_args!(
            "unhandled exception {}, with no room left on the stack to handle it",
            Exception(&known)
        ));
    }
    ps::terminate(status.0)
}

fn say_unhandled(record: usize) {
    let known = guest::read::<ExceptionRecord>(record).unwrap_or_default();
    let function = Place(known.address as usize).function();
    say(format_args!("unhandled exception {}{}", Exception(&known), InFunction(function)));
}

/// `0xC0000005 (access violation: reading 0x10) at prog.exe+0x1234`.
struct Exception<'a>(&'a ExceptionRecord);

impl fmt::Display for Exception<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.0;
        write!(f, "{:X}", Code(record.code))?;
        let [access, address, ..] = record.information;
        match NtStatus(record.code) {
            NtStatus::ACCESS_VIOLATION | NtStatus::IN_PAGE_ERROR if record.parameters >= 2 => {
                let kind = match access {
                    0 => "reading",
                    1 => "writing",
                    _ => "executing",
                };
                let name = match NtStatus(record.code) {
                    NtStatus::ACCESS_VIOLATION => "access violation",
                    _ => "in-page error",
                };
                write!(f, " ({name}: {kind} {address:#x})")?;
            }
            NtStatus::ACCESS_VIOLATION => f.write_str(" (access violation)")?,
            status => {
                if let Some(text) = status.text() {
                    write!(f, " ({text})")?;
                } else if let Some(text) = foreign(record.code) {
                    write!(f, " ({text})")?;
                }
            }
        }
        write!(f, " at {}", Place(record.address as usize))
    }
}

/// What codes of well-known compilers mean.
fn foreign(code: u32) -> Option<&'static str> {
    match code {
        0xE06D_7363 => Some("a C++ exception"),
        0x2047_4343 => Some("a C++ exception or a panic"),
        _ => None,
    }
}

/// A code with upper-case digits behind a lower-case `0x`.
struct Code(u32);

impl fmt::UpperHex for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

/// ` (main+0x24)`, where that is known.
struct InFunction(Option<Symbol>);

impl fmt::Display for InFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Symbol { name, offset }) => write!(f, " ({name}+{offset:#x})"),
            None => Ok(()),
        }
    }
}

/// Says a line about the program, with one write and no allocation.
fn say(what: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; 512], used: 0 };
    let _ = writeln!(line, "haft: {}: {what}", ldr::main_module().name);
    line.bytes[511] = b'\n';
    let mut left = &line.bytes[..line.used];
    while let Ok(written @ 1..) = rustix::io::write(rustix::stdio::stderr(), left) {
        left = &left[written..];
    }
}

struct Line {
    bytes: [u8; 512],
    used: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let free = &mut self.bytes[self.used..];
        let taken = text.len().min(free.len());
        free[..taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.used += taken;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_told_in_words() {
        let mut record = ExceptionRecord {
            code: 0xC000_0005,
            address: 0x10,
            parameters: 2,
            ..ExceptionRecord::default()
        };
        record.information[..2].copy_from_slice(&[1, 0x20]);
        assert_eq!(
            Exception(&record).to_string(),
            "0xC0000005 (access violation: writing 0x20) at 0x10"
        );
        record.code = 0xE06D_7363;
        assert_eq!(Exception(&record).to_string(), "0xE06D7363 (a C++ exception) at 0x10");
    }

    #[test]
    fn the_error_mode_keeps_its_sticky_bit() {
        assert_eq!(set_error_mode(5), 0);
        assert_eq!(set_error_mode(2), 5);
        assert_eq!(error_mode(), 6);
    }
}
