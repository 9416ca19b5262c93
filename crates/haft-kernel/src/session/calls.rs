//! Small requests over shared memory: they travel in the process block, and the executive is rung
//! for only where it sleeps.

use crate::ob;
use haft_abi::NtStatus;
use haft_host::rustix::fd::OwnedFd;
use haft_host::{clock, park, rustix};
use haft_object::calls::{Calls, MAX_CALL, Slot, Standing};
use haft_wire::{Reply, Request};
use std::sync::OnceLock;

/// What wakes the executive.
static BELL: OnceLock<OwnedFd> = OnceLock::new();

/// How often an answer is looked for before the caller sleeps: about as long as the executive takes
/// for a call when it is awake.
const LOOKS: u32 = 400;

/// From now on requests travel here; `bell` wakes the executive.
pub(super) fn open(bell: OwnedFd) {
    let _ = BELL.set(bell);
}

fn calls() -> Calls<'static> {
    ob::objects().block().calls()
}

/// A slot in which the request is under way, and whether the executive was asleep; `None` for a
/// request that is to go over the socket.
fn post(request: &Request, wants_answer: bool) -> Option<(Slot, bool)> {
    let bell = BELL.get()?;
    if !request.is_small() {
        return None;
    }
    let bytes = haft_wire::encode(request).ok()?;
    if bytes.len() > MAX_CALL {
        return None;
    }
    let calls = calls();
    let slot = calls.take()?;
    let is_asleep = calls.post(slot, clock::common_nanoseconds(), &bytes, wants_answer);
    if is_asleep {
        // The counter is far from full: the executive takes no notice of its value.
        let _ = rustix::io::write(bell, &1_u64.to_ne_bytes());
    }
    Some((slot, is_asleep))
}

/// Asks, and waits for the answer; `None` for a request that is to go over the socket.
pub(super) fn ask(request: &Request) -> Option<Reply> {
    let (slot, was_asleep) = post(request, true)?;
    let calls = calls();
    let mut looks = if was_asleep { 0 } else { LOOKS };
    loop {
        match calls.standing(slot, looks == 0) {
            Standing::UnderWay(_) if looks > 0 => {
                looks -= 1;
                core::hint::spin_loop();
            }
            Standing::UnderWay(word) => {
                let _ = park::park(park::low_half(calls.state(slot)), word, None);
            }
            Standing::Answered => break,
            Standing::Lost => {
                calls.give_back(slot);
                return Some(Err(NtStatus::PORT_DISCONNECTED));
            }
        }
    }
    let mut bytes = [0; MAX_CALL];
    let reply = haft_wire::decode(calls.read(slot, &mut bytes));
    calls.give_back(slot);
    Some(reply.and_then(|reply| reply))
}

/// Asks without waiting for the answer; whether it has.
pub(super) fn tell(request: &Request) -> bool {
    post(request, false).is_some()
}

/// The executive is gone: who waits for an answer gets none.
pub(super) fn lose() {
    let calls = calls();
    for slot in calls.set_gone() {
        park::unpark(park::low_half(calls.state(slot)), u32::MAX >> 1);
    }
}
