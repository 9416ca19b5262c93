//! Locales.

use crate::abi::{AStr, Ptr, WStr};
use haft_abi::wide;
use haft_kernel::crt::{Error, locale};
use haft_macros::export;

/// Gives the code page of narrow text, 0 in the C locale. (Microsoft: "___lc_codepage_func")
#[export(msvcrt, ucrtbase)]
fn ___lc_codepage_func() -> u32 {
    locale::code_page()
}

/// Gives the most bytes of a character. (Microsoft: "___mb_cur_max_func,
/// ___mb_cur_max_l_func, __p___mb_cur_max, __mb_cur_max")
#[export(msvcrt, ucrtbase)]
fn ___mb_cur_max_func() -> i32 {
    locale::charset().max_bytes() as i32
}

/// Gives the conventions of the locale. (Microsoft: "localeconv")
#[export(msvcrt, ucrtbase)]
fn localeconv() -> Result<Ptr<u8>, Error> {
    locale::conventions().map(Ptr::new)
}

/// Sets the locale, or asks for it. (Microsoft: "setlocale, _wsetlocale")
#[export(msvcrt, ucrtbase)]
fn setlocale(category: i32, locale: Option<AStr>) -> Result<Ptr<u8>, Error> {
    let name = locale.map(|name| wide::to_string(&name));
    match locale::set(category, name.as_deref()) {
        Some(text) => locale::permanent(text.as_bytes()).map(Ptr::new),
        None => Ok(Ptr::NULL),
    }
}

/// Sets the locale, or asks for it. (Microsoft: "setlocale, _wsetlocale")
#[export(msvcrt, ucrtbase)]
fn _wsetlocale(category: i32, locale: Option<WStr>) -> Result<Ptr<u16>, Error> {
    let name = locale.map(|name| wide::to_string(&name));
    match locale::set(category, name.as_deref()) {
        Some(text) => locale::permanent_wide(&wide::from_str(&text)).map(Ptr::new),
        None => Ok(Ptr::NULL),
    }
}

/// Makes a locale object. (Microsoft: "_create_locale, _wcreate_locale")
#[export(msvcrt, ucrtbase)]
fn _create_locale(category: i32, locale: AStr) -> Result<Ptr<u8>, Error> {
    locale::create(category, &wide::to_string(&locale)).map(|at| Ptr::new(at.unwrap_or(0)))
}

/// Makes a locale object. (Microsoft: "_create_locale, _wcreate_locale")
#[export(msvcrt, ucrtbase)]
fn _wcreate_locale(category: i32, locale: WStr) -> Result<Ptr<u8>, Error> {
    locale::create(category, &wide::to_string(&locale)).map(|at| Ptr::new(at.unwrap_or(0)))
}

/// Makes a locale object of the locale as it is. (Microsoft: "_get_current_locale")
#[export(msvcrt, ucrtbase)]
fn _get_current_locale() -> Result<Ptr<u8>, Error> {
    locale::current().map(Ptr::new)
}

/// Frees a locale object. (Microsoft: "_free_locale")
#[export(msvcrt, ucrtbase)]
fn _free_locale(locale: Ptr<u8>) {
    locale::free(locale.addr())
}

/// Gives the most bytes of a character of a locale. (Microsoft: "___mb_cur_max_func,
/// ___mb_cur_max_l_func, __p___mb_cur_max, __mb_cur_max")
#[export(ucrtbase)]
fn ___mb_cur_max_l_func(locale: Ptr<u8>) -> Result<i32, Error> {
    Ok(locale::charset_of(locale.addr())?.max_bytes() as i32)
}
