//! The handlers that a thread is in, innermost last: what each has caught, and in which state it
//! leaves the function that it belongs to.

use super::super::dispatch::stack_bounds;
use super::super::slot::Slot;
use super::thrown::Thrown;
use crate::crt::thread_state::{self, CurrentException};
use core::cell::{Cell, RefCell};
use haft_abi::exception::ExceptionRecord;
use haft_host::{guest, jump};

haft_host::plain! {
    /// What is to be done when the frames are unwound.
    pub(super) struct Plan {
        /// The frame that the `try` is in: a function's, or a handler's of it.
        pub frame: usize,
        /// The function's frame, by which all of its code knows its variables.
        pub function_frame: usize,
        /// The handler's code.
        pub code: usize,
        /// Where control can go on; if the first is none, the code gives back the address itself.
        pub next: [usize; 2],
        /// The state that the frame is unwound to.
        pub state: i32,
        /// The state outside the `try`.
        pub outside: i32,
        /// The address of the exception's record.
        pub record: usize,
        /// The address of the registers where it was thrown.
        pub registers: usize,
    }
}

#[derive(Clone, Copy)]
struct Caught {
    frame: usize,
    outside: i32,
    thrown: Option<Thrown>,
    /// Where the handler runs from: what lies below that is called by it.
    at: usize,
    /// What is current once it is left.
    outer: Option<CurrentException>,
}

impl Caught {
    fn make_outer_current(&self) {
        if let Some(outer) = self.outer {
            thread_state::set_current_exception(outer);
        }
    }
}

thread_local! {
    static CAUGHT: RefCell<Vec<Caught>> = const { RefCell::new(Vec::new()) };
    static UNCAUGHT: Cell<u32> = const { Cell::new(0) };
}

/// Forgets the handlers that the thread has left by a way that nobody was told of.
fn forget_left(caught: &mut Vec<Caught>) {
    let here = Slot::new(0u64);
    let stack = stack_bounds();
    // One on another stack is of a fiber that does not run now.
    let left = |one: &Caught| stack.contains(&(one.at as u64)) && one.at <= here.address();
    if let Some(outermost) = caught.iter().find(|one| left(one)) {
        outermost.make_outer_current();
    }
    caught.retain(|one| !left(one));
}

/// What `throw;` throws on: what the innermost handler has caught.
pub(super) fn innermost() -> Option<Thrown> {
    CAUGHT.with_borrow_mut(|caught| {
        forget_left(caught);
        caught.last().and_then(|one| one.thrown)
    })
}

/// The state that the `try` of a frame's innermost handler leaves the frame in; `None` when the
/// frame is in no handler.
pub(super) fn state_of(frame: usize) -> Option<i32> {
    CAUGHT.with_borrow_mut(|caught| {
        forget_left(caught);
        caught.iter().rev().find(|one| one.frame == frame).map(|one| one.outside)
    })
}

/// The handlers of a frame are left by an exception: what they caught is destroyed, unless it is
/// just that.
pub(super) fn leave(frame: usize, next: Option<Thrown>) {
    while let Some(one) = CAUGHT.with_borrow_mut(|caught| caught.pop_if(|one| one.frame == frame)) {
        one.make_outer_current();
        release(one.thrown, next);
    }
}

/// Destroys what was caught, unless it is what is thrown now, or another handler has it as well.
fn release(thrown: Option<Thrown>, next: Option<Thrown>) {
    let Some(thrown) = thrown else { return };
    let is_it = |other: Option<Thrown>| other.is_some_and(|other| other.object == thrown.object);
    if !is_it(next) && !CAUGHT.with_borrow(|caught| caught.iter().any(|one| is_it(one.thrown))) {
        thrown.destroy();
    }
}

/// How many objects are thrown and not yet caught: the thread's own count, to read and change.
pub fn uncaught() -> u32 {
    UNCAUGHT.get()
}

pub(super) fn count_thrown() {
    UNCAUGHT.set(UNCAUGHT.get() + 1);
}

/// Runs the handler of a plan, whose address a frame consolidation's record has; where control
/// goes on.
pub(super) extern "win64" fn run(consolidation: usize) -> usize {
    let record = guest::read::<ExceptionRecord>(consolidation).unwrap_or_default();
    let Ok(plan) = guest::read::<Plan>(record.information[1] as usize) else {
        crate::crt::terminate::terminate()
    };
    let thrown = guest::read::<ExceptionRecord>(plan.record).ok().and_then(|r| Thrown::of(&r));
    let here = Slot::new(0u64);
    let current = CurrentException { record: plan.record, registers: plan.registers };
    let one = Caught {
        frame: plan.frame,
        outside: plan.outside,
        thrown,
        at: here.address(),
        outer: thread_state::set_current_exception(current),
    };
    CAUGHT.with_borrow_mut(|caught| caught.push(one));
    if thrown.is_some() {
        UNCAUGHT.set(UNCAUGHT.get().saturating_sub(1));
    }
    let next = jump::call(plan.code, [plan.function_frame, plan.function_frame, 0, 0]);
    let next = match plan.next {
        [0, _] => next,
        places => *places.get(next).unwrap_or_else(|| crate::crt::terminate::terminate()),
    };
    CAUGHT.with_borrow_mut(|caught| {
        forget_left(caught);
        caught.pop_if(|own| own.at == one.at)
    });
    one.make_outer_current();
    release(thrown, None);
    next
}
