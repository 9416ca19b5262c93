//! What each kind of object does.

use super::*;

#[test]
fn a_notification_event_stays_set_until_it_is_reset() {
    with_threads(|ob, thread, _| {
        let event = ob.create_event(Notification, false).unwrap();
        assert_eq!(poll(ob, thread, &event), Waited::TimedOut);
        assert_eq!(ob.set_event(&event), Ok(false));
        assert_eq!(ob.set_event(&event), Ok(true));
        assert_eq!(poll(ob, thread, &event), Waited::Object(0));
        assert_eq!(poll(ob, thread, &event), Waited::Object(0));
        assert_eq!(ob.query_event(&event), Ok((Notification, true)));
        assert_eq!(ob.reset_event(&event), Ok(true));
        assert_eq!(ob.reset_event(&event), Ok(false));
        assert_eq!(poll(ob, thread, &event), Waited::TimedOut);
    });
}

#[test]
fn a_synchronization_event_is_reset_by_the_wait_it_satisfies() {
    with_threads(|ob, thread, _| {
        let event = ob.create_event(Synchronization, true).unwrap();
        assert_eq!(poll(ob, thread, &event), Waited::Object(0));
        assert_eq!(poll(ob, thread, &event), Waited::TimedOut);
        assert_eq!(ob.query_event(&event), Ok((Synchronization, false)));
    });
}

#[test]
fn a_pulse_without_waiters_leaves_the_event_reset() {
    with_threads(|ob, thread, _| {
        let event = ob.create_event(Notification, false).unwrap();
        assert_eq!(ob.pulse_event(&event), Ok(false));
        assert_eq!(poll(ob, thread, &event), Waited::TimedOut);
    });
}

#[test]
fn a_pulse_releases_everybody_or_one_of_those_waiting_now() {
    with_manager(|ob| {
        for (kind, released) in [(Notification, 3), (Synchronization, 1)] {
            let event = [ob.create_event(kind, false).unwrap()];
            let done = AtomicUsize::new(0);
            let waits = (0..3)
                .map(|_| {
                    let (event, done) = (&event, &done);
                    let wait: Box<dyn FnOnce(ThreadIndex) + Send> = Box::new(move |thread| {
                        let waited = forever(ob, event, WaitKind::Any)(thread);
                        assert_eq!(waited, Waited::Object(0));
                        done.fetch_add(1, Ordering::SeqCst);
                    });
                    wait
                })
                .collect();
            with_waiters(ob, &event[0], waits, |_| {
                ob.pulse_event(&event[0]).unwrap();
                assert_eq!(ob.waiters(&event[0]), 3 - released);
                assert_eq!(ob.query_event(&event[0]), Ok((kind, false)));
                while done.load(Ordering::SeqCst) < released {
                    std::thread::yield_now();
                }
                for _ in released..3 {
                    ob.set_event(&event[0]).unwrap();
                }
            });
        }
    });
}

#[test]
fn a_semaphore_counts_down_to_zero_and_up_to_its_limit() {
    with_threads(|ob, thread, _| {
        let semaphore = ob.create_semaphore(1, 3).unwrap();
        assert_eq!(poll(ob, thread, &semaphore), Waited::Object(0));
        assert_eq!(poll(ob, thread, &semaphore), Waited::TimedOut);
        assert_eq!(ob.release_semaphore(&semaphore, 2), Ok(0));
        let exceeded = Err(NtStatus::SEMAPHORE_LIMIT_EXCEEDED);
        assert_eq!(ob.release_semaphore(&semaphore, 2), exceeded);
        assert_eq!(ob.release_semaphore(&semaphore, i32::MAX), exceeded);
        assert_eq!(ob.release_semaphore(&semaphore, 0), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(ob.query_semaphore(&semaphore), Ok((2, 3)));
    });
}

#[test]
fn a_semaphore_is_made_only_with_a_count_within_its_limit() {
    with_manager(|ob| {
        for (count, limit) in [(0, 0), (-1, 1), (2, 1), (0, -1)] {
            let made = ob.create_semaphore(count, limit);
            assert_eq!(made.err(), Some(NtStatus::INVALID_PARAMETER));
        }
    });
}

#[test]
fn a_release_of_several_releases_as_many_waiters() {
    with_manager(|ob| {
        let semaphore = [ob.create_semaphore(0, 10).unwrap()];
        let waits = (0..3).map(|_| forever(ob, &semaphore, WaitKind::Any)).collect();
        let waited = with_waiters(ob, &semaphore[0], waits, |_| {
            assert_eq!(ob.release_semaphore(&semaphore[0], 4), Ok(0));
            assert_eq!(ob.query_semaphore(&semaphore[0]), Ok((1, 10)));
        });
        assert_eq!(waited, [Waited::Object(0); 3]);
    });
}

#[test]
fn a_mutant_is_owned_as_often_as_it_was_waited_for() {
    with_threads(|ob, thread, other| {
        let mutant = ob.create_mutant(None).unwrap();
        assert_eq!(poll(ob, thread, &mutant), Waited::Object(0));
        assert_eq!(poll(ob, thread, &mutant), Waited::Object(0));
        assert_eq!(poll(ob, other, &mutant), Waited::TimedOut);
        let state = MutantState { count: -1, owner: Some(Tid(11)), abandoned: false };
        assert_eq!(ob.query_mutant(&mutant), Ok(state));
        assert_eq!(ob.release_mutant(&mutant, other), Err(NtStatus::MUTANT_NOT_OWNED));
        assert_eq!(ob.release_mutant(&mutant, thread), Ok(-1));
        assert_eq!(poll(ob, other, &mutant), Waited::TimedOut);
        assert_eq!(ob.release_mutant(&mutant, thread), Ok(0));
        assert_eq!(ob.release_mutant(&mutant, thread), Err(NtStatus::MUTANT_NOT_OWNED));
        assert_eq!(poll(ob, other, &mutant), Waited::Object(0));
    });
}

#[test]
fn a_mutant_that_is_owned_too_often_says_so() {
    with_threads(|ob, thread, _| {
        let mutant = ob.create_mutant(Some(thread)).unwrap();
        ob.lock(mutant.index()).state.set_signal(i32::MIN);
        let waited = ob.wait_for_single(thread, &mutant, Timeout::ZERO, false);
        assert_eq!(waited, Err(NtStatus::MUTANT_LIMIT_EXCEEDED));
    });
}

#[test]
fn a_mutant_whose_owner_ended_is_abandoned_once() {
    with_threads(|ob, thread, other| {
        let mutants: Vec<_> = (0..3).map(|_| ob.create_mutant(Some(other)).unwrap()).collect();
        ob.release_mutant(&mutants[1], other).unwrap();
        ob.unregister_thread(other);
        assert!(ob.query_mutant(&mutants[0]).unwrap().abandoned);
        assert_eq!(poll(ob, thread, &mutants[0]), Waited::Abandoned(0));
        assert_eq!(poll(ob, thread, &mutants[0]), Waited::Object(0));
        assert_eq!(poll(ob, thread, &mutants[1]), Waited::Object(0));
        assert_eq!(poll(ob, thread, &mutants[2]), Waited::Abandoned(0));
        assert_eq!(ob.query_mutant(&mutants[0]).unwrap().count, -1);
    });
}

#[test]
fn an_abandoned_mutant_goes_to_who_waits_for_it() {
    with_threads(|ob, owner, _| {
        let event = ob.create_event(Notification, false).unwrap();
        let objects = [event, ob.create_mutant(Some(owner)).unwrap()];
        let waits =
            vec![forever(ob, &objects, WaitKind::Any), forever(ob, &objects, WaitKind::Any)];
        let waited = with_waiters(ob, &objects[1], waits, |threads| {
            ob.unregister_thread(owner);
            // The second waiter is told nothing: the mutant was released in order by the first.
            while ob.release_mutant(&objects[1], threads[0]).is_err() {
                std::thread::yield_now();
            }
        });
        assert_eq!(waited, [Waited::Abandoned(1), Waited::Object(1)]);
    });
}

#[test]
fn a_mutant_that_ends_while_it_is_owned_is_forgotten() {
    with_threads(|ob, thread, other| {
        let kept = ob.create_mutant(Some(thread)).unwrap();
        let gone = ob.create_mutant(Some(thread)).unwrap();
        let last = ob.create_mutant(Some(thread)).unwrap();
        drop(gone);
        ob.unregister_thread(thread);
        assert_eq!(poll(ob, other, &kept), Waited::Abandoned(0));
        assert_eq!(poll(ob, other, &last), Waited::Abandoned(0));
    });
}
