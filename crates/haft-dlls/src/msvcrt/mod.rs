//! msvcrt.dll, and what ucrtbase.dll shares with it.

pub(crate) mod setjmp;
