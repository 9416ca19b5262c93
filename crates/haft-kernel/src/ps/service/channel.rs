//! The asker's side of a channel.

use crate::session;
use haft_abi::NtStatus;
use haft_host::rustix::fd::OwnedFd;
use haft_host::{clock, packet};
use haft_wire::service::{Ask, Call, Said, ServiceAnswer, ServiceRequest, Told, VERSION};
use haft_wire::{Answer, MAX_PACKET, Request, SharedId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long an answer is waited for, in 100 ns units. A process that is stopped does not answer.
const PATIENCE: u64 = 5 * 10_000_000;

struct Channel {
    socket: OwnedFd,
    /// Held while a call is under way.
    turn: Mutex<()>,
}

/// The channels of this process, by the executive's number of what they lead to.
static CHANNELS: Mutex<Option<HashMap<SharedId, Arc<Channel>>>> = Mutex::new(None);

fn channels<R>(body: impl FnOnce(&mut HashMap<SharedId, Arc<Channel>>) -> R) -> R {
    let mut channels = CHANNELS.lock().unwrap_or_else(PoisonError::into_inner);
    body(channels.get_or_insert_default())
}

/// Closes the channel to what this process lets go of.
pub fn forget(number: SharedId) {
    channels(|known| known.remove(&number));
}

/// Has a process do something in itself, through the executive's number of it or of one of its
/// threads.
///
/// # Errors
/// The process's; `ACCESS_DENIED` where the number does not give the right; `IO_TIMEOUT` for a
/// process that does not answer, and then does not do it; `PROCESS_IS_TERMINATING` for one that has
/// ended; `PORT_DISCONNECTED` without an executive.
pub fn ask(number: SharedId, call: &Call) -> Result<(Said, Vec<OwnedFd>), NtStatus> {
    let until = clock::interrupt_time().saturating_add(PATIENCE);
    let bytes = haft_wire::encode(&Ask { version: VERSION, until, call: call.clone() })?;
    let mut fresh = false;
    loop {
        let channel = match channels(|known| known.get(&number).cloned()) {
            Some(known) => known,
            None => {
                fresh = true;
                let made = connect(number, until)?;
                channels(|known| known.insert(number, Arc::clone(&made)));
                made
            }
        };
        let told = exchange(&channel, &bytes, until);
        if told.is_err() {
            // What comes late is nobody's answer.
            forget(number);
        }
        match told {
            // The executive may know of more access by now, or of another process.
            Err(NtStatus::PORT_DISCONNECTED) | Ok((Err(NtStatus::ACCESS_DENIED), _)) if !fresh => {
                forget(number);
            }
            Err(NtStatus::PORT_DISCONNECTED) => return Err(NtStatus::PROCESS_IS_TERMINATING),
            Err(error) => return Err(error),
            Ok((told, fds)) => return told.map(|said| (said, fds)),
        }
    }
}

fn exchange(channel: &Channel, bytes: &[u8], until: u64) -> Result<(Told, Vec<OwnedFd>), NtStatus> {
    let _turn = channel.turn.lock().unwrap_or_else(PoisonError::into_inner);
    packet::send(&channel.socket, bytes, &[])?;
    let left = until.saturating_sub(clock::interrupt_time());
    if !packet::await_packet(&channel.socket, left) {
        return Err(NtStatus::IO_TIMEOUT);
    }
    let mut buffer = vec![0; MAX_PACKET];
    let (bytes, fds) = packet::receive(&channel.socket, &mut buffer)?;
    Ok((haft_wire::decode::<Told>(bytes)?, fds))
}

/// A new channel. A process that has only just been created is waited for.
fn connect(number: SharedId, until: u64) -> Result<Arc<Channel>, NtStatus> {
    let request = Request::Service(ServiceRequest::Connect { object: number });
    loop {
        match session::holding(|turn| turn.ask_with(&request, &[])) {
            Ok((Answer::Service(ServiceAnswer::Channel), mut fds)) => {
                let socket = fds.pop().ok_or(NtStatus::PORT_DISCONNECTED)?;
                return Ok(Arc::new(Channel { socket, turn: Mutex::new(()) }));
            }
            Ok(_) => return Err(NtStatus::PORT_DISCONNECTED),
            Err(NtStatus::RETRY) if clock::interrupt_time() < until => {
                haft_host::thread::sleep(500);
            }
            Err(NtStatus::RETRY) => return Err(NtStatus::IO_TIMEOUT),
            Err(error) => return Err(error),
        }
    }
}
