//! Plain tables, for `__CxxFrameHandler3`; LLVM writes them as well.

use super::{BAD_STATES, Catch, CleanUp, CxxFunction, Kind, Leaving, OUTERMOST, Try};
use crate::memory::{check_table, entry};
use crate::{ImageError, ImageMemory};

/// The numbers that the tables begin with, by age; the upper three bits are something else.
const MAGIC: core::ops::RangeInclusive<u32> = 0x1993_0520..=0x1993_0522;
/// From this one on there are flags.
const HAS_FLAGS: u32 = 0x1993_0522;

const STATE: u32 = 8;
const TRY: u32 = 20;
const CATCH: u32 = 20;
const INSTRUCTION: u32 = 8;

/// Where the tables are; each is looked into when it is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Plain {
    states: u32,
    state_count: u32,
    tries: u32,
    try_count: u32,
    instructions: u32,
    instruction_count: u32,
}

pub(super) fn read<M: ImageMemory + ?Sized>(
    memory: &M,
    rva: u32,
) -> Result<CxxFunction, ImageError> {
    let word = |index: u32| memory.read_u32(entry(rva, index, 4)?);
    let magic = word(0)? & 0x1FFF_FFFF;
    if !MAGIC.contains(&magic) {
        return Err(ImageError::Damaged("a C++ function's tables are of an unknown kind"));
    }
    let flags = if magic >= HAS_FLAGS { word(9)? } else { 0 };
    let tables = Plain {
        state_count: word(1)?,
        states: word(2)?,
        try_count: word(3)?,
        tries: word(4)?,
        instruction_count: word(5)?,
        instructions: word(6)?,
    };
    check_table(memory, tables.states, tables.state_count, STATE)?;
    check_table(memory, tables.tries, tables.try_count, TRY)?;
    check_table(memory, tables.instructions, tables.instruction_count, INSTRUCTION)?;
    Ok(CxxFunction {
        synchronous: flags & 1 != 0,
        no_except: flags & 4 != 0,
        function_frame: None,
        kind: Kind::Plain(tables),
    })
}

impl Plain {
    pub(super) fn state_at<M: ImageMemory + ?Sized>(
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

    pub(super) fn leaving<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
        state: i32,
    ) -> Result<Leaving, ImageError> {
        let index = u32::try_from(state).ok().filter(|index| *index < self.state_count);
        let at = entry(self.states, index.ok_or(BAD_STATES)?, STATE)?;
        let action = Some(memory.read_u32(at + 4)?).filter(|action| *action != 0);
        Ok(Leaving { to: memory.read_u32(at)?.cast_signed(), action: action.map(CleanUp::Code) })
    }

    pub(super) fn tries<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
    ) -> Result<Vec<Try>, ImageError> {
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
        Ok(tries)
    }
}

fn catch<M: ImageMemory + ?Sized>(memory: &M, at: u32) -> Result<Catch, ImageError> {
    let number = |offset| memory.read_u32(at + offset);
    let catch = super::catch(number(0)?, number(4)?, number(8)?.cast_signed(), number(12)?);
    Ok(Catch { function_frame: Some(number(16)?.cast_signed()), ..catch })
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
        assert_eq!(
            function.leaving(memory, 1),
            Ok(Leaving { to: 0, action: Some(CleanUp::Code(0x900)) })
        );
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
