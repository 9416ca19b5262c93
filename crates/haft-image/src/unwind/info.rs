//! Unwind information (Microsoft: "x64 exception handling", struct UNWIND_INFO).

use super::UnwindError;
use crate::ImageMemory;
use crate::exception::RuntimeFunction;
use crate::memory::add;

/// The function has a handler to be asked for exceptions (`UNW_FLAG_EHANDLER`).
pub const HANDLER_EXCEPTION: u8 = 1;
/// The function has a handler to be called when its frame is unwound (`UNW_FLAG_UHANDLER`).
pub const HANDLER_UNWIND: u8 = 2;
/// The information continues that of another entry (`UNW_FLAG_CHAININFO`).
const CHAINED: u8 = 4;

const HEADER: u32 = 4;
const MAX_SLOTS: usize = 255;

/// What an instruction of a prologue did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Pushed an integer register.
    Push {
        /// Its number.
        register: u8,
    },
    /// Took room on the stack.
    Allocate {
        /// In bytes.
        size: u32,
    },
    /// Set the frame register to an offset from rsp.
    SetFrameRegister,
    /// Saved an integer register by a move.
    Save {
        /// Its number.
        register: u8,
        /// Where, in bytes from the frame.
        offset: u32,
    },
    /// Saved an XMM register.
    SaveXmm {
        /// Its number.
        register: u8,
        /// Where, in bytes from the frame.
        offset: u32,
    },
    /// The processor pushed an interrupt frame.
    MachineFrame {
        /// And an error code after it.
        error_code: bool,
    },
    /// Describes epilogues (version 2); see [`UnwindInfo::in_described_epilogue`].
    Epilogue {
        /// Four bits that belong to it.
        info: u8,
    },
}

/// An operation and the offset in the function of the end of its instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnwindCode {
    /// The instruction's end.
    pub offset: u8,
    /// What it did.
    pub operation: Operation,
}

/// Unwind information, copied from the image.
#[derive(Clone, Copy, Debug)]
pub struct UnwindInfo {
    /// 1 or 2.
    pub version: u8,
    flags: u8,
    /// The length of the prologue in bytes.
    pub prologue_size: u8,
    /// The register that points to the frame; `None` when rsp does.
    pub frame_register: Option<u8>,
    /// How many bytes the frame register is above rsp, once set.
    pub frame_offset: u32,
    slot_count: u8,
    slots: [[u8; 2]; MAX_SLOTS],
    /// Where what follows the codes is: the handler and its data, or the entry that is continued.
    trailer: u32,
}

impl UnwindInfo {
    /// Reads the unwind information at `rva`.
    ///
    /// # Errors
    /// [`UnwindError::Image`] when it is not within the image, [`UnwindError::Info`] for a
    /// version that is not known.
    pub fn read<M: ImageMemory + ?Sized>(memory: &M, rva: u32) -> Result<Self, UnwindError> {
        let mut header = [0; HEADER as usize];
        memory.read(rva, &mut header)?;
        let [version_flags, prologue_size, slot_count, frame] = header;
        let version = version_flags & 7;
        if version != 1 && version != 2 {
            return Err(UnwindError::Info("its version is not known"));
        }
        let mut slots = [[0; 2]; MAX_SLOTS];
        let codes = add(rva, HEADER)?;
        memory.read(codes, slots[..usize::from(slot_count)].as_flattened_mut())?;
        // The codes are filled up to an even number, which the count does not tell.
        let trailer = add(codes, u32::from(slot_count).next_multiple_of(2) * 2)?;
        let frame_register = frame & 15;
        Ok(Self {
            version,
            flags: version_flags >> 3,
            prologue_size,
            frame_register: (frame_register != 0).then_some(frame_register),
            frame_offset: u32::from(frame >> 4) * 16,
            slot_count,
            slots,
            trailer,
        })
    }

    /// Whether the information continues that of another entry.
    #[must_use]
    pub const fn is_chained(&self) -> bool {
        self.flags & CHAINED != 0
    }

    /// Whether the function has a handler of one of these types.
    #[must_use]
    pub const fn has_handler(&self, types: u8) -> bool {
        !self.is_chained() && self.flags & types & (HANDLER_EXCEPTION | HANDLER_UNWIND) != 0
    }

    /// Reads the entry that this information continues.
    ///
    /// # Errors
    /// [`UnwindError::Image`] when it is not within the image.
    pub fn chained<M: ImageMemory + ?Sized>(
        &self,
        memory: &M,
    ) -> Result<RuntimeFunction, UnwindError> {
        Ok(RuntimeFunction::read(memory, self.trailer)?)
    }

    /// Where the handler's RVA is; its data follow.
    #[must_use]
    pub const fn handler_place(&self) -> u32 {
        self.trailer
    }

    /// The codes, in the order in which they are to be undone. Ends after the first error.
    pub fn codes(&self) -> impl Iterator<Item = Result<UnwindCode, UnwindError>> {
        let mut rest = &self.slots[..usize::from(self.slot_count)];
        core::iter::from_fn(move || {
            let (&slot, tail) = rest.split_first()?;
            match decode(self.version, slot, tail) {
                Ok((operation, tail)) => {
                    rest = tail;
                    Some(Ok(UnwindCode { offset: slot[0], operation }))
                }
                Err(error) => {
                    rest = &[];
                    Some(Err(error))
                }
            }
        })
    }

    /// Whether the instruction at `offset` from the function's beginning is in one of the
    /// epilogues that version 2 describes; `None` when it describes none, so that the
    /// instructions must tell.
    ///
    /// The first epilogue code has the length of every epilogue, and whether one is at the
    /// function's end; each of the others has the distance of one from the end, or 0.
    #[must_use]
    pub fn in_described_epilogue(&self, offset: u32, function_length: u32) -> Option<bool> {
        if self.version < 2 {
            return None;
        }
        let mut epilogues = self.codes().map_while(|code| match code {
            Ok(UnwindCode { offset, operation: Operation::Epilogue { info } }) => {
                Some((u32::from(offset), u32::from(info)))
            }
            _ => None,
        });
        let (length, info) = epilogues.next()?;
        let before_end = function_length.checked_sub(offset)?;
        let within =
            |distance: u32| before_end <= distance && distance.saturating_sub(before_end) < length;
        let at_end = info & 1 != 0 && within(length);
        Some(
            at_end
                || epilogues.any(|(low, high)| {
                    let distance = high << 8 | low;
                    distance != 0 && within(distance)
                }),
        )
    }
}

/// Decodes the operation of `slot`; gives it and the slots after those it takes.
fn decode(
    version: u8,
    slot: [u8; 2],
    tail: &[[u8; 2]],
) -> Result<(Operation, &[[u8; 2]]), UnwindError> {
    const CUT_OFF: UnwindError = UnwindError::Info("its last code is cut off");
    let info = slot[1] >> 4;
    let short = || match tail {
        [first, rest @ ..] => Ok((u32::from(u16::from_le_bytes(*first)), rest)),
        [] => Err(CUT_OFF),
    };
    let long = || match tail {
        [[a, b], [c, d], rest @ ..] => Ok((u32::from_le_bytes([*a, *b, *c, *d]), rest)),
        _ => Err(CUT_OFF),
    };
    let register = info;
    Ok(match slot[1] & 15 {
        0 => (Operation::Push { register }, tail),
        1 if info == 0 => {
            let (size, rest) = short()?;
            (Operation::Allocate { size: size * 8 }, rest)
        }
        1 if info == 1 => {
            let (size, rest) = long()?;
            (Operation::Allocate { size }, rest)
        }
        2 => (Operation::Allocate { size: u32::from(info) * 8 + 8 }, tail),
        3 => (Operation::SetFrameRegister, tail),
        4 => {
            let (offset, rest) = short()?;
            (Operation::Save { register, offset: offset * 8 }, rest)
        }
        5 => {
            let (offset, rest) = long()?;
            (Operation::Save { register, offset }, rest)
        }
        6 if version == 2 => (Operation::Epilogue { info }, tail),
        8 => {
            let (offset, rest) = short()?;
            (Operation::SaveXmm { register, offset: offset * 16 }, rest)
        }
        9 => {
            let (offset, rest) = long()?;
            (Operation::SaveXmm { register, offset }, rest)
        }
        10 if info <= 1 => (Operation::MachineFrame { error_code: info == 1 }, tail),
        _ => return Err(UnwindError::Info("it has a code that is not known")),
    })
}
