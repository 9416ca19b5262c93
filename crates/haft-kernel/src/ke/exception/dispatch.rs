//! The search for a handler.

use super::slot::Slot;
use super::vectored::{self, VectoredKind};
use super::walk::{Frame, Walk};
use super::{raise, unhandled};
use core::mem::offset_of;
use core::ops::Range;
use haft_abi::exception::{
    DispatcherContext, Disposition, EXCEPTION_NESTED_CALL, EXCEPTION_NONCONTINUABLE,
    EXCEPTION_STACK_INVALID, ExceptionRecord,
};
use haft_abi::nt::Teb;
use haft_abi::{Context, NtStatus};
use haft_host::context::Extended;
use haft_host::frames::{self, Kind, Noted};
use haft_host::{context, gs, guest};
use haft_image::unwind::HandlerType;

/// Handles a processor fault, whose record and registers are at these addresses.
pub(super) fn handle_fault(record: usize, registers: usize, extended: Extended) -> ! {
    let known = guest::read::<ExceptionRecord>(record).unwrap_or_default();
    if known.code == NtStatus::ACCESS_VIOLATION.0
        && let Some(status) = crate::mm::on_fault(known.information[1] as usize)
    {
        let _ = guest::write(record, ExceptionRecord { code: status.0, ..known });
    }
    if dispatch(record, registers)
        && let Ok(registers) = guest::read::<Context>(registers)
    {
        context::resume_extended(&registers, extended);
    }
    unhandled::end(record)
}

/// Handles the exception whose record and registers are at these addresses: the thread goes on
/// where a handler wants it to, or the process ends.
pub(super) fn handle(record: usize, registers: usize) -> ! {
    if dispatch(record, registers)
        && let Ok(registers) = guest::read::<Context>(registers)
    {
        context::resume(&registers);
    }
    unhandled::end(record)
}

/// Asks all handlers; whether one says that the thread is to go on.
fn dispatch(record: usize, registers: usize) -> bool {
    let handled = vectored::call(VectoredKind::Exception, record, registers)
        || search(record, registers)
        || unhandled::asks_to_continue(record, registers);
    if handled {
        vectored::call(VectoredKind::Continue, record, registers);
    }
    handled
}

/// The addresses that the running thread's stack is at, as its TEB says.
pub(super) fn stack_bounds() -> Range<u64> {
    let field = |offset| guest::read::<u64>(gs::teb() + offset).unwrap_or(0);
    field(offset_of!(Teb, stack_limit))..field(offset_of!(Teb, stack_base))
}

/// Calls a language handler from a frame that tells later walks of it.
pub(super) fn ask(
    kind: Kind,
    handler: u64,
    record: usize,
    frame: u64,
    registers: usize,
    dispatcher: &Slot<DispatcherContext>,
) -> Option<Disposition> {
    let note = dispatcher.address();
    let args = [record, frame as usize, registers, note];
    Disposition::from_raw(frames::call(Noted { kind, note }, handler as usize, args) as u32)
}

/// What is known of the search so far.
struct Search {
    record: usize,
    registers: usize,
    flags: u32,
    /// The outermost frame that an earlier, unfinished search had reached.
    nested: u64,
}

impl Search {
    fn flag(&mut self, flag: u32) {
        self.flags |= flag;
        let _ = guest::write(self.record + offset_of!(ExceptionRecord, flags), self.flags);
    }

    fn unflag(&mut self, flag: u32) {
        self.flags &= !flag;
    }

    fn nested_at(&mut self, note: usize) {
        if let Ok(earlier) = guest::read::<DispatcherContext>(note) {
            self.flag(EXCEPTION_NESTED_CALL);
            self.nested = self.nested.max(earlier.establisher_frame);
        }
    }

    /// Asks a frame's handler; `Some` ends the search.
    fn ask(&mut self, dispatcher: DispatcherContext) -> Option<bool> {
        let frame = dispatcher.establisher_frame;
        if !frame.is_multiple_of(8) || !stack_bounds().contains(&frame) {
            self.flag(EXCEPTION_STACK_INVALID);
            return Some(false);
        }
        self.flag(0);
        let slot = Slot::new(dispatcher);
        let handler = dispatcher.language_handler;
        let answer = ask(Kind::Search, handler, self.record, frame, self.registers, &slot);
        if self.nested == frame {
            self.unflag(EXCEPTION_NESTED_CALL);
            self.nested = 0;
        }
        match answer {
            Some(Disposition::ContinueExecution) => {
                if self.flags & EXCEPTION_NONCONTINUABLE != 0 {
                    raise::raise_in_handling(NtStatus::NONCONTINUABLE_EXCEPTION, self.record);
                }
                Some(true)
            }
            Some(Disposition::ContinueSearch) => None,
            Some(Disposition::NestedException) => {
                self.flag(EXCEPTION_NESTED_CALL);
                self.nested = self.nested.max(slot.get().establisher_frame);
                None
            }
            Some(Disposition::CollidedUnwind) | None => {
                raise::raise_in_handling(NtStatus::INVALID_DISPOSITION, self.record)
            }
        }
    }
}

/// Asks the frames, innermost first; whether one says that the thread is to go on.
fn search(record: usize, registers: usize) -> bool {
    let (Ok(first), Ok(known)) =
        (guest::read::<Context>(registers), guest::read::<ExceptionRecord>(record))
    else {
        return false;
    };
    let flags = known.flags & EXCEPTION_NONCONTINUABLE;
    let mut search = Search { record, registers, flags, nested: 0 };
    let mut walk = Walk { context: first, exact: true };
    loop {
        let control_pc = walk.context.rip;
        let asked = match walk.step(HandlerType::EXCEPTION) {
            Err(_) => {
                search.flag(EXCEPTION_STACK_INVALID);
                return false;
            }
            Ok(Frame::End) => return false,
            Ok(Frame::Host) => None,
            Ok(Frame::Leaf) => {
                if !stack_bounds().contains(&(walk.context.rsp - 1)) {
                    return false;
                }
                None
            }
            Ok(Frame::Search(note)) => {
                search.nested_at(note);
                None
            }
            Ok(Frame::Unwind(note)) => {
                // It happened while a frame was cleaning up: what lies below that frame is gone,
                // and its own handler goes on behind the scope that it was in.
                let Ok(stopped) = guest::read::<DispatcherContext>(note) else { return false };
                let Ok(own) = guest::read::<Context>(stopped.context_record as usize) else {
                    return false;
                };
                walk = Walk { context: own, exact: true };
                if walk.step(HandlerType::NONE).is_err() {
                    return false;
                }
                let caller = Slot::new(walk.context);
                search.ask(DispatcherContext { context_record: caller.address() as u64, ..stopped })
            }
            Ok(Frame::Function { entry, unwound }) => unwound.handler.and_then(|handler| {
                let base = entry.image_base as u64;
                let caller = Slot::new(walk.context);
                search.ask(DispatcherContext {
                    control_pc,
                    image_base: base,
                    function_entry: entry.address as u64,
                    establisher_frame: unwound.establisher_frame,
                    context_record: caller.address() as u64,
                    language_handler: base + u64::from(handler.rva),
                    handler_data: base + u64::from(handler.data),
                    ..DispatcherContext::default()
                })
            }),
        };
        if let Some(handled) = asked {
            return handled;
        }
    }
}
