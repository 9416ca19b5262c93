//! Timers.

use super::*;

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
