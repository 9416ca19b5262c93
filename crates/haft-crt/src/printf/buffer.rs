//! Formatting into a buffer: `sprintf`, `_snprintf`, `snprintf`, `_snprintf_s` and what each of
//! them does when the text does not fit.

use super::{Sink, WriteFailed, bits};

/// A buffer that takes what fits and counts the rest.
#[derive(Debug)]
pub struct Buffer<'a, U> {
    units: &'a mut [U],
    len: usize,
}

impl<'a, U> Buffer<'a, U> {
    /// A sink into `units`, terminator included in its size.
    pub fn new(units: &'a mut [U]) -> Self {
        Self { units, len: 0 }
    }
}

impl<U: Copy> Sink<U> for Buffer<'_, U> {
    fn write(&mut self, units: &[U]) -> Result<(), WriteFailed> {
        if let Some(room) = self.units.get_mut(self.len..) {
            let fits = room.len().min(units.len());
            room[..fits].copy_from_slice(&units[..fits]);
        }
        self.len += units.len();
        Ok(())
    }
}

/// What a function does with a text that does not fit its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// `_snprintf`, `_vsnprintf`, `_snwprintf`: fill the buffer, no terminator, give -1. A text
    /// that fits without its terminator gives its length.
    Unterminated,
    /// `snprintf`, `vsnprintf`: terminate, give the length it would have had.
    Standard,
    /// `swprintf`, `vswprintf`, `_snprintf_s` with `_TRUNCATE`: terminate, give -1.
    Terminated,
}

impl Overflow {
    /// What `__stdio_common_vsprintf` and `__stdio_common_vswprintf` do with these
    /// [`bits`](super::bits).
    #[must_use]
    pub const fn of_bits(options: u64) -> Self {
        if options & bits::STANDARD_SNPRINTF_BEHAVIOR != 0 {
            Self::Standard
        } else if options & bits::LEGACY_VSPRINTF_NULL_TERMINATION != 0 {
            Self::Unterminated
        } else {
            Self::Terminated
        }
    }
}

/// How a formatting into a buffer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The function's result.
    pub result: i32,
    /// Where the terminator goes, if anywhere.
    pub terminator: Option<usize>,
}

/// The end of a formatting that wrote `written` units towards a buffer of `size` units.
///
/// `size` is `None` for a null buffer, which only asks for the length.
#[must_use]
pub fn outcome(written: usize, size: Option<usize>, overflow: Overflow) -> Outcome {
    let length = i32::try_from(written).unwrap_or(-1);
    match (size, overflow) {
        (None, _) => Outcome { result: length, terminator: None },
        (Some(size), _) if written < size => Outcome { result: length, terminator: Some(written) },
        (Some(size), Overflow::Unterminated) => {
            Outcome { result: if written == size { length } else { -1 }, terminator: None }
        }
        (Some(size), Overflow::Standard) => {
            Outcome { result: length, terminator: size.checked_sub(1) }
        }
        (Some(size), Overflow::Terminated) => {
            Outcome { result: -1, terminator: size.checked_sub(1) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_ends_in_its_way() {
        let end = |written, size, overflow| {
            let outcome = outcome(written, Some(size), overflow);
            (outcome.result, outcome.terminator)
        };
        for overflow in [Overflow::Unterminated, Overflow::Standard, Overflow::Terminated] {
            assert_eq!(end(3, 4, overflow), (3, Some(3)));
        }
        assert_eq!(end(4, 4, Overflow::Unterminated), (4, None));
        assert_eq!(end(5, 4, Overflow::Unterminated), (-1, None));
        assert_eq!(end(5, 4, Overflow::Standard), (5, Some(3)));
        assert_eq!(end(5, 0, Overflow::Standard), (5, None));
        assert_eq!(end(5, 4, Overflow::Terminated), (-1, Some(3)));
        assert_eq!(outcome(5, None, Overflow::Standard).result, 5);
    }

    #[test]
    fn a_full_buffer_keeps_what_fits() {
        let mut units = [0u8; 4];
        let mut buffer = Buffer::new(&mut units);
        assert_eq!(buffer.write(b"ab"), Ok(()));
        assert_eq!(buffer.write(b"cdef"), Ok(()));
        assert_eq!(buffer.write(b"g"), Ok(()));
        assert_eq!(&units, b"abcd");
    }
}
