//! Handle values.

use core::fmt;

/// A handle value as a program holds it: an index into its process's handle table times four, a
/// pseudo handle (a small negative number), or null. The two low bits are the program's own tag
/// bits and are ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[repr(transparent)]
pub struct Handle(pub usize);

impl Handle {
    /// No handle.
    pub const NULL: Self = Self(0);
    /// `INVALID_HANDLE_VALUE`, which is also the pseudo handle of the current process.
    pub const INVALID: Self = Self(usize::MAX);
    /// The pseudo handle of the current process (Microsoft: "GetCurrentProcess function").
    pub const CURRENT_PROCESS: Self = Self(usize::MAX);
    /// The pseudo handle of the current thread (Microsoft: "GetCurrentThread function").
    pub const CURRENT_THREAD: Self = Self(usize::MAX - 1);
    /// The pseudo handle of the current process's primary token.
    pub const CURRENT_PROCESS_TOKEN: Self = Self(usize::MAX - 3);
    /// The pseudo handle of the current thread's impersonation token.
    pub const CURRENT_THREAD_TOKEN: Self = Self(usize::MAX - 4);
    /// The pseudo handle of the token that is in effect for the current thread.
    pub const CURRENT_EFFECTIVE_TOKEN: Self = Self(usize::MAX - 5);
    /// What the process parameters have for the current directory's handle: not Windows' own
    /// pseudo handle (there it is a real one), so that the directory is opened by its first use
    /// and costs no start anything.
    pub const CURRENT_DIRECTORY: Self = Self(usize::MAX - 0x43);

    /// The handle for the table entry at `index`; entry 0 is never used.
    #[must_use]
    pub const fn from_index(index: u32) -> Self {
        Self((index as usize) * 4)
    }

    /// The table entry this value names, or `None` for null, for a pseudo handle and for values
    /// that no table can hold.
    #[must_use]
    pub const fn index(self) -> Option<u32> {
        let index = self.0 >> 2;
        if index == 0 || index > 0x00FF_FFFF { None } else { Some(index as u32) }
    }

    /// Whether this is null.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }

    /// Whether this is one of the pseudo handles.
    #[must_use]
    pub const fn is_pseudo(self) -> bool {
        self.0 >= usize::MAX - 5 && self.0 != usize::MAX - 2
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}
