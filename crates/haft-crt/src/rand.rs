//! Microsoft's `rand`: the linear congruential generator programs have come to rely on.

/// `RAND_MAX`.
pub const RAND_MAX: i32 = 0x7FFF;

/// The state of `rand` of one thread; starts as after `srand(1)` (Microsoft: "rand", "srand").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rand(u32);

impl Default for Rand {
    fn default() -> Self {
        Self(1)
    }
}

impl Rand {
    /// `srand(seed)`.
    #[must_use]
    pub const fn seeded(seed: u32) -> Self {
        Self(seed)
    }

    /// `rand()`: the next number from 0 to [`RAND_MAX`].
    pub fn rand(&mut self) -> i32 {
        self.0 = self.0.wrapping_mul(214_013).wrapping_add(2_531_011);
        (self.0 >> 16) as i32 & RAND_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_first_numbers() {
        let mut rand = Rand::default();
        let first: Vec<i32> = (0..5).map(|_| rand.rand()).collect();
        assert_eq!(first, [41, 18467, 6334, 26500, 19169]);
        assert_eq!(Rand::seeded(0).rand(), 38);
    }
}
