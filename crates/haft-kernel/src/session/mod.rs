//! This process's side of the executive.
//!
//! A process has at most one connection, made when something needs it; who finds no executive
//! starts one. Requests go one at a time; what they are is haft-wire's.

mod address;
mod calls;
mod connection;
mod inspect;
mod launch;

pub(crate) use address::tag;
pub use address::{choose, choose_user, name, user};
pub use connection::{Turn, ask, ask_for, connect, holding, is_connected, post, tell, tell_with};
pub use inspect::Inspector;
