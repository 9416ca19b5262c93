//! ws2_32.dll: Winsock. wsock32.dll, its older relative, has the same functions.

mod error;

pub(crate) mod address;
pub(crate) mod connection;
pub(crate) mod control;
pub(crate) mod extension;
pub(crate) mod host;
pub(crate) mod last_error;
pub(crate) mod name;
pub(crate) mod number;
pub(crate) mod option;
pub(crate) mod overlapped;
pub(crate) mod poll;
pub(crate) mod protocol;
pub(crate) mod select;
pub(crate) mod socket;
pub(crate) mod startup;
pub(crate) mod transfer;

use error::{OrSocketError, WsaError};
