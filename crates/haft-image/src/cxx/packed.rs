//! Packed tables, for `__CxxFrameHandler4` (Microsoft's C++ Team Blog: "Making C++ Exception
//! Handling Smaller On x64"): numbers of one to five bytes, instructions as distances from the one
//! before, and states that are left by the distance of their entries. A `catch` has tables of its
//! own, with states of its own.

use super::{BAD_STATES, Catch, CleanUp, CxxFunction, Kind, Leaving, OUTERMOST, Try};
use crate::{ImageError, ImageMemory};

/// What the first byte says.
mod header {
    pub const OF_CATCH: u8 = 1;
    /// The code is in parts, each with instructions of its own.
    pub const IN_PARTS: u8 = 2;
    /// A number of the profile's follows.
    pub const PROFILED: u8 = 4;
    pub const STATES: u8 = 8;
    pub const TRIES: u8 = 0x10;
    pub const SYNCHRONOUS: u8 = 0x20;
    pub const NO_EXCEPT: u8 = 0x40;
}

/// What the first byte of a `catch` says.
mod catch_header {
    pub const QUALIFIERS: u8 = 1;
    pub const TYPE: u8 = 2;
    pub const OBJECT: u8 = 4;
    /// Where control goes on is relative to the image base, not to the function.
    pub const OF_IMAGE: u8 = 8;
    /// How many places control can go on at.
    pub const NEXT_SHIFT: u8 = 4;
}

/// The tables, unpacked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Packed {
    states: Vec<Leaving>,
    pub(super) tries: Vec<Try>,
    /// From where on control is in which state, in order.
    instructions: Vec<(u32, i32)>,
}

impl Packed {
    pub(super) fn state_at(&self, rva: u32) -> i32 {
        let after = self.instructions.iter().position(|(from, _)| *from > rva);
        let until = &self.instructions[..after.unwrap_or(self.instructions.len())];
        until.last().map_or(OUTERMOST, |(_, state)| *state)
    }

    pub(super) fn leaving(&self, state: i32) -> Option<Leaving> {
        self.states.get(usize::try_from(state).ok()?).copied()
    }
}

pub(super) fn read<M: ImageMemory + ?Sized>(
    memory: &M,
    rva: u32,
    begin: u32,
) -> Result<CxxFunction, ImageError> {
    let mut reader = Reader { memory, at: rva };
    let flags = reader.byte()?;
    let has = |flag: u8| flags & flag != 0;
    if has(header::PROFILED) {
        reader.number()?;
    }
    let states = has(header::STATES).then(|| reader.place()).transpose()?;
    let tries = has(header::TRIES).then(|| reader.place()).transpose()?;
    let instructions = reader.place()?;
    let frame = has(header::OF_CATCH).then(|| reader.number()).transpose()?;
    let tables = Packed {
        states: states.map_or(Ok(Vec::new()), |at| read_states(memory, at))?,
        tries: tries.map_or(Ok(Vec::new()), |at| read_tries(memory, at, begin))?,
        instructions: if has(header::IN_PARTS) {
            read_parts(memory, instructions, begin)?
        } else {
            read_instructions(memory, instructions, begin)?
        },
    };
    Ok(CxxFunction {
        synchronous: has(header::SYNCHRONOUS),
        no_except: has(header::NO_EXCEPT),
        function_frame: frame.map(u32::cast_signed),
        kind: Kind::Packed(tables),
    })
}

fn read_states<M: ImageMemory + ?Sized>(memory: &M, at: u32) -> Result<Vec<Leaving>, ImageError> {
    let mut reader = Reader { memory, at };
    let count = reader.number()?;
    let first = reader.at;
    let mut places = Vec::new();
    let mut states = Vec::new();
    for _ in 0..count {
        let at = reader.at;
        let how = reader.number()?;
        // Before all others there is no state.
        let to = match at.checked_sub(how >> 2).filter(|to| *to >= first) {
            Some(to) => places.binary_search(&to).map_err(|_| BAD_STATES)? as i32,
            None => OUTERMOST,
        };
        let action = match how & 3 {
            0 => None,
            3 => Some(CleanUp::Code(reader.place()?)),
            kind => {
                let (destructor, object) = (reader.place()?, reader.number()?);
                let of = if kind == 1 { CleanUp::Object } else { CleanUp::Pointed };
                Some(of(destructor, object))
            }
        };
        places.push(at);
        states.push(Leaving { to, action });
    }
    Ok(states)
}

fn read_tries<M: ImageMemory + ?Sized>(
    memory: &M,
    at: u32,
    begin: u32,
) -> Result<Vec<Try>, ImageError> {
    let mut reader = Reader { memory, at };
    let count = reader.number()?;
    let mut tries = Vec::new();
    // Blocks may name the same handlers: no more of those are read than there can be.
    let mut left = memory.size();
    for _ in 0..count {
        let [low, high, catch_high] = [reader.number()?, reader.number()?, reader.number()?];
        let mut handlers = Reader { memory, at: reader.place()? };
        let catches = handlers.number()?;
        left = left.checked_sub(catches).ok_or(BAD_STATES)?;
        tries.push(Try {
            low: low.cast_signed(),
            high: high.cast_signed(),
            catch_high: catch_high.cast_signed(),
            catches: (0..catches).map(|_| handlers.catch(begin)).collect::<Result<_, _>>()?,
        });
    }
    Ok(tries)
}

/// The instructions of the part that begins at `begin`.
fn read_parts<M: ImageMemory + ?Sized>(
    memory: &M,
    at: u32,
    begin: u32,
) -> Result<Vec<(u32, i32)>, ImageError> {
    let mut reader = Reader { memory, at };
    for _ in 0..reader.number()? {
        let (part, instructions) = (reader.place()?, reader.place()?);
        if part == begin {
            return read_instructions(memory, instructions, begin);
        }
    }
    Ok(Vec::new())
}

fn read_instructions<M: ImageMemory + ?Sized>(
    memory: &M,
    at: u32,
    begin: u32,
) -> Result<Vec<(u32, i32)>, ImageError> {
    let mut reader = Reader { memory, at };
    let count = reader.number()?;
    let mut from = begin;
    let mut instructions = Vec::new();
    for _ in 0..count {
        from = from.checked_add(reader.number()?).ok_or(BAD_STATES)?;
        // A state is written as the number after it, so that none is negative.
        instructions.push((from, reader.number()?.cast_signed().wrapping_sub(1)));
    }
    Ok(instructions)
}

/// Reads one thing after the other.
struct Reader<'a, M: ?Sized> {
    memory: &'a M,
    at: u32,
}

impl<M: ImageMemory + ?Sized> Reader<'_, M> {
    fn skip(&mut self, bytes: u32) -> Result<u32, ImageError> {
        let at = self.at;
        self.at = at.checked_add(bytes).ok_or(BAD_STATES)?;
        Ok(at)
    }

    fn byte(&mut self) -> Result<u8, ImageError> {
        let at = self.skip(1)?;
        self.memory.read_u8(at)
    }

    fn place(&mut self) -> Result<u32, ImageError> {
        let at = self.skip(4)?;
        self.memory.read_u32(at)
    }

    /// A number whose lowest bits that are one tell how many bytes follow the first; four of them
    /// are all of the first that counts.
    fn number(&mut self) -> Result<u32, ImageError> {
        let first = self.byte()?;
        let more = (first & 0xF).trailing_ones();
        if more == 4 {
            return self.place();
        }
        let mut number = u32::from(first);
        for index in 1..=more {
            number |= u32::from(self.byte()?) << (8 * index);
        }
        Ok(number >> (more + 1))
    }

    fn catch(&mut self, begin: u32) -> Result<Catch, ImageError> {
        let flags = self.byte()?;
        let has = |flag: u8| flags & flag != 0;
        let qualifiers = if has(catch_header::QUALIFIERS) { self.number()? } else { 0 };
        let type_of_it = if has(catch_header::TYPE) { self.place()? } else { 0 };
        let object = if has(catch_header::OBJECT) { self.number()? } else { 0 };
        let mut catch = super::catch(qualifiers, type_of_it, object.cast_signed(), self.place()?);
        let count = usize::from(flags >> catch_header::NEXT_SHIFT & 3);
        for next in catch.next.get_mut(..count).ok_or(BAD_STATES)? {
            *next = Some(if has(catch_header::OF_IMAGE) {
                self.place()?
            } else {
                begin.checked_add(self.number()?).ok_or(BAD_STATES)?
            });
        }
        Ok(catch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{packed_catch_seed, packed_cxx_seed};

    #[test]
    fn numbers_are_of_one_to_five_bytes() {
        let cases: [(&[u8], u32); 7] = [
            (&[0xFE], 0x7F),
            (&[0x01, 0x02], 0x80),
            (&[0xFD, 0xFF], 0x3FFF),
            (&[0x03, 0x00, 0x02], 0x4000),
            (&[0x07, 0x00, 0x00, 0x02], 0x20_0000),
            (&[0x0F, 0x00, 0x00, 0x00, 0x10], 0x1000_0000),
            (&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF], u32::MAX),
        ];
        for (bytes, number) in cases {
            let mut reader = Reader { memory: bytes, at: 0 };
            assert_eq!((reader.number(), reader.at), (Ok(number), bytes.len() as u32));
            let short = &bytes[..bytes.len() - 1];
            assert!(Reader { memory: short, at: 0 }.number().is_err());
        }
    }

    #[test]
    fn states_are_found_and_left_outwards() {
        let image = packed_cxx_seed();
        let memory = image.as_slice();
        let function = CxxFunction::read_packed(memory, 0, 0x1000).unwrap();
        assert!(function.synchronous && !function.no_except && function.function_frame.is_none());
        for (at, state) in [(0xFFF, -1), (0x1000, -1), (0x1010, 1), (0x101F, 1), (0x1020, 0)] {
            assert_eq!(function.state_at(memory, at), Ok(state));
        }
        assert_eq!(function.state_at(memory, 0x1400), Ok(-1));
        let left = |state| function.leaving(memory, state);
        assert_eq!(left(0), Ok(Leaving { to: -1, action: None }));
        assert_eq!(left(1), Ok(Leaving { to: 0, action: Some(CleanUp::Object(0x900, 48)) }));
        assert_eq!(left(2), Ok(Leaving { to: 0, action: Some(CleanUp::Code(0x910)) }));
        assert_eq!(left(3), Ok(Leaving { to: 1, action: Some(CleanUp::Pointed(0x920, 300)) }));
        assert!(left(4).is_err() && left(-1).is_err());
    }

    #[test]
    fn handlers_say_where_control_goes_on() {
        let image = packed_cxx_seed();
        let memory = image.as_slice();
        let function = CxxFunction::read_packed(memory, 0, 0x1000).unwrap();
        let tries = function.tries(memory).unwrap();
        assert_eq!((tries[0].low, tries[1].low), (3, 0));
        let [first, second] = &tries[1].catches[..] else { panic!("{tries:?}") };
        assert_eq!((first.type_of_it, first.object, first.code), (Some(0x800), Some(40), 0xA00));
        assert!(first.by_reference() && first.keeps(1) && !first.keeps(2));
        assert_eq!(first.next, [Some(0x1100), Some(0x1200)]);
        assert_eq!((second.type_of_it, second.code), (None, 0xB00));
        assert_eq!(second.next, [Some(0x5000), None]);
        assert_eq!(tries[0].catches[0].next, [None, None]);
    }

    #[test]
    fn a_catch_has_tables_of_its_own() {
        let image = packed_catch_seed();
        let memory = image.as_slice();
        let function = CxxFunction::read_packed(memory, 0, 0x2000).unwrap();
        assert!(function.no_except && function.function_frame == Some(0x48));
        // It is in two parts, and this is the second.
        assert_eq!(function.state_at(memory, 0x2000), Ok(0));
        let other = CxxFunction::read_packed(memory, 0, 0x3000).unwrap();
        assert_eq!(other.state_at(memory, 0x3000), Ok(-1));
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let read = |place: usize, byte: u8| {
            let mut image = packed_cxx_seed();
            image[place] = byte;
            CxxFunction::read_packed(image.as_slice(), 0, 0x1000)
        };
        // The second state would be left to the middle of the first; three places to go on at.
        for (place, byte) in [(24, (3 << 2 | 3) << 1), (57, 0x37)] {
            assert_eq!(read(place, byte), Err(BAD_STATES), "{place}");
        }
        assert!(matches!(read(4, 0xF0), Err(ImageError::Outside { .. })));
    }
}
