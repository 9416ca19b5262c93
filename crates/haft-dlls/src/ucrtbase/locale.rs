//! What the C++ library asks the runtime about its locale.

use crate::abi::Ptr;
use haft_kernel::crt::{Error, locale, lock};
use haft_macros::export;

/// The runtime's lock of its locales, by its number.
const LOCALES: i32 = 12;

/// Keeps the locale as it is. (Microsoft: "Internal CRT globals and functions")
#[export(ucrtbase)]
fn _lock_locales() {
    lock::numbered(LOCALES).enter();
}

/// Lets the locale be changed. (Microsoft: "Internal CRT globals and functions")
#[export(ucrtbase)]
fn _unlock_locales() {
    lock::numbered(LOCALES).leave();
}

/// Gives the code page that text is compared in, 0 in the C locale. (Microsoft:
/// "___lc_collate_cp_func")
#[export(ucrtbase)]
fn ___lc_collate_cp_func() -> u32 {
    locale::collation_code_page()
}

/// Gives the names of the locales of the six categories; null for the C locale. (Microsoft:
/// "___lc_locale_name_func")
#[export(ucrtbase)]
fn ___lc_locale_name_func() -> Result<Ptr<usize>, Error> {
    locale::names().map(Ptr::new)
}
