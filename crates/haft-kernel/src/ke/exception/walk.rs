//! Walking the frames of a thread: the program's and, between them, haft's own.

use super::function_table::{self, FunctionEntry};
use haft_abi::Context;
use haft_abi::context::M128;
use haft_host::frames::{self, Kind};
use haft_host::{context, guest, host_unwind};
use haft_image::unwind::{
    ContextPointers, HandlerType, StackMemory, UnwindError, Unwinder, Unwound, unwind_leaf,
};

/// The stack of the running thread, every access guarded.
pub(super) struct ProgramStack;

impl StackMemory for ProgramStack {
    fn read_u64(&self, address: u64) -> Option<u64> {
        guest::read(address as usize).ok()
    }

    fn read_m128(&self, address: u64) -> Option<M128> {
        let [low, high] = guest::read::<[u64; 2]>(address as usize).ok()?;
        Some(M128 { low, high })
    }
}

/// One frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    /// A function of the program with an entry in a function table.
    Function {
        /// The entry.
        entry: FunctionEntry,
        /// What undoing the frame told.
        unwound: Unwound,
    },
    /// A function of the program without one.
    Leaf,
    /// A frame of haft, or several.
    Host,
    /// A call that haft makes of an exception handler; the note is its dispatcher context.
    Search(usize),
    /// A call that haft makes of a handler to clean up; the note is its dispatcher context.
    Unwind(usize),
    /// The base of the thread's stack.
    End,
}

/// Why a walk ends early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WalkError {
    /// The unwind information or the stack is of no use.
    Broken,
}

impl From<UnwindError> for WalkError {
    fn from(_: UnwindError) -> Self {
        Self::Broken
    }
}

/// A place in a walk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    /// The registers of the frame that is next.
    pub context: Context,
    /// Whether control is at this very instruction and not on its way back to it.
    pub exact: bool,
}

impl Walk {
    /// Undoes the frame that is next.
    pub fn step(&mut self, handler: HandlerType) -> Result<Frame, WalkError> {
        let pc = self.context.rip as usize;
        if pc == 0 {
            return Ok(Frame::End);
        }
        let exact = core::mem::replace(&mut self.exact, false);
        if host_unwind::contains(pc) {
            return self.step_host(exact);
        }
        let Some(entry) = function_table::lookup(pc) else {
            unwind_leaf(&ProgramStack, &mut self.context)?;
            return Ok(Frame::Leaf);
        };
        let unwound = undo(&entry, handler, pc as u64, &mut self.context, None)?;
        Ok(Frame::Function { entry, unwound })
    }

    fn step_host(&mut self, exact: bool) -> Result<Frame, WalkError> {
        let noted = frames::noted(&self.context);
        if let Some(noted) = noted
            && noted.kind == Kind::Context
        {
            self.context = guest::read(noted.note).map_err(|_| WalkError::Broken)?;
            self.exact = true;
            return Ok(Frame::Host);
        }
        if host_unwind::step(&mut self.context, exact).is_none() {
            return Ok(Frame::End);
        }
        Ok(match noted.map(|noted| (noted.kind, noted.note)) {
            Some((Kind::Search, note)) => Frame::Search(note),
            Some((Kind::Unwind, note)) => Frame::Unwind(note),
            _ => Frame::Host,
        })
    }
}

fn undo(
    entry: &FunctionEntry,
    handler: HandlerType,
    pc: u64,
    context: &mut Context,
    pointers: Option<&mut ContextPointers>,
) -> Result<Unwound, UnwindError> {
    let image = entry.image();
    let unwinder = Unwinder {
        image: &image,
        stack: &ProgramStack,
        image_base: entry.image_base as u64,
        functions: entry.table,
    };
    unwinder.virtual_unwind(handler, pc, entry.function, context, pointers)
}

/// Undoes one frame for a program (Microsoft: "RtlVirtualUnwind function"). The entry at
/// `function` is one that it looked up; 0 is a leaf.
///
/// # Errors
/// An [`UnwindError`] when the unwind information or the stack is of no use.
pub fn virtual_unwind(
    handler: HandlerType,
    image_base: usize,
    pc: usize,
    function: usize,
    context: &mut Context,
    pointers: Option<&mut ContextPointers>,
) -> Result<Unwound, UnwindError> {
    let without_handler = Unwound {
        establisher_frame: context.rsp,
        handler: None,
        in_epilogue: false,
        machine_frame: false,
    };
    if function == 0 {
        unwind_leaf(&ProgramStack, context)?;
        return Ok(without_handler);
    }
    if function == function_table::host_entry() {
        let mut walk = Walk { context: *context, exact: false };
        if matches!(walk.step_host(false), Ok(Frame::End) | Err(_)) {
            // Programs take a null address for the end of the stack.
            walk.context.rip = 0;
        }
        *context = walk.context;
        return Ok(without_handler);
    }
    let entry = function_table::given(function, image_base)
        .ok_or(UnwindError::Info("the function table's entry cannot be read"))?;
    undo(&entry, handler, pc as u64, context, pointers)
}

/// Calls `body` with the registers of the program where it called into haft.
pub(super) fn with_caller<R>(body: impl FnOnce(Context) -> R) -> R {
    context::with_captured(|captured| {
        let mut walk = Walk { context: *captured, exact: false };
        while host_unwind::contains(walk.context.rip as usize) {
            match walk.step(HandlerType::NONE) {
                Ok(Frame::End) | Err(_) => break,
                Ok(_) => {}
            }
        }
        body(walk.context)
    })
}

/// Goes on to the next frame of the program, from that which `context` has the registers of, and
/// passes by haft's own; false when there is none, or the stack is of no use (Microsoft:
/// "StackWalk64 function").
pub fn next_frame(context: &mut Context) -> bool {
    let mut walk = Walk { context: *context, exact: false };
    loop {
        let before = walk.context.rsp;
        match walk.step(HandlerType::NONE) {
            Ok(Frame::End) | Err(_) => return false,
            Ok(_) if walk.context.rsp <= before => return false,
            Ok(_) => {}
        }
        let pc = walk.context.rip as usize;
        if pc != 0 && !host_unwind::contains(pc) {
            *context = walk.context;
            return true;
        }
    }
}

/// The return addresses of the running thread's frames in the program, innermost first, without
/// the first `skip` (Microsoft: "RtlCaptureStackBackTrace function").
#[must_use]
pub fn back_trace(skip: usize, count: usize) -> Vec<usize> {
    with_caller(|context| {
        let mut walk = Walk { context, exact: false };
        let mut found = Vec::new();
        let mut skip = skip;
        while found.len() < count {
            let pc = walk.context.rip as usize;
            if !host_unwind::contains(pc) && pc != 0 {
                if skip == 0 {
                    found.push(pc);
                } else {
                    skip -= 1;
                }
            }
            let before = walk.context.rsp;
            match walk.step(HandlerType::NONE) {
                Ok(Frame::End) | Err(_) => break,
                Ok(_) if walk.context.rsp <= before => break,
                Ok(_) => {}
            }
        }
        found
    })
}
