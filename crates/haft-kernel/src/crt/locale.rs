//! The locale of the process, and of `_locale_t` objects.

use super::error::Error;
use super::heap;
use super::variable::Variable;
use core::sync::atomic::{AtomicBool, Ordering};
use haft_crt::charset::Charset;
use haft_crt::ctype::Casing;
use haft_crt::locale::{CONVENTIONS, Category, Locale, LocaleName};
use haft_host::guest;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

static LOCALE: LazyLock<Mutex<Locale>> = LazyLock::new(Mutex::default);
static UTF8: AtomicBool = AtomicBool::new(false);

/// `__mb_cur_max`.
pub static MAX_BYTES: Variable = Variable::new([1]);
/// `__lc_codepage`.
pub static CODE_PAGE: Variable = Variable::new([0]);

fn locale() -> MutexGuard<'static, Locale> {
    LOCALE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The locale that `""` names: haft's code page is UTF-8.
fn default_name() -> LocaleName {
    LocaleName::parse(".utf8", &LocaleName::default()).unwrap_or_default()
}

/// The encoding of narrow text.
#[must_use]
pub fn charset() -> Charset {
    if UTF8.load(Ordering::Relaxed) { Charset::Utf8 } else { Charset::C }
}

/// Which letters have case.
#[must_use]
pub fn casing() -> Casing {
    if UTF8.load(Ordering::Relaxed) { Casing::Unicode } else { Casing::Ascii }
}

/// `___lc_codepage_func`: 0 in the C locale.
#[must_use]
pub fn code_page() -> u32 {
    match charset() {
        Charset::C => 0,
        Charset::Utf8 => 65001,
    }
}

/// `___lc_collate_cp_func`: 0 in the C locale.
#[must_use]
pub fn collation_code_page() -> u32 {
    if locale().category(Category::Collate).is_utf8() { 65001 } else { 0 }
}

/// `___lc_locale_name_func`: the address of the names of the locales of `LC_ALL`, `LC_COLLATE`,
/// `LC_CTYPE`, `LC_MONETARY`, `LC_NUMERIC` and `LC_TIME`, each the address of a wide text, or null
/// for the C locale.
///
/// # Errors
/// `ENOMEM`.
pub fn names() -> Result<usize, Error> {
    static NAMES: OnceLock<usize> = OnceLock::new();
    const CATEGORIES: [Category; 5] =
        [Category::Collate, Category::Ctype, Category::Monetary, Category::Numeric, Category::Time];
    let mut names = [0; 6];
    let locale = locale();
    for (name, category) in names[1..].iter_mut().zip(CATEGORIES) {
        let known = locale.category(category);
        if known.is_utf8() {
            *name = permanent_wide(&known.as_str().encode_utf16().collect::<Vec<_>>())?;
        }
    }
    let at = match NAMES.get() {
        Some(at) => *at,
        None => {
            let at = heap::place(&names)?;
            *NAMES.get_or_init(|| at)
        }
    };
    guest::write(at, names)?;
    Ok(at)
}

/// `setlocale`: changes the locale, or with `None` only asks; the text of it. `None` if there is
/// no such locale or category.
pub fn set(category: i32, name: Option<&str>) -> Option<String> {
    let category = Category::from_number(category)?;
    let mut locale = locale();
    let Some(name) = name else { return Some(locale.query(category)) };
    let text = locale.set(category, name, &default_name())?;
    let utf8 = Charset::of(locale.category(Category::Ctype)) == Charset::Utf8;
    UTF8.store(utf8, Ordering::Relaxed);
    // The variables cannot be written only where the program unloaded their DLL.
    let _ = MAX_BYTES.set(charset().max_bytes() as i32);
    let _ = CODE_PAGE.set(code_page());
    Some(text)
}

/// The address of a text that stays: the same for the same text.
///
/// # Errors
/// `ENOMEM`.
pub fn permanent(text: &[u8]) -> Result<usize, Error> {
    static TEXTS: Mutex<BTreeMap<Vec<u8>, usize>> = Mutex::new(BTreeMap::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&at) = texts.get(text) {
        return Ok(at);
    }
    let at = heap::place(&[text, &[0, 0]].concat())?;
    texts.insert(text.to_vec(), at);
    Ok(at)
}

/// The address of a wide text that stays: the same for the same text.
///
/// # Errors
/// `ENOMEM`.
pub fn permanent_wide(text: &[u16]) -> Result<usize, Error> {
    permanent(&text.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>())
}

haft_host::plain! {
    /// `struct lconv`: ten narrow texts, eight numbers, and the UCRT's eight wide texts.
    struct Lconv {
        texts: [usize; 10],
        numbers: [i8; 8],
        wide_texts: [usize; 8],
    }
}

const _: () = assert!(size_of::<Lconv>() == 152);

/// The address of `localeconv`'s answer.
///
/// # Errors
/// `ENOMEM`.
pub fn conventions() -> Result<usize, Error> {
    static AT: OnceLock<Result<usize, Error>> = OnceLock::new();
    *AT.get_or_init(|| {
        let other = permanent(CONVENTIONS.other_texts.as_bytes())?;
        let point = permanent(CONVENTIONS.decimal_point.as_bytes())?;
        let mut texts = [other; 10];
        texts[0] = point;
        let mut wide_texts = [other; 8];
        wide_texts[0] = permanent_wide(&[b'.'.into()])?;
        heap::place(&[Lconv { texts, numbers: [CONVENTIONS.numbers; 8], wide_texts }])
    })
}

/// `_create_locale`: a locale object; `None` if there is no such locale or category.
///
/// # Errors
/// `ENOMEM`.
pub fn create(category: i32, name: &str) -> Result<Option<usize>, Error> {
    let mut locale = Locale::default();
    let set = Category::from_number(category).and_then(|c| locale.set(c, name, &default_name()));
    if set.is_none() {
        return Ok(None);
    }
    let utf8 = Charset::of(locale.category(Category::Ctype)) == Charset::Utf8;
    // `_locale_t` points at two pointers, which are opaque; the third word is ours.
    heap::place(&[0usize, 0, usize::from(utf8)]).map(Some)
}

/// `_get_current_locale`: a locale object of the locale as it is.
///
/// # Errors
/// `ENOMEM`.
pub fn current() -> Result<usize, Error> {
    heap::place(&[0usize, 0, usize::from(UTF8.load(Ordering::Relaxed))])
}

/// `_free_locale`.
pub fn free(object: usize) {
    heap::free(object);
}

/// The encoding of a locale object; of null, that of the process.
///
/// # Errors
/// A fault for a bad address.
pub fn charset_of(object: usize) -> Result<Charset, Error> {
    if object == 0 {
        return Ok(charset());
    }
    let utf8: usize = guest::read(object + 16)?;
    Ok(if utf8 == 1 { Charset::Utf8 } else { Charset::C })
}

/// Which letters have case in a locale object; for null, in that of the process.
///
/// # Errors
/// A fault for a bad address.
pub fn casing_of(object: usize) -> Result<Casing, Error> {
    Ok(match charset_of(object)? {
        Charset::C => Casing::Ascii,
        Charset::Utf8 => Casing::Unicode,
    })
}

/// `_configthreadlocale`: threads share the locale (`_DISABLE_PER_THREAD_LOCALE`, 2), which is all
/// that haft has; to ask for locales of their own fails with -1.
#[must_use]
pub fn configure_thread(wanted: i32) -> i32 {
    const SHARED: i32 = 2;
    if matches!(wanted, 0 | SHARED) { SHARED } else { -1 }
}
