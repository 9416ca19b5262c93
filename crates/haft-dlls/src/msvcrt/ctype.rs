//! Classes of characters.

use crate::abi::{Data, Ptr};
use haft_crt::{Dialect, ctype};
use haft_kernel::crt::locale;
use haft_macros::export;

/// The table of classes, from character 0 on. (Microsoft: "_pctype, _pwctype, _wctype, _mbctype,
/// _mbcasemap")
#[export(msvcrt)]
static _pctype: Data<usize> =
    Data::made(|| ctype::c_table(Dialect::Msvcrt).as_ptr().expose_provenance() + 2);

/// Tells whether a character is a letter. (Microsoft: "isalpha, iswalpha, _isalpha_l,
/// _iswalpha_l")
#[export(msvcrt, ucrtbase)]
fn isalpha(c: i32) -> i32 {
    ctype::is_class(c, ctype::ALPHA, Dialect::Msvcrt).into()
}

/// Tells whether a character is a letter in a locale. (Microsoft: "isalpha, iswalpha, _isalpha_l,
/// _iswalpha_l")
#[export(msvcrt, ucrtbase)]
fn _isalpha_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::ALPHA, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is a letter. (Microsoft: "isalpha, iswalpha, _isalpha_l,
/// _iswalpha_l")
#[export(msvcrt, ucrtbase)]
fn iswalpha(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::ALPHA).into()
}

/// Tells whether a wide character is a letter in a locale. (Microsoft: "isalpha, iswalpha,
/// _isalpha_l, _iswalpha_l")
#[export(msvcrt, ucrtbase)]
fn _iswalpha_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::ALPHA).into()
}

/// Tells whether a character is an upper-case letter. (Microsoft: "isupper, iswupper, _isupper_l,
/// _iswupper_l")
#[export(msvcrt, ucrtbase)]
fn isupper(c: i32) -> i32 {
    ctype::is_class(c, ctype::UPPER, Dialect::Msvcrt).into()
}

/// Tells whether a character is an upper-case letter in a locale. (Microsoft: "isupper, iswupper,
/// _isupper_l, _iswupper_l")
#[export(msvcrt, ucrtbase)]
fn _isupper_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::UPPER, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is an upper-case letter. (Microsoft: "isupper, iswupper,
/// _isupper_l, _iswupper_l")
#[export(msvcrt, ucrtbase)]
fn iswupper(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::UPPER).into()
}

/// Tells whether a wide character is an upper-case letter in a locale. (Microsoft: "isupper,
/// iswupper, _isupper_l, _iswupper_l")
#[export(msvcrt, ucrtbase)]
fn _iswupper_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::UPPER).into()
}

/// Tells whether a character is a lower-case letter. (Microsoft: "islower, iswlower, _islower_l,
/// _iswlower_l")
#[export(msvcrt, ucrtbase)]
fn islower(c: i32) -> i32 {
    ctype::is_class(c, ctype::LOWER, Dialect::Msvcrt).into()
}

/// Tells whether a character is a lower-case letter in a locale. (Microsoft: "islower, iswlower,
/// _islower_l, _iswlower_l")
#[export(msvcrt, ucrtbase)]
fn _islower_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::LOWER, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is a lower-case letter. (Microsoft: "islower, iswlower,
/// _islower_l, _iswlower_l")
#[export(msvcrt, ucrtbase)]
fn iswlower(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::LOWER).into()
}

/// Tells whether a wide character is a lower-case letter in a locale. (Microsoft: "islower,
/// iswlower, _islower_l, _iswlower_l")
#[export(msvcrt, ucrtbase)]
fn _iswlower_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::LOWER).into()
}

/// Tells whether a character is a digit. (Microsoft: "isdigit, iswdigit, _isdigit_l,
/// _iswdigit_l")
#[export(msvcrt, ucrtbase)]
fn isdigit(c: i32) -> i32 {
    ctype::is_class(c, ctype::DIGIT, Dialect::Msvcrt).into()
}

/// Tells whether a character is a digit in a locale. (Microsoft: "isdigit, iswdigit, _isdigit_l,
/// _iswdigit_l")
#[export(msvcrt, ucrtbase)]
fn _isdigit_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::DIGIT, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is a digit. (Microsoft: "isdigit, iswdigit, _isdigit_l,
/// _iswdigit_l")
#[export(msvcrt, ucrtbase)]
fn iswdigit(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::DIGIT).into()
}

/// Tells whether a wide character is a digit in a locale. (Microsoft: "isdigit, iswdigit,
/// _isdigit_l, _iswdigit_l")
#[export(msvcrt, ucrtbase)]
fn _iswdigit_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::DIGIT).into()
}

/// Tells whether a character is a hexadecimal digit. (Microsoft: "isxdigit, iswxdigit,
/// _isxdigit_l, _iswxdigit_l")
#[export(msvcrt, ucrtbase)]
fn isxdigit(c: i32) -> i32 {
    ctype::is_class(c, ctype::HEX, Dialect::Msvcrt).into()
}

/// Tells whether a character is a hexadecimal digit in a locale. (Microsoft: "isxdigit,
/// iswxdigit, _isxdigit_l, _iswxdigit_l")
#[export(msvcrt, ucrtbase)]
fn _isxdigit_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::HEX, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is a hexadecimal digit. (Microsoft: "isxdigit, iswxdigit,
/// _isxdigit_l, _iswxdigit_l")
#[export(msvcrt, ucrtbase)]
fn iswxdigit(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::HEX).into()
}

/// Tells whether a wide character is a hexadecimal digit in a locale. (Microsoft: "isxdigit,
/// iswxdigit, _isxdigit_l, _iswxdigit_l")
#[export(msvcrt, ucrtbase)]
fn _iswxdigit_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::HEX).into()
}

/// Tells whether a character is white space. (Microsoft: "isspace, iswspace, _isspace_l,
/// _iswspace_l")
#[export(msvcrt, ucrtbase)]
fn isspace(c: i32) -> i32 {
    ctype::is_class(c, ctype::SPACE, Dialect::Msvcrt).into()
}

/// Tells whether a character is white space in a locale. (Microsoft: "isspace, iswspace,
/// _isspace_l, _iswspace_l")
#[export(msvcrt, ucrtbase)]
fn _isspace_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::SPACE, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is white space. (Microsoft: "isspace, iswspace, _isspace_l,
/// _iswspace_l")
#[export(msvcrt, ucrtbase)]
fn iswspace(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::SPACE).into()
}

/// Tells whether a wide character is white space in a locale. (Microsoft: "isspace, iswspace,
/// _isspace_l, _iswspace_l")
#[export(msvcrt, ucrtbase)]
fn _iswspace_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::SPACE).into()
}

/// Tells whether a character is punctuation. (Microsoft: "ispunct, iswpunct, _ispunct_l,
/// _iswpunct_l")
#[export(msvcrt, ucrtbase)]
fn ispunct(c: i32) -> i32 {
    ctype::is_class(c, ctype::PUNCT, Dialect::Msvcrt).into()
}

/// Tells whether a character is punctuation in a locale. (Microsoft: "ispunct, iswpunct,
/// _ispunct_l, _iswpunct_l")
#[export(msvcrt, ucrtbase)]
fn _ispunct_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::PUNCT, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is punctuation. (Microsoft: "ispunct, iswpunct, _ispunct_l,
/// _iswpunct_l")
#[export(msvcrt, ucrtbase)]
fn iswpunct(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::PUNCT).into()
}

/// Tells whether a wide character is punctuation in a locale. (Microsoft: "ispunct, iswpunct,
/// _ispunct_l, _iswpunct_l")
#[export(msvcrt, ucrtbase)]
fn _iswpunct_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::PUNCT).into()
}

/// Tells whether a character is a letter or digit. (Microsoft: "isalnum, iswalnum, _isalnum_l,
/// _iswalnum_l")
#[export(msvcrt, ucrtbase)]
fn isalnum(c: i32) -> i32 {
    ctype::is_class(c, ctype::ALPHA | ctype::DIGIT, Dialect::Msvcrt).into()
}

/// Tells whether a character is a letter or digit in a locale. (Microsoft: "isalnum, iswalnum,
/// _isalnum_l, _iswalnum_l")
#[export(msvcrt, ucrtbase)]
fn _isalnum_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::ALPHA | ctype::DIGIT, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is a letter or digit. (Microsoft: "isalnum, iswalnum,
/// _isalnum_l, _iswalnum_l")
#[export(msvcrt, ucrtbase)]
fn iswalnum(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::ALPHA | ctype::DIGIT).into()
}

/// Tells whether a wide character is a letter or digit in a locale. (Microsoft: "isalnum,
/// iswalnum, _isalnum_l, _iswalnum_l")
#[export(msvcrt, ucrtbase)]
fn _iswalnum_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::ALPHA | ctype::DIGIT).into()
}

/// Tells whether a character is printable. (Microsoft: "isprint, iswprint, _isprint_l,
/// _iswprint_l")
#[export(msvcrt, ucrtbase)]
fn isprint(c: i32) -> i32 {
    ctype::is_print(c).into()
}

/// Tells whether a character is printable in a locale. (Microsoft: "isprint, iswprint,
/// _isprint_l, _iswprint_l")
#[export(msvcrt, ucrtbase)]
fn _isprint_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_print(c).into()
}

/// Tells whether a wide character is printable. (Microsoft: "isprint, iswprint, _isprint_l,
/// _iswprint_l")
#[export(msvcrt, ucrtbase)]
fn iswprint(c: u16) -> i32 {
    (c != 9 && ctype::is_wide_class(c, ctype::PRINT)).into()
}

/// Tells whether a wide character is printable in a locale. (Microsoft: "isprint, iswprint,
/// _isprint_l, _iswprint_l")
#[export(msvcrt, ucrtbase)]
fn _iswprint_l(c: u16, _locale: Ptr<u8>) -> i32 {
    (c != 9 && ctype::is_wide_class(c, ctype::PRINT)).into()
}

/// Tells whether a character is visible. (Microsoft: "isgraph, iswgraph, _isgraph_l,
/// _iswgraph_l")
#[export(msvcrt, ucrtbase)]
fn isgraph(c: i32) -> i32 {
    ctype::is_class(c, ctype::PUNCT | ctype::ALPHA | ctype::DIGIT, Dialect::Msvcrt).into()
}

/// Tells whether a character is visible in a locale. (Microsoft: "isgraph, iswgraph, _isgraph_l,
/// _iswgraph_l")
#[export(msvcrt, ucrtbase)]
fn _isgraph_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::PUNCT | ctype::ALPHA | ctype::DIGIT, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is visible. (Microsoft: "isgraph, iswgraph, _isgraph_l,
/// _iswgraph_l")
#[export(msvcrt, ucrtbase)]
fn iswgraph(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::PUNCT | ctype::ALPHA | ctype::DIGIT).into()
}

/// Tells whether a wide character is visible in a locale. (Microsoft: "isgraph, iswgraph,
/// _isgraph_l, _iswgraph_l")
#[export(msvcrt, ucrtbase)]
fn _iswgraph_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::PUNCT | ctype::ALPHA | ctype::DIGIT).into()
}

/// Tells whether a character is a control character. (Microsoft: "iscntrl, iswcntrl, _iscntrl_l,
/// _iswcntrl_l")
#[export(msvcrt, ucrtbase)]
fn iscntrl(c: i32) -> i32 {
    ctype::is_class(c, ctype::CONTROL, Dialect::Msvcrt).into()
}

/// Tells whether a character is a control character in a locale. (Microsoft: "iscntrl, iswcntrl,
/// _iscntrl_l, _iswcntrl_l")
#[export(msvcrt, ucrtbase)]
fn _iscntrl_l(c: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, ctype::CONTROL, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is a control character. (Microsoft: "iscntrl, iswcntrl,
/// _iscntrl_l, _iswcntrl_l")
#[export(msvcrt, ucrtbase)]
fn iswcntrl(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::CONTROL).into()
}

/// Tells whether a wide character is a control character in a locale. (Microsoft: "iscntrl,
/// iswcntrl, _iscntrl_l, _iswcntrl_l")
#[export(msvcrt, ucrtbase)]
fn _iswcntrl_l(c: u16, _locale: Ptr<u8>) -> i32 {
    ctype::is_wide_class(c, ctype::CONTROL).into()
}

/// Tells whether a character is a space or tab. (Microsoft: "isblank, iswblank, _isblank_l,
/// _iswblank_l")
#[export(ucrtbase, also = "_isblank_l")]
fn isblank(c: i32) -> i32 {
    matches!(c, 9 | 32).into()
}

/// Tells whether a wide character is a space or tab. (Microsoft: "isblank, iswblank, _isblank_l,
/// _iswblank_l")
#[export(ucrtbase, also = "_iswblank_l")]
fn iswblank(c: u16) -> i32 {
    ctype::is_wide_class(c, ctype::BLANK).into()
}

/// Tells whether a character is of a class. (Microsoft: "_isctype, iswctype, _isctype_l,
/// _iswctype_l")
#[export(msvcrt, ucrtbase)]
fn _isctype(c: i32, desc: i32) -> i32 {
    ctype::is_class(c, desc as u16, Dialect::Msvcrt).into()
}

/// Tells whether a character is of a class in a locale. (Microsoft: "_isctype, iswctype,
/// _isctype_l, _iswctype_l")
#[export(msvcrt, ucrtbase)]
fn _isctype_l(c: i32, desc: i32, _locale: Ptr<u8>) -> i32 {
    ctype::is_class(c, desc as u16, Dialect::Msvcrt).into()
}

/// Tells whether a wide character is of a class. (Microsoft: "_isctype, iswctype, _isctype_l,
/// _iswctype_l")
#[export(msvcrt, ucrtbase, also = "is_wctype")]
fn iswctype(c: u16, desc: u16) -> i32 {
    (ctype::wide_class(c) & desc).into()
}

/// Tells whether a wide character is of a class in a locale. (Microsoft: "_isctype, iswctype,
/// _isctype_l, _iswctype_l")
#[export(msvcrt, ucrtbase)]
fn _iswctype_l(c: u16, desc: u16, _locale: Ptr<u8>) -> i32 {
    (ctype::wide_class(c) & desc).into()
}

/// Tells whether a character is of ASCII. (Microsoft: "isascii, __isascii, iswascii")
#[export(msvcrt, ucrtbase, also = "isascii")]
fn __isascii(c: i32) -> i32 {
    (0..0x80).contains(&c).into()
}

/// Makes a character one of ASCII. (Microsoft: "__toascii")
#[export(msvcrt, ucrtbase, also = "toascii")]
fn __toascii(c: i32) -> i32 {
    c & 0x7F
}

/// Tells whether a character may be in a C name. (Microsoft: "iscsym, iscsymf, __iscsym,
/// __iscsymf, _iscsym_l, _iscsymf_l")
#[export(msvcrt, ucrtbase)]
fn __iscsym(c: i32) -> i32 {
    ((c == i32::from(b'_'))
        | (ctype::is_class(c, ctype::ALPHA | ctype::DIGIT, Dialect::Msvcrt) != 0))
        .into()
}

/// Tells whether a character may begin a C name. (Microsoft: "iscsym, iscsymf, __iscsym,
/// __iscsymf, _iscsym_l, _iscsymf_l")
#[export(msvcrt, ucrtbase)]
fn __iscsymf(c: i32) -> i32 {
    ((c == i32::from(b'_')) | (ctype::is_class(c, ctype::ALPHA, Dialect::Msvcrt) != 0)).into()
}

/// Makes a letter lower case. (Microsoft: "tolower, _tolower, towlower, _tolower_l, _towlower_l")
#[export(msvcrt, ucrtbase, also = "_tolower_l")]
fn tolower(c: i32) -> i32 {
    if (65..=90).contains(&c) { c + 32 } else { c }
}

/// Makes a letter upper case. (Microsoft: "toupper, _toupper, towupper, _toupper_l, _towupper_l")
#[export(msvcrt, ucrtbase, also = "_toupper_l")]
fn toupper(c: i32) -> i32 {
    if (97..=122).contains(&c) { c - 32 } else { c }
}

/// Makes an upper-case letter lower case. (Microsoft: "tolower, _tolower, towlower, _tolower_l,
/// _towlower_l")
#[export(msvcrt, ucrtbase)]
fn _tolower(c: i32) -> i32 {
    c + 32
}

/// Makes a lower-case letter upper case. (Microsoft: "toupper, _toupper, towupper, _toupper_l,
/// _towupper_l")
#[export(msvcrt, ucrtbase)]
fn _toupper(c: i32) -> i32 {
    c - 32
}

/// Makes a wide letter lower case. (Microsoft: "tolower, _tolower, towlower, _tolower_l,
/// _towlower_l")
#[export(msvcrt, ucrtbase)]
fn towlower(c: u16) -> u16 {
    ctype::to_wide_lower(c, locale::casing())
}

/// Makes a wide letter upper case. (Microsoft: "toupper, _toupper, towupper, _toupper_l,
/// _towupper_l")
#[export(msvcrt, ucrtbase)]
fn towupper(c: u16) -> u16 {
    ctype::to_wide_upper(c, locale::casing())
}

/// Makes a wide letter lower case in a locale. (Microsoft: "tolower, _tolower, towlower,
/// _tolower_l, _towlower_l")
#[export(msvcrt, ucrtbase)]
fn _towlower_l(c: u16, locale: Ptr<u8>) -> u16 {
    ctype::to_wide_lower(c, locale::casing_of(locale.addr()).unwrap_or(ctype::Casing::Ascii))
}

/// Makes a wide letter upper case in a locale. (Microsoft: "toupper, _toupper, towupper,
/// _toupper_l, _towupper_l")
#[export(msvcrt, ucrtbase)]
fn _towupper_l(c: u16, locale: Ptr<u8>) -> u16 {
    ctype::to_wide_upper(c, locale::casing_of(locale.addr()).unwrap_or(ctype::Casing::Ascii))
}

/// Changes the case of a wide letter. (Microsoft: "towctrans")
#[export(ucrtbase)]
fn towctrans(c: u16, category: u16) -> u16 {
    if category == 1 {
        ctype::to_wide_lower(c, locale::casing())
    } else {
        ctype::to_wide_upper(c, locale::casing())
    }
}

/// Gives the table of classes, from character 0 on. (Microsoft: "__pctype_func")
#[export(msvcrt, ucrtbase)]
fn __pctype_func() -> Ptr<u16> {
    Ptr::new(ctype::c_table(Dialect::Msvcrt).as_ptr().expose_provenance() + 2)
}
