//! Dispatcher objects against a sequential model: threads take turns, and nobody blocks.

use crate::testing::{TestHost, with_manager};
use crate::{DueTime, EventKind, ObjectManager, Pinned, ThreadIndex, Timeout, WaitKind, Waited};
use haft_abi::{NtStatus, Tid};
use proptest::prelude::*;

const THREADS: usize = 3;
const LIMIT: i32 = 3;

/// What an object should be.
#[derive(Clone, PartialEq, Debug)]
enum Model {
    Event { manual: bool, set: bool },
    Semaphore { count: i32 },
    Mutant { owner: Option<usize>, times: i32, abandoned: bool },
    Timer { manual: bool, set: bool, due: Option<u64>, period: u64 },
}

#[derive(Clone, Debug)]
enum Step {
    Set { object: usize },
    Reset { object: usize },
    Pulse { object: usize },
    Release { object: usize, thread: usize, count: i32 },
    SetTimer { object: usize, due: u64, period: u32 },
    CancelTimer { object: usize },
    Wait { thread: usize, objects: Vec<usize>, all: bool },
    EndThread { thread: usize },
    Advance { ticks: u64 },
}

/// The objects of every run, by place.
fn objects() -> Vec<Model> {
    vec![
        Model::Event { manual: true, set: false },
        Model::Event { manual: false, set: true },
        Model::Semaphore { count: 1 },
        Model::Mutant { owner: None, times: 0, abandoned: false },
        Model::Mutant { owner: None, times: 0, abandoned: false },
        Model::Timer { manual: true, set: false, due: None, period: 0 },
        Model::Timer { manual: false, set: false, due: None, period: 0 },
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let thread = 0..THREADS;
    let wait = (thread.clone(), prop::collection::vec(0..7usize, 1..5), any::<bool>());
    prop_oneof![
        2 => (0..2usize).prop_map(|object| Step::Set { object }),
        1 => (0..2usize).prop_map(|object| Step::Reset { object }),
        1 => (0..2usize).prop_map(|object| Step::Pulse { object }),
        3 => (2..5usize, thread.clone(), -1..4i32)
            .prop_map(|(object, thread, count)| Step::Release { object, thread, count }),
        2 => (5..7usize, 0..30_000u64, 0..3u32)
            .prop_map(|(object, due, period)| Step::SetTimer { object, due, period }),
        1 => (5..7usize).prop_map(|object| Step::CancelTimer { object }),
        6 => wait.prop_map(|(thread, objects, all)| Step::Wait { thread, objects, all }),
        1 => thread.prop_map(|thread| Step::EndThread { thread }),
        2 => (0..25_000u64).prop_map(|ticks| Step::Advance { ticks }),
    ]
}

impl Model {
    fn expire(&mut self, now: u64) {
        if let Self::Timer { set, due, period, .. } = self
            && let Some(time) = *due
            && time <= now
        {
            *set = true;
            *due = (*period > 0).then(|| {
                let mut next = time;
                while next <= now {
                    next += *period;
                }
                next
            });
        }
    }

    fn is_signalled_for(&self, thread: usize) -> bool {
        match *self {
            Self::Event { set, .. } | Self::Timer { set, .. } => set,
            Self::Semaphore { count } => count > 0,
            Self::Mutant { owner, .. } => owner.is_none_or(|o| o == thread),
        }
    }

    /// Takes the object: whether it was an abandoned mutant.
    fn take(&mut self, thread: usize) -> bool {
        match self {
            Self::Event { manual, set } | Self::Timer { manual, set, .. } => {
                *set = *manual;
                false
            }
            Self::Semaphore { count } => {
                *count -= 1;
                false
            }
            Self::Mutant { owner, times, abandoned } => {
                *owner = Some(thread);
                *times += 1;
                std::mem::take(abandoned)
            }
        }
    }
}

fn make<'m>(ob: &'m ObjectManager<'_, TestHost>, model: &Model) -> Pinned<'m, TestHost> {
    let kind = |manual| if manual { EventKind::Notification } else { EventKind::Synchronization };
    match *model {
        Model::Event { manual, set } => ob.create_event(kind(manual), set),
        Model::Semaphore { count } => ob.create_semaphore(count, LIMIT),
        Model::Mutant { .. } => ob.create_mutant(None),
        Model::Timer { manual, .. } => ob.create_timer(kind(manual)),
    }
    .unwrap()
}

fn expected_wait(models: &mut [Model], thread: usize, chosen: &[usize], all: bool) -> Waited {
    if all {
        if !chosen.iter().all(|&o| models[o].is_signalled_for(thread)) {
            return Waited::TimedOut;
        }
        let abandoned = chosen.iter().fold(false, |any, &o| models[o].take(thread) | any);
        return if abandoned { Waited::Abandoned(0) } else { Waited::Object(0) };
    }
    match chosen.iter().position(|&o| models[o].is_signalled_for(thread)) {
        None => Waited::TimedOut,
        Some(at) if models[chosen[at]].take(thread) => Waited::Abandoned(at as u8),
        Some(at) => Waited::Object(at as u8),
    }
}

fn run(ob: &ObjectManager<'_, TestHost>, steps: Vec<Step>) {
    let mut models = objects();
    let real: Vec<_> = models.iter().map(|m| make(ob, m)).collect();
    let mut threads: Vec<ThreadIndex> =
        (0..THREADS).map(|t| ob.register_thread(Tid(t as u32)).unwrap()).collect();
    let mut now = 0;
    for step in steps {
        models.iter_mut().for_each(|m| m.expire(now));
        match step {
            Step::Set { object } => {
                let Model::Event { set, .. } = &mut models[object] else { unreachable!() };
                assert_eq!(ob.set_event(&real[object]), Ok(std::mem::replace(set, true)));
            }
            Step::Reset { object } => {
                let Model::Event { set, .. } = &mut models[object] else { unreachable!() };
                assert_eq!(ob.reset_event(&real[object]), Ok(std::mem::replace(set, false)));
            }
            Step::Pulse { object } => {
                let Model::Event { set, .. } = &mut models[object] else { unreachable!() };
                assert_eq!(ob.pulse_event(&real[object]), Ok(std::mem::replace(set, false)));
            }
            Step::Release { object, thread, count } => match &mut models[object] {
                Model::Semaphore { count: have } => {
                    let released = ob.release_semaphore(&real[object], count);
                    if count <= 0 {
                        assert_eq!(released, Err(NtStatus::INVALID_PARAMETER));
                    } else if *have + count > LIMIT {
                        assert_eq!(released, Err(NtStatus::SEMAPHORE_LIMIT_EXCEEDED));
                    } else {
                        assert_eq!(released, Ok(*have));
                        *have += count;
                    }
                }
                Model::Mutant { owner, times, .. } => {
                    let released = ob.release_mutant(&real[object], threads[thread]);
                    if *owner == Some(thread) {
                        assert_eq!(released, Ok(1 - *times));
                        *times -= 1;
                        if *times == 0 {
                            *owner = None;
                        }
                    } else {
                        assert_eq!(released, Err(NtStatus::MUTANT_NOT_OWNED));
                    }
                }
                _ => unreachable!(),
            },
            Step::SetTimer { object, due, period } => {
                let Model::Timer { set, due: model_due, period: model_period, .. } =
                    &mut models[object]
                else {
                    unreachable!()
                };
                let before = ob.set_timer(&real[object], DueTime::After(due), period);
                assert_eq!(before, Ok(*set));
                *set = false;
                *model_due = Some(now + due);
                *model_period = u64::from(period) * 10_000;
            }
            Step::CancelTimer { object } => {
                let Model::Timer { set, due, .. } = &mut models[object] else { unreachable!() };
                assert_eq!(ob.cancel_timer(&real[object]), Ok(*set));
                *due = None;
            }
            Step::Wait { thread, objects, all } => {
                let mut chosen = objects;
                if all {
                    chosen.sort_unstable();
                    chosen.dedup();
                }
                let pinned: Vec<_> = chosen.iter().map(|&o| real[o].clone()).collect();
                let kind = if all { WaitKind::All } else { WaitKind::Any };
                let waited =
                    ob.wait_for_multiple(threads[thread], &pinned, kind, Timeout::ZERO, false);
                assert_eq!(waited, Ok(expected_wait(&mut models, thread, &chosen, all)));
            }
            Step::EndThread { thread } => {
                ob.unregister_thread(threads[thread]);
                threads[thread] = ob.register_thread(Tid(thread as u32)).unwrap();
                for model in &mut models {
                    if let Model::Mutant { owner, times, abandoned } = model
                        && *owner == Some(thread)
                    {
                        (*owner, *times, *abandoned) = (None, 0, true);
                    }
                }
            }
            Step::Advance { ticks } => {
                ob.host().advance(ticks);
                now += ticks;
            }
        }
        models.iter_mut().for_each(|m| m.expire(now));
        for (model, object) in models.iter().zip(&real) {
            check(ob, model, object, now);
        }
    }
}

fn check(ob: &ObjectManager<'_, TestHost>, model: &Model, object: &Pinned<'_, TestHost>, now: u64) {
    match *model {
        Model::Event { set, .. } => assert_eq!(ob.query_event(object).unwrap().1, set),
        Model::Semaphore { count } => assert_eq!(ob.query_semaphore(object), Ok((count, LIMIT))),
        Model::Mutant { owner, times, abandoned } => {
            let state = ob.query_mutant(object).unwrap();
            let owner = owner.map(|o| Tid(o as u32));
            assert_eq!((state.count, state.owner, state.abandoned), (1 - times, owner, abandoned));
        }
        Model::Timer { set, due, .. } => {
            let state = ob.query_timer(object).unwrap();
            assert_eq!(state.signalled, set);
            assert_eq!(state.remaining, due.map_or(0, |d| (d - now) as i64));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dispatcher_objects_follow_the_model(steps in prop::collection::vec(step(), 1..150)) {
        with_manager(|ob| run(ob, steps));
    }
}
