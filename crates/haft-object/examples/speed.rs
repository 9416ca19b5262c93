//! How long the everyday operations take, in nanoseconds each:
//!     cargo run -p haft-object --release --example speed

use haft_abi::{AccessMask, Pid, Tid};
use haft_object::sync::AtomicU64;
use haft_object::{
    Backing, Deadline, EventKind, Geometry, HandleFlags, Host, ObjectManager, ObjectType,
    ProcessBlock, ThreadIndex, Timeout,
};
use std::hint::black_box;
use std::time::Instant;

/// A host for one thread, which never has to wait.
struct Alone;

impl Host for Alone {
    fn park(&self, _word: &AtomicU64, _expected: u32, _deadline: Option<Deadline>) {}
    fn unpark(&self, _thread: ThreadIndex, _word: &AtomicU64) {}
    fn now_interrupt(&self) -> u64 {
        0
    }
    fn now_system(&self) -> i64 {
        0
    }
    fn spin(&self, _round: u32) {
        std::hint::spin_loop();
    }
    fn dispose(&self, _object_type: ObjectType, _backing: Backing) {}

    type WaitWord<'a> = &'a AtomicU64;

    fn wait_word<'a>(&'a self, block: ProcessBlock<'a>, thread: ThreadIndex) -> &'a AtomicU64 {
        block.thread(thread).wait_word()
    }
}

fn time(what: &str, mut work: impl FnMut()) {
    const ROUNDS: u32 = 1_000_000;
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            work();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    println!("{best:6.1}  {what}");
}

fn main() {
    let geometry = Geometry { threads: 4, records: 64, handles: 64 };
    let words: Vec<AtomicU64> = (0..geometry.words()).map(|_| AtomicU64::new(0)).collect();
    let block = ProcessBlock::format(&words, geometry, Pid(1), Pid(0), 0).expect("a block");
    let ob = ObjectManager::new(block, Alone);
    let thread = ob.register_thread(Tid(1)).expect("a thread block");
    let all = AccessMask(0x001F_0003);
    let make = |kind, set| {
        let event = ob.create_event(kind, set).expect("room");
        ob.insert(event, all, HandleFlags::NONE).expect("room")
    };

    let word = AtomicU64::new(0);
    time("for comparison: two atomic read-modify-writes", || {
        for _ in 0..2 {
            black_box(&word).fetch_add(1, haft_object::sync::Ordering::AcqRel);
        }
    });
    time("for comparison: getppid", || {
        black_box(std::os::unix::process::parent_id());
    });
    time("create and close an event", || {
        ob.close(make(EventKind::Synchronization, false)).expect("open");
    });
    let manual = make(EventKind::Notification, true);
    let auto = make(EventKind::Synchronization, false);
    let look_up = |handle, access| {
        ob.reference(black_box(handle), Some(ObjectType::Event), access).expect("an event")
    };
    time("duplicate and close a handle", || {
        let pinned = look_up(manual, AccessMask::NONE);
        ob.close(ob.insert(pinned, all, HandleFlags::NONE).expect("room")).expect("open");
    });
    time("look up and unpin", || drop(look_up(manual, all)));
    time("set an event", || {
        ob.set_event(&look_up(manual, AccessMask(2))).expect("here");
    });
    time("wait on a set manual-reset event", || {
        let event = look_up(manual, AccessMask::SYNCHRONIZE);
        black_box(ob.wait_for_single(thread, &event, Timeout::Never, false)).expect("set");
    });
    time("set and wait on an auto-reset event", || {
        ob.set_event(&look_up(auto, AccessMask(2))).expect("here");
        let event = look_up(auto, AccessMask::SYNCHRONIZE);
        black_box(ob.wait_for_single(thread, &event, Timeout::Never, false)).expect("set");
    });
    let mutant = ob.create_mutant(None).expect("room");
    time("own and release a mutant", || {
        black_box(ob.wait_for_single(thread, &mutant, Timeout::Never, false)).expect("free");
        ob.release_mutant(&mutant, thread).expect("owned");
    });
}
