//! Pointers in disguise (Microsoft: "EncodePointer function").

use super::random;
use std::sync::OnceLock;

/// The process's own number that pointers are mixed with.
#[must_use]
pub fn cookie() -> u64 {
    static COOKIE: OnceLock<u64> = OnceLock::new();
    *COOKIE.get_or_init(|| {
        let mut bytes = [0; 8];
        // Without randomness the pointers are plain to see, and no less right.
        let _ = random::fill(&mut bytes);
        u64::from_le_bytes(bytes)
    })
}

const fn turn(cookie: u64) -> u32 {
    (cookie & 63) as u32
}

/// The pointer in disguise.
#[must_use]
pub fn encode(pointer: u64) -> u64 {
    let cookie = cookie();
    (pointer ^ cookie).rotate_right(turn(cookie))
}

/// Undoes [`encode`].
#[must_use]
pub fn decode(pointer: u64) -> u64 {
    let cookie = cookie();
    pointer.rotate_left(turn(cookie)) ^ cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_comes_back() {
        for pointer in [0, 1, 0x7FFE_0000, u64::MAX] {
            assert_eq!(decode(encode(pointer)), pointer);
        }
    }
}
