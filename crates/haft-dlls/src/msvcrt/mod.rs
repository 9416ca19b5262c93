//! msvcrt.dll, and what ucrtbase.dll shares with it.

pub(crate) mod case;
pub(crate) mod characters;
pub(crate) mod ctype;
pub(crate) mod data;
pub(crate) mod descriptor;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod exit;
pub(crate) mod float;
pub(crate) mod heap;
pub(crate) mod integer;
pub(crate) mod locale;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod multibyte;
pub(crate) mod print;
pub(crate) mod print_wide;
pub(crate) mod scan;
pub(crate) mod setjmp;
pub(crate) mod signal;
pub(crate) mod start;
pub(crate) mod stream;
pub(crate) mod string;
pub(crate) mod strings;
pub(crate) mod utility;
