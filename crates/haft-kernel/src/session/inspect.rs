//! Asking executives from outside: who asks is no process of a session, holds nothing, and does not
//! wait for one that hangs.

use super::address;
use haft_abi::{NtStatus, Pid};
use haft_host::packet;
use haft_host::rustix::fd::OwnedFd;
use haft_wire::names::{Held, NamesAnswer, NamesRequest};
use haft_wire::process::session_tag;
use haft_wire::{Answer, MAX_PACKET, Reply, Request};

/// How long an executive may take over an answer, in 100 ns units.
const PATIENCE: u64 = 10_000_000;

/// An executive, as somebody asks it who is no process of its session.
pub struct Inspector {
    socket: OwnedFd,
    /// Which session it is, as process blocks say it.
    pub session: u64,
}

impl Inspector {
    /// The executives of this user and build that run.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let prefix = address::prefix();
        let sockets = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
        let names = sockets.lines().filter_map(|line| line.split_once('@').map(|(_, name)| name));
        let mut names: Vec<&str> = names.filter(|name| name.starts_with(&prefix)).collect();
        // A name is there for each socket that was accepted, too.
        names.sort_unstable();
        names.dedup();
        let connect = |name: &str| {
            let socket = packet::connect_within(name.as_bytes(), PATIENCE).ok()?;
            let own = haft_host::rustix::process::getuid().as_raw();
            packet::peer(&socket).ok().filter(|peer| peer.user == own)?;
            Some(Self { socket, session: session_tag(name.as_bytes()) })
        };
        names.into_iter().filter_map(connect).collect()
    }

    /// What a process of the session has of the executive.
    ///
    /// # Errors
    /// `IO_TIMEOUT` from one that does not answer, `PORT_DISCONNECTED` from one that has ended.
    pub fn held_by(&self, pid: Pid) -> Result<Vec<Held>, NtStatus> {
        let mut all = Vec::new();
        loop {
            let request = NamesRequest::HeldBy { pid, from: all.len() as u32 };
            let NamesAnswer::Held(some, more) = self.ask(request)? else {
                return Err(NtStatus::PORT_DISCONNECTED);
            };
            let is_last = some.is_empty() || !more;
            all.extend(some);
            if is_last {
                return Ok(all);
            }
        }
    }

    fn ask(&self, request: NamesRequest) -> Result<NamesAnswer, NtStatus> {
        packet::send(&self.socket, &haft_wire::encode(&Request::Names(request))?, &[])?;
        if !packet::await_packet(&self.socket, PATIENCE) {
            return Err(NtStatus::IO_TIMEOUT);
        }
        let mut buffer = vec![0; MAX_PACKET];
        let (bytes, _) = packet::receive(&self.socket, &mut buffer)?;
        match haft_wire::decode::<Reply>(bytes)?? {
            Answer::Names(answer) => Ok(answer),
            _ => Err(NtStatus::PORT_DISCONNECTED),
        }
    }
}
