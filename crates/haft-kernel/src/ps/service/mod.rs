//! The channel into another process: having it do in itself what only it can.
//!
//! `channel` is the asker's side, `serve` the asked one's: a thread of haft's that the first one
//! who asks brings about (haft-host's `service`). What is done there is what the process does for
//! its own program as well.

mod call;
mod channel;
mod serve;
pub(super) mod thread_call;

pub use channel::{ask, forget};
pub(super) use serve::{serve, settle};
