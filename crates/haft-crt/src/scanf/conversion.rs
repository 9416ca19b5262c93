//! What each scan conversion takes from the input and stores.

use super::input::{FieldInput, Input};
use super::spec::{Conversion, Size, Spec};
use super::{Options, ScanError, Source, Targets};
use crate::float::parse::{Rules, find};
use crate::{Dialect, Unit};

/// Whether and why scanning ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    No,
    InputEnded,
    Mismatch,
    TooSmall,
}

/// The targets, with how many were filled.
pub(super) struct Fields<'a, T: ?Sized> {
    targets: &'a mut T,
    options: &'a Options,
    next: usize,
    stored: i32,
    converted: bool,
}

/// The memory of a text conversion.
struct TextTarget {
    address: u64,
    wide: bool,
    /// Units that fit, terminator included.
    room: usize,
    len: usize,
}

impl<'a, T: Targets + ?Sized> Fields<'a, T> {
    pub(super) fn new(targets: &'a mut T, options: &'a Options) -> Self {
        Self { targets, options, next: 0, stored: 0, converted: false }
    }

    pub(super) fn stored(&self) -> i32 {
        self.stored
    }

    /// Whether any field was converted, stored or suppressed.
    pub(super) fn any_converted(&self) -> bool {
        self.converted
    }

    fn slot(&mut self) -> u64 {
        self.next += 1;
        self.targets.slot(self.next - 1)
    }

    /// Carries out one specification.
    pub(super) fn convert<U: Unit, S: Source<U> + ?Sized>(
        &mut self,
        input: &mut Input<'_, U, S>,
        spec: &Spec<'_, U>,
    ) -> Result<Stop, ScanError> {
        if spec.conversion == Conversion::Count {
            if !spec.suppressed {
                let address = self.slot();
                self.targets.store(address, input.read, integer_size(spec.size))?;
            }
            return Ok(Stop::No);
        }
        if !matches!(spec.conversion, Conversion::Chars { .. } | Conversion::Set { .. }) {
            input.skip_spaces();
        }
        if input.peek().is_none() {
            return Ok(Stop::InputEnded);
        }
        let mut field = FieldInput { input, left: spec.width.unwrap_or(usize::MAX) };
        let stop = match spec.conversion {
            Conversion::Integer { base } => {
                let Some(value) = integer(&mut field, base, self.options.dialect) else {
                    return Ok(Stop::Mismatch);
                };
                self.store_number(spec, value, integer_size(spec.size))?
            }
            Conversion::Float => {
                let text = float_text(&mut field, self.options);
                let rules = Rules::of(self.options.dialect, self.options.point);
                let Some(found) = find(&text, rules).filter(|f| f.used == text.len()) else {
                    return Ok(Stop::Mismatch);
                };
                if matches!(spec.size, Size::Long | Size::Quad) {
                    self.store_number(spec, found.to_f64().value.to_bits(), 8)?
                } else {
                    self.store_number(spec, found.to_f32().value.to_bits().into(), 4)?
                }
            }
            Conversion::Word { wide } => self.text(field, spec, wide, true, |u| !u.is_space())?,
            Conversion::Set { set, wide } => {
                self.text(field, spec, wide, true, |u| set.contains(u))?
            }
            Conversion::Chars { wide } => {
                let wanted = spec.width.unwrap_or(1);
                field.left = wanted;
                self.text(field, spec, wide, false, |_| true)?
            }
            Conversion::Count => Stop::No,
        };
        if stop == Stop::No {
            self.converted = true;
            self.stored += i32::from(!spec.suppressed);
        }
        Ok(stop)
    }

    fn store_number<U>(
        &mut self,
        spec: &Spec<'_, U>,
        value: u64,
        size: usize,
    ) -> Result<Stop, ScanError> {
        if !spec.suppressed {
            let address = self.slot();
            self.targets.store(address, value, size)?;
        }
        Ok(Stop::No)
    }

    fn text<U: Unit, S: Source<U> + ?Sized>(
        &mut self,
        mut field: FieldInput<'_, '_, U, S>,
        spec: &Spec<'_, U>,
        wide: bool,
        terminated: bool,
        wanted: impl Fn(U) -> bool,
    ) -> Result<Stop, ScanError> {
        let mut target = None;
        if !spec.suppressed {
            let address = self.slot();
            let room = if self.options.secure {
                // The size is an `unsigned int` in characters.
                self.slot() as u32 as usize
            } else {
                usize::MAX
            };
            target = Some(TextTarget { address, wide, room, len: 0 });
        }
        let mut taken = 0;
        let mut pending = Vec::new();
        while let Some(unit) = field.take(&wanted) {
            taken += 1;
            if let Some(target) = &mut target
                && !self.store_unit(target, unit, &mut pending, terminated)?
            {
                if target.room > 0 {
                    self.targets.store(target.address, 0, if target.wide { 2 } else { 1 })?;
                }
                return Ok(Stop::TooSmall);
            }
        }
        if taken == 0 || (!terminated && field.left > 0) {
            // `%5c` with fewer than five left is no field.
            return Ok(if field.peek().is_none() { Stop::InputEnded } else { Stop::Mismatch });
        }
        if let (Some(target), true) = (&target, terminated) {
            let size = if target.wide { 2 } else { 1 };
            let address = target.address.wrapping_add((target.len * size) as u64);
            self.targets.store(address, 0, size)?;
        }
        Ok(Stop::No)
    }

    /// Stores one unit of text, converted to the target's kind; false if it does not fit.
    fn store_unit<U: Unit>(
        &mut self,
        target: &mut TextTarget,
        unit: U,
        pending: &mut Vec<u32>,
        terminated: bool,
    ) -> Result<bool, ScanError> {
        let charset = self.options.charset;
        let mut out = [0u16; 4];
        let mut len = 1;
        if target.wide == U::WIDE {
            out[0] = unit.into() as u16;
        } else {
            // A character may take several units; they wait here until it is whole.
            pending.push(unit.into());
            if target.wide {
                let bytes: Vec<u8> = pending.iter().map(|&b| b as u8).collect();
                match charset.decode(&bytes) {
                    Ok(wide) => len = u16::copy_from(&mut out, wide.as_units()),
                    Err(_) if bytes.len() < charset.max_bytes() => return Ok(true),
                    Err(_) => out[0] = u16::from(b'?'),
                }
            } else {
                let units: Vec<u16> = pending.iter().map(|&u| u as u16).collect();
                let high = char::from_u32(units[0].into()).is_none() && units.len() == 1;
                match charset.encode(&units) {
                    Ok((narrow, _)) => len = u16::copy_from(&mut out, narrow.as_bytes()),
                    Err(_) if high && charset.max_bytes() > 1 => return Ok(true),
                    Err(_) => out[0] = u16::from(b'?'),
                }
            }
            pending.clear();
        }
        let size = if target.wide { 2 } else { 1 };
        for &value in &out[..len] {
            if target.len + usize::from(terminated) >= target.room {
                return Ok(false);
            }
            let address = target.address.wrapping_add((target.len * size) as u64);
            self.targets.store(address, value.into(), size)?;
            target.len += 1;
        }
        Ok(true)
    }
}

fn integer_size(size: Size) -> usize {
    match size {
        Size::Char => 1,
        Size::Short => 2,
        Size::Quad => 8,
        Size::Default | Size::Long | Size::Wide => 4,
    }
}

/// Takes an integer; `None` if there are no digits.
fn integer<U: Unit, S: Source<U> + ?Sized>(
    field: &mut FieldInput<'_, '_, U, S>,
    mut base: u32,
    dialect: Dialect,
) -> Option<u64> {
    let negative = field.take_ascii(b'-');
    if !negative {
        field.take_ascii(b'+');
    }
    let mut digits = false;
    if (base == 0 || base == 16) && field.take_ascii(b'0') {
        digits = true;
        if field.take_ascii(b'x') {
            base = 16;
        } else if base == 0 {
            base = 8;
        }
    }
    let base = if base == 0 { 10 } else { base };
    let (mut value, mut overflow) = (0u64, false);
    while let Some(digit) = field.take(|u| u.digit(base).is_some()).and_then(|u| u.digit(base)) {
        digits = true;
        let next = value.checked_mul(base.into()).and_then(|v| v.checked_add(digit.into()));
        overflow |= next.is_none();
        value = value.wrapping_mul(base.into()).wrapping_add(digit.into());
    }
    if overflow && dialect == Dialect::Ucrt {
        return Some(u64::MAX);
    }
    digits.then_some(if negative { value.wrapping_neg() } else { value })
}

/// Takes what can be the text of a floating-point number.
fn float_text<U: Unit, S: Source<U> + ?Sized>(
    field: &mut FieldInput<'_, '_, U, S>,
    options: &Options,
) -> Vec<u8> {
    let mut text = Vec::new();
    let ascii = |u: U| u.ascii().unwrap_or(0);
    if let Some(sign) = field.take(|u| u.is(b'-') || u.is(b'+')) {
        text.push(ascii(sign));
    }
    let ucrt = options.dialect == Dialect::Ucrt;
    if ucrt {
        let word = field.peek().map(|u| u.ascii_lower());
        if word.is_some_and(|u| u.is(b'i') || u.is(b'n')) {
            float_word(field, &mut text);
            return text;
        }
    }
    let mut radix = 10;
    let zero = field.take(|u| u.is(b'0'));
    text.extend(zero.map(ascii));
    if zero.is_some() && ucrt && field.take_ascii(b'x') {
        text.push(b'x');
        radix = 16;
    }
    let mut pointed = false;
    while let Some(unit) =
        field.take(|u| u.digit(radix).is_some() || (!pointed && u.is(options.point)))
    {
        pointed |= unit.is(options.point);
        text.push(ascii(unit));
    }
    let letter = |u: U| {
        let u = u.ascii_lower();
        if radix == 16 { u.is(b'p') } else { u.is(b'e') || (!ucrt && u.is(b'd')) }
    };
    if !text.iter().any(u8::is_ascii_digit) {
        return text;
    }
    if let Some(unit) = field.take(letter) {
        text.push(ascii(unit));
        if let Some(sign) = field.take(|u| u.is(b'-') || u.is(b'+')) {
            text.push(ascii(sign));
        }
        while let Some(digit) = field.take(|u| u.digit(10).is_some()) {
            text.push(ascii(digit));
        }
    }
    text
}

/// Takes `inf`, `infinity`, `nan` or `nan(...)` as far as the input goes along.
fn float_word<U: Unit, S: Source<U> + ?Sized>(
    field: &mut FieldInput<'_, '_, U, S>,
    text: &mut Vec<u8>,
) {
    let first = text.len();
    let follow = |field: &mut FieldInput<'_, '_, U, S>, text: &mut Vec<u8>, word: &[u8]| {
        word.iter().all(|&letter| {
            let here = field.take_ascii(letter);
            if here {
                text.push(letter);
            }
            here
        })
    };
    if field.take_ascii(b'i') {
        text.push(b'i');
        if follow(field, text, b"nf") {
            follow(field, text, b"inity");
        }
    } else if follow(field, text, b"nan") && field.take_ascii(b'(') {
        text.push(b'(');
        let word = |u: U| u.ascii().is_some_and(|a| a.is_ascii_alphanumeric() || a == b'_');
        while let Some(unit) = field.take(word) {
            text.push(unit.ascii().unwrap_or(0));
        }
        if field.take_ascii(b')') {
            text.push(b')');
        }
    }
    debug_assert!(text.len() > first, "called at the first letter");
}
