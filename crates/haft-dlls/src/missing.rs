//! Functions of Windows that haft does not have.
//!
//! A program that imports one starts all the same. A call names the function once on standard
//! error and then fails as its documentation says, or ends the program where a caller could not
//! tell the failure. Which functions, and how they fail, is in `missing.tsv`; the build script
//! drops from it what has become an export.
#![allow(unsafe_code, reason = "the stubs are assembly")]

use crate::hooks;
use crate::table::{DLLS, Dll, MISSING_COUNT};
use core::arch::{global_asm, naked_asm};
use core::sync::atomic::{AtomicBool, Ordering};
use haft_host::gs;

/// A function of Windows that haft does not have.
pub struct Missing {
    /// Its name.
    pub name: &'static str,
    /// The ordinal, where programs import it by that.
    pub ordinal: Option<u16>,
    /// What a call does.
    pub failure: Failure,
}

/// How a missing function fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no way to fail that the caller would see: the program ends.
    Stop,
    /// It sets the last error and returns a value.
    LastError {
        /// The Win32 error code.
        code: u32,
        /// The value to return.
        value: i64,
    },
    /// It returns a value: an error code, NTSTATUS or HRESULT, or a documented "no".
    Value(i64),
}

/// The size of a stub.
const STUB: usize = 16;

global_asm!(
    ".pushsection haft_border,\"ax\",@progbits",
    ".p2align 4",
    ".globl haft_missing_stubs",
    "haft_missing_stubs:",
    ".set haft_missing_index, 0",
    ".rept {count}",
    "mov eax, offset haft_missing_index",
    "jmp {common}",
    ".p2align 4",
    ".set haft_missing_index, haft_missing_index + 1",
    ".endr",
    ".popsection",
    count = const MISSING_COUNT,
    common = sym common,
);

unsafe extern "C" {
    static haft_missing_stubs: u8;
}

/// The address of the stub for the missing function `index`: code for the Windows calling
/// convention, whatever the function's parameters are.
#[must_use]
pub fn entry(index: usize) -> usize {
    assert!(index < MISSING_COUNT, "there is no missing function {index}");
    &raw const haft_missing_stubs as usize + index * STUB
}

/// The DLL and the function for an index.
#[must_use]
pub fn describe(index: usize) -> Option<(&'static Dll, &'static Missing)> {
    DLLS.iter().find_map(|dll| {
        let missing = dll.missing.get(index.checked_sub(dll.first_missing)?)?;
        Some((dll, missing))
    })
}

/// Every stub comes here with its index in EAX and the caller's stack untouched.
#[unsafe(naked)]
#[unsafe(link_section = "haft_border")]
extern "win64" fn common() {
    naked_asm!("mov ecx, eax", "jmp {called}", called = sym called)
}

#[unsafe(link_section = "haft_border")]
extern "win64" fn called(index: u32) -> i64 {
    let value = fail(index);
    hooks::leave();
    value
}

#[inline(never)]
fn fail(index: u32) -> i64 {
    let Some((dll, missing)) = describe(index as usize) else { unreachable!("stub {index}") };
    static SAID: [AtomicBool; MISSING_COUNT] = [const { AtomicBool::new(false) }; MISSING_COUNT];
    if !SAID[index as usize].swap(true, Ordering::Relaxed) {
        crate::trace::flush();
        haft_kernel::log::say(&format!("{}.{} is not implemented", dll.stem(), missing.name));
    }
    match missing.failure {
        Failure::Stop => hooks::missing(dll.name, missing.name),
        Failure::LastError { code, value } => {
            gs::set_last_error(code);
            value
        }
        Failure::Value(value) => value,
    }
}
