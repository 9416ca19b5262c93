//! What dispatcher objects promise, one thread at a time where that says it all.

use super::mutant::MutantState;
use super::wait_word::{self, Decision, Notice};
use crate::dispatcher::event::EventKind::{Notification, Synchronization};
use crate::testing::{TestHost, with_manager};
use crate::{DueTime, ObjectManager, Pinned, ThreadIndex, Timeout, WaitKind, Waited};
use haft_abi::{NtStatus, Tid};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

type Ob<'b> = ObjectManager<'b, TestHost>;

fn poll(ob: &Ob<'_>, thread: ThreadIndex, object: &Pinned<'_, TestHost>) -> Waited {
    ob.wait_for_single(thread, object, Timeout::ZERO, false).unwrap()
}

fn poll_all(ob: &Ob<'_>, thread: ThreadIndex, objects: &[Pinned<'_, TestHost>]) -> Waited {
    ob.wait_for_multiple(thread, objects, WaitKind::All, Timeout::ZERO, false).unwrap()
}

/// Runs `body` with two registered threads.
fn with_threads(body: impl FnOnce(&Ob<'_>, ThreadIndex, ThreadIndex)) {
    with_manager(|ob| {
        let first = ob.register_thread(Tid(11)).unwrap();
        let second = ob.register_thread(Tid(22)).unwrap();
        body(ob, first, second);
    });
}

/// Runs each of `waits` in a thread of its own, and `body` once all of them are in the queue of
/// `object`, in the order given. What the waits gave.
fn with_waiters<'w, R: Send>(
    ob: &Ob<'_>,
    object: &Pinned<'_, TestHost>,
    waits: Vec<Box<dyn FnOnce(ThreadIndex) -> R + Send + 'w>>,
    body: impl FnOnce(&[ThreadIndex]),
) -> Vec<R> {
    let mut threads = Vec::new();
    let results = std::thread::scope(|scope| {
        let mut running = Vec::new();
        for (at, wait) in waits.into_iter().enumerate() {
            let thread = ob.register_thread(Tid(1000 + at as u32)).unwrap();
            threads.push(thread);
            running.push(scope.spawn(move || wait(thread)));
            while ob.waiters(object) < at + 1 {
                std::thread::yield_now();
            }
        }
        body(&threads);
        running.into_iter().map(|r| r.join().unwrap()).collect()
    });
    threads.into_iter().for_each(|t| ob.unregister_thread(t));
    results
}

fn forever<'w>(
    ob: &'w Ob<'_>,
    objects: &'w [Pinned<'w, TestHost>],
    kind: WaitKind,
) -> Box<dyn FnOnce(ThreadIndex) -> Waited + Send + 'w> {
    Box::new(move |thread| {
        ob.wait_for_multiple(thread, objects, kind, Timeout::Never, false).unwrap()
    })
}

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

#[test]
fn a_timer_is_signalled_when_it_is_due() {
    with_threads(|ob, thread, _| {
        for (kind, again) in
            [(Notification, Waited::Object(0)), (Synchronization, Waited::TimedOut)]
        {
            let timer = ob.create_timer(kind).unwrap();
            assert_eq!(ob.set_timer(&timer, DueTime::After(100), 0), Ok(false));
            assert_eq!(ob.query_timer(&timer).unwrap().remaining, 100);
            assert_eq!(poll(ob, thread, &timer), Waited::TimedOut);
            ob.host().advance(100);
            assert!(ob.query_timer(&timer).unwrap().signalled);
            assert_eq!(poll(ob, thread, &timer), Waited::Object(0));
            assert_eq!(poll(ob, thread, &timer), again);
            assert_eq!(ob.query_timer(&timer).unwrap().remaining, 0);
        }
    });
}

#[test]
fn setting_a_timer_takes_its_signal_away_and_cancelling_does_not() {
    with_threads(|ob, thread, _| {
        let timer = ob.create_timer(Notification).unwrap();
        ob.set_timer(&timer, DueTime::After(0), 0).unwrap();
        assert_eq!(ob.cancel_timer(&timer), Ok(true));
        assert_eq!(poll(ob, thread, &timer), Waited::Object(0));
        assert_eq!(ob.set_timer(&timer, DueTime::After(10), 0), Ok(true));
        assert_eq!(poll(ob, thread, &timer), Waited::TimedOut);
        assert_eq!(ob.cancel_timer(&timer), Ok(false));
        ob.host().advance(50);
        assert_eq!(poll(ob, thread, &timer), Waited::TimedOut);
    });
}

#[test]
fn a_periodic_timer_keeps_its_beat_and_misses_count_once() {
    with_threads(|ob, thread, _| {
        let timer = ob.create_timer(Synchronization).unwrap();
        ob.set_timer(&timer, DueTime::After(5_000), 1).unwrap();
        ob.host().advance(5_000 + 30_000 + 1_000);
        assert_eq!(poll(ob, thread, &timer), Waited::Object(0));
        assert_eq!(poll(ob, thread, &timer), Waited::TimedOut);
        assert_eq!(ob.query_timer(&timer).unwrap().remaining, 9_000);
        ob.host().advance(9_000);
        assert_eq!(poll(ob, thread, &timer), Waited::Object(0));
    });
}

#[test]
fn an_absolute_timer_follows_the_system_clock() {
    with_threads(|ob, thread, _| {
        let timer = ob.create_timer(Notification).unwrap();
        let now = 1_000_000;
        ob.set_timer(&timer, DueTime::from_nt(now + 70), 0).unwrap();
        assert_eq!(ob.query_timer(&timer).unwrap().remaining, 70);
        ob.host().advance(70);
        assert_eq!(poll(ob, thread, &timer), Waited::Object(0));
        ob.set_timer(&timer, DueTime::from_nt(1), 0).unwrap();
        assert_eq!(poll(ob, thread, &timer), Waited::Object(0));
    });
}

#[test]
fn who_waits_for_a_timer_parks_until_it_is_due_or_set_anew() {
    with_manager(|ob| {
        let timer = [ob.create_timer(Synchronization).unwrap()];
        ob.set_timer(&timer[0], DueTime::After(1 << 40), 0).unwrap();
        let waits = (0..10).map(|_| forever(ob, &timer, WaitKind::Any)).collect();
        let waited = with_waiters(ob, &timer[0], waits, |_| {
            ob.set_timer(&timer[0], DueTime::After(700), 1).unwrap();
            ob.host().advance(700);
            for left in (0..10).rev() {
                while ob.waiters(&timer[0]) > left {
                    std::thread::yield_now();
                }
                assert_eq!(ob.waiters(&timer[0]), left);
                ob.host().advance(10_000);
            }
        });
        assert_eq!(waited, [Waited::Object(0); 10]);
    });
}

#[test]
fn a_wait_for_all_includes_timers() {
    with_manager(|ob| {
        let objects =
            [ob.create_timer(Synchronization).unwrap(), ob.create_semaphore(0, 1).unwrap()];
        ob.set_timer(&objects[0], DueTime::After(50), 0).unwrap();
        let waits = vec![forever(ob, &objects, WaitKind::All)];
        let waited = with_waiters(ob, &objects[1], waits, |_| {
            ob.release_semaphore(&objects[1], 1).unwrap();
            assert_eq!(ob.waiters(&objects[0]), 1);
            ob.host().advance(50);
        });
        assert_eq!(waited, [Waited::Object(0)]);
        assert_eq!(ob.query_semaphore(&objects[1]), Ok((0, 1)));
    });
}

#[test]
fn any_object_can_be_signalled_and_waited_for() {
    with_threads(|ob, thread, _| {
        let backing = crate::Backing::Kernel { words: [1, 2] };
        let process = ob.create_object(crate::ObjectType::Process, backing, false).unwrap();
        assert_eq!(poll(ob, thread, &process), Waited::TimedOut);
        assert_eq!(ob.signal_object(&process), Ok(false));
        assert_eq!(poll(ob, thread, &process), Waited::Object(0));
        assert_eq!(ob.clear_object(&process), Ok(true));
        assert_eq!(ob.query_signal_state(&process), Ok(0));
    });
}

#[test]
fn a_thread_block_is_reused_clean() {
    with_manager(|ob| {
        let first = ob.register_thread(Tid(1)).unwrap();
        ob.post_notice(first, Notice::Alert);
        ob.block().thread(first).kernel_words()[0].store(9, Ordering::Relaxed);
        ob.unregister_thread(first);
        assert_eq!(ob.block().thread(first).tid(), Tid(0));
        let second = ob.register_thread(Tid(2)).unwrap();
        assert_eq!(first, second);
        assert_eq!(ob.block().thread(second).tid(), Tid(2));
        assert_eq!(ob.block().thread(second).kernel_words()[0].load(Ordering::Relaxed), 0);
        assert_eq!(ob.delay(second, Timeout::ZERO, true), Waited::TimedOut);
    });
}

#[test]
fn a_signal_passes_over_who_has_ended() {
    with_manager(|ob| {
        let event = ob.create_event(Synchronization, false).unwrap();
        let [dead, live] = [1, 2].map(|tid| ob.register_thread(Tid(tid)).unwrap());
        for thread in [dead, live] {
            let wait = ob.begin_wait(thread).unwrap();
            assert_eq!(ob.join_any(wait, 0, std::slice::from_ref(&event), |_| 0), Ok(false));
        }
        ob.host().dead.lock().unwrap().push(dead);
        ob.set_event(&event).unwrap();
        ob.time_out(live);
        ob.leave(live, 1);
        assert_eq!(ob.end_wait(live), Waited::Object(0));
        assert_eq!(ob.query_event(&event), Ok((Synchronization, false)));
        assert_eq!(ob.waiters(&event), 0);
    });
}

/// The executive decides a wait in one step and wakes the waiter in another one; it may be killed in between.
#[test]
fn who_was_not_woken_by_who_decided_is_when_that_is_gone() {
    with_manager(|ob| {
        let event = ob.create_event(Synchronization, false).unwrap();
        let thread = ob.register_thread(Tid(1)).unwrap();
        ob.block().thread(thread).set_told();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| ob.wait_for_single(thread, &event, Timeout::Never, false));
            while ob.waiters(&event) == 0 {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(50));
            assert!(wait_word::decide(ob.wait_word(thread), Decision::Object(0)));
            let begun = Instant::now();
            ob.executive_is_gone();
            assert_eq!(waiter.join().unwrap(), Ok(Waited::Object(0)));
            // It would look by itself after a while in this host.
            assert!(begun.elapsed() < Duration::from_secs(5));
        });
    });
}

#[test]
fn who_waits_for_what_has_just_moved_is_interrupted_when_the_executive_is_gone() {
    with_manager(|ob| {
        let event = ob.create_event(Synchronization, false).unwrap();
        let other = ob.create_event(Synchronization, false).unwrap();
        let [moved, stays] = [1, 2].map(|tid| ob.register_thread(Tid(tid)).unwrap());
        for (thread, event) in [(moved, &event), (stays, &other)] {
            let wait = ob.begin_wait(thread).unwrap();
            assert_eq!(ob.join_any(wait, 0, std::slice::from_ref(event), |_| 0), Ok(false));
        }
        // It was killed before it could interrupt who waits.
        ob.lock(event.index()).move_out(9).unwrap();
        ob.executive_is_gone();
        for (thread, ended) in [(moved, Waited::Interrupted), (stays, Waited::TimedOut)] {
            ob.time_out(thread);
            ob.leave(thread, 1);
            assert_eq!(ob.end_wait(thread), ended);
        }
    });
}
