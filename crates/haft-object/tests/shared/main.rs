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

mod executive;
mod process;
mod world;

use executive::{ExecutiveHost, serve};
use haft_abi::{NtStatus, Pid};
use haft_object::sync::{AtomicU64, Ordering};
use haft_object::{
    DispatcherState, DueTime, EventKind, Geometry, Notice, ObjectManager, ObjectType, ProcessBlock,
    SharedId, Timeout, WaitKind, Waited,
};
use process::{Process, ProcessHost};
use shuttle::rand::Rng;
use shuttle::thread;
use std::sync::{Arc, Mutex as Quiet};
use world::{Call, Operation, World};

const GEOMETRY: Geometry = Geometry { threads: 8, records: 10, handles: 2 };

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
