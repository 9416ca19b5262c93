//! Data of values that is text, in either character set.

use crate::abi::Charset;
use haft_abi::wide;

/// `REG_SZ`.
pub const SZ: u32 = 1;
/// `REG_EXPAND_SZ`.
pub const EXPAND_SZ: u32 = 2;
/// `REG_MULTI_SZ`.
pub const MULTI_SZ: u32 = 7;

/// Whether data of this type is text, which the functions of both character sets see as theirs.
pub const fn is_text(kind: u32) -> bool {
    matches!(kind, SZ | EXPAND_SZ | MULTI_SZ)
}

/// Data as the registry keeps it, from what a program passes.
pub fn kept<C: Charset>(kind: u32, data: Vec<u8>) -> Vec<u8> {
    if C::WIDE || !is_text(kind) { data } else { wide::to_le_bytes(&wide::from_bytes(&data)) }
}

/// Data as a program gets it.
pub fn shown<C: Charset>(kind: u32, data: Vec<u8>) -> Vec<u8> {
    if C::WIDE || !is_text(kind) { data } else { wide::to_bytes(&wide::from_le_bytes(&data)) }
}

/// Text that ends as its type wants it: with one zero, a list with two.
pub fn terminated(kind: u32, mut data: Vec<u8>) -> Vec<u8> {
    data.truncate(data.len() / 2 * 2);
    let wanted = if kind == MULTI_SZ { 2 } else { 1 };
    let zeros = wide::from_le_bytes(&data).iter().rev().take_while(|&&unit| unit == 0).count();
    for _ in zeros..wanted {
        data.extend([0, 0]);
    }
    data
}

/// The environment's variables put into a text.
pub fn expanded(data: &[u8]) -> Vec<u8> {
    let mut text = wide::from_le_bytes(data);
    while text.last() == Some(&0) {
        text.pop();
    }
    let mut text = haft_kernel::ex::environment::expand(&text);
    text.push(0);
    wide::to_le_bytes(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Ansi, Wide};

    #[test]
    fn text_is_kept_wide_and_other_data_as_it_is() {
        assert_eq!(kept::<Ansi>(SZ, b"a\xC3\xA9\0".to_vec()), b"a\0\xE9\0\0\0");
        assert_eq!(shown::<Ansi>(SZ, b"a\0\xE9\0\0\0".to_vec()), b"a\xC3\xA9\0");
        assert_eq!(kept::<Ansi>(3, vec![1, 2, 3]), [1, 2, 3]);
        assert_eq!(kept::<Wide>(SZ, vec![1, 2, 3]), [1, 2, 3]);
    }

    #[test]
    fn text_gets_the_zeros_that_its_type_wants() {
        assert_eq!(terminated(SZ, b"a\0".to_vec()), b"a\0\0\0");
        assert_eq!(terminated(SZ, b"a\0\0\0".to_vec()), b"a\0\0\0");
        assert_eq!(terminated(MULTI_SZ, b"a\0\0\0".to_vec()), b"a\0\0\0\0\0");
        assert_eq!(terminated(SZ, Vec::new()), [0, 0]);
    }
}
