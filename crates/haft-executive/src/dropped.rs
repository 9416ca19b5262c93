//! Clients that are dropped, and the line on the log that says which and why.

use crate::chores;
use crate::clients::Clients;
use core::fmt;
use haft_abi::{NtStatus, Pid};
use haft_host::packet::{self, Gone};
use haft_host::process as linux;
use haft_host::rustix::fd::OwnedFd;

/// Why a connection is served no longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    /// The client has closed it, or has ended.
    Left,
    /// The client has done what no haft process does.
    Dropped(Why),
}

/// What no haft process does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// A packet that is empty, too large, or has too many descriptors beside it.
    Packet,
    /// Bytes that are no message.
    Message,
    /// A request that it may not make, or not now, or that contradicts its process block.
    Request,
    /// It asks, and does not read the answers.
    Deaf,
    /// It connects again and again without saying hello.
    Connections,
    /// There is no descriptor left for its connection.
    Room,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Packet => "it sent a packet that is empty, too large or has too many descriptors",
            Self::Message => "it sent bytes that are no message",
            Self::Request => "it made a request that no haft process makes",
            Self::Deaf => "it does not read its answers",
            Self::Connections => "it connects again and again without saying hello",
            Self::Room => "the executive has no descriptor left for it",
        })
    }
}

impl Over {
    /// What there is to say when nothing could be received from `socket`.
    pub fn not_received(socket: &OwnedFd, gone: Gone) -> Self {
        match gone {
            // An empty packet looks like the end.
            Gone::Disconnected if packet::has_hung_up(socket) => Self::Left,
            Gone::Disconnected | Gone::Nonsense | Gone::WouldBlock => Self::Dropped(Why::Packet),
        }
    }

    /// What there is to say when an answer could not be sent.
    pub fn not_sent(gone: Gone) -> Self {
        match gone {
            Gone::WouldBlock => Self::Dropped(Why::Deaf),
            Gone::Disconnected | Gone::Nonsense => Self::Left,
        }
    }
}

/// Says that a client was dropped, unless it has ended, which may cut anything short.
pub fn say(pid: Pid, why: Why, clients: &Clients) {
    let image = match clients.get(pid) {
        Ok(client) if client.process.has_ended() => return,
        Ok(client) => client.process.block().map(haft_object::ProcessBlock::image_name),
        Err(_) if linux::parent_of(pid).is_none() && linux::is_told() => return,
        Err(error) => Err::<_, NtStatus>(error),
    };
    let image = image.unwrap_or_default();
    let name = image.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let name = match name.is_empty() {
        true => String::new(),
        false => format!(" ({})", String::from_utf8_lossy(name)),
    };
    chores::log(format!("process {}{name} is served no longer: {why}", pid.0));
}
