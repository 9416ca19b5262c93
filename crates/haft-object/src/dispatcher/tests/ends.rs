//! Objects and threads that end, and an executive that does.

use super::*;

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
