//! The tables of a C++ function that `__CxxFrameHandler3` works on: which state control is in at
//! each instruction, how a state is left, and which `catch` guards it (Microsoft: "C++ exception
//! handling", "/EH (Exception handling model)", "/d2FH4"; LLVM writes the same tables).
//!
//! This is the data alone. Matching types, running destructors and handlers is for whoever
//! dispatches exceptions. The state of code that has nothing to clean up is [`OUTERMOST`].

use crate::memory::{check_table, entry};
use crate::{ImageError, ImageMemory};

/// The state that all others are left to.
pub const OUTERMOST: i32 = -1;

/// The numbers that the tables begin with, by age; the upper three bits are something else.
const MAGIC: core::ops::RangeInclusive<u32> = 0x1993_0520..=0x1993_0522;
/// From this one on there are flags.
const HAS_FLAGS: u32 = 0x1993_0522;

const STATE: u32 = 8;
const TRY: u32 = 20;
const CATCH: u32 = 20;
const INSTRUCTION: u32 = 8;

/// `catch (...)`, which a handler without a type is as well.
const ANYTHING: u32 = 0x40;

/// What a function's tables are; places are relative to the image base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CxxFunction {
    states: u32,
    state_count: u32,
    tries: u32,
    try_count: u32,
    instructions: u32,
    instruction_count: u32,
    /// Only what `throw` throws is handled, no fault (`/EHs`).
    pub synchronous: bool,
    /// Nothing is thrown out of it (`noexcept`).
    pub no_except: bool,
}

/// How a state is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaving {
    /// The state outside it.
    pub to: i32,
    /// The code that cleans up, if there is anything to.
    pub action: Option<u32>,
}

/// A `try` and its handlers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Try {
    /// Its outermost state.
    pub low: i32,
    /// Its last state.
    pub high: i32,
    /// The last state of its handlers, whose states follow its own.
    pub catch_high: i32,
    /// The handlers, in order.
    pub catches: Vec<Catch>,
}

impl Try {
    /// Whether control in this state is in the `try` block itself.
    #[must_use]
    pub const fn guards(&self, state: i32) -> bool {
        self.low <= state && state <= self.high
    }

    /// Whether control in this state is in one of the handlers.
    #[must_use]
    pub const fn handles(&self, state: i32) -> bool {
        self.high < state && state <= self.catch_high
    }
}

/// One `catch`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Catch {
    qualifiers: u32,
    /// The descriptor of its type; `None` for `catch (...)`.
    pub type_of_it: Option<u32>,
    /// Where the caught object goes in the function's frame; `None` if it has no name.
    pub object: Option<i32>,
    /// Its code.
    pub code: u32,
    /// Where its own frame has the address of the function's.
    pub function_frame: i32,
}

impl Catch {
    /// It catches by reference.
    #[must_use]
    pub const fn by_reference(&self) -> bool {
        self.qualifiers & 8 != 0
    }

    /// Whether what was thrown with these qualifiers (const 1, volatile 2, unaligned 4) loses
    /// none here.
    #[must_use]
    pub const fn keeps(&self, thrown: u32) -> bool {
        thrown & 7 & !self.qualifiers == 0
    }
}

impl CxxFunction {
    /// Reads the tables at `rva`, which a function's handler data names.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] for what are none, [`ImageError::Outside`] when they are not within
    /// the image.
    pub fn read<M: ImageMemory + ?Sized>(memory: &M, rva: u32) -> Result<Self, ImageError> {
        let word = |index: u32| memory.read_u32(entry(rva, index, 4)?);
        let magic = word(0)? & 0x1FFF_FFFF;
        if !MAGIC.contains(&magic) {
            return Err(ImageError::Damaged("a C++ function's tables are of an unknown kind"));
        }
        let flags = if magic >= HAS_FLAGS { word(9)? } else { 0 };
        let function = Self {
            state_count: word(1)?,
            states: word(2)?,
            try_count: word(3)?,
            tries: word(4)?,
            instruction_count: word(5)?,
            instructions: word(6)?,
            synchronous: flags & 1 != 0,
            no_except: flags & 4 != 0,
        };
        check_table(memory, function.states, function.state_count, STATE)?;
        check_table(memory, function.tries, function.try_count, TRY)?;
        check_table(memory, function.instructions, function.instruction_count, INSTRUCTION)?;
        Ok(function)
    }

    /// The state that control is in at the instruction at `rva`.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn state_at<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        rva: u32,
    ) -> Result<i32, ImageError> {
        let mut state = OUTERMOST;
        for index in 0..self.instruction_count {
            let at = entry(self.instructions, index, INSTRUCTION)?;
            if memory.read_u32(at)? > rva {
                break;
            }
            state = memory.read_u32(at + 4)?.cast_signed();
        }
        Ok(state)
    }

    /// How a state is left.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] for one that there is not, or that is not left outwards.
    pub fn leaving<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        state: i32,
    ) -> Result<Leaving, ImageError> {
        const BAD: ImageError = ImageError::Damaged("a C++ function's states are of no use");
        let index = u32::try_from(state).ok().filter(|index| *index < self.state_count);
        let at = entry(self.states, index.ok_or(BAD)?, STATE)?;
        let to = memory.read_u32(at)?.cast_signed();
        let action = Some(memory.read_u32(at + 4)?).filter(|action| *action != 0);
        // So that leaving states comes to an end.
        if to >= state || to < OUTERMOST { Err(BAD) } else { Ok(Leaving { to, action }) }
    }

    /// The `try` blocks, the innermost first.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn tries<M: ImageMemory + ?Sized>(&self, memory: &M) -> Result<Vec<Try>, ImageError> {
        let mut tries = Vec::with_capacity(self.try_count as usize);
        for index in 0..self.try_count {
            let at = entry(self.tries, index, TRY)?;
            let number = |offset| memory.read_u32(at + offset).map(u32::cast_signed);
            let (count, handlers) = (memory.read_u32(at + 12)?, memory.read_u32(at + 16)?);
            check_table(memory, handlers, count, CATCH)?;
            let catches = (0..count).map(|index| catch(memory, entry(handlers, index, CATCH)?));
            tries.push(Try {
                low: number(0)?,
                high: number(4)?,
                catch_high: number(8)?,
                catches: catches.collect::<Result<_, _>>()?,
            });
        }
        // Blocks lie within one another or apart, and an inner one's states are higher.
        tries.sort_by_key(|block| core::cmp::Reverse(block.low));
        Ok(tries)
    }
}

fn catch<M: ImageMemory + ?Sized>(memory: &M, at: u32) -> Result<Catch, ImageError> {
    let qualifiers = memory.read_u32(at)?;
    let type_of_it = memory.read_u32(at + 4)?;
    let object = memory.read_u32(at + 8)?.cast_signed();
    Ok(Catch {
        qualifiers,
        type_of_it: (qualifiers & ANYTHING == 0 && type_of_it != 0).then_some(type_of_it),
        object: (object != 0).then_some(object),
        code: memory.read_u32(at + 12)?,
        function_frame: memory.read_u32(at + 16)?.cast_signed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::cxx_seed as image;

    #[test]
    fn states_are_found_and_left_outwards() {
        let image = image();
        let memory = image.as_slice();
        let function = CxxFunction::read(memory, 0).unwrap();
        assert!(function.synchronous && !function.no_except);
        for (at, state) in [(0xFF, -1), (0x100, -1), (0x110, 1), (0x11F, 1), (0x120, -1)] {
            assert_eq!(function.state_at(memory, at), Ok(state));
        }
        assert_eq!(function.leaving(memory, 1), Ok(Leaving { to: 0, action: Some(0x900) }));
        assert_eq!(function.leaving(memory, 3), Ok(Leaving { to: 2, action: None }));
        assert!(function.leaving(memory, 4).is_err() && function.leaving(memory, -1).is_err());
    }

    #[test]
    fn inner_blocks_come_first() {
        let image = image();
        let memory = image.as_slice();
        let tries = CxxFunction::read(memory, 0).unwrap().tries(memory).unwrap();
        assert_eq!((tries[0].low, tries[1].low), (3, 0));
        assert!(tries[1].guards(1) && !tries[1].guards(2) && tries[1].handles(2));
        let catch = tries[1].catches[0];
        assert_eq!((catch.type_of_it, catch.object, catch.code), (Some(0x800), Some(-8), 0xA00));
        assert!(catch.by_reference() && catch.keeps(1) && !catch.keeps(2));
        assert_eq!((tries[0].catches[0].type_of_it, tries[0].catches[0].object), (None, None));
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let mut image = image();
        image[0] = 0;
        assert!(matches!(CxxFunction::read(image.as_slice(), 0), Err(ImageError::Damaged(_))));
        image[0] = 0x22;
        image[7] = 0x7F;
        assert!(matches!(CxxFunction::read(image.as_slice(), 0), Err(ImageError::Outside { .. })));
    }
}
