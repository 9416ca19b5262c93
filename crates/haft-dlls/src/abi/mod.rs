//! What an export's parameters and results may be, and how they cross the boundary.
//!
//! A parameter's type says how its register becomes a value ([`Param`]); the result's type says
//! how success and failure look to the program ([`Return`]). See `docs/exports.md`.

mod buffer;
mod charset;
mod crt;
mod data;
mod param;
mod pointer;
mod procedure;
mod result;
mod secret;
mod sized;
mod text;
mod variadic;

pub use buffer::{Filled, TBuf};
pub use charset::{Ansi, Charset, Wide};
pub use crt::{CrtValue, ErrorCode, OrNone, OrZero, Whole};
pub use data::{AnyData, Data};
pub use param::{Bool, Nullable, Param, Register, Routine};
pub use pointer::{In, InOut, Out, Ptr, SetIfSome};
pub use procedure::ProcName;
pub use result::{LastError, OrInvalid, OrMax, OrMinusOne, Return, Win32Value};
pub use secret::Secret;
pub use sized::give;
pub use text::{AStr, TStr, WStr};
pub use variadic::{VaArg, VaList};
