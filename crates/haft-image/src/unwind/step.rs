//! Undoing one frame.

use super::epilogue::{self, Exit};
use super::info::{Operation, UnwindInfo};
use super::{Context, ContextPointers, Handler, HandlerType, StackMemory, UnwindError, Unwound};
use crate::ImageMemory;
use crate::exception::{FunctionTable, MAX_CHAIN, RuntimeFunction};

/// Undoes frames of functions of one image.
#[derive(Clone, Copy, Debug)]
pub struct Unwinder<'a, I: ?Sized, S: ?Sized> {
    /// The image: its unwind information and its code.
    pub image: &'a I,
    /// The stack.
    pub stack: &'a S,
    /// The image's address.
    pub image_base: u64,
    /// The function table, to tell a jump to another part of the same function from one that
    /// leaves it. Without it every jump out of an entry is taken to leave the function.
    pub functions: Option<FunctionTable>,
}

impl<I: ImageMemory + ?Sized, S: StackMemory + ?Sized> Unwinder<'_, I, S> {
    /// Undoes the frame of the function with the table entry `function`, in which control is at
    /// `control_pc`: `context` becomes that of the caller, right after the call. With `pointers`
    /// the places of the registers that were restored are noted (Microsoft: "RtlVirtualUnwind
    /// function").
    ///
    /// # Errors
    /// An [`UnwindError`]; `context` and `pointers` are then changed in part and of no use.
    pub fn virtual_unwind(
        &self,
        handler_type: HandlerType,
        control_pc: u64,
        function: RuntimeFunction,
        context: &mut Context,
        mut pointers: Option<&mut ContextPointers>,
    ) -> Result<Unwound, UnwindError> {
        let pc = control_pc
            .checked_sub(self.image_base)
            .and_then(|pc| u32::try_from(pc).ok())
            .filter(|pc| function.contains(*pc))
            .ok_or(UnwindError::Info("the instruction is not in the function"))?;
        let offset = pc - function.begin;
        let info = UnwindInfo::read(self.image, function.unwind_info)?;
        let in_prologue = offset < u32::from(info.prologue_size);
        let establisher_frame = frame(&info, in_prologue.then_some(offset), context)?;
        let mut unwound =
            Unwound { establisher_frame, handler: None, in_epilogue: false, machine_frame: false };
        if !in_prologue && self.undo_epilogue(pc, function, &info, context, &mut pointers)? {
            unwound.in_epilogue = true;
            return Ok(unwound);
        }
        let executed = in_prologue.then_some(offset);
        let (primary, info, machine_frame) =
            self.undo_prologue(function, info, executed, context, &mut pointers)?;
        unwound.machine_frame = machine_frame;
        // A part of a function may lie before its beginning: the difference is then large.
        let in_primary_prologue = pc.wrapping_sub(primary.begin) < u32::from(info.prologue_size);
        if !in_primary_prologue && info.has_handler(handler_type.0) {
            let place = info.handler_place();
            unwound.handler =
                Some(Handler { rva: self.image.read_u32(place)?, data: place.saturating_add(4) });
        }
        Ok(unwound)
    }

    /// Undoes the codes of an entry and of those it continues. `executed` is the offset that
    /// control has reached when it is in the entry's prologue. Gives the last entry, its
    /// information, and whether the processor pushed the frame.
    fn undo_prologue(
        &self,
        mut function: RuntimeFunction,
        mut info: UnwindInfo,
        mut executed: Option<u32>,
        context: &mut Context,
        pointers: &mut Option<&mut ContextPointers>,
    ) -> Result<(RuntimeFunction, UnwindInfo, bool), UnwindError> {
        let mut machine_frame = false;
        for _ in 0..MAX_CHAIN {
            machine_frame |= self.undo_codes(&info, executed, context, pointers)?;
            if !info.is_chained() {
                if !machine_frame {
                    pop_return_address(self.stack, context)?;
                }
                return Ok((function, info, machine_frame));
            }
            function = info.chained(self.image)?;
            info = UnwindInfo::read(self.image, function.unwind_info)?;
            executed = None;
        }
        Err(UnwindError::Info("it continues itself"))
    }

    /// Undoes the codes of one entry; says whether the processor pushed the frame.
    fn undo_codes(
        &self,
        info: &UnwindInfo,
        executed: Option<u32>,
        context: &mut Context,
        pointers: &mut Option<&mut ContextPointers>,
    ) -> Result<bool, UnwindError> {
        let frame = frame(info, executed, context)?;
        let mut machine_frame = false;
        for code in info.codes() {
            let code = code?;
            if executed.is_some_and(|executed| executed < u32::from(code.offset)) {
                continue;
            }
            match code.operation {
                Operation::Push { register } => pop(self.stack, register, context, pointers)?,
                Operation::Allocate { size } => {
                    context.rsp = context.rsp.wrapping_add(size.into());
                }
                Operation::SetFrameRegister => context.rsp = from_register(info, context)?,
                Operation::Save { register, offset } => {
                    let place = frame.wrapping_add(offset.into());
                    load(self.stack, register, place, context, pointers)?;
                }
                Operation::SaveXmm { register, offset } => {
                    let place = frame.wrapping_add(offset.into());
                    let value = self.stack.read_m128(place).ok_or(UnwindError::Stack(place))?;
                    let register = usize::from(register & 15);
                    context.float_save.xmm[register] = value;
                    if let Some(pointers) = pointers {
                        pointers.xmm[register] = place;
                    }
                }
                Operation::MachineFrame { error_code } => {
                    if error_code {
                        context.rsp = context.rsp.wrapping_add(8);
                    }
                    let at = context.rsp;
                    context.rip = read(self.stack, at)?;
                    context.rsp = read(self.stack, at.wrapping_add(24))?;
                    machine_frame = true;
                }
                Operation::Epilogue { .. } => {}
            }
        }
        Ok(machine_frame)
    }

    /// When control is in an epilogue, executes the rest of it and says so.
    fn undo_epilogue(
        &self,
        pc: u32,
        function: RuntimeFunction,
        info: &UnwindInfo,
        context: &mut Context,
        pointers: &mut Option<&mut ContextPointers>,
    ) -> Result<bool, UnwindError> {
        let length = function.end - function.begin;
        if info.in_described_epilogue(pc - function.begin, length) == Some(false) {
            return Ok(false);
        }
        let mut code = [0; epilogue::MAX_LENGTH];
        let left = self.image.size().min(function.end).saturating_sub(pc);
        let code = &mut code[..epilogue::MAX_LENGTH.min(left as usize)];
        self.image.read(pc, code)?;
        let Some(epilogue) = epilogue::decode(code, info.frame_register) else {
            return Ok(false);
        };
        if let Exit::Jump(distance) = epilogue.exit
            && !self.leaves(pc, distance, function, info)?
        {
            return Ok(false);
        }
        epilogue.execute(self.stack, info.frame_register, context, pointers)?;
        Ok(true)
    }

    /// Whether a jump leaves the function, or begins it anew.
    fn leaves(
        &self,
        pc: u32,
        distance: i64,
        function: RuntimeFunction,
        info: &UnwindInfo,
    ) -> Result<bool, UnwindError> {
        let Ok(target) = u32::try_from(i64::from(pc) + distance) else { return Ok(true) };
        if function.contains(target) {
            return Ok(target == function.begin && !info.is_chained());
        }
        let Some(functions) = self.functions else { return Ok(true) };
        let Some(other) = functions.lookup(self.image, target)? else { return Ok(true) };
        let here = self.primary(function)?;
        let there = self.primary(other.function)?;
        Ok(here != there || target == here.begin)
    }

    /// The entry that an entry, at the end of all chains, continues.
    fn primary(&self, mut function: RuntimeFunction) -> Result<RuntimeFunction, UnwindError> {
        for _ in 0..MAX_CHAIN {
            let info = UnwindInfo::read(self.image, function.unwind_info)?;
            if !info.is_chained() {
                return Ok(function);
            }
            function = info.chained(self.image)?;
        }
        Err(UnwindError::Info("it continues itself"))
    }
}

/// Undoes the frame of a function without a table entry: one that changes neither rsp nor a
/// nonvolatile register.
///
/// # Errors
/// [`UnwindError::Stack`] when the return address cannot be read.
pub fn unwind_leaf<S: StackMemory + ?Sized>(
    stack: &S,
    context: &mut Context,
) -> Result<(), UnwindError> {
    pop_return_address(stack, context)
}

/// The frame's address. The frame register counts once it is set, which in a prologue
/// (`executed` says how far it is) the codes tell.
fn frame(info: &UnwindInfo, executed: Option<u32>, context: &Context) -> Result<u64, UnwindError> {
    if info.frame_register.is_none() {
        return Ok(context.rsp);
    }
    let Some(executed) = executed.filter(|_| !info.is_chained()) else {
        return from_register(info, context);
    };
    for code in info.codes() {
        let code = code?;
        if code.operation == Operation::SetFrameRegister {
            if u32::from(code.offset) <= executed {
                return from_register(info, context);
            }
            break;
        }
    }
    Ok(context.rsp)
}

fn from_register(info: &UnwindInfo, context: &Context) -> Result<u64, UnwindError> {
    let register =
        info.frame_register.ok_or(UnwindError::Info("it sets a frame register and has none"))?;
    Ok(context.integer(register).wrapping_sub(info.frame_offset.into()))
}

fn read<S: StackMemory + ?Sized>(stack: &S, address: u64) -> Result<u64, UnwindError> {
    stack.read_u64(address).ok_or(UnwindError::Stack(address))
}

fn load<S: StackMemory + ?Sized>(
    stack: &S,
    register: u8,
    place: u64,
    context: &mut Context,
    pointers: &mut Option<&mut ContextPointers>,
) -> Result<(), UnwindError> {
    *context.integer_mut(register) = read(stack, place)?;
    if let Some(pointers) = pointers {
        pointers.integer[usize::from(register & 15)] = place;
    }
    Ok(())
}

/// Pops an integer register.
pub(super) fn pop<S: StackMemory + ?Sized>(
    stack: &S,
    register: u8,
    context: &mut Context,
    pointers: &mut Option<&mut ContextPointers>,
) -> Result<(), UnwindError> {
    let place = context.rsp;
    context.rsp = place.wrapping_add(8);
    load(stack, register, place, context, pointers)
}

/// Pops rip.
pub(super) fn pop_return_address<S: StackMemory + ?Sized>(
    stack: &S,
    context: &mut Context,
) -> Result<(), UnwindError> {
    context.rip = read(stack, context.rsp)?;
    context.rsp = context.rsp.wrapping_add(8);
    Ok(())
}
