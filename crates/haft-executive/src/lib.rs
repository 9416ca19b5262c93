//! The executive: the process of a session that owns what its processes share.
//!
//! It is one thread that answers requests, and never waits for a client. Shared dispatcher objects
//! live in an object manager of its own; the threads that wait for them there stand for threads of
//! the clients, whose wait words it claims in their process blocks.
//!
//! * [`serve`]: the loop; `calls`: calls over shared memory; `client`: one process and its requests;
//!   `clients`: all of them; `dropped`: those that are served no longer; `chores`: what may have to
//!   wait;
//! * `process`: a process by its block and its pidfd; `process_calls`: requests about it;
//!   `duplicate`: handles that go between processes; `bequeath`: those that a child inherits from
//!   another parent than its creator;
//! * `objects`: shared objects; `names`: their names, in a tree of directories; `offers`: objects on
//!   their way;
//! * `service`: channels into processes;
//! * `jobs`: jobs and the processes in them;
//! * `security`: who the clients are, and what they may do;
//! * `sections`: named sections; `registry`: keys and values; `host`: the executive as the object model's host.
//!
//! A client is believed nothing. What it names it must hold; a packet that makes no sense is the
//! end of that client alone.
#![forbid(unsafe_code)]

mod bequeath;
mod calls;
mod chores;
mod client;
mod clients;
mod dropped;
mod duplicate;
mod host;
mod jobs;
mod names;
mod objects;
mod offers;
mod process;
mod process_calls;
mod registry;
mod sections;
mod security;
mod serve;
mod service;

pub use serve::serve;
