//! Waits for one, for any and for all; their order, their time-outs and what interrupts them.

use super::*;

#[test]
fn waiters_are_served_first_come_first() {
    with_manager(|ob| {
        let event = [ob.create_event(Synchronization, false).unwrap()];
        let order = AtomicUsize::new(0);
        let waits = (0..4)
            .map(|_| {
                let (event, order) = (&event, &order);
                let wait: Box<dyn FnOnce(ThreadIndex) -> usize + Send> = Box::new(move |thread| {
                    forever(ob, event, WaitKind::Any)(thread);
                    order.fetch_add(1, Ordering::SeqCst)
                });
                wait
            })
            .collect();
        let places = with_waiters(ob, &event[0], waits, |_| {
            for served in 1..=4 {
                ob.set_event(&event[0]).unwrap();
                while order.load(Ordering::SeqCst) < served {
                    std::thread::yield_now();
                }
            }
        });
        assert_eq!(places, [0, 1, 2, 3]);
    });
}

#[test]
fn a_signal_that_was_handed_over_cannot_be_stolen() {
    with_threads(|ob, thief, _| {
        let event = [ob.create_event(Synchronization, false).unwrap()];
        let waits = vec![forever(ob, &event, WaitKind::Any)];
        let waited = with_waiters(ob, &event[0], waits, |_| {
            ob.set_event(&event[0]).unwrap();
            assert_eq!(poll(ob, thief, &event[0]), Waited::TimedOut);
        });
        assert_eq!(waited, [Waited::Object(0)]);
    });
}

#[test]
fn more_waiters_than_one_batch_are_all_woken() {
    with_manager(|ob| {
        let event = [ob.create_event(Notification, false).unwrap()];
        let waits = (0..13).map(|_| forever(ob, &event, WaitKind::Any)).collect();
        let waited = with_waiters(ob, &event[0], waits, |_| {
            ob.set_event(&event[0]).unwrap();
            ob.reset_event(&event[0]).unwrap();
        });
        assert_eq!(waited, [Waited::Object(0); 13]);
        assert_eq!(ob.waiters(&event[0]), 0);
    });
}

#[test]
fn a_wait_for_any_takes_the_first_that_is_signalled_and_no_other() {
    with_threads(|ob, thread, _| {
        let objects = [false, true, true].map(|set| ob.create_event(Synchronization, set).unwrap());
        let any = || ob.wait_for_multiple(thread, &objects, WaitKind::Any, Timeout::ZERO, false);
        assert_eq!(any(), Ok(Waited::Object(1)));
        assert_eq!(any(), Ok(Waited::Object(2)));
        assert_eq!(any(), Ok(Waited::TimedOut));
    });
}

#[test]
fn a_wait_for_any_leaves_the_queues_of_the_others() {
    with_manager(|ob| {
        let objects = [(); 3].map(|()| ob.create_event(Synchronization, false).unwrap());
        let waits = vec![forever(ob, &objects, WaitKind::Any)];
        let waited = with_waiters(ob, &objects[2], waits, |_| {
            ob.set_event(&objects[1]).unwrap();
        });
        assert_eq!(waited, [Waited::Object(1)]);
        assert_eq!(objects.each_ref().map(|o| ob.waiters(o)), [0; 3]);
        ob.set_event(&objects[0]).unwrap();
        assert_eq!(ob.query_event(&objects[0]), Ok((Synchronization, true)));
    });
}

#[test]
fn a_wait_for_all_takes_nothing_until_it_can_take_everything() {
    with_threads(|ob, thread, other| {
        let objects = [
            ob.create_event(Synchronization, true).unwrap(),
            ob.create_semaphore(2, 2).unwrap(),
            ob.create_mutant(Some(other)).unwrap(),
        ];
        assert_eq!(poll_all(ob, thread, &objects), Waited::TimedOut);
        assert_eq!(ob.query_event(&objects[0]), Ok((Synchronization, true)));
        assert_eq!(ob.query_semaphore(&objects[1]), Ok((2, 2)));
        ob.release_mutant(&objects[2], other).unwrap();
        assert_eq!(poll_all(ob, thread, &objects), Waited::Object(0));
        assert_eq!(ob.query_event(&objects[0]), Ok((Synchronization, false)));
        assert_eq!(ob.query_semaphore(&objects[1]), Ok((1, 2)));
        assert_eq!(ob.query_mutant(&objects[2]).unwrap().owner, Some(Tid(11)));
    });
}

#[test]
fn a_wait_for_all_that_blocks_is_satisfied_by_the_last_signal() {
    with_threads(|ob, owner, _| {
        let objects = [
            ob.create_event(Synchronization, false).unwrap(),
            ob.create_semaphore(0, 2).unwrap(),
            ob.create_mutant(Some(owner)).unwrap(),
        ];
        let waits = vec![forever(ob, &objects, WaitKind::All)];
        let waited = with_waiters(ob, &objects[2], waits, |threads| {
            ob.set_event(&objects[0]).unwrap();
            ob.release_mutant(&objects[2], owner).unwrap();
            assert_eq!(ob.query_event(&objects[0]), Ok((Synchronization, true)));
            ob.release_semaphore(&objects[1], 1).unwrap();
            assert_eq!(ob.query_event(&objects[0]), Ok((Synchronization, false)));
            assert_eq!(ob.query_semaphore(&objects[1]), Ok((0, 2)));
            assert_eq!(ob.release_mutant(&objects[2], threads[0]), Ok(0));
        });
        assert_eq!(waited, [Waited::Object(0)]);
        assert_eq!(objects.each_ref().map(|o| ob.waiters(o)), [0; 3]);
    });
}

#[test]
fn a_pulse_satisfies_a_wait_for_all_whose_other_objects_are_signalled() {
    with_manager(|ob| {
        let objects = [Notification, Notification].map(|k| ob.create_event(k, false).unwrap());
        let waits = vec![forever(ob, &objects, WaitKind::All)];
        let waited = with_waiters(ob, &objects[1], waits, |_| {
            ob.pulse_event(&objects[0]).unwrap();
            assert_eq!(ob.waiters(&objects[0]), 1);
            ob.set_event(&objects[1]).unwrap();
            ob.pulse_event(&objects[0]).unwrap();
            assert_eq!(ob.waiters(&objects[0]), 0);
        });
        assert_eq!(waited, [Waited::Object(0)]);
    });
}

#[test]
fn a_wait_for_all_does_not_hold_up_who_waits_for_one() {
    with_manager(|ob| {
        let objects = [(); 2].map(|()| ob.create_event(Synchronization, false).unwrap());
        let waits =
            vec![forever(ob, &objects, WaitKind::All), forever(ob, &objects[..1], WaitKind::Any)];
        let waited = with_waiters(ob, &objects[0], waits, |_| {
            ob.set_event(&objects[0]).unwrap();
            assert_eq!(ob.waiters(&objects[0]), 1);
            ob.set_event(&objects[1]).unwrap();
            ob.set_event(&objects[0]).unwrap();
        });
        assert_eq!(waited, [Waited::Object(0); 2]);
    });
}

#[test]
fn a_wait_for_all_tells_of_an_abandoned_mutant() {
    with_threads(|ob, thread, other| {
        let objects =
            [ob.create_event(Notification, true).unwrap(), ob.create_mutant(Some(other)).unwrap()];
        ob.unregister_thread(other);
        assert_eq!(poll_all(ob, thread, &objects), Waited::Abandoned(0));
        assert_eq!(poll_all(ob, thread, &objects), Waited::Object(0));
    });
}

#[test]
fn a_wait_for_no_object_too_many_or_one_twice_is_refused() {
    with_threads(|ob, thread, _| {
        let event = ob.create_event(Notification, true).unwrap();
        let wait = |count, kind| {
            let objects = vec![event.clone(); count];
            ob.wait_for_multiple(thread, &objects, kind, Timeout::ZERO, false)
        };
        assert_eq!(wait(0, WaitKind::Any), Err(NtStatus::INVALID_PARAMETER_1));
        assert_eq!(wait(65, WaitKind::Any), Err(NtStatus::INVALID_PARAMETER_1));
        assert_eq!(wait(64, WaitKind::Any), Ok(Waited::Object(0)));
        assert_eq!(wait(2, WaitKind::All), Err(NtStatus::INVALID_PARAMETER_MIX));
        assert_eq!(wait(1, WaitKind::All), Ok(Waited::Object(0)));
    });
}

#[test]
fn a_time_out_ends_the_wait_and_leaves_the_queue() {
    with_manager(|ob| {
        let event = [ob.create_event(Synchronization, false).unwrap()];
        let wait: Box<dyn FnOnce(ThreadIndex) -> Waited + Send> = Box::new(|thread| {
            let timeout = Timeout::from_nt(Some(-500));
            ob.wait_for_single(thread, &event[0], timeout, false).unwrap()
        });
        let waited = with_waiters(ob, &event[0], vec![wait], |_| ob.host().advance(500));
        assert_eq!(waited, [Waited::TimedOut]);
        assert_eq!(ob.waiters(&event[0]), 0);
        ob.set_event(&event[0]).unwrap();
        assert_eq!(ob.query_event(&event[0]), Ok((Synchronization, true)));
    });
}

#[test]
fn a_time_out_that_has_passed_only_tests() {
    with_threads(|ob, thread, _| {
        let event = ob.create_event(Synchronization, true).unwrap();
        let past = Timeout::from_nt(Some(1));
        let wait = || ob.wait_for_single(thread, &event, past, false);
        assert_eq!(wait(), Ok(Waited::Object(0)));
        assert_eq!(wait(), Ok(Waited::TimedOut));
    });
}

#[test]
fn a_user_apc_ends_an_alertable_wait_but_not_another() {
    with_threads(|ob, thread, _| {
        let set = ob.create_event(Synchronization, true).unwrap();
        ob.post_notice(thread, Notice::UserApc);
        let wait = |alertable| ob.wait_for_single(thread, &set, Timeout::ZERO, alertable);
        // Objects that are signalled win.
        assert_eq!(wait(true), Ok(Waited::Object(0)));
        assert_eq!(wait(false), Ok(Waited::TimedOut));
        assert_eq!(wait(true), Ok(Waited::UserApc));
        assert_eq!(ob.delay(thread, Timeout::ZERO, true), Waited::UserApc);
        assert_eq!(ob.delay(thread, Timeout::Never, true), Waited::UserApc);
        assert!(ob.withdraw_notice(thread, Notice::UserApc));
        assert_eq!(ob.delay(thread, Timeout::ZERO, true), Waited::TimedOut);
    });
}

#[test]
fn a_notice_wakes_who_waits_alertably() {
    with_manager(|ob| {
        let event = [ob.create_event(Notification, false).unwrap()];
        for (notice, ended) in [
            (Notice::UserApc, Waited::UserApc),
            (Notice::Alert, Waited::Alerted),
            (Notice::Interrupt, Waited::Interrupted),
        ] {
            let wait: Box<dyn FnOnce(ThreadIndex) -> Waited + Send> = Box::new(|thread| {
                ob.wait_for_single(thread, &event[0], Timeout::Never, true).unwrap()
            });
            let waited = with_waiters(ob, &event[0], vec![wait], |threads| {
                ob.post_notice(threads[0], notice);
            });
            assert_eq!(waited, [ended]);
        }
    });
}
