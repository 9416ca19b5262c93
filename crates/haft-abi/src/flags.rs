//! Sets of flags.

/// Gives a newtype of an unsigned number what a set of flags can be asked, in constants too.
#[macro_export]
macro_rules! flags {
    ($name:ty) => {
        impl $name {
            /// Whether all of `other` is in it.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any of `other` is in it.
            #[must_use]
            pub const fn any(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Both.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// It, less what is in `other`.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Colours(u8);

    flags!(Colours);

    #[test]
    fn a_set_knows_what_is_in_it() {
        let (red, green) = (Colours(1), Colours(2));
        let both = red.with(green);
        assert!(both.contains(red) && both.contains(both) && !red.contains(both));
        assert!(red.any(both) && !red.any(green));
        assert_eq!(both.without(red), green);
    }
}
