//! What the processes and the executive have in common.

use haft_abi::NtStatus;
use haft_object::sync::{AtomicU64, Ordering};
use haft_object::{
    Deadline, DispatcherState, Host, Joining, ObjectManager, SharedId, Surrendered, ThreadIndex,
    Wait,
};
use shuttle::rand::Rng;
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread::{self, ThreadId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Quiet};

pub type Answer = Result<u64, NtStatus>;

#[derive(Clone, Copy)]
pub enum Operation {
    Set,
    Pulse,
    Signal,
    Release(i32),
    ReleaseMutant(ThreadIndex),
}

pub enum Call {
    Make(DispatcherState),
    Reserve,
    Publish(SharedId, Surrendered),
    Join(Joining),
    Leave(Wait),
    Operate(SharedId, Operation),
    Waiters(SharedId),
    ThreadEnded(ThreadIndex),
    ProcessEnded,
    Stop,
}

pub struct Letter {
    pub process: usize,
    pub sender: ThreadId,
    pub call: Call,
    pub reply: Option<Arc<(Mutex<Option<Answer>>, Condvar)>>,
}

#[derive(Default)]
pub struct World {
    /// Where threads park, by the address of the wait word.
    pub spots: Quiet<BTreeMap<usize, Arc<(Mutex<()>, Condvar)>>>,
    pub now: AtomicU64,
    pub letters: Mutex<Vec<Letter>>,
    pub come: Condvar,
    pub moving: [Mutex<()>; 2],
    pub dead: [AtomicU64; 2],
    /// The executive was killed: it wakes nobody any more, and answers nothing.
    pub killed: AtomicU64,
}

impl World {
    pub fn spot(&self, word: &AtomicU64) -> Arc<(Mutex<()>, Condvar)> {
        let address = core::ptr::from_ref(word).addr();
        Arc::clone(self.spots.lock().unwrap().entry(address).or_default())
    }

    pub fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>) {
        let spot = self.spot(word);
        let mut parking = spot.0.lock().unwrap();
        let late = || match deadline {
            None => false,
            Some(Deadline::Interrupt(time)) => time <= self.now.load(Ordering::SeqCst),
            Some(Deadline::System(time)) => time as u64 <= self.now.load(Ordering::SeqCst),
        };
        while word.load(Ordering::SeqCst) as u32 == expected && !late() {
            parking = spot.1.wait(parking).unwrap();
        }
    }

    pub fn unpark(&self, word: &AtomicU64) {
        let spot = self.spot(word);
        let _parking = spot.0.lock().unwrap();
        spot.1.notify_all();
    }

    /// Lets time pass, and those who are parked look at it.
    pub fn advance(&self, ticks: u64) {
        self.now.fetch_add(ticks, Ordering::SeqCst);
        let spots: Vec<_> = self.spots.lock().unwrap().values().cloned().collect();
        for spot in spots {
            let _parking = spot.0.lock().unwrap();
            spot.1.notify_all();
        }
    }

    pub fn is_killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst) != 0
    }

    pub fn tell(&self, process: usize, call: Call) {
        self.post(process, call, None);
    }

    pub fn ask(&self, process: usize, call: Call) -> Answer {
        let reply = Arc::default();
        self.post(process, call, Some(Arc::clone(&reply)));
        let mut answer = reply.0.lock().unwrap();
        loop {
            match answer.take() {
                Some(answer) => return answer,
                None => answer = reply.1.wait(answer).unwrap(),
            }
        }
    }

    pub fn post(
        &self,
        process: usize,
        call: Call,
        reply: Option<Arc<(Mutex<Option<Answer>>, Condvar)>>,
    ) {
        let sender = thread::current().id();
        self.letters.lock().unwrap().push(Letter { process, sender, call, reply });
        self.come.notify_all();
    }

    /// Any letter that is its sender's first.
    pub fn next(&self) -> Letter {
        let mut letters = self.letters.lock().unwrap();
        while letters.is_empty() {
            letters = self.come.wait(letters).unwrap();
        }
        let is_first =
            |&at: &usize| letters[..at].iter().all(|earlier| earlier.sender != letters[at].sender);
        let firsts: Vec<usize> = (0..letters.len()).filter(is_first).collect();
        let chosen = shuttle::rand::thread_rng().gen_range(0..firsts.len());
        letters.remove(firsts[chosen])
    }
}

pub fn operate<H: Host>(
    ob: &ObjectManager<'_, H>,
    object: &haft_object::Pinned<'_, H>,
    operation: Operation,
) -> Answer {
    Ok(match operation {
        Operation::Set => u64::from(ob.set_event(object)?),
        Operation::Pulse => u64::from(ob.pulse_event(object)?),
        Operation::Signal => u64::try_from(ob.query_signal_state(object)?.max(0)).unwrap(),
        Operation::Release(count) => u64::try_from(ob.release_semaphore(object, count)?).unwrap(),
        Operation::ReleaseMutant(thread) => {
            ob.release_mutant(object, thread)?;
            0
        }
    })
}
