//! The grammar of a conversion specification, and which argument each part of it takes.

use super::{Args, FormatError, Options};
use crate::{Dialect, Unit};

/// The size prefix, as the bytes of the integer or the width of the text it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// No prefix: `int`, and the function's own kind of text.
    Default,
    /// `hh`.
    Char,
    /// `h`: also narrow text.
    Short,
    /// `l`: 32 bits in Windows, and wide text.
    Long,
    /// `ll`, `I64`, `I`, `j`, `t`, `z`: 64 bits.
    Quad,
    /// `I32`.
    Int32,
    /// `w`: wide text.
    Wide,
}

/// A width or precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    None,
    Fixed(usize),
    /// `*`: the next argument.
    Next,
    /// `*n$`: the argument of this number, from 1.
    Numbered(usize),
}

/// The flags before the width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) left: bool,
    pub(super) plus: bool,
    pub(super) space: bool,
    pub(super) alternate: bool,
    pub(super) zero: bool,
}

/// A specification as written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    flags: Flags,
    width: Number,
    precision: Number,
    size: Size,
    conversion: u8,
    argument: Option<usize>,
}

/// What follows a percent sign.
pub(super) enum Parsed<U> {
    /// One unit to copy: a percent sign, or in the old runtime any unknown conversion.
    Literal {
        unit: U,
        used: usize,
    },
    /// The old runtime ignores a specification that the format's end cuts off.
    Nothing,
    Spec {
        spec: Spec,
        used: usize,
    },
}

struct Reader<'a, U> {
    text: &'a [U],
    at: usize,
}

impl<U: Unit> Reader<'_, U> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).and_then(|u| u.ascii())
    }

    fn eat(&mut self, ascii: u8) -> bool {
        let here = self.peek() == Some(ascii);
        self.at += usize::from(here);
        here
    }

    fn eat_all(&mut self, ascii: &[u8]) -> bool {
        let rest = &self.text[self.at..];
        let here = rest.len() >= ascii.len() && ascii.iter().zip(rest).all(|(&a, u)| u.is(a));
        self.at += if here { ascii.len() } else { 0 };
        here
    }

    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        let mut value = 0usize;
        while let Some(digit) = self.text.get(self.at).and_then(|u| u.digit(10)) {
            value = value.saturating_mul(10).saturating_add(digit as usize);
            self.at += 1;
        }
        (self.at > start).then_some(value)
    }

    /// `n$`, if that is what follows.
    fn argument_number(&mut self) -> Option<usize> {
        let start = self.at;
        if let Some(number) = self.number()
            && self.eat(b'$')
        {
            return Some(number);
        }
        self.at = start;
        None
    }

    fn star(&mut self, options: &Options) -> Option<Number> {
        if !self.eat(b'*') {
            return None;
        }
        let number = if options.positional { self.argument_number() } else { None };
        Some(number.map_or(Number::Next, Number::Numbered))
    }

    fn size(&mut self, dialect: Dialect) -> Size {
        let ucrt = dialect == Dialect::Ucrt;
        let mut size = Size::Default;
        loop {
            size = if self.eat_all(b"I64") || self.eat_all(b"ll") {
                Size::Quad
            } else if self.eat_all(b"I32") {
                Size::Int32
            } else if ucrt && self.eat_all(b"hh") {
                Size::Char
            } else if self.eat(b'h') {
                Size::Short
            } else if self.eat(b'l') {
                Size::Long
            } else if self.eat(b'w') {
                Size::Wide
            } else if self.eat(b'I')
                || (ucrt && (self.eat(b'z') || self.eat(b't') || self.eat(b'j')))
            {
                Size::Quad
            } else if self.eat(b'L') {
                // `long double` is `double`.
                size
            } else if !ucrt && (self.eat(b'F') || self.eat(b'N')) {
                // The far and near pointers of 16-bit programs.
                size
            } else {
                return size;
            };
        }
    }
}

/// Reads the specification behind a percent sign.
pub(super) fn parse<U: Unit>(text: &[U], options: &Options) -> Result<Parsed<U>, FormatError> {
    let mut reader = Reader { text, at: 0 };
    if reader.eat(b'%') {
        return Ok(Parsed::Literal { unit: U::from_ascii(b'%'), used: 1 });
    }
    let argument = if options.positional { reader.argument_number() } else { None };
    let mut flags = Flags::default();
    loop {
        match reader.peek() {
            Some(b'-') => flags.left = true,
            Some(b'+') => flags.plus = true,
            Some(b' ') => flags.space = true,
            Some(b'#') => flags.alternate = true,
            Some(b'0') => flags.zero = true,
            _ => break,
        }
        reader.at += 1;
    }
    let width = match reader.star(options) {
        Some(star) => star,
        None => reader.number().map_or(Number::None, Number::Fixed),
    };
    let mut precision = Number::None;
    if reader.eat(b'.') {
        precision = match reader.star(options) {
            Some(star) => star,
            None => Number::Fixed(reader.number().unwrap_or(0)),
        };
    }
    let size = reader.size(options.dialect);
    let Some(&unit) = text.get(reader.at) else {
        return match options.dialect {
            Dialect::Msvcrt => Ok(Parsed::Nothing),
            Dialect::Ucrt => Err(FormatError::Invalid),
        };
    };
    let used = reader.at + 1;
    match unit.ascii() {
        Some(conversion) if known(conversion, options.dialect) => {
            let spec = Spec { flags, width, precision, size, conversion, argument };
            Ok(Parsed::Spec { spec, used })
        }
        Some(b'%') => Ok(Parsed::Literal { unit, used }),
        _ => match options.dialect {
            Dialect::Msvcrt => Ok(Parsed::Literal { unit, used }),
            Dialect::Ucrt => Err(FormatError::Invalid),
        },
    }
}

fn known(conversion: u8, dialect: Dialect) -> bool {
    match conversion {
        b'd' | b'i' | b'o' | b'u' | b'x' | b'X' | b'p' | b'n' => true,
        b'a' | b'A' | b'e' | b'E' | b'f' | b'g' | b'G' => true,
        b'c' | b'C' | b's' | b'S' | b'Z' => true,
        b'F' => dialect == Dialect::Ucrt,
        _ => false,
    }
}

/// A specification with its arguments filled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) flags: Flags,
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
    pub(super) size: Size,
    pub(super) conversion: u8,
    /// The argument's slot.
    pub(super) value: u64,
}

/// Hands out argument slots in order, or by number.
pub(super) struct Slots<'a, A: ?Sized> {
    args: &'a mut A,
    next: usize,
    positional: bool,
    /// Once a specification is numbered, all must be; and the other way round.
    numbered: Option<bool>,
}

impl<'a, A: Args + ?Sized> Slots<'a, A> {
    pub(super) fn new(args: &'a mut A, positional: bool) -> Self {
        Self { args, next: 0, positional, numbered: None }
    }

    pub(super) fn args(&mut self) -> &mut A {
        self.args
    }

    fn slot(&mut self, number: Option<usize>) -> Result<u64, FormatError> {
        let numbered = number.is_some();
        if self.positional && *self.numbered.get_or_insert(numbered) != numbered {
            return Err(FormatError::Invalid);
        }
        let index = match number {
            None => {
                self.next += 1;
                self.next - 1
            }
            // `_ARGMAX` of the documentation.
            Some(number @ 1..=100) => number - 1,
            Some(_) => return Err(FormatError::Invalid),
        };
        Ok(self.args.slot(index))
    }

    fn number(&mut self, number: Number) -> Result<Option<i64>, FormatError> {
        Ok(match number {
            Number::None => None,
            Number::Fixed(value) => Some(value.min(i64::MAX as usize) as i64),
            Number::Next => Some(i64::from(self.slot(None)? as i32)),
            Number::Numbered(n) => Some(i64::from(self.slot(Some(n))? as i32)),
        })
    }

    pub(super) fn resolve(&mut self, spec: &Spec) -> Result<Field, FormatError> {
        let mut flags = spec.flags;
        let width = self.number(spec.width)?.unwrap_or(0);
        flags.left |= width < 0;
        let width = usize::try_from(width.unsigned_abs()).map_err(|_| FormatError::TooLong)?;
        // A negative precision counts as none.
        let precision = self.number(spec.precision)?.and_then(|p| usize::try_from(p).ok());
        let limit = i32::MAX as usize;
        if width > limit || precision.is_some_and(|p| p > limit) {
            return Err(FormatError::TooLong);
        }
        let value = self.slot(spec.argument)?;
        let (size, conversion) = (spec.size, spec.conversion);
        Ok(Field { flags, width, precision, size, conversion, value })
    }
}
