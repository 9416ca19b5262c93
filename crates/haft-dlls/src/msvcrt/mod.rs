//! msvcrt.dll, and what ucrtbase.dll shares with it.

pub(crate) mod case;
pub(crate) mod data;
pub(crate) mod error;
pub(crate) mod exit;
pub(crate) mod heap;
pub(crate) mod locale;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod print;
pub(crate) mod setjmp;
pub(crate) mod signal;
pub(crate) mod start;
pub(crate) mod stream;
pub(crate) mod string;
