//! Calls that come over shared memory (haft-object's `calls`).
//!
//! Whoever learns from a caller that it has called must find the call done, also where the two
//! called by different ways. So before anything is answered, all that was posted before it is looked at
//! first: what is posted says when, on a clock that all have in common, and is taken in that
//! order. A client that lies about the time disturbs the order of its own calls.

use crate::client::Session;
use crate::dropped::Why;
use haft_abi::{NtStatus, Pid};
use haft_host::rustix::buffer::spare_capacity;
use haft_host::rustix::event::epoll::{self, EventData, EventFlags};
use haft_host::rustix::event::{EventfdFlags, eventfd};
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::time::Timespec;
use haft_host::{clock, park};
use haft_object::ProcessBlock;
use haft_object::calls::{Calls, MAX_CALL, Slot};
use haft_wire::{Reply, Request};
use std::collections::{BTreeSet, HashMap};

/// How long calls are looked for before the executive sleeps, in nanoseconds, where that has
/// paid lately: about as long as a client takes from an answer to its next call.
const LOOK_FOR: u64 = 30_000;
/// How many times in a row the executive answers calls without looking at anything else.
const CALLS_ALONE: u32 = 8;
/// Not waiting at all: what is above nothing is waited for a millisecond at least.
const NO_TIME: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
/// How many looks that found something make up for one that did not: that has kept a processor from
/// who is to call for longer than a ring takes.
const LOSS: i32 = 4;
/// The best that looking can have done.
const BEST: i32 = 64;
/// When looking does not pay, it is tried again at one sleep in so many.
const TRY_AGAIN: u32 = 64;

/// What the clients wake the executive with.
pub struct Bells {
    epoll: OwnedFd,
    of: HashMap<Pid, OwnedFd>,
}

impl Bells {
    /// None yet.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub fn new() -> Result<Self, NtStatus> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC);
        let epoll = epoll.map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        Ok(Self { epoll, of: HashMap::new() })
    }

    /// Readable when somebody has rung.
    pub const fn heard(&self) -> &OwnedFd {
        &self.epoll
    }

    /// Makes a bell for a client: what it rings it with.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub fn add(&mut self, pid: Pid) -> Result<OwnedFd, NtStatus> {
        const FULL: NtStatus = NtStatus::TOO_MANY_OPENED_FILES;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|_| FULL)?;
        let rings = bell.try_clone().map_err(|_| FULL)?;
        let data = EventData::new_u64(u64::from(pid.0));
        // What it counts is never read: each ring is an event.
        epoll::add(&self.epoll, &bell, data, EventFlags::IN | EventFlags::ET).map_err(|_| FULL)?;
        self.of.insert(pid, bell);
        Ok(rings)
    }

    /// Takes a client's bell away; what the client rings it with does nothing any more.
    pub fn remove(&mut self, pid: Pid) {
        if let Some(bell) = self.of.remove(&pid) {
            let _ = epoll::delete(&self.epoll, &bell);
        }
    }
}

/// Who has called lately, and what.
pub struct Callers {
    /// Those who have called since the executive slept last; they need not ring.
    awake: BTreeSet<Pid>,
    /// What was seen and may be later than something that was not.
    held: Vec<Call>,
    /// Whether looking has paid lately.
    worth: i32,
    sleeps: u32,
    /// How often it has answered calls alone.
    rounds: u32,
    has_processors: bool,
}

struct Call {
    when: u64,
    caller: Pid,
    slot: Slot,
    wants_answer: bool,
    request: Result<Request, NtStatus>,
}

impl Callers {
    /// Nobody yet.
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism();
        Self {
            awake: BTreeSet::new(),
            held: Vec::new(),
            worth: BEST,
            sleeps: 0,
            rounds: 0,
            has_processors: processors.is_ok_and(|n| n.get() > 1),
        }
    }

    /// Waits until there are calls, or one of `events`, or `due` has come. Before it sleeps it looks for
    /// calls a while; when it does, every client rings for it.
    pub fn wait(
        &mut self,
        session: &Session<'_>,
        epoll: &OwnedFd,
        events: &mut Vec<epoll::Event>,
        due: Option<&Timespec>,
    ) {
        let mut look = |due| {
            // An interrupted wait is a wait without events.
            let _ = epoll::wait(epoll, spare_capacity(events), due);
            !events.is_empty()
        };
        if !self.held.is_empty() {
            look(Some(&NO_TIME));
            return;
        }
        // Nobody looks at the calls of who is dropped.
        self.awake.retain(|&pid| is_connected(session, pid));
        let of = |&pid: &Pid| session.clients.get(pid).ok()?.process.block().ok();
        let calls: Vec<_> = self.awake.iter().filter_map(of).map(ProcessBlock::calls).collect();
        let has_posted = || calls.iter().any(|calls| calls.has_posted());
        if has_posted() {
            self.rounds = (self.rounds + 1) % CALLS_ALONE;
            if self.rounds == 0 {
                look(Some(&NO_TIME));
            }
            return;
        }
        if !calls.is_empty() && self.is_worth_looking() {
            let until = clock::common_nanoseconds() + LOOK_FOR;
            while clock::common_nanoseconds() < until {
                for _ in 0..64_usize.div_ceil(calls.len()) {
                    if has_posted() {
                        self.worth = (self.worth + 1).min(BEST);
                        return;
                    }
                    core::hint::spin_loop();
                }
                if look(Some(&NO_TIME)) {
                    self.worth = (self.worth + 1).min(BEST);
                    return;
                }
            }
            self.worth = (self.worth - LOSS).max(0);
        }
        // All of them are told, though one has posted meanwhile: it rings or is seen.
        let quiet = calls.iter().filter(|calls| calls.fall_asleep()).count();
        if quiet < calls.len() {
            calls.iter().for_each(|calls| calls.wake_up());
            look(Some(&NO_TIME));
            return;
        }
        self.awake.clear();
        look(due);
    }

    fn is_worth_looking(&mut self) -> bool {
        self.sleeps = self.sleeps.wrapping_add(1);
        self.has_processors && (self.worth > 0 || self.sleeps.is_multiple_of(TRY_AGAIN))
    }

    /// Answers what was posted before this was called. Those who are to be dropped, and
    /// why.
    pub fn answer(&mut self, session: &mut Session<'_>) -> Vec<(Pid, Why)> {
        let now = clock::common_nanoseconds();
        self.hear_bells(session);
        // What was seen before is seen with all that came before it now.
        let known = self.held.len();
        for &caller in &self.awake {
            let Ok(client) = session.clients.get(caller) else { continue };
            let Ok(block) = client.process.block() else { continue };
            collect(caller, block.calls(), &mut self.held);
        }
        if self.held.is_empty() {
            return Vec::new();
        }
        let mut place = 0;
        let due = |call: &mut Call| {
            place += 1;
            call.when = call.when.min(now);
            place <= known || call.when < now
        };
        let mut calls: Vec<Call> = self.held.extract_if(.., due).collect();
        calls.sort_by_key(|call| call.when);
        let refused = |call: Call| {
            let caller = call.caller;
            answer(call, session).err().map(|why| (caller, why))
        };
        calls.into_iter().filter_map(refused).collect()
    }

    /// Answers all that a client has called which is gone, or leaves: others may know of it already.
    /// It waits for nothing any more. Those who are to be dropped.
    pub fn finish(&mut self, pid: Pid, session: &mut Session<'_>) -> Vec<(Pid, Why)> {
        let mut lost = self.answer(session);
        let mut calls: Vec<Call> = self.held.extract_if(.., |call| call.caller == pid).collect();
        if let Ok(client) = session.clients.get(pid)
            && client.is_connected
            && let Ok(block) = client.process.block()
        {
            collect(pid, block.calls(), &mut calls);
        }
        calls.retain(|call| !matches!(call.request, Ok(Request::Join(_))));
        calls.sort_by_key(|call| call.when);
        lost.extend(calls.into_iter().filter_map(|call| {
            let caller = call.caller;
            answer(call, session).err().map(|why| (caller, why))
        }));
        lost
    }

    /// Those who have rung are awake with the executive: they need not ring again.
    fn hear_bells(&mut self, session: &Session<'_>) {
        let mut events = Vec::with_capacity(64);
        loop {
            events.clear();
            let heard =
                epoll::wait(&session.bells.epoll, spare_capacity(&mut events), Some(&NO_TIME));
            for event in &events {
                let pid = Pid(event.data.u64() as u32);
                if is_connected(session, pid)
                    && let Ok(client) = session.clients.get(pid)
                    && let Ok(block) = client.process.block()
                {
                    block.calls().wake_up();
                    self.awake.insert(pid);
                }
            }
            if heard.is_err() || events.len() < events.capacity() {
                return;
            }
        }
    }
}

fn is_connected(session: &Session<'_>, pid: Pid) -> bool {
    session.clients.get(pid).is_ok_and(|client| client.is_connected)
}

fn collect(caller: Pid, calls: Calls<'_>, into: &mut Vec<Call>) {
    for slot in Slot::of_bits(calls.take_posted()) {
        let mut bytes = [0; MAX_CALL];
        let posted = calls.receive(slot, &mut bytes);
        let request = haft_wire::decode(posted.bytes);
        let (when, wants_answer) = (posted.when, posted.wants_answer);
        into.push(Call { when, caller, slot, wants_answer, request });
    }
}

/// Answers a call; why the caller is to be dropped for it otherwise.
fn answer(call: Call, session: &mut Session<'_>) -> Result<(), Why> {
    let Call { caller, slot, wants_answer, request, .. } = call;
    // Who is gone meanwhile has nothing here any more.
    if !is_connected(session, caller) {
        return Ok(());
    }
    let request = request.map_err(|_| Why::Message)?;
    if !request.is_small() {
        return Err(Why::Request);
    }
    let reply: Reply = match session.answer(caller, &mut true, request, Vec::new()) {
        Err(NtStatus::PORT_DISCONNECTED) => return Err(Why::Request),
        Ok(Some((answer, fds))) if fds.is_empty() => Ok(answer),
        Ok(None) if !wants_answer => return Ok(()),
        Ok(_) => return Err(Why::Request),
        Err(status) => Err(status),
    };
    if !wants_answer {
        return Ok(());
    }
    let bytes = haft_wire::encode(&reply).map_err(|_| Why::Request)?;
    if bytes.len() > MAX_CALL {
        return Err(Why::Request);
    }
    let client = session.clients.get(caller).map_err(|_| Why::Request)?;
    let calls = client.process.block().map_err(|_| Why::Request)?.calls();
    if calls.answer(slot, &bytes) {
        park::unpark(park::low_half(calls.state(slot)), u32::MAX >> 1);
    }
    Ok(())
}
