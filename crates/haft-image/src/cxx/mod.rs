//! The tables of a C++ function that its language handler works on: which state control is in at
//! each instruction, how a state is left, and which `catch` guards it (Microsoft: "C++ exception
//! handling", "/EH (Exception handling model)").
//!
//! There are two kinds: [`plain`] ones of whole numbers, for `__CxxFrameHandler3`, and [`packed`]
//! ones, for `__CxxFrameHandler4`. Once read they are alike but for how code that a `catch` is
//! made of knows of the function that it belongs to.
//!
//! This is the data alone. Matching types, running destructors and handlers is for whoever
//! dispatches exceptions. The state of code that has nothing to clean up is [`OUTERMOST`].

mod packed;
mod plain;

use crate::{ImageError, ImageMemory};
use packed::Packed;
use plain::Plain;

/// The state that all others are left to.
pub const OUTERMOST: i32 = -1;

const BAD_STATES: ImageError = ImageError::Damaged("a C++ function's states are of no use");

/// `catch (...)`, which a handler without a type is as well.
const ANYTHING: u32 = 0x40;

/// What a function's tables are; places are relative to the image base.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CxxFunction {
    /// Only what `throw` throws is handled, no fault (`/EHs`).
    pub synchronous: bool,
    /// Nothing is thrown out of it (`noexcept`).
    pub no_except: bool,
    /// Where the code has the address of the function's frame in its own, if these are the tables
    /// of a `catch` alone. Packed ones are; plain ones are the function's and its handlers'.
    pub function_frame: Option<i32>,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    Plain(Plain),
    Packed(Packed),
}

/// How a state is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaving {
    /// The state outside it.
    pub to: i32,
    /// What cleans up, if there is anything to.
    pub action: Option<CleanUp>,
}

/// What cleans up when a state is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CleanUp {
    /// Code that knows the function's frame.
    Code(u32),
    /// A destructor, of the object at this place of the function's frame.
    Object(u32, u32),
    /// A destructor, of the object whose address is at this place of the function's frame.
    Pointed(u32, u32),
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
    /// Where its own frame has the address of the function's, if the function's tables say so.
    pub function_frame: Option<i32>,
    /// Where control can go on; if there are any, its code gives back which.
    pub next: [Option<u32>; 2],
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
    /// Reads the plain tables at `rva`, which a function's handler data names.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] for what are none, [`ImageError::Outside`] when they are not within
    /// the image.
    pub fn read<M: ImageMemory + ?Sized>(memory: &M, rva: u32) -> Result<Self, ImageError> {
        plain::read(memory, rva)
    }

    /// Reads the packed tables at `rva`, which the handler data of the code that begins at `begin`
    /// names.
    ///
    /// # Errors
    /// As for [`CxxFunction::read`].
    pub fn read_packed<M: ImageMemory + ?Sized>(
        memory: &M,
        rva: u32,
        begin: u32,
    ) -> Result<Self, ImageError> {
        packed::read(memory, rva, begin)
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
        match &self.kind {
            Kind::Plain(tables) => tables.state_at(memory, rva),
            Kind::Packed(tables) => Ok(tables.state_at(rva)),
        }
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
        let leaving = match &self.kind {
            Kind::Plain(tables) => tables.leaving(memory, state)?,
            Kind::Packed(tables) => tables.leaving(state).ok_or(BAD_STATES)?,
        };
        // So that leaving states comes to an end.
        if leaving.to >= state || leaving.to < OUTERMOST { Err(BAD_STATES) } else { Ok(leaving) }
    }

    /// The `try` blocks, the innermost first.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn tries<M: ImageMemory + ?Sized>(&self, memory: &M) -> Result<Vec<Try>, ImageError> {
        let mut tries = match &self.kind {
            Kind::Plain(tables) => tables.tries(memory)?,
            Kind::Packed(tables) => tables.tries.clone(),
        };
        // Blocks lie within one another or apart, and an inner one's states are higher.
        tries.sort_by_key(|block| core::cmp::Reverse(block.low));
        Ok(tries)
    }
}

/// What the parts of a `catch` say, in either kind of tables.
fn catch(qualifiers: u32, type_of_it: u32, object: i32, code: u32) -> Catch {
    Catch {
        qualifiers,
        type_of_it: (qualifiers & ANYTHING == 0 && type_of_it != 0).then_some(type_of_it),
        object: (object != 0).then_some(object),
        code,
        function_frame: None,
        next: [None; 2],
    }
}
