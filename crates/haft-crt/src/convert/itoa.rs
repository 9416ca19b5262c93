//! Integers as text in any radix (Microsoft: "itoa, _itoa, ltoa, _ltoa, ultoa, _ultoa,
//! _i64toa, _ui64toa, _itow, ...").

use crate::Unit;

/// The most units a number takes: 64 binary digits and a sign.
const ROOM: usize = 65;

/// The text of a number, without a terminator.
#[derive(Clone, Copy, Debug)]
pub struct NumberText<U> {
    units: [U; ROOM],
    start: usize,
}

impl<U: Unit> NumberText<U> {
    /// The units of the text.
    #[must_use]
    pub fn as_units(&self) -> &[U] {
        &self.units[self.start..]
    }

    fn new(mut value: u64, negative: bool, radix: u32) -> Self {
        let mut text = Self { units: [U::default(); ROOM], start: ROOM };
        loop {
            let digit =
                b"0123456789abcdefghijklmnopqrstuvwxyz"[(value % u64::from(radix)) as usize];
            text.start -= 1;
            text.units[text.start] = U::from_ascii(digit);
            value /= u64::from(radix);
            if value == 0 {
                break;
            }
        }
        if negative {
            text.start -= 1;
            text.units[text.start] = U::from_ascii(b'-');
        }
        text
    }
}

fn checked(radix: i32) -> Option<u32> {
    u32::try_from(radix).ok().filter(|r| (2..=36).contains(r))
}

/// `_itoa`, `_ltoa`, `_itow`, `_ltow`: only radix 10 has a minus sign, others show the 32 bits.
///
/// `None` if the radix is not 2 to 36 (`EINVAL`, invalid parameter).
#[must_use]
pub fn i32_to_text<U: Unit>(value: i32, radix: i32) -> Option<NumberText<U>> {
    let radix = checked(radix)?;
    Some(if radix == 10 {
        NumberText::new(u64::from(value.unsigned_abs()), value < 0, radix)
    } else {
        NumberText::new(u64::from(value as u32), false, radix)
    })
}

/// `_i64toa`, `_i64tow`: only radix 10 has a minus sign.
#[must_use]
pub fn i64_to_text<U: Unit>(value: i64, radix: i32) -> Option<NumberText<U>> {
    let radix = checked(radix)?;
    Some(if radix == 10 {
        NumberText::new(value.unsigned_abs(), value < 0, radix)
    } else {
        NumberText::new(value as u64, false, radix)
    })
}

/// `_ui64toa`, `_ui64tow`, and `_ultoa` of a widened value.
#[must_use]
pub fn u64_to_text<U: Unit>(value: u64, radix: i32) -> Option<NumberText<U>> {
    Some(NumberText::new(value, false, checked(radix)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::{strtol, strtoui64};
    use proptest::prelude::*;

    fn i32_text(value: i32, radix: i32) -> String {
        let text = i32_to_text::<u8>(value, radix).expect("a good radix");
        String::from_utf8_lossy(text.as_units()).into_owned()
    }

    #[test]
    fn only_radix_ten_is_signed() {
        assert_eq!(i32_text(-1, 10), "-1");
        assert_eq!(i32_text(-1, 16), "ffffffff");
        assert_eq!(i32_text(i32::MIN, 10), "-2147483648");
        assert_eq!(i32_text(0, 2), "0");
        assert!(i32_to_text::<u8>(1, 1).is_none() && i32_to_text::<u8>(1, 37).is_none());
        let wide = i64_to_text::<u16>(i64::MIN, 2).expect("a good radix");
        assert_eq!(wide.as_units().len(), 64);
    }

    proptest! {
        #[test]
        fn strtol_reads_it_back(value: i32, wide: u64, radix in 2..37) {
            prop_assert_eq!(strtol(i32_text(value, 10).as_bytes(), 10).value, value);
            let text = u64_to_text::<u16>(wide, radix).unwrap();
            prop_assert_eq!(strtoui64(text.as_units(), radix).value, wide);
        }
    }
}
