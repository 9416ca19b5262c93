//! The executive as the object model's host: the wait words of its threads are its clients'.

use crate::process::Process;
use core::ops::Deref;
use core::sync::atomic::AtomicU64;
use haft_abi::{NtStatus, Pid, Tid};
use haft_host::{clock, park, process as linux};
use haft_object::shared::proxies::ProxyHost;
use haft_object::{Backing, Deadline, Host, ObjectManager, ObjectType, ProcessBlock, ThreadIndex};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

/// The objects that processes share.
pub type Objects = ObjectManager<'static, ExecutiveHost>;
/// A reference to a shared object.
pub type Pinned = haft_object::Pinned<'static, ExecutiveHost>;

/// Where the wait words are of those that threads here stand for.
#[derive(Default)]
pub struct ExecutiveHost {
    clients: RwLock<HashMap<ThreadIndex, ClientWord>>,
    woken: Mutex<Vec<ThreadIndex>>,
}

/// The wait word of a client's thread; keeps the client's process block mapped.
#[derive(Clone)]
pub struct ClientWord {
    process: Arc<Process>,
    at: usize,
}

impl ClientWord {
    /// The wait word of `thread` in the block of `process`; `None` if there is no such thread.
    pub fn of(process: &Arc<Process>, thread: ThreadIndex) -> Option<Self> {
        let at = process.block().ok()?.wait_word_at(thread)?;
        Some(Self { process: Arc::clone(process), at })
    }
}

impl ProxyHost for ExecutiveHost {
    type Client = Arc<Process>;

    fn tid(&self, client: &Arc<Process>, thread: ThreadIndex) -> Result<Tid, NtStatus> {
        let block = client.block()?;
        block.thread_checked(thread).map(|t| t.tid()).ok_or(NtStatus::PORT_DISCONNECTED)
    }

    fn attach(&self, proxy: ThreadIndex, client: &Arc<Process>, thread: ThreadIndex) {
        if let Some(word) = ClientWord::of(client, thread) {
            self.clients.write().unwrap_or_else(PoisonError::into_inner).insert(proxy, word);
        }
    }

    fn detach(&self, proxy: ThreadIndex) {
        self.clients.write().unwrap_or_else(PoisonError::into_inner).remove(&proxy);
    }

    fn take_woken(&self) -> Vec<ThreadIndex> {
        core::mem::take(&mut self.woken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The wait word of a thread of the executive's object manager.
pub enum WaitWord<'a> {
    /// A client's.
    Client(ClientWord),
    /// That of a thread that stands for nobody yet.
    Own(&'a AtomicU64),
}

impl Deref for WaitWord<'_> {
    type Target = AtomicU64;

    fn deref(&self) -> &AtomicU64 {
        match self {
            Self::Client(word) => &word.process.words.words()[word.at],
            Self::Own(word) => word,
        }
    }
}

/// The host of another process's block, for as long as the executive changes it: waits for nobody,
/// and ends nothing.
pub struct OutsideHost;

impl Host for OutsideHost {
    fn park(&self, _word: &AtomicU64, _expected: u32, _deadline: Option<Deadline>) {
        unreachable!("the executive waits for no object");
    }

    fn unpark(&self, _thread: ThreadIndex, word: &AtomicU64) {
        if haft_object::may_be_parked(word) {
            park::unpark(park::low_half(word), 1);
        }
    }

    fn now_interrupt(&self) -> u64 {
        clock::interrupt_time()
    }

    fn now_system(&self) -> i64 {
        clock::system_time()
    }

    fn name(&self) -> u64 {
        static NAME: OnceLock<u64> = OnceLock::new();
        *NAME.get_or_init(|| linux::name_of(Pid(std::process::id())))
    }

    fn has_ended(&self, name: u64) -> bool {
        linux::has_named_ended(name)
    }

    fn spin(&self, _round: u32) {
        core::hint::spin_loop();
    }

    fn dispose(&self, _object_type: ObjectType, _backing: Backing) {
        // Nothing ends here but an object that has found no place, whose offer is taken back.
    }

    type WaitWord<'a> = &'a AtomicU64;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        block.thread(thread).wait_word()
    }
}

impl Host for ExecutiveHost {
    fn park(&self, _word: &AtomicU64, _expected: u32, _deadline: Option<Deadline>) {
        unreachable!("the executive waits for no object");
    }

    fn unpark(&self, thread: ThreadIndex, word: &AtomicU64) {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        if haft_object::may_be_parked(word) {
            park::unpark(park::low_half(word), 1);
        }
    }

    fn now_interrupt(&self) -> u64 {
        clock::interrupt_time()
    }

    fn now_system(&self) -> i64 {
        clock::system_time()
    }

    fn lives(&self, thread: ThreadIndex) -> bool {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        // Linux knows of an end before anybody who has waited for it can ask for anything.
        clients.get(&thread).is_none_or(|word| !word.process.has_ended())
    }

    fn spin(&self, _round: u32) {
        // One thread alone takes these locks, so none is ever busy.
        core::hint::spin_loop();
    }

    fn dispose(&self, _object_type: ObjectType, _backing: Backing) {
        // A dispatcher object is its record, and nothing else.
    }

    type WaitWord<'a> = WaitWord<'a>;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> WaitWord<'a> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients
            .get(&thread)
            .cloned()
            .map_or_else(|| WaitWord::Own(block.thread(thread).wait_word()), WaitWord::Client)
    }
}
