//! Interleavings, explored by shuttle:
//!     cargo test -p haft-object --release --features shuttle --test shuttle
//!
//! Shuttle runs the threads of a test one at a time and switches at every atomic operation, at
//! random. A wake-up that is lost shows as a deadlock, which shuttle reports.
//!
//! `HAFT_SCHEDULES` is how many interleavings of each test are tried, in each of two ways.

use haft_abi::{AccessMask, Handle, NtStatus, Pid, Tid};
use haft_object::sync::{AtomicU64, Ordering};
use haft_object::{
    Backing, Deadline, DueTime, EventKind, Geometry, HandleFlags, Host, InheritRequest, Notice,
    ObjectManager, ObjectType, Pinned, ProcessBlock, ThreadIndex, Timeout, WaitKind, Waited,
};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;

const GEOMETRY: Geometry = Geometry { threads: 5, records: 8, handles: 8 };
const ALL: AccessMask = AccessMask(0x001F_0003);
/// A time that never comes.
const FAR: DueTime = DueTime::After(1 << 40);

#[derive(Default)]
struct ShuttleHost {
    parking: Mutex<()>,
    woken: Condvar,
    now: AtomicU64,
    disposed: Mutex<Vec<Backing>>,
}

impl ShuttleHost {
    /// Lets time pass, and those who are parked look at it.
    fn advance(&self, ticks: u64) {
        let _parking = self.parking.lock().unwrap();
        self.now.fetch_add(ticks, Ordering::SeqCst);
        self.woken.notify_all();
    }
}

impl Host for ShuttleHost {
    fn park(&self, word: &AtomicU64, expected: u32, deadline: Option<Deadline>) {
        let mut parking = self.parking.lock().unwrap();
        let late = || match deadline {
            None => false,
            Some(Deadline::Interrupt(time)) => time <= self.now_interrupt(),
            Some(Deadline::System(time)) => time <= self.now_system(),
        };
        while word.load(Ordering::SeqCst) as u32 == expected && !late() {
            parking = self.woken.wait(parking).unwrap();
        }
    }

    fn unpark(&self, _thread: ThreadIndex, _word: &AtomicU64) {
        let _parking = self.parking.lock().unwrap();
        self.woken.notify_all();
    }

    fn now_interrupt(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn now_system(&self) -> i64 {
        self.now_interrupt() as i64
    }

    fn spin(&self, _round: u32) {
        thread::yield_now();
    }

    fn dispose(&self, _object_type: ObjectType, backing: Backing) {
        self.disposed.lock().unwrap().push(backing);
    }

    type WaitWord<'a> = &'a AtomicU64;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        block.thread(thread).wait_word()
    }
}

type Ob<'b> = ObjectManager<'b, ShuttleHost>;

fn explore(test: impl Fn(&Ob<'_>) + Send + Sync + 'static) {
    let test = std::sync::Arc::new(test);
    let run = move || {
        let words: Vec<AtomicU64> = (0..GEOMETRY.words()).map(|_| AtomicU64::new(0)).collect();
        let block = ProcessBlock::format(&words, GEOMETRY, Pid(1), Pid(0), 0).unwrap();
        test(&ObjectManager::new(block, ShuttleHost::default()));
    };
    let schedules = std::env::var("HAFT_SCHEDULES").ok().and_then(|s| s.parse().ok());
    let schedules = schedules.unwrap_or(1_500);
    let pct = run.clone();
    shuttle::check_random(run, schedules);
    shuttle::check_pct(pct, schedules, 3);
}

/// Runs the two at the same time: what they gave.
fn both<A: Send, B: Send>(
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    thread::scope(|scope| {
        let running = scope.spawn(first);
        let second = second();
        (running.join().unwrap(), second)
    })
}

fn register(ob: &Ob<'_>) -> ThreadIndex {
    ob.register_thread(Tid(1)).unwrap()
}

fn auto_event<'m>(ob: &'m Ob<'_>, set: bool) -> Pinned<'m, ShuttleHost> {
    ob.create_event(EventKind::Synchronization, set).unwrap()
}

fn is_set(ob: &Ob<'_>, event: &Pinned<'_, ShuttleHost>) -> bool {
    ob.query_signal_state(event).unwrap() > 0
}

fn wait(ob: &Ob<'_>, objects: &[Pinned<'_, ShuttleHost>], kind: WaitKind) -> Waited {
    let thread = register(ob);
    let waited = ob.wait_for_multiple(thread, objects, kind, Timeout::Never, false).unwrap();
    ob.unregister_thread(thread);
    waited
}

fn poll(ob: &Ob<'_>, object: &Pinned<'_, ShuttleHost>) -> bool {
    let thread = register(ob);
    let waited = ob.wait_for_single(thread, object, Timeout::ZERO, false).unwrap();
    ob.unregister_thread(thread);
    waited == Waited::Object(0)
}

#[test]
fn no_wake_up_is_lost() {
    explore(|ob| {
        let ping = [auto_event(ob, false)];
        let pong = [auto_event(ob, false)];
        both(
            || {
                for _ in 0..2 {
                    assert_eq!(wait(ob, &ping, WaitKind::Any), Waited::Object(0));
                    ob.set_event(&pong[0]).unwrap();
                }
            },
            || {
                for _ in 0..2 {
                    ob.set_event(&ping[0]).unwrap();
                    assert_eq!(wait(ob, &pong, WaitKind::Any), Waited::Object(0));
                }
            },
        );
        assert!(!is_set(ob, &ping[0]) && !is_set(ob, &pong[0]));
    });
}

#[test]
fn an_auto_reset_event_is_handed_over_once() {
    explore(|ob| {
        let event = [auto_event(ob, false)];
        let taken = AtomicU64::new(0);
        thread::scope(|scope| {
            // The one that blocks is served in the end; the one that polls may be before it.
            scope.spawn(|| {
                wait(ob, &event, WaitKind::Any);
                taken.fetch_add(1, Ordering::SeqCst);
            });
            scope.spawn(|| {
                if poll(ob, &event[0]) {
                    taken.fetch_add(1, Ordering::SeqCst);
                    ob.set_event(&event[0]).unwrap();
                    taken.fetch_sub(1, Ordering::SeqCst);
                }
            });
            ob.set_event(&event[0]).unwrap();
        });
        assert_eq!(taken.load(Ordering::SeqCst), 1);
        assert!(!is_set(ob, &event[0]));
    });
}

#[test]
fn a_semaphore_gives_as_often_as_it_was_released() {
    explore(|ob| {
        let semaphore = [ob.create_semaphore(0, 4).unwrap()];
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| assert_eq!(wait(ob, &semaphore, WaitKind::Any), Waited::Object(0)));
            }
            scope.spawn(|| ob.release_semaphore(&semaphore[0], 2).unwrap());
            ob.release_semaphore(&semaphore[0], 1).unwrap();
        });
        assert_eq!(ob.query_semaphore(&semaphore[0]), Ok((1, 4)));
    });
}

#[test]
fn a_wait_for_any_takes_one_signal() {
    explore(|ob| {
        let events = [auto_event(ob, false), auto_event(ob, false)];
        let mut taken = None;
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(ob, &events, WaitKind::Any));
            scope.spawn(|| ob.set_event(&events[0]).unwrap());
            ob.set_event(&events[1]).unwrap();
            taken = Some(waiter.join().unwrap());
        });
        let left = events.each_ref().map(|e| is_set(ob, e));
        match taken {
            Some(Waited::Object(0)) => assert_eq!(left, [false, true]),
            Some(Waited::Object(1)) => assert_eq!(left, [true, false]),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_time_out_and_a_signal_do_not_both_win() {
    explore(|ob| {
        let event = auto_event(ob, false);
        let timeout = Timeout::Due(DueTime::After(5));
        let waited = thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let thread = register(ob);
                let waited = ob.wait_for_single(thread, &event, timeout, true).unwrap();
                ob.unregister_thread(thread);
                waited
            });
            scope.spawn(|| ob.host().advance(5));
            ob.set_event(&event).unwrap();
            // A wait that begins after the time has passed still needs it to pass.
            ob.host().advance(5);
            waiter.join().unwrap()
        });
        assert_eq!(waited == Waited::TimedOut, is_set(ob, &event));
    });
}

#[test]
fn a_user_apc_and_a_signal_do_not_both_win() {
    explore(|ob| {
        let event = auto_event(ob, false);
        let thread = register(ob);
        let waited = thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let far = Timeout::Due(FAR);
                ob.wait_for_single(thread, &event, far, true).unwrap()
            });
            scope.spawn(|| ob.post_notice(thread, Notice::UserApc));
            ob.set_event(&event).unwrap();
            waiter.join().unwrap()
        });
        assert_eq!(waited == Waited::UserApc, is_set(ob, &event));
        assert!(ob.withdraw_notice(thread, Notice::UserApc));
    });
}

#[test]
fn a_wait_for_all_takes_all_or_nothing() {
    explore(|ob| {
        let events = [auto_event(ob, false), auto_event(ob, false)];
        let reversed = [events[1].clone(), events[0].clone()];
        thread::scope(|scope| {
            let first = scope.spawn(|| wait(ob, &events, WaitKind::All));
            let second = scope.spawn(|| wait(ob, &reversed, WaitKind::All));
            let poller = scope.spawn(|| poll(ob, &events[0]));
            for event in &events {
                ob.set_event(event).unwrap();
            }
            if poller.join().unwrap() {
                ob.set_event(&events[0]).unwrap();
            }
            // One of the two has both; the other gets both only now.
            while is_set(ob, &events[0]) || is_set(ob, &events[1]) {
                thread::yield_now();
            }
            for event in events.iter().rev() {
                ob.set_event(event).unwrap();
            }
            assert_eq!(first.join().unwrap(), Waited::Object(0));
            assert_eq!(second.join().unwrap(), Waited::Object(0));
        });
        assert!(!is_set(ob, &events[0]) && !is_set(ob, &events[1]));
        assert_eq!(events.each_ref().map(|e| ob.waiters(e)), [0, 0]);
    });
}

#[test]
fn a_wait_for_all_that_times_out_takes_nothing() {
    explore(|ob| {
        let events = [auto_event(ob, true), auto_event(ob, false)];
        let timeout = Timeout::Due(DueTime::After(5));
        let waited = thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let thread = register(ob);
                let all = WaitKind::All;
                let waited = ob.wait_for_multiple(thread, &events, all, timeout, false).unwrap();
                ob.unregister_thread(thread);
                waited
            });
            scope.spawn(|| ob.set_event(&events[1]).unwrap());
            ob.host().advance(5);
            ob.host().advance(5);
            waiter.join().unwrap()
        });
        let timed_out = waited == Waited::TimedOut;
        assert_eq!(events.each_ref().map(|e| is_set(ob, e)), [timed_out; 2]);
    });
}

#[test]
fn a_wait_for_all_and_a_wait_for_any_share_without_loss() {
    explore(|ob| {
        let semaphores = [ob.create_semaphore(0, 4).unwrap(), ob.create_semaphore(0, 4).unwrap()];
        thread::scope(|scope| {
            scope.spawn(|| wait(ob, &semaphores, WaitKind::All));
            scope.spawn(|| wait(ob, &semaphores[..1], WaitKind::Any));
            scope.spawn(|| ob.release_semaphore(&semaphores[0], 1).unwrap());
            ob.release_semaphore(&semaphores[1], 1).unwrap();
            ob.release_semaphore(&semaphores[0], 1).unwrap();
        });
        for semaphore in &semaphores {
            assert_eq!(ob.query_semaphore(semaphore), Ok((0, 4)));
            assert_eq!(ob.waiters(semaphore), 0);
        }
    });
}

#[test]
fn an_abandoned_mutant_is_told_of_once() {
    explore(|ob| {
        let owner = register(ob);
        let mutant = [ob.create_mutant(Some(owner)).unwrap()];
        let told = AtomicU64::new(0);
        let take = || {
            let thread = register(ob);
            let waited = ob.wait_for_single(thread, &mutant[0], Timeout::Never, false).unwrap();
            match waited {
                Waited::Abandoned(0) => drop(told.fetch_add(1, Ordering::SeqCst)),
                Waited::Object(0) => {}
                other => panic!("{other:?}"),
            }
            ob.release_mutant(&mutant[0], thread).unwrap();
            ob.unregister_thread(thread);
        };
        thread::scope(|scope| {
            scope.spawn(take);
            scope.spawn(take);
            ob.unregister_thread(owner);
        });
        assert_eq!(told.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_mutant_may_end_while_its_owner_does() {
    explore(|ob| {
        let owner = register(ob);
        let (first, second) =
            (ob.create_mutant(Some(owner)).unwrap(), ob.create_mutant(Some(owner)).unwrap());
        both(
            move || {
                drop(first);
                drop(second);
            },
            || ob.unregister_thread(owner),
        );
        assert_eq!(ob.host().disposed.lock().unwrap().len(), 2);
        // Neither list nor records are damaged.
        let again = register(ob);
        let mutant = ob.create_mutant(Some(again)).unwrap();
        assert_eq!(ob.release_mutant(&mutant, again), Ok(0));
    });
}

#[test]
fn a_close_does_not_pull_the_backing_from_under_a_use() {
    explore(|ob| {
        let backing = Backing::Descriptor { fd: 9, extra: 0 };
        let file = ob.create_object(ObjectType::File, backing, true).unwrap();
        let handle = ob.insert(file, ALL, HandleFlags::NONE).unwrap();
        let use_it = || match ob.reference(handle, Some(ObjectType::File), AccessMask(1)) {
            Ok(pinned) => {
                thread::yield_now();
                assert_eq!(pinned.backing(), backing);
                assert!(ob.host().disposed.lock().unwrap().is_empty());
            }
            // The event that takes the handle's value and the record over is not what was meant.
            Err(status) => assert!(
                [NtStatus::INVALID_HANDLE, NtStatus::OBJECT_TYPE_MISMATCH].contains(&status)
            ),
        };
        thread::scope(|scope| {
            scope.spawn(use_it);
            scope.spawn(|| {
                ob.close(handle).unwrap();
                let event = ob.insert(auto_event(ob, false), ALL, HandleFlags::NONE).unwrap();
                assert_eq!(event, handle);
            });
            use_it();
        });
        assert_eq!(*ob.host().disposed.lock().unwrap(), [backing]);
        assert_eq!(ob.pin_handle(handle).unwrap().0.record().references(), 2);
    });
}

#[test]
fn a_handle_is_closed_once() {
    explore(|ob| {
        let handle = ob.insert(auto_event(ob, false), ALL, HandleFlags::NONE).unwrap();
        let (first, second) = both(|| ob.close(handle).is_ok(), || ob.close(handle).is_ok());
        assert!(first != second);
        assert_eq!(ob.host().disposed.lock().unwrap().len(), 1);
        assert_eq!(ob.handle_count(), 0);
    });
}

#[test]
fn threads_that_make_and_close_handles_never_share_one() {
    explore(|ob| {
        let work = || {
            for _ in 0..2 {
                let event = auto_event(ob, false);
                let index = event.index();
                let handle = ob.insert(event, ALL, HandleFlags::NONE).unwrap();
                assert_eq!(ob.query_handle(handle).unwrap().record, index);
                assert!(ob.close(handle).unwrap().last_handle);
            }
        };
        thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
            work();
        });
        assert_eq!(ob.handle_count(), 0);
        assert_eq!(ob.host().disposed.lock().unwrap().len(), 6);
        // Every entry and record can still be had, once.
        let mut left: Vec<_> = (1..GEOMETRY.handles)
            .map(|_| ob.insert(auto_event(ob, false), ALL, HandleFlags::NONE).unwrap())
            .collect();
        left.sort_by_key(|h| h.0);
        left.dedup();
        assert_eq!(left.len(), GEOMETRY.handles as usize - 1);
    });
}

#[test]
fn a_place_above_the_mark_is_handed_out_once() {
    explore(|ob| {
        ob.insert_at(Handle(8), auto_event(ob, false), ALL, HandleFlags::NONE).unwrap();
        let make = || ob.insert(auto_event(ob, false), ALL, HandleFlags::NONE).unwrap();
        let (mut made, ()) = both(
            || vec![make(), make()],
            || {
                ob.close(Handle(8)).unwrap();
            },
        );
        made.extend((2..GEOMETRY.handles - 1).map(|_| make()));
        made.sort_by_key(|h| h.0);
        made.dedup();
        assert_eq!(made.len(), GEOMETRY.handles as usize - 1);
    });
}

#[test]
fn an_inherited_set_was_the_truth_at_one_moment() {
    explore(|ob| {
        let low = ob.insert(auto_event(ob, false), ALL, HandleFlags::NONE).unwrap();
        let high = ob.insert(auto_event(ob, false), ALL, HandleFlags::INHERIT).unwrap();
        let set = |handle, flags| ob.set_handle_flags(handle, HandleFlags::INHERIT, flags).unwrap();
        let decide = || {
            let request = InheritRequest { inherit_handles: true, ..InheritRequest::default() };
            ob.inherited_set(request).unwrap().iter().map(|i| i.handle).collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            // One of the two is inheritable at any moment.
            scope.spawn(|| {
                set(low, HandleFlags::INHERIT);
                set(high, HandleFlags::NONE);
            });
            scope.spawn(|| assert!(!decide().is_empty()));
            assert!(!decide().is_empty());
        });
        assert_eq!(decide(), [low]);
    });
}

#[test]
fn a_timer_set_anew_reaches_who_waits_for_it() {
    explore(|ob| {
        let timer = [ob.create_timer(EventKind::Synchronization).unwrap()];
        ob.set_timer(&timer[0], FAR, 0).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(wait(ob, &timer, WaitKind::Any), Waited::Object(0)));
            ob.set_timer(&timer[0], DueTime::After(10), 0).unwrap();
            ob.host().advance(10);
        });
        assert!(!is_set(ob, &timer[0]));
    });
}

#[test]
fn a_backing_is_read_whole() {
    explore(|ob| {
        let backings = [Backing::Pending { id: 1 }, Backing::Kernel { words: [2, 3] }];
        let file = ob.create_object(ObjectType::File, backings[0], true).unwrap();
        let (seen, ()) = both(
            || [file.backing(), file.backing()],
            || ob.resolve_pending(&file, 1, backings[1]).unwrap(),
        );
        assert!(seen.iter().all(|b| backings.contains(b)), "{seen:?}");
        assert!(seen[0] == backings[0] || seen[1] == backings[1], "{seen:?}");
    });
}
