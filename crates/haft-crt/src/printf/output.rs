//! The sink with a count, and the padding that all conversions share.

use super::spec::Field;
use super::{FormatError, Sink};
use crate::Unit;
use core::marker::PhantomData;

pub(super) struct Output<'a, U, S: ?Sized> {
    sink: &'a mut S,
    count: usize,
    unit: PhantomData<U>,
}

/// A number in its parts, in the order in which they are written.
pub(super) struct NumberParts<'a> {
    /// Sign and radix prefix; zero padding goes behind it.
    pub(super) prefix: &'a [u8],
    pub(super) zeros: usize,
    pub(super) digits: &'a [u8],
    pub(super) more_zeros: usize,
    pub(super) suffix: &'a [u8],
}

impl<'a, U: Unit, S: Sink<U> + ?Sized> Output<'a, U, S> {
    pub(super) fn new(sink: &'a mut S) -> Self {
        Self { sink, count: 0, unit: PhantomData }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn put(&mut self, units: &[U]) -> Result<(), FormatError> {
        self.count += units.len();
        if self.count > i32::MAX as usize {
            return Err(FormatError::TooLong);
        }
        Ok(self.sink.write(units)?)
    }

    pub(super) fn ascii(&mut self, text: &[u8]) -> Result<(), FormatError> {
        let mut units = [U::default(); 64];
        for chunk in text.chunks(units.len()) {
            for (unit, &byte) in units.iter_mut().zip(chunk) {
                *unit = U::from_ascii(byte);
            }
            self.put(&units[..chunk.len()])?;
        }
        Ok(())
    }

    pub(super) fn fill(&mut self, ascii: u8, mut count: usize) -> Result<(), FormatError> {
        let units = [U::from_ascii(ascii); 64];
        while count > 0 {
            let now = count.min(units.len());
            self.put(&units[..now])?;
            count -= now;
        }
        Ok(())
    }

    /// Writes a number in its field; `zero` pads with zeros behind the prefix.
    pub(super) fn number(
        &mut self,
        field: &Field,
        zero: bool,
        parts: &NumberParts<'_>,
    ) -> Result<(), FormatError> {
        let length = parts.prefix.len()
            + parts.zeros
            + parts.digits.len()
            + parts.more_zeros
            + parts.suffix.len();
        let padding = field.width.saturating_sub(length);
        let zero = zero && !field.flags.left;
        if !zero && !field.flags.left {
            self.fill(b' ', padding)?;
        }
        self.ascii(parts.prefix)?;
        self.fill(b'0', parts.zeros + if zero { padding } else { 0 })?;
        self.ascii(parts.digits)?;
        self.fill(b'0', parts.more_zeros)?;
        self.ascii(parts.suffix)?;
        if field.flags.left { self.fill(b' ', padding) } else { Ok(()) }
    }

    /// Writes text in its field; Microsoft's `0` flag pads text with zeros too.
    pub(super) fn text(&mut self, field: &Field, units: &[U]) -> Result<(), FormatError> {
        let padding = field.width.saturating_sub(units.len());
        if field.flags.left {
            self.put(units)?;
            return self.fill(b' ', padding);
        }
        self.fill(if field.flags.zero { b'0' } else { b' ' }, padding)?;
        self.put(units)
    }
}
