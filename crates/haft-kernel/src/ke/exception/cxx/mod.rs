//! The language handler of C++ (Microsoft: "C++ exception handling", "Exceptions and Stack
//! Unwinding in C++").
//!
//! A frame is asked twice. In the search it looks for a `catch` of a `try` that control is in;
//! the first that takes what was thrown has the frames above unwound, and is then run on top of
//! the stack, in place of all that was unwound: it returns where control goes on. In the unwind a
//! frame runs the destructors of the states that it is left from.
//!
//! A handler's code is a function with a frame of its own, and the tables of the function that it
//! belongs to, or packed ones of its own. While it runs, that function's frame still stands where control was when something
//! was thrown; [`caught`] knows better.

mod caught;
mod thrown;

use super::slot::Slot;
use super::unwind::{self, UnwindTarget};
use crate::crt::terminate::terminate;
use crate::ldr::{self, LiveImage};
use caught::Plan;
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::exception::{
    DispatcherContext, Disposition, EXCEPTION_TARGET_UNWIND, EXCEPTION_UNWIND, ExceptionRecord,
};
use haft_host::{guest, jump};
use haft_image::cxx::{Catch, CleanUp, CxxFunction, OUTERMOST, Try};
use thrown::Thrown;

pub use caught::uncaught;
pub use thrown::base_of;

/// Which of the two kinds of tables a function has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tables {
    /// Those of `__CxxFrameHandler3`.
    Plain,
    /// Those of `__CxxFrameHandler4`.
    Packed,
}

/// A frame that is asked, and what is known of its function.
struct Asked {
    image: LiveImage,
    base: usize,
    function: CxxFunction,
    tries: Vec<Try>,
    /// The frame itself: a function's, or a handler's of it.
    frame: usize,
    /// The function's frame.
    function_frame: usize,
    /// It is a handler's.
    in_handler: bool,
    /// The `try` whose handler this is, if the tables are the function's.
    handler_of: Option<usize>,
    state: i32,
    dispatcher_at: usize,
}

fn bad(_: haft_image::ImageError) -> NtStatus {
    NtStatus::BAD_FUNCTION_TABLE
}

impl Asked {
    fn new(kind: Tables, frame: usize, dispatcher_at: usize) -> Result<Self, NtStatus> {
        let dispatcher = guest::read::<DispatcherContext>(dispatcher_at)?;
        let base = dispatcher.image_base as usize;
        let image =
            LiveImage::new(base, ldr::find_by_base(base).map_or(u32::MAX, |module| module.size));
        let tables = guest::read::<u32>(dispatcher.handler_data as usize)?;
        let begin = guest::read::<u32>(dispatcher.function_entry as usize)?;
        let function = match kind {
            Tables::Plain => CxxFunction::read(&image, tables),
            Tables::Packed => CxxFunction::read_packed(&image, tables, begin),
        }
        .map_err(bad)?;
        let tries = function.tries(&image).map_err(bad)?;
        let handler = tries.iter().enumerate().find_map(|(index, block)| {
            let mut catches = block.catches.iter();
            catches
                .find_map(|it| it.function_frame.filter(|_| it.code == begin).map(|at| (index, at)))
        });
        let frame_at = function.function_frame.or(handler.map(|(_, at)| at));
        let function_frame = match frame_at {
            Some(at) => guest::read(frame.wrapping_add_signed(at as isize))?,
            None => frame,
        };
        let handler_of = handler.map(|(index, _)| index);
        let pc = (dispatcher.control_pc as usize).wrapping_sub(base) as u32;
        let state = match (dispatcher.scope_index, caught::state_of(frame)) {
            // A destructor was left by another exception: this is how far the frame was.
            (left @ 1.., _) => left.cast_signed() - 2,
            (0, Some(state)) => state,
            (0, None) => function.state_at(&image, pc).map_err(bad)?,
        };
        Ok(Self {
            image,
            base,
            function,
            tries,
            frame,
            function_frame,
            in_handler: frame_at.is_some(),
            handler_of,
            state,
            dispatcher_at,
        })
    }

    /// Runs the destructors of states, outwards, until the frame is in one that will do.
    fn unwind(&mut self, enough: impl Fn(i32) -> bool) -> Result<(), NtStatus> {
        while self.state != OUTERMOST && !enough(self.state) {
            let leaving = self.function.leaving(&self.image, self.state).map_err(bad)?;
            self.state = leaving.to;
            // Should it not come back, the next walk goes on behind it.
            let place = self.dispatcher_at + offset_of!(DispatcherContext, scope_index);
            guest::write(place, (leaving.to + 2).cast_unsigned())?;
            if let Some(action) = leaving.action {
                self.clean_up(action)?;
            }
        }
        Ok(())
    }

    fn clean_up(&self, action: CleanUp) -> Result<(), NtStatus> {
        let frame = self.function_frame;
        let (code, arguments) = match action {
            CleanUp::Code(code) => (code, [frame, frame, 0, 0]),
            CleanUp::Object(code, at) => (code, [frame.wrapping_add(at as usize), 0, 0, 0]),
            CleanUp::Pointed(code, at) => {
                (code, [guest::read(frame.wrapping_add(at as usize))?, 0, 0, 0])
            }
        };
        jump::call(self.base + code as usize, arguments);
        Ok(())
    }

    /// Has the frames unwound to this one if one of its handlers takes the exception.
    fn search(
        &self,
        thrown: Option<Thrown>,
        record: usize,
        registers: usize,
        history: usize,
    ) -> Result<(), NtStatus> {
        // What guards the `try` that a handler belongs to is found by the function's own frame.
        let handler_of = self.handler_of.map(|index| &self.tries[index]);
        let own = |block: &&Try| {
            block.guards(self.state) && handler_of.is_none_or(|outer| outer.handles(block.low))
        };
        for block in self.tries.iter().filter(own) {
            for catch in &block.catches {
                let takes = match thrown {
                    Some(thrown) => thrown.give(catch, self.base, self.function_frame)?,
                    None => catch.type_of_it.is_none(),
                };
                if takes {
                    let outside = self.function.leaving(&self.image, block.low).map_err(bad)?.to;
                    self.go(
                        &Plan {
                            frame: self.frame,
                            function_frame: self.function_frame,
                            code: self.base + catch.code as usize,
                            next: self.next_of(catch),
                            state: block.low,
                            outside,
                            record,
                            registers,
                        },
                        history,
                    );
                }
            }
        }
        Ok(())
    }

    /// The addresses that control can go on at.
    fn next_of(&self, catch: &Catch) -> [usize; 2] {
        catch.next.map(|next| next.map_or(0, |next| self.base + next as usize))
    }

    fn go(&self, plan: &Plan, history: usize) -> ! {
        let (frame, registers) = (plan.frame as u64, plan.registers);
        let plan = Slot::new(*plan);
        let mut information = [0; 15];
        information[0] = runner();
        information[1] = plan.address() as u64;
        let code = NtStatus::UNWIND_CONSOLIDATE.0;
        let record =
            Slot::new(ExceptionRecord { code, parameters: 2, information, ..Default::default() });
        let target = UnwindTarget { frame, ip: 0, value: 0 };
        unwind::unwind(target, record.address(), registers, history)
    }
}

/// The address of what runs a handler.
fn runner() -> u64 {
    caught::run as extern "win64" fn(usize) -> usize as usize as u64
}

/// `__CxxFrameHandler3` and `__CxxFrameHandler4`: looks for a `catch` or, in an unwind, runs
/// destructors. The parameters are the addresses that a language handler gets.
///
/// # Errors
/// `ACCESS_VIOLATION` when one of them is wrong, `BAD_FUNCTION_TABLE` for tables that are.
pub fn cxx_frame_handler(
    kind: Tables,
    record_at: usize,
    frame: usize,
    registers: usize,
    dispatcher_at: usize,
) -> Result<Disposition, NtStatus> {
    let record = guest::read::<ExceptionRecord>(record_at)?;
    let dispatcher = guest::read::<DispatcherContext>(dispatcher_at)?;
    let mut asked = Asked::new(kind, frame, dispatcher_at)?;
    if record.flags & EXCEPTION_UNWIND == 0 {
        let thrown = Thrown::of(&record);
        if thrown.is_none() && asked.function.synchronous {
            return Ok(Disposition::ContinueSearch);
        }
        asked.search(thrown, record_at, registers, dispatcher.history_table as usize)?;
        if asked.function.no_except && !asked.in_handler {
            terminate();
        }
        return Ok(Disposition::ContinueSearch);
    }
    let ours = record.code == NtStatus::UNWIND_CONSOLIDATE.0 && record.information[0] == runner();
    let plan = if ours { Some(guest::read::<Plan>(record.information[1] as usize)?) } else { None };
    let next = plan.and_then(|plan| guest::read::<ExceptionRecord>(plan.record).ok());
    caught::leave(frame, next.and_then(|record| Thrown::of(&record)));
    if record.flags & EXCEPTION_TARGET_UNWIND == 0 {
        // A handler is left to where its `try` is; the function's own frame follows.
        let handler_of = asked.handler_of.map(|index| asked.tries[index].clone());
        asked.unwind(|state| handler_of.as_ref().is_some_and(|block| !block.handles(state)))?;
    } else if let Some(plan) = plan {
        asked.unwind(|state| state <= plan.state)?;
    } else {
        let at = (dispatcher.target_ip as usize).wrapping_sub(asked.base) as u32;
        let target = asked.function.state_at(&asked.image, at).map_err(bad)?;
        asked.unwind(|state| state <= target)?;
    }
    Ok(Disposition::ContinueSearch)
}

/// `throw`: raises the exception of an object and of what describes its type; of neither, that of
/// what the innermost handler has caught.
pub fn throw(object: usize, info: usize) -> ! {
    let thrown = if info == 0 {
        // `throw;` with nothing caught.
        caught::innermost().unwrap_or_else(|| terminate())
    } else {
        let image = ldr::find_by_address(info).map_or(0, |module| module.base);
        Thrown { object: object as u64, info: info as u64, image: image as u64 }
    };
    caught::count_thrown();
    let (code, parameters) = thrown.parameters();
    super::raise(code, haft_abi::exception::EXCEPTION_NONCONTINUABLE, &parameters)
}
