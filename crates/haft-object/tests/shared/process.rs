//! The processes.

use crate::world::{Answer, Call, Operation, World, operate};
use haft_abi::{NtStatus, Tid};
use haft_object::shared::process::Authority;
use haft_object::sync::{AtomicU64, Ordering};
use haft_object::{
    Backing, Deadline, EventKind, Host, Joining, ObjectManager, ObjectType, ProcessBlock, SharedId,
    Surrendered, ThreadIndex, Timeout, Wait, WaitKind, Waited,
};
use shuttle::sync::MutexGuard;
use shuttle::thread;

pub struct ProcessHost<'w> {
    pub world: &'w World,
    pub process: usize,
}

impl Host for ProcessHost<'_> {
    fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>) {
        self.world.park(word, expected, deadline);
    }

    fn unpark(&self, _thread: ThreadIndex, word: &AtomicU64) {
        self.world.unpark(word);
    }

    fn now_interrupt(&self) -> u64 {
        self.world.now.load(Ordering::SeqCst)
    }

    fn now_system(&self) -> i64 {
        self.now_interrupt() as i64
    }

    fn spin(&self, _round: u32) {
        thread::yield_now();
    }

    fn dispose(&self, _object_type: ObjectType, _backing: Backing) {}

    fn left_elsewhere(&self, wait: Wait) {
        self.world.tell(self.process, Call::Leave(wait));
    }

    type WaitWord<'a>
        = &'a AtomicU64
    where
        Self: 'a;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        block.thread(thread).wait_word()
    }
}

pub type Pinned<'m, 'w> = haft_object::Pinned<'m, ProcessHost<'w>>;

/// A process of the test's.
#[derive(Clone, Copy)]
pub struct Process<'m, 'w> {
    pub ob: &'m ObjectManager<'m, ProcessHost<'w>>,
}

impl<'m, 'w> Authority<'m, ProcessHost<'w>> for Process<'m, 'w>
where
    'w: 'm,
{
    fn number_of(&self, object: &Pinned<'m, 'w>) -> Option<SharedId> {
        match object.backing() {
            Backing::Executive { id } => Some(SharedId(id)),
            _ => None,
        }
    }

    fn reserve(&self) -> Result<SharedId, NtStatus> {
        self.ask(Call::Reserve).map(SharedId)
    }

    fn publish(&self, id: SharedId, moved: &Surrendered) -> Result<(), NtStatus> {
        self.ask(Call::Publish(id, moved.clone())).map(drop)
    }

    fn join(&self, joining: Joining) -> Result<bool, NtStatus> {
        self.ask(Call::Join(joining)).map(|decided| decided != 0)
    }

    fn post(&self, joining: &Joining) -> bool {
        if self.is_dead() {
            return false;
        }
        self.host().world.tell(self.host().process, Call::Join(joining.clone()));
        true
    }

    fn leave(&self, wait: Wait) -> Result<(), NtStatus> {
        self.host().world.tell(self.host().process, Call::Leave(wait));
        Ok(())
    }

    type Moving<'a>
        = MutexGuard<'a, ()>
    where
        Self: 'a;

    fn begin_to_move(&self) -> MutexGuard<'_, ()> {
        self.host().world.moving[self.host().process].lock().unwrap()
    }

    fn thread_ended(&self, thread: ThreadIndex, _code: u32) {
        let _ = self.ask(Call::ThreadEnded(thread));
    }
}

impl<'m, 'w> Process<'m, 'w> {
    pub fn host(&self) -> &'m ProcessHost<'w> {
        self.ob.host()
    }

    pub fn ask(&self, call: Call) -> Answer {
        self.host().world.ask(self.host().process, call)
    }

    pub fn is_dead(&self) -> bool {
        self.host().world.dead[self.host().process].load(Ordering::SeqCst) != 0
    }

    pub fn thread(&self) -> ThreadIndex {
        self.ob.register_thread(Tid(1)).unwrap()
    }

    pub fn end(&self, thread: ThreadIndex) {
        self.ob.end_thread(self, thread, 0);
    }

    pub fn publish(&self, object: &Pinned<'m, 'w>) {
        let published = self.ob.publish(self, object);
        assert!(published.is_ok() || self.is_dead(), "{published:?}");
    }

    /// A handle to an object that some process has published.
    pub fn open(&self, object_type: ObjectType, id: SharedId) -> Pinned<'m, 'w> {
        self.ob.create_moved(object_type, id.0).unwrap()
    }

    pub fn operate(&self, object: &Pinned<'m, 'w>, operation: Operation) -> Answer {
        match operate(self.ob, object, operation) {
            Err(NtStatus::RETRY) => {
                let id = self.ob.number_of(self, object).unwrap();
                self.ask(Call::Operate(id, operation))
            }
            done => done,
        }
    }

    pub fn set(&self, event: &Pinned<'m, 'w>) {
        self.operate(event, Operation::Set).unwrap();
    }

    pub fn is_signalled(&self, object: &Pinned<'m, 'w>) -> bool {
        self.operate(object, Operation::Signal).unwrap() > 0
    }

    /// Waits as the kernel does.
    pub fn wait_as(
        &self,
        thread: ThreadIndex,
        objects: &[Pinned<'m, 'w>],
        kind: WaitKind,
        timeout: Timeout,
    ) -> Result<Waited, NtStatus> {
        let mut post = true;
        loop {
            let ended = match self.ob.wait_for_multiple(thread, objects, kind, timeout, false) {
                Err(NtStatus::RETRY) => {
                    let how = (false, core::mem::take(&mut post));
                    self.ob.wait_with(self, thread, objects, kind, timeout, how)
                }
                ended => ended,
            };
            match ended {
                Ok(Waited::Interrupted) if !self.is_dead() => {}
                ended => return ended,
            }
        }
    }

    pub fn wait(&self, objects: &[Pinned<'m, 'w>], kind: WaitKind, timeout: Timeout) -> Waited {
        let thread = self.thread();
        let ended = self.wait_as(thread, objects, kind, timeout).unwrap();
        self.end(thread);
        ended
    }

    pub fn wait_for(&self, object: &Pinned<'m, 'w>) -> Waited {
        self.wait(core::slice::from_ref(object), WaitKind::Any, Timeout::Never)
    }

    pub fn poll(&self, object: &Pinned<'m, 'w>) -> bool {
        let one = core::slice::from_ref(object);
        self.wait(one, WaitKind::Any, Timeout::ZERO) == Waited::Object(0)
    }

    /// How many wait for an object, wherever it is.
    pub fn waiters(&self, object: &Pinned<'m, 'w>) -> u64 {
        match self.ob.number_of(self, object) {
            Some(id) => self.ask(Call::Waiters(id)).unwrap(),
            None => self.ob.waiters(object) as u64,
        }
    }

    pub fn until_waiters(&self, object: &Pinned<'m, 'w>, count: u64) {
        while self.waiters(object) < count {
            thread::yield_now();
        }
    }

    pub fn auto_event(&self) -> Pinned<'m, 'w> {
        self.ob.create_event(EventKind::Synchronization, false).unwrap()
    }
}
