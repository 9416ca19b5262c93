//! Channels into processes: the executive brings the two ends together, and has no part in what
//! is said then.

use crate::client::Session;
use haft_abi::{NtStatus, Pid};
use haft_host::rustix::fd::OwnedFd;
use haft_host::{packet, service as summons};
use haft_wire::Answer;
use haft_wire::service::{Rights, ServiceAnswer, ServiceRequest};
use std::collections::{HashMap, VecDeque};

/// The most channels that wait to be collected by one process.
const MAX_WAITING: usize = 64;
/// The most of them that one asker has.
const MAX_OF_ONE: usize = 16;

/// A channel that nobody has collected yet.
struct Waiting {
    end: OwnedFd,
    rights: Rights,
    asker: Pid,
}

/// The channels that nobody has collected yet, by the process that they lead into.
#[derive(Default)]
pub struct Services(HashMap<Pid, VecDeque<Waiting>>);

impl Services {
    /// Forgets the channels into a process that has ended; who waits there learns of it.
    pub fn forget(&mut self, pid: Pid) {
        self.0.remove(&pid);
    }
}

/// Answers a request of the process `asker`.
///
/// # Errors
/// `PORT_DISCONNECTED` for what no haft process asks; anything else is the answer: `RETRY` for a
/// process that cannot be asked yet, `PROCESS_IS_TERMINATING` for one that has ended,
/// `INSUFFICIENT_RESOURCES` for one that has too many channels to collect.
pub fn answer(
    asker: Pid,
    request: ServiceRequest,
    fds: &[OwnedFd],
    session: &mut Session<'_>,
) -> Result<(Answer, Vec<OwnedFd>), NtStatus> {
    if !fds.is_empty() {
        return Err(NtStatus::PORT_DISCONNECTED);
    }
    let (answer, fds) = match request {
        ServiceRequest::Connect { object } => {
            let client = session.clients.get(asker)?;
            let access = client.access(object)?;
            let (process, thread) =
                session.objects.meaning(client.key(object)?).process_and_thread()?;
            if process.has_ended() {
                return Err(NtStatus::PROCESS_IS_TERMINATING);
            }
            // Before that the signal would be its end.
            if !process.block()?.has_inherited() {
                return Err(NtStatus::RETRY);
            }
            let rights = match thread {
                Some((tid, _)) => Rights::Thread(tid, access),
                None => Rights::Process(access),
            };
            let waiting = session.services.0.entry(process.pid).or_default();
            // Who has given up waiting takes no place.
            waiting.retain(|channel| !packet::has_hung_up(&channel.end));
            let own = waiting.iter().filter(|channel| channel.asker == asker).count();
            if waiting.len() >= MAX_WAITING || own >= MAX_OF_ONE {
                return Err(NtStatus::INSUFFICIENT_RESOURCES);
            }
            let (here, there) = packet::pair()?;
            waiting.push_back(Waiting { end: there, rights, asker });
            if let Err(error) = summons::summon(&process.pidfd) {
                waiting.pop_back();
                return Err(error);
            }
            (ServiceAnswer::Channel, vec![here])
        }
        ServiceRequest::Collect => {
            match session.services.0.get_mut(&asker).and_then(VecDeque::pop_front) {
                Some(Waiting { end, rights, .. }) => (ServiceAnswer::Asked(rights), vec![end]),
                None => {
                    session.services.forget(asker);
                    (ServiceAnswer::Nobody, Vec::new())
                }
            }
        }
    };
    Ok((Answer::Service(answer), fds))
}
