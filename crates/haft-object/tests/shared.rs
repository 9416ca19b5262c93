//! Interleavings of waits that span processes and their executive, explored by shuttle:
//!     cargo test -p haft-object --release --features shuttle --test shared
//!
//! Two processes and an executive, each a process block with an object manager; the threads in the
//! executive have their wait words in the processes' blocks. What runs is haft-object's own
//! protocol on both sides; only the way of a call is the tests'. The executive takes calls
//! in any order, but those of one thread in theirs.
//!
//! `HAFT_SCHEDULES` is how many interleavings of each test are tried, in each of two ways; `HAFT_REPLAY` is a
//! file with one that failed, to be tried again.

use haft_abi::{NtStatus, Pid, Tid};
use haft_object::shared::process::Authority;
use haft_object::shared::proxies::{Proxies, ProxyHost};
use haft_object::sync::{AtomicU64, Ordering};
use haft_object::{
    Backing, Deadline, DispatcherState, DueTime, EventKind, Geometry, Host, Joining, Notice,
    ObjectManager, ObjectType, ProcessBlock, SharedId, Surrendered, ThreadIndex, Timeout, Wait,
    WaitKind, Waited,
};
use shuttle::rand::Rng;
use shuttle::sync::{Condvar, Mutex, MutexGuard};
use shuttle::thread::{self, ThreadId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Quiet};

const GEOMETRY: Geometry = Geometry { threads: 8, records: 10, handles: 2 };

// What the processes and the executive have in common.

type Answer = Result<u64, NtStatus>;

#[derive(Clone, Copy)]
enum Operation {
    Set,
    Pulse,
    Signal,
    Release(i32),
    ReleaseMutant(ThreadIndex),
}

enum Call {
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

struct Letter {
    process: usize,
    sender: ThreadId,
    call: Call,
    reply: Option<Arc<(Mutex<Option<Answer>>, Condvar)>>,
}

#[derive(Default)]
struct World {
    /// Where threads park, by the address of the wait word.
    spots: Quiet<BTreeMap<usize, Arc<(Mutex<()>, Condvar)>>>,
    now: AtomicU64,
    letters: Mutex<Vec<Letter>>,
    come: Condvar,
    moving: [Mutex<()>; 2],
    dead: [AtomicU64; 2],
    /// The executive was killed: it wakes nobody any more, and answers nothing.
    killed: AtomicU64,
}

impl World {
    fn spot(&self, word: &AtomicU64) -> Arc<(Mutex<()>, Condvar)> {
        let address = core::ptr::from_ref(word).addr();
        Arc::clone(self.spots.lock().unwrap().entry(address).or_default())
    }

    fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>) {
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

    fn unpark(&self, word: &AtomicU64) {
        let spot = self.spot(word);
        let _parking = spot.0.lock().unwrap();
        spot.1.notify_all();
    }

    /// Lets time pass, and those who are parked look at it.
    fn advance(&self, ticks: u64) {
        self.now.fetch_add(ticks, Ordering::SeqCst);
        let spots: Vec<_> = self.spots.lock().unwrap().values().cloned().collect();
        for spot in spots {
            let _parking = spot.0.lock().unwrap();
            spot.1.notify_all();
        }
    }

    fn is_killed(&self) -> bool {
        self.killed.load(Ordering::SeqCst) != 0
    }

    fn tell(&self, process: usize, call: Call) {
        self.post(process, call, None);
    }

    fn ask(&self, process: usize, call: Call) -> Answer {
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

    fn post(
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
    fn next(&self) -> Letter {
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

fn operate<H: Host>(
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

// The processes.

struct ProcessHost<'w> {
    world: &'w World,
    process: usize,
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

type Pinned<'m, 'w> = haft_object::Pinned<'m, ProcessHost<'w>>;

/// A process of the test's.
#[derive(Clone, Copy)]
struct Process<'m, 'w> {
    ob: &'m ObjectManager<'m, ProcessHost<'w>>,
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
    fn host(&self) -> &'m ProcessHost<'w> {
        self.ob.host()
    }

    fn ask(&self, call: Call) -> Answer {
        self.host().world.ask(self.host().process, call)
    }

    fn is_dead(&self) -> bool {
        self.host().world.dead[self.host().process].load(Ordering::SeqCst) != 0
    }

    fn thread(&self) -> ThreadIndex {
        self.ob.register_thread(Tid(1)).unwrap()
    }

    fn end(&self, thread: ThreadIndex) {
        self.ob.end_thread(self, thread, 0);
    }

    fn publish(&self, object: &Pinned<'m, 'w>) {
        let published = self.ob.publish(self, object);
        assert!(published.is_ok() || self.is_dead(), "{published:?}");
    }

    /// A handle to an object that some process has published.
    fn open(&self, object_type: ObjectType, id: SharedId) -> Pinned<'m, 'w> {
        self.ob.create_moved(object_type, id.0).unwrap()
    }

    fn operate(&self, object: &Pinned<'m, 'w>, operation: Operation) -> Answer {
        match operate(self.ob, object, operation) {
            Err(NtStatus::RETRY) => {
                let id = self.ob.number_of(self, object).unwrap();
                self.ask(Call::Operate(id, operation))
            }
            done => done,
        }
    }

    fn set(&self, event: &Pinned<'m, 'w>) {
        self.operate(event, Operation::Set).unwrap();
    }

    fn is_signalled(&self, object: &Pinned<'m, 'w>) -> bool {
        self.operate(object, Operation::Signal).unwrap() > 0
    }

    /// Waits as the kernel does.
    fn wait_as(
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

    fn wait(&self, objects: &[Pinned<'m, 'w>], kind: WaitKind, timeout: Timeout) -> Waited {
        let thread = self.thread();
        let ended = self.wait_as(thread, objects, kind, timeout).unwrap();
        self.end(thread);
        ended
    }

    fn wait_for(&self, object: &Pinned<'m, 'w>) -> Waited {
        self.wait(core::slice::from_ref(object), WaitKind::Any, Timeout::Never)
    }

    fn poll(&self, object: &Pinned<'m, 'w>) -> bool {
        let one = core::slice::from_ref(object);
        self.wait(one, WaitKind::Any, Timeout::ZERO) == Waited::Object(0)
    }

    /// How many wait for an object, wherever it is.
    fn waiters(&self, object: &Pinned<'m, 'w>) -> u64 {
        match self.ob.number_of(self, object) {
            Some(id) => self.ask(Call::Waiters(id)).unwrap(),
            None => self.ob.waiters(object) as u64,
        }
    }

    fn until_waiters(&self, object: &Pinned<'m, 'w>, count: u64) {
        while self.waiters(object) < count {
            thread::yield_now();
        }
    }

    fn auto_event(&self) -> Pinned<'m, 'w> {
        self.ob.create_event(EventKind::Synchronization, false).unwrap()
    }
}

// The executive.

struct ExecutiveHost<'w> {
    world: &'w World,
    words: Quiet<BTreeMap<ThreadIndex, &'w AtomicU64>>,
    woken: Quiet<Vec<ThreadIndex>>,
}

impl<'w> Host for ExecutiveHost<'w> {
    fn park(&self, _word: &AtomicU64, _expected: u32, _deadline: Option<Deadline>) {
        unreachable!("the executive waits for no object");
    }

    fn unpark(&self, thread: ThreadIndex, word: &AtomicU64) {
        self.woken.lock().unwrap().push(thread);
        if !self.world.is_killed() {
            self.world.unpark(word);
        }
    }

    fn now_interrupt(&self) -> u64 {
        self.world.now.load(Ordering::SeqCst)
    }

    fn now_system(&self) -> i64 {
        self.now_interrupt() as i64
    }

    fn spin(&self, _round: u32) {
        unreachable!("the executive is one thread");
    }

    fn dispose(&self, _object_type: ObjectType, _backing: Backing) {}

    type WaitWord<'a>
        = &'a AtomicU64
    where
        Self: 'a;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        match self.words.lock().unwrap().get(&thread) {
            Some(&word) => word,
            None => block.thread(thread).wait_word(),
        }
    }
}

impl<'w> ProxyHost for ExecutiveHost<'w> {
    type Client = ProcessBlock<'w>;

    fn tid(&self, client: &ProcessBlock<'w>, thread: ThreadIndex) -> Result<Tid, NtStatus> {
        client.thread_checked(thread).map(|t| t.tid()).ok_or(NtStatus::PORT_DISCONNECTED)
    }

    fn attach(&self, proxy: ThreadIndex, client: &ProcessBlock<'w>, thread: ThreadIndex) {
        self.words.lock().unwrap().insert(proxy, client.thread(thread).wait_word());
    }

    fn detach(&self, proxy: ThreadIndex) {
        self.words.lock().unwrap().remove(&proxy);
    }

    fn take_woken(&self) -> Vec<ThreadIndex> {
        core::mem::take(&mut self.woken.lock().unwrap())
    }
}

/// Answers calls until it is stopped, when nobody is to be left in a queue.
fn serve<'m, 'w>(
    world: &World,
    ob: &'m ObjectManager<'m, ExecutiveHost<'w>>,
    blocks: [ProcessBlock<'w>; 2],
) {
    let mut proxies = Proxies::new(ob);
    let mut objects: Vec<Option<haft_object::Pinned<'m, ExecutiveHost<'w>>>> = Vec::new();
    let mut dead = [false; 2];
    loop {
        let Letter { process, call, reply, .. } = world.next();
        let client = (process, &blocks[process]);
        let get = |objects: &[Option<_>], id: SharedId| -> Result<_, NtStatus> {
            let object: &Option<haft_object::Pinned<'m, ExecutiveHost<'w>>> =
                objects.get(id.0 as usize).ok_or(NtStatus::INVALID_HANDLE)?;
            object.clone().ok_or(NtStatus::INVALID_HANDLE)
        };
        let is_main = matches!(call, Call::Stop | Call::Operate(..) | Call::Waiters(_));
        let answer = || -> Answer {
            let stops = matches!(call, Call::Stop);
            if (dead[process] && !is_main) || (world.is_killed() && !stops) {
                return Err(NtStatus::PORT_DISCONNECTED);
            }
            match call {
                Call::Make(state) => {
                    objects.push(Some(proxies.adopt(client, &state)?));
                    Ok(objects.len() as u64 - 1)
                }
                Call::Reserve => {
                    objects.push(None);
                    Ok(objects.len() as u64 - 1)
                }
                Call::Publish(id, moved) => {
                    let object = proxies.adopt(client, &moved.state)?;
                    objects[id.0 as usize] = Some(object.clone());
                    proxies.queue(client, &object, &moved.waiting)?;
                    Ok(0)
                }
                Call::Join(joining) => {
                    let pins = joining.members.iter().map(|m| get(&objects, m.object));
                    let pins = pins.collect::<Result<Vec<_>, _>>();
                    if joining.posted {
                        let pins = pins.as_deref().map_err(|&status| status);
                        return proxies.join_posted(client, &joining, pins).map(|()| 0);
                    }
                    let pins = pins?;
                    proxies.join(client, &joining, &pins).map(u64::from)
                }
                Call::Leave(wait) => {
                    proxies.leave(process, wait);
                    Ok(0)
                }
                Call::Operate(id, Operation::ReleaseMutant(thread)) => {
                    let thread = proxies.of(client, thread)?;
                    operate(ob, &get(&objects, id)?, Operation::ReleaseMutant(thread))
                }
                Call::Operate(id, operation) => operate(ob, &get(&objects, id)?, operation),
                Call::Waiters(id) => Ok(ob.waiters(&get(&objects, id)?) as u64),
                Call::ThreadEnded(thread) => {
                    proxies.thread_ended(process, thread);
                    Ok(0)
                }
                Call::ProcessEnded => {
                    dead[process] = true;
                    proxies.client_gone(process);
                    Ok(0)
                }
                Call::Stop => Ok(u64::MAX),
            }
        };
        let answer = answer();
        proxies.tidy();
        let stops = answer == Ok(u64::MAX);
        if let Some(reply) = reply {
            *reply.0.lock().unwrap() = Some(answer);
            reply.1.notify_all();
        }
        if stops {
            for object in objects.iter().flatten().filter(|_| !world.is_killed()) {
                assert_eq!(ob.waiters(object), 0);
            }
            return;
        }
    }
}

// The tests.

/// Tries a test in many interleavings, with two processes and their executive.
fn explore(test: impl for<'m, 'w> Fn(&'w World, [Process<'m, 'w>; 2]) + Send + Sync + 'static) {
    let schedules = std::env::var("HAFT_SCHEDULES").ok().and_then(|s| s.parse().ok());
    let schedules = schedules.unwrap_or(300);
    let test = Arc::new(test);
    let run = move || {
        let memory =
            || -> Vec<AtomicU64> { (0..GEOMETRY.words()).map(|_| AtomicU64::new(0)).collect() };
        let words = [memory(), memory(), memory()];
        let blocks = [0, 1, 2].map(|at: usize| {
            ProcessBlock::format(&words[at], GEOMETRY, Pid(at as u32 + 1), Pid(0), 0).unwrap()
        });
        let world = World::default();
        let host =
            ExecutiveHost { world: &world, words: Quiet::default(), woken: Quiet::default() };
        let executive = ObjectManager::new(blocks[2], host);
        let obs = [0, 1].map(|process| {
            ObjectManager::new(blocks[process], ProcessHost { world: &world, process })
        });
        thread::scope(|scope| {
            scope.spawn(|| serve(&world, &executive, [blocks[0], blocks[1]]));
            test(&world, obs.each_ref().map(|ob| Process { ob }));
            world.ask(0, Call::Stop).unwrap();
        });
    };
    if let Ok(file) = std::env::var("HAFT_REPLAY") {
        return shuttle::replay_from_file(run, file);
    }
    let pct = run.clone();
    shuttle::check_random(run, schedules);
    shuttle::check_pct(pct, schedules, 3);
}

/// `thread::scope` whose body is a thread of its own: shuttle wakes the one that called it when
/// there are no others left, also where that waits for something else.
fn together<'e, R: Send>(body: impl for<'s> FnOnce(&'s thread::Scope<'s, 'e>) -> R + Send + 'e) -> R
where
    R: 'e,
{
    thread::scope(|scope| scope.spawn(|| body(scope)).join().unwrap())
}

/// A time that comes when somebody lets it.
const LATER: Timeout = Timeout::Due(DueTime::At(5));

fn shared_event(p: Process<'_, '_>, kind: EventKind) -> SharedId {
    let state = DispatcherState::Event { kind, signalled: false };
    SharedId(p.ask(Call::Make(state)).unwrap())
}

fn shared_semaphore(p: Process<'_, '_>, count: i32) -> SharedId {
    let state = DispatcherState::Semaphore { count, limit: 99 };
    SharedId(p.ask(Call::Make(state)).unwrap())
}

#[test]
fn a_thread_keeps_its_turn_while_its_object_moves() {
    explore(|_, [p, q]| {
        let event = p.auto_event();
        together(|scope| {
            let first = scope.spawn(|| p.wait_for(&event));
            p.until_waiters(&event, 1);
            let second = scope.spawn(|| p.wait_for(&event));
            p.until_waiters(&event, 2);
            let mover = scope.spawn(|| p.publish(&event));
            // Behind the two, of another process.
            let newcomer = scope.spawn(|| {
                let id = p.ob.publish(&p, &event).unwrap();
                let same = q.open(ObjectType::Event, id);
                q.wait_for(&same)
            });
            // Whoever else is served deadlocks this.
            for waiter in [first, second, newcomer] {
                p.set(&event);
                assert_eq!(waiter.join().unwrap(), Waited::Object(0));
            }
            mover.join().unwrap();
        });
        assert!(!p.is_signalled(&event));
    });
}

#[test]
fn a_wait_for_any_takes_one_signal_wherever_it_comes_from() {
    explore(|_, [p, q]| {
        let shared = shared_event(q, EventKind::Synchronization);
        let events = [p.auto_event(), p.open(ObjectType::Event, shared), p.auto_event()];
        let theirs = q.open(ObjectType::Event, shared);
        let waited = together(|scope| {
            let waiter = scope.spawn(|| p.wait(&events, WaitKind::Any, Timeout::Never));
            scope.spawn(|| p.set(&events[0]));
            scope.spawn(|| q.set(&theirs));
            scope.spawn(|| {
                p.publish(&events[2]);
                p.set(&events[2]);
            });
            waiter.join().unwrap()
        });
        let left = events.each_ref().map(|e| p.is_signalled(e));
        let Waited::Object(place) = waited else { panic!("{waited:?}") };
        assert_eq!(left, [0, 1, 2].map(|at| at != place));
    });
}

#[test]
fn a_wait_for_all_takes_all_or_nothing_wherever_it_is() {
    explore(|_, [p, q]| {
        let shared = shared_event(q, EventKind::Synchronization);
        let events = [p.auto_event(), p.open(ObjectType::Event, shared)];
        let theirs = q.open(ObjectType::Event, shared);
        together(|scope| {
            let waiter = scope.spawn(|| p.wait(&events, WaitKind::All, Timeout::Never));
            scope.spawn(|| p.set(&events[0]));
            q.set(&theirs);
            // It may have it, or this; never both.
            if q.poll(&theirs) {
                assert_eq!(waiter.is_finished(), false);
                q.set(&theirs);
            }
            assert_eq!(waiter.join().unwrap(), Waited::Object(0));
        });
        assert_eq!(events.each_ref().map(|e| p.is_signalled(e)), [false, false]);
        assert_eq!(events.each_ref().map(|e| p.waiters(e)), [0, 0]);
    });
}

#[test]
fn a_wait_for_all_survives_the_move_of_a_part() {
    explore(|_, [p, _]| {
        let events = [p.auto_event(), p.auto_event()];
        together(|scope| {
            let waiter = scope.spawn(|| p.wait(&events, WaitKind::All, Timeout::Never));
            scope.spawn(|| p.publish(&events[1]));
            scope.spawn(|| p.set(&events[1]));
            p.set(&events[0]);
            assert_eq!(waiter.join().unwrap(), Waited::Object(0));
        });
        assert_eq!(events.each_ref().map(|e| p.is_signalled(e)), [false, false]);
    });
}

#[test]
fn a_wait_that_ends_takes_nothing_from_the_next() {
    explore(|world, [p, q]| {
        let event = p.auto_event();
        let other = p.auto_event();
        together(|scope| {
            let waiter = scope.spawn(|| {
                let thread = p.thread();
                let both = [other.clone(), event.clone()];
                let first = p.wait_as(thread, &both, WaitKind::Any, LATER).unwrap();
                let second = p.wait_as(thread, &both[..1], WaitKind::Any, Timeout::Never).unwrap();
                p.end(thread);
                (first, second)
            });
            scope.spawn(|| p.publish(&event));
            scope.spawn(|| p.set(&event));
            world.advance(5);
            // For the second wait; the first may take it as well.
            p.set(&other);
            let mut set = 1;
            while !waiter.is_finished() {
                if !p.is_signalled(&other) && set < 2 {
                    p.set(&other);
                    set += 1;
                }
                thread::yield_now();
            }
            let (first, second) = waiter.join().unwrap();
            assert_eq!(second, Waited::Object(0));
            assert!([Waited::TimedOut, Waited::Object(0), Waited::Object(1)].contains(&first));
            if first == Waited::TimedOut {
                let id = p.ob.publish(&p, &event).unwrap();
                // It is there, or comes.
                assert_eq!(q.wait_for(&q.open(ObjectType::Event, id)), Waited::Object(0));
            }
        });
    });
}

#[test]
fn a_pulse_releases_those_who_wait_also_while_the_event_moves() {
    explore(|_, [p, _]| {
        let event = p.ob.create_event(EventKind::Notification, false).unwrap();
        together(|scope| {
            let waiters = [0, 1].map(|_| scope.spawn(|| p.wait_for(&event)));
            p.until_waiters(&event, 2);
            scope.spawn(|| p.publish(&event));
            let late = scope.spawn(|| p.poll(&event));
            p.operate(&event, Operation::Pulse).unwrap();
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), Waited::Object(0));
            }
            // It was never seen set.
            assert!(!late.join().unwrap());
        });
        assert!(!p.is_signalled(&event));
    });
}

#[test]
fn an_abandoned_mutant_is_told_of_once_in_all_processes() {
    explore(|_, [p, q]| {
        let owner = p.thread();
        let mutant = p.ob.create_mutant(Some(owner)).unwrap();
        let told = AtomicU64::new(0);
        let take = |process: Process<'_, '_>, mutant: &_| {
            let thread = process.thread();
            let one = core::slice::from_ref(mutant);
            match process.wait_as(thread, one, WaitKind::Any, Timeout::Never).unwrap() {
                Waited::Abandoned(0) => drop(told.fetch_add(1, Ordering::SeqCst)),
                Waited::Object(0) => {}
                other => panic!("{other:?}"),
            }
            process.operate(mutant, Operation::ReleaseMutant(thread)).unwrap();
            process.end(thread);
        };
        together(|scope| {
            scope.spawn(|| take(p, &mutant));
            scope.spawn(|| {
                let id = p.ob.publish(&p, &mutant).unwrap();
                let same = q.open(ObjectType::Mutant, id);
                let thread = q.thread();
                let one = core::slice::from_ref(&same);
                match q.wait_as(thread, one, WaitKind::Any, Timeout::Never).unwrap() {
                    Waited::Abandoned(0) => drop(told.fetch_add(1, Ordering::SeqCst)),
                    Waited::Object(0) => {}
                    other => panic!("{other:?}"),
                }
                q.operate(&same, Operation::ReleaseMutant(thread)).unwrap();
                q.end(thread);
            });
            p.end(owner);
        });
        assert_eq!(told.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_process_that_dies_takes_no_more_than_was_handed_to_it() {
    explore(|world, [p, q]| {
        let events = [0, 1].map(|_| shared_event(p, EventKind::Synchronization));
        let mutant = DispatcherState::Mutant { count: 1, owner: None, abandoned: false };
        let mutant = SharedId(p.ask(Call::Make(mutant)).unwrap());
        let [ours, theirs] =
            [p, q].map(|process| events.map(|id| process.open(ObjectType::Event, id)));
        let locks = [p, q].map(|process| process.open(ObjectType::Mutant, mutant));
        let dying = q.thread();
        together(|scope| {
            scope.spawn(|| {
                let lock = core::slice::from_ref(&locks[1]);
                let _ = q.wait_as(dying, lock, WaitKind::Any, Timeout::Never);
                let _ = q.wait_as(dying, &theirs, WaitKind::Any, Timeout::Never);
            });
            let waiter = scope.spawn(|| p.wait_for(&ours[0]));
            let locker = scope.spawn(|| p.wait_for(&locks[0]));
            scope.spawn(|| {
                q.ask(Call::ProcessEnded).unwrap();
                world.dead[1].store(1, Ordering::SeqCst);
                q.ob.post_notice(dying, Notice::Interrupt);
            });
            p.set(&ours[0]);
            // The dead took one signal at most.
            while !waiter.is_finished() {
                if !p.is_signalled(&ours[0]) && p.waiters(&ours[0]) > 0 {
                    p.set(&ours[0]);
                }
                thread::yield_now();
            }
            assert_eq!(waiter.join().unwrap(), Waited::Object(0));
            let locked = locker.join().unwrap();
            assert!([Waited::Object(0), Waited::Abandoned(0)].contains(&locked));
        });
        assert_eq!(ours.each_ref().map(|e| p.waiters(e)), [0, 0]);
    });
}

#[test]
fn nothing_is_lost_or_taken_twice_in_a_random_mix() {
    explore(|world, [p, q]| {
        let shared = shared_semaphore(p, 0);
        // Private at first, private for good, shared.
        let ours = [
            p.ob.create_semaphore(0, 99).unwrap(),
            p.ob.create_semaphore(0, 99).unwrap(),
            p.open(ObjectType::Semaphore, shared),
        ];
        let theirs = [q.open(ObjectType::Semaphore, shared)];
        let taken = [0, 1, 2].map(|_| AtomicU64::new(0));
        let given = [0, 1, 2].map(|_| AtomicU64::new(0));
        let took = |place: usize| {
            taken[place].fetch_add(1, Ordering::SeqCst);
        };
        let pick = |below: usize| shuttle::rand::thread_rng().gen_range(0..below);
        let waiting = || {
            let thread = p.thread();
            for _ in 0..2 {
                let timeout = [Timeout::Never, Timeout::ZERO, LATER][pick(3)];
                let places: &[usize] =
                    [&[0_usize][..], &[2], &[0, 1], &[1, 2], &[2, 0], &[0, 1, 2]][pick(6)];
                let kind = [WaitKind::Any, WaitKind::All][pick(2)];
                let objects: Vec<_> = places.iter().map(|&at| ours[at].clone()).collect();
                match p.wait_as(thread, &objects, kind, timeout).unwrap() {
                    Waited::Object(_) if kind == WaitKind::All => {
                        places.iter().for_each(|&at| took(at));
                    }
                    Waited::Object(place) => took(places[place as usize]),
                    Waited::TimedOut => assert!(timeout != Timeout::Never),
                    other => panic!("{other:?}"),
                }
            }
            p.end(thread);
        };
        let give = |at: usize| {
            given[at].fetch_add(1, Ordering::SeqCst);
            p.operate(&ours[at], Operation::Release(1)).unwrap();
        };
        together(|scope| {
            let mut running: Vec<_> = (0..2).map(|_| scope.spawn(waiting)).collect();
            running.push(scope.spawn(|| {
                for _ in 0..2 {
                    if q.wait(&theirs, WaitKind::Any, Timeout::Never) == Waited::Object(0) {
                        took(2);
                    }
                }
            }));
            scope.spawn(|| p.publish(&ours[0]));
            for _ in 0..3 {
                give(pick(3));
            }
            world.advance(5);
            // As much as everybody can take.
            let mut rounds = 0;
            while running.iter().any(|thread| !thread.is_finished()) {
                if rounds < 8 {
                    (0..3).for_each(give);
                }
                rounds += 1;
                thread::yield_now();
            }
        });
        for at in 0..3 {
            let left = p.operate(&ours[at], Operation::Signal).unwrap();
            let [given, taken] = [&given[at], &taken[at]].map(|n| n.load(Ordering::SeqCst));
            assert_eq!(given, taken + left, "semaphore {at}");
            assert_eq!(p.waiters(&ours[at]), 0);
        }
    });
}

/// Joins that nobody waits for the answer of, of objects that are private, on their way, and there.
#[test]
fn a_posted_join_takes_one_signal_of_whatever_kind() {
    explore(|_, [p, q]| {
        let shared = shared_event(q, EventKind::Synchronization);
        let events = [p.auto_event(), p.auto_event(), p.open(ObjectType::Event, shared)];
        let theirs = q.open(ObjectType::Event, shared);
        let pick = |below: usize| shuttle::rand::thread_rng().gen_range(0..below);
        let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]];
        let order = [(); 2].map(|()| orders[pick(3)]);
        let taken = together(|scope| {
            let waiters = order.map(|order| {
                let objects = order.map(|at| events[at].clone());
                scope.spawn(move || p.wait(&objects, WaitKind::Any, Timeout::Never))
            });
            scope.spawn(|| p.publish(&events[1]));
            // Every kind once, by whoever can: two of the three are taken.
            scope.spawn(|| q.set(&theirs));
            scope.spawn(|| p.set(&events[0]));
            p.set(&events[1]);
            waiters.map(|waiter| waiter.join().unwrap())
        });
        let mut left = [true; 3];
        for (waited, order) in taken.into_iter().zip(order) {
            let Waited::Object(place) = waited else { panic!("{waited:?}") };
            let at: usize = order[usize::from(place)];
            assert!(core::mem::replace(&mut left[at], false), "event {at} was taken twice");
        }
        assert_eq!(events.each_ref().map(|e| p.is_signalled(e)), left);
        assert_eq!(events.each_ref().map(|e| p.waiters(e)), [0; 3]);
    });
}

/// A posted join may come after its wait is over and the thread's next one has moved with its object.
#[test]
fn a_join_that_comes_late_leaves_the_next_wait_alone() {
    explore(|_, [p, q]| {
        let shared = shared_event(q, EventKind::Synchronization);
        let both = [p.auto_event(), p.open(ObjectType::Event, shared)];
        let next = p.auto_event();
        together(|scope| {
            let waiter = scope.spawn(|| {
                let thread = p.thread();
                let first = p.wait_as(thread, &both, WaitKind::Any, Timeout::Never).unwrap();
                let one = core::slice::from_ref(&next);
                let second = p.wait_as(thread, one, WaitKind::Any, Timeout::Never).unwrap();
                p.end(thread);
                (first, second)
            });
            scope.spawn(|| p.set(&both[0]));
            p.until_waiters(&next, 1);
            p.publish(&next);
            p.set(&next);
            assert_eq!(waiter.join().unwrap(), (Waited::Object(0), Waited::Object(0)));
        });
        assert_eq!(p.waiters(&next), 0);
    });
}

/// Those who wait in line for an object, and for all of it and another one: the object moves, and what
/// comes first in its line is served first, unless it waits for all.
#[test]
fn a_line_is_kept_beside_a_wait_for_all_whose_part_moves() {
    explore(|_, [p, _]| {
        let events = [p.auto_event(), p.auto_event()];
        together(|scope| {
            let all = scope.spawn(|| p.wait(&events, WaitKind::All, Timeout::Never));
            p.until_waiters(&events[0], 1);
            let first = scope.spawn(|| p.wait_for(&events[0]));
            p.until_waiters(&events[0], 2);
            let mover = scope.spawn(|| p.publish(&events[0]));
            // The other part is not set, so this is the first one's.
            p.set(&events[0]);
            assert_eq!(first.join().unwrap(), Waited::Object(0));
            mover.join().unwrap();
            p.set(&events[1]);
            p.set(&events[0]);
            assert_eq!(all.join().unwrap(), Waited::Object(0));
        });
        assert_eq!(events.each_ref().map(|e| p.is_signalled(e)), [false, false]);
        assert_eq!(events.each_ref().map(|e| p.waiters(e)), [0, 0]);
    });
}

/// Wherever the executive is killed, also between deciding a wait and waking the waiter.
#[test]
fn nobody_sleeps_on_when_the_executive_is_killed() {
    explore(|world, [p, q]| {
        let shared = shared_event(q, EventKind::Synchronization);
        let events = [p.auto_event(), p.auto_event(), p.open(ObjectType::Event, shared)];
        let theirs = q.open(ObjectType::Event, shared);
        together(|scope| {
            let waiters = [WaitKind::Any, WaitKind::Any, WaitKind::All].map(|kind| {
                let events = events.clone();
                scope.spawn(move || {
                    let thread = p.thread();
                    let ended = p.wait_as(thread, &events[1..], kind, Timeout::Never);
                    let _ = p.ob.wait_for_single(thread, &events[0], Timeout::ZERO, false);
                    ended
                })
            });
            scope.spawn(|| {
                let _ = q.operate(&theirs, Operation::Set);
            });
            scope.spawn(|| {
                let _ = p.ob.publish(&p, &events[1]);
            });
            let killer = scope.spawn(|| {
                world.killed.store(1, Ordering::SeqCst);
                // As the kernel does when it hears of it.
                world.dead[0].store(1, Ordering::SeqCst);
                p.ob.executive_is_gone();
            });
            killer.join().unwrap();
            for waiter in waiters {
                match waiter.join().unwrap() {
                    Ok(Waited::Object(_) | Waited::Interrupted)
                    | Err(NtStatus::PORT_DISCONNECTED) => {}
                    other => panic!("{other:?}"),
                }
            }
        });
        // What is private goes on.
        p.set(&events[0]);
        assert!(p.ob.query_event(&events[0]).is_ok());
    });
}
