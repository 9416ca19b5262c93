//! The grammar of a scan specification.

use super::Options;
use super::set::ScanSet;
use crate::{Dialect, Unit};

/// The size prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Default,
    Char,
    Short,
    Long,
    Quad,
    /// `w`: wide text.
    Wide,
}

/// What a specification converts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversion<'a, U> {
    /// `d`, `u`: 10; `i`: 0; `o`: 8; `x`, `p`: 16.
    Integer {
        base: u32,
    },
    Float,
    /// `s`, `c`, `[`, with whether the target is wide.
    Word {
        wide: bool,
    },
    Chars {
        wide: bool,
    },
    Set {
        set: ScanSet<'a, U>,
        wide: bool,
    },
    Count,
}

/// One scan specification.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec<'a, U> {
    /// `*`: converted and not stored.
    pub(super) suppressed: bool,
    pub(super) width: Option<usize>,
    pub(super) size: Size,
    pub(super) conversion: Conversion<'a, U>,
}

/// Reads the specification behind a percent sign; also gives how many units it takes.
pub(super) fn parse<'a, U: Unit>(text: &'a [U], options: &Options) -> Option<(Spec<'a, U>, usize)> {
    let mut at = 0;
    let eat = |at: &mut usize, ascii: &[u8]| {
        let rest = &text[*at..];
        let here = rest.len() >= ascii.len() && ascii.iter().zip(rest).all(|(&a, u)| u.is(a));
        *at += if here { ascii.len() } else { 0 };
        here
    };
    let suppressed = eat(&mut at, b"*");
    let mut width: Option<usize> = None;
    while let Some(digit) = text.get(at).and_then(|u| u.digit(10)) {
        width = Some(width.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
        at += 1;
    }
    if width == Some(0) {
        return None;
    }
    let ucrt = options.dialect == Dialect::Ucrt;
    let mut size = Size::Default;
    loop {
        size = if eat(&mut at, b"ll") || eat(&mut at, b"I64") {
            Size::Quad
        } else if eat(&mut at, b"I32") {
            Size::Default
        } else if ucrt && eat(&mut at, b"hh") {
            Size::Char
        } else if eat(&mut at, b"h") {
            Size::Short
        } else if eat(&mut at, b"l") || eat(&mut at, b"L") {
            Size::Long
        } else if eat(&mut at, b"w") {
            Size::Wide
        } else if eat(&mut at, b"I")
            || (ucrt && (eat(&mut at, b"z") || eat(&mut at, b"t") || eat(&mut at, b"j")))
        {
            Size::Quad
        } else {
            break;
        };
    }
    let letter = text.get(at)?.ascii()?;
    at += 1;
    let wide = match (size, letter) {
        (Size::Short | Size::Char, _) => false,
        (Size::Long | Size::Wide, _) => true,
        (_, b'S' | b'C') => !U::WIDE || !options.legacy_wide_specifiers,
        _ => U::WIDE && options.legacy_wide_specifiers,
    };
    let conversion = match letter {
        b'd' | b'u' => Conversion::Integer { base: 10 },
        b'i' => Conversion::Integer { base: 0 },
        b'o' => Conversion::Integer { base: 8 },
        b'x' | b'X' => Conversion::Integer { base: 16 },
        b'p' => {
            size = Size::Quad;
            Conversion::Integer { base: 16 }
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => Conversion::Float,
        b'F' | b'a' | b'A' if ucrt => Conversion::Float,
        b's' | b'S' => Conversion::Word { wide },
        b'c' | b'C' => Conversion::Chars { wide },
        b'[' => {
            let (set, used) = ScanSet::parse(&text[at..])?;
            at += used;
            Conversion::Set { set, wide }
        }
        b'n' => Conversion::Count,
        _ => return None,
    };
    Some((Spec { suppressed, width, size, conversion }, at))
}
