//! How large a thread's stack is.

use crate::ldr;

/// How large a stack is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackSize {
    /// This much is reserved; zero is the program's own default.
    Reserve(usize),
    /// This much is committed at once, and what the program's default is, or more, reserved.
    Commit(usize),
}

impl StackSize {
    /// The size that a commit size and a reserve size, each zero for the default, stand for.
    #[must_use]
    pub const fn of(commit: usize, reserve: usize) -> Self {
        if reserve == 0 { Self::Commit(commit) } else { Self::Reserve(reserve) }
    }

    /// Bytes to commit and to reserve, as [`StackSize::of`] takes them.
    #[must_use]
    pub const fn parts(self) -> [usize; 2] {
        match self {
            Self::Reserve(size) => [0, size],
            Self::Commit(size) => [size, 0],
        }
    }

    /// Bytes to reserve. Pages are committed as they are touched, so that a commit size larger
    /// than the default makes the reservation larger, to a multiple of 1 MB (Microsoft: "Thread
    /// Stack Size").
    #[must_use]
    pub fn reserve(self) -> usize {
        let default = ldr::default_stack_reserve();
        match self {
            Self::Reserve(0) => default,
            Self::Reserve(size) => size,
            Self::Commit(size) if size < default => default,
            Self::Commit(size) => size.checked_next_multiple_of(1 << 20).unwrap_or(size),
        }
    }
}
