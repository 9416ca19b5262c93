//! The source with a count of what was read and a width limit.

use super::Source;
use super::conversion::Stop;
use crate::Unit;
use core::marker::PhantomData;

pub(super) struct Input<'a, U, S: ?Sized> {
    source: &'a mut S,
    /// Units read so far, for `%n`.
    pub(super) read: u64,
    unit: PhantomData<U>,
}

impl<'a, U: Unit, S: Source<U> + ?Sized> Input<'a, U, S> {
    pub(super) fn new(source: &'a mut S) -> Self {
        Self { source, read: 0, unit: PhantomData }
    }

    pub(super) fn get(&mut self) -> Option<U> {
        let unit = self.source.get();
        self.read += u64::from(unit.is_some());
        unit
    }

    pub(super) fn unget(&mut self, unit: U) {
        self.read -= 1;
        self.source.unget(unit);
    }

    /// The next unit, left in the source.
    pub(super) fn peek(&mut self) -> Option<U> {
        let unit = self.get()?;
        self.unget(unit);
        Some(unit)
    }

    pub(super) fn skip_spaces(&mut self) {
        while let Some(unit) = self.get() {
            if !unit.is_space() {
                self.unget(unit);
                return;
            }
        }
    }

    pub(super) fn expect(&mut self, wanted: U) -> Stop {
        match self.get() {
            None => Stop::InputEnded,
            Some(unit) if unit == wanted => Stop::No,
            Some(unit) => {
                self.unget(unit);
                Stop::Mismatch
            }
        }
    }
}

/// The units of one field: at most its width.
pub(super) struct FieldInput<'i, 'a, U, S: ?Sized> {
    pub(super) input: &'i mut Input<'a, U, S>,
    pub(super) left: usize,
}

impl<U: Unit, S: Source<U> + ?Sized> FieldInput<'_, '_, U, S> {
    pub(super) fn peek(&mut self) -> Option<U> {
        if self.left == 0 { None } else { self.input.peek() }
    }

    /// Takes the next unit if `wanted` holds for it.
    pub(super) fn take(&mut self, wanted: impl FnOnce(U) -> bool) -> Option<U> {
        if self.left == 0 {
            return None;
        }
        let unit = self.input.get()?;
        if wanted(unit) {
            self.left -= 1;
            Some(unit)
        } else {
            self.input.unget(unit);
            None
        }
    }

    pub(super) fn take_ascii(&mut self, lower: u8) -> bool {
        self.take(|u| u.ascii_lower().is(lower)).is_some()
    }
}
