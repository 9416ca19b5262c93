//! How long a thread looks at its wait word before it parks.
//!
//! To park and to be woken on another processor takes two system calls and, where that processor
//! had nothing to do, the time until it is awake: ten times what both threads have to do when one
//! answers the other. So a wait that has been seen to be short is looked at for as long as parking
//! would take. What it costs where waits are long, or where the other thread needs this very
//! processor, is bounded: each time in vain, twice as many waits as before park at once. Where others,
//! to whom the processor is left while looking, have kept it for long, it is not left to them for a
//! while.

use core::cell::Cell;
use haft_host::{clock, processor_count};

/// Nanoseconds to look: about what it takes until a thread that was woken runs.
const MOMENT: u64 = 25_000;
/// Nanoseconds after which others have had the processor, who do not answer.
const LONG: u64 = 8 * MOMENT;
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
    /// How many are not to leave the processor to others while they look.
    alone: u16,
}

thread_local! {
    static HABIT: Cell<Habit> =
        const { Cell::new(Habit { pause: FIRST_PAUSE, left: FIRST_PAUSE, alone: 0 }) };
}

/// What looking has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Looked {
    /// The wait was short.
    Seen,
    /// It was not.
    InVain,
    /// Others have used the processor meanwhile, for long.
    Crowded,
}

impl Habit {
    /// What comes of a look.
    fn after(self, looked: Looked) -> Self {
        let pause = match looked {
            Looked::Seen => 0,
            Looked::InVain | Looked::Crowded => (self.pause * 2).clamp(1, LONGEST_PAUSE),
        };
        let alone = if looked == Looked::Crowded { LONGEST_PAUSE } else { self.alone };
        Self { pause, left: pause, alone }
    }
}

/// Looks for a moment whether `is_decided`, if that has been worth while of late.
pub(super) fn linger(is_decided: impl Fn() -> bool) {
    let mut habit = HABIT.get();
    habit.alone = habit.alone.saturating_sub(1);
    if habit.left > 0 {
        HABIT.set(Habit { left: habit.left - 1, ..habit });
        return;
    }
    // Looking keeps a thread away that is to run on this processor.
    let looked = match habit.pause < FIRST_PAUSE || processor_count::may_run_on() > 1 {
        true => look(is_decided, habit.alone == 0),
        false => Looked::InVain,
    };
    HABIT.set(habit.after(looked));
}

fn look(is_decided: impl Fn() -> bool, yields: bool) -> Looked {
    let start = clock::common_nanoseconds();
    loop {
        for _ in 0..LOOKS {
            if is_decided() {
                return looked_for(start).unwrap_or(Looked::Seen);
            }
            core::hint::spin_loop();
        }
        // Where an object is the executive's, three take part, and two of them may be on this
        // processor; whoever has nothing to do leaves it to the others, and nobody has to be woken.
        if yields {
            haft_host::thread::yield_processor();
        }
        if let Some(looked) = looked_for(start) {
            return looked;
        }
    }
}

/// What it is to have looked from then until now; `None` for a moment.
fn looked_for(start: u64) -> Option<Looked> {
    match clock::common_nanoseconds().saturating_sub(start) {
        ..MOMENT => None,
        MOMENT..LONG => Some(Looked::InVain),
        LONG.. => Some(Looked::Crowded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Habit = Habit { pause: 0, left: 0, alone: 0 };

    #[test]
    fn who_looks_in_vain_looks_ever_more_rarely() {
        let mut habit = FRESH;
        let mut looks = 0;
        for _ in 0..4096 {
            if habit.left > 0 {
                habit.left -= 1;
                continue;
            }
            looks += 1;
            habit = habit.after(Looked::InVain);
        }
        assert!(looks <= 13, "{looks} looks");
        assert_eq!(habit.after(Looked::Seen).left, 0);
        assert_eq!((habit.alone, FRESH.after(Looked::Crowded).alone), (0, LONGEST_PAUSE));
    }

    #[test]
    fn a_look_ends_after_a_moment_and_sees_what_is_there() {
        for yields in [false, true] {
            assert_ne!(look(|| false, yields), Looked::Seen);
            assert!((0..200).any(|_| look(|| true, yields) == Looked::Seen));
        }
    }
}
