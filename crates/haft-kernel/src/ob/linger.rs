//! How long a thread looks at its wait word before it parks.
//!
//! To park and to be woken on another processor takes two system calls and, where that processor
//! had nothing to do, the time until it is awake: ten times what both threads have to do when one
//! answers the other. So a wait that has been seen to be short is looked at for as long as parking
//! would take. What it costs where waits are long, or where the other thread needs this very
//! processor, is bounded: each time in vain, twice as many waits as before park at once.

use core::cell::Cell;
use haft_host::{clock, processor_count};

/// Nanoseconds to look: about what it takes until a thread that was woken runs.
const MOMENT: u64 = 25_000;
/// How often to look between two readings of the clock.
const LOOKS: u32 = 32;
/// Waits that park at once before a thread first looks.
const FIRST_PAUSE: u16 = 8;
/// The most that do between two that look.
const LONGEST_PAUSE: u16 = 2048;

/// What a thread has seen of its waits.
#[derive(Clone, Copy)]
struct Habit {
    /// How many waits are to park at once.
    pause: u16,
    /// How many of them are left.
    left: u16,
}

thread_local! {
    static HABIT: Cell<Habit> =
        const { Cell::new(Habit { pause: FIRST_PAUSE, left: FIRST_PAUSE }) };
}

/// Looks for a moment whether `is_decided`, if that has been worth while of late.
pub(super) fn linger(is_decided: impl Fn() -> bool) {
    let Habit { pause, left } = HABIT.get();
    if left > 0 {
        HABIT.set(Habit { pause, left: left - 1 });
        return;
    }
    // Looking keeps a thread away that is to run on this processor.
    let seen = (pause < FIRST_PAUSE || processor_count::may_run_on() > 1) && look(is_decided);
    let pause = if seen { 0 } else { (pause * 2).clamp(1, LONGEST_PAUSE) };
    HABIT.set(Habit { pause, left: pause });
}

fn look(is_decided: impl Fn() -> bool) -> bool {
    let end = clock::common_nanoseconds() + MOMENT;
    loop {
        for _ in 0..LOOKS {
            if is_decided() {
                return true;
            }
            core::hint::spin_loop();
        }
        if clock::common_nanoseconds() >= end {
            return false;
        }
    }
}
