//! Real threads at full speed; what is conserved must be conserved.

use crate::sync::{AtomicU64, Ordering};
use crate::testing::{TestHost, with_manager};
use crate::{EventKind, HandleFlags, InheritRequest, ObjectManager, Timeout, WaitKind, Waited};
use haft_abi::{AccessMask, Handle, NtStatus, Tid};

const ROUNDS: u64 = if cfg!(miri) { 20 } else { 10_000 };
const THREADS: u32 = 4;
const ALL: AccessMask = AccessMask(0x001F_0003);

fn on_threads(work: impl Fn(u32) + Sync) {
    std::thread::scope(|scope| {
        for at in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(at));
        }
    });
}

fn event(ob: &ObjectManager<'_, TestHost>, flags: HandleFlags) -> Handle {
    ob.insert(ob.create_event(EventKind::Synchronization, false).unwrap(), ALL, flags).unwrap()
}

#[test]
fn every_object_is_disposed_of_once() {
    with_manager(|ob| {
        // All threads close, use and remake the handles in the same few places.
        let made = AtomicU64::new(0);
        on_threads(|at| {
            for round in 0..ROUNDS {
                let place = Handle::from_index(1 + ((round * 7 + u64::from(at)) % 6) as u32);
                if let Ok(pinned) = ob.reference(place, None, AccessMask(2)) {
                    ob.set_event(&pinned).unwrap();
                    assert!(pinned.record().references() > 0);
                    if round % 3 == 0 {
                        ob.insert(pinned, ALL, HandleFlags::NONE).unwrap();
                    }
                }
                match ob.close(place) {
                    Ok(_) | Err(NtStatus::INVALID_HANDLE) => {}
                    Err(status) => panic!("{status}"),
                }
                if ob.handle_count() < 20 {
                    event(ob, HandleFlags::NONE);
                    made.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let mut left = Vec::new();
        ob.for_each_handle(|handle, _| left.push(handle));
        assert_eq!(left.len(), ob.handle_count() as usize);
        for handle in left {
            ob.close(handle).unwrap();
        }
        assert_eq!(ob.host().disposed().len() as u64, made.load(Ordering::Relaxed));
        assert_eq!(ob.handle_count(), 0);
    });
}

#[test]
fn a_mutant_keeps_others_out_and_survives_its_owners() {
    with_manager(|ob| {
        let mutant = ob.create_mutant(None).unwrap();
        let (counter, left_behind, told) =
            (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        on_threads(|at| {
            for round in 0..ROUNDS {
                let thread = ob.register_thread(Tid(at)).unwrap();
                let waited = ob.wait_for_single(thread, &mutant, Timeout::Never, false).unwrap();
                if waited == Waited::Abandoned(0) {
                    told.fetch_add(1, Ordering::Relaxed);
                }
                // Not one step: only the mutant makes it right.
                counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                if round % 5 == 0 {
                    left_behind.fetch_add(1, Ordering::Relaxed);
                } else {
                    ob.release_mutant(&mutant, thread).unwrap();
                }
                ob.unregister_thread(thread);
            }
        });
        assert_eq!(counter.into_inner(), ROUNDS * u64::from(THREADS));
        let last = u64::from(ob.query_mutant(&mutant).unwrap().abandoned);
        assert_eq!(told.into_inner() + last, left_behind.into_inner());
    });
}

#[test]
fn philosophers_who_take_both_forks_at_once_all_eat() {
    with_manager(|ob| {
        let forks: Vec<_> = (0..THREADS)
            .map(|_| ob.create_event(EventKind::Synchronization, true).unwrap())
            .collect();
        let eaten = AtomicU64::new(0);
        on_threads(|at| {
            let thread = ob.register_thread(Tid(at)).unwrap();
            let both = [at, (at + 1) % THREADS].map(|f| forks[f as usize].clone());
            for _ in 0..ROUNDS / 3 {
                let waited =
                    ob.wait_for_multiple(thread, &both, WaitKind::All, Timeout::Never, false);
                assert_eq!(waited, Ok(Waited::Object(0)));
                for fork in &both {
                    assert_eq!(ob.set_event(fork), Ok(false));
                }
                eaten.fetch_add(1, Ordering::Relaxed);
            }
            ob.unregister_thread(thread);
        });
        assert_eq!(eaten.into_inner(), ROUNDS / 3 * u64::from(THREADS));
        assert!(forks.iter().all(|f| ob.waiters(f) == 0));
    });
}

#[test]
fn what_is_released_is_taken() {
    with_manager(|ob| {
        let semaphores = [(); 2].map(|()| ob.create_semaphore(0, i32::MAX).unwrap());
        let taken = [AtomicU64::new(0), AtomicU64::new(0)];
        on_threads(|at| {
            let thread = ob.register_thread(Tid(at)).unwrap();
            for _ in 0..ROUNDS {
                if at % 2 == 0 {
                    ob.release_semaphore(&semaphores[at as usize / 2], 1).unwrap();
                    continue;
                }
                let waited =
                    ob.wait_for_multiple(thread, &semaphores, WaitKind::Any, Timeout::Never, false);
                match waited {
                    Ok(Waited::Object(at)) => taken[at as usize].fetch_add(1, Ordering::Relaxed),
                    other => panic!("{other:?}"),
                };
            }
            ob.unregister_thread(thread);
        });
        for (semaphore, taken) in semaphores.iter().zip(taken) {
            assert_eq!(taken.into_inner(), ROUNDS);
            assert_eq!(ob.query_signal_state(semaphore), Ok(0));
        }
    });
}

#[test]
fn every_create_process_call_gets_a_set_that_was_the_truth() {
    with_manager(|ob| {
        // At any moment exactly one or two of three handles are inheritable.
        let handles = [HandleFlags::INHERIT, HandleFlags::NONE, HandleFlags::NONE]
            .map(|flags| event(ob, flags));
        let all = InheritRequest { inherit_handles: true, ..InheritRequest::default() };
        on_threads(|at| {
            for round in 0..ROUNDS as usize {
                if at == 0 {
                    let set = |h: usize, f| {
                        ob.set_handle_flags(handles[h % 3], HandleFlags::INHERIT, f).unwrap();
                    };
                    set(round + 1, HandleFlags::INHERIT);
                    set(round, HandleFlags::NONE);
                } else {
                    let set = ob.inherited_set(all).unwrap();
                    assert!(set.len() == 1 || set.len() == 2, "{set:?}");
                }
            }
        });
    });
}
