//! Unwinding: the second walk, in which every frame cleans up.

use super::dispatch::{ask, stack_bounds};
use super::slot::Slot;
use super::walk::{Frame, Walk};
use super::{raise, unhandled};
use core::mem::offset_of;
use haft_abi::exception::{
    DispatcherContext, Disposition, EXCEPTION_COLLIDED_UNWIND, EXCEPTION_EXIT_UNWIND,
    EXCEPTION_TARGET_UNWIND, EXCEPTION_UNWINDING, ExceptionRecord, JumpBuffer,
};
use haft_abi::{Context, NtStatus};
use haft_host::frames::{self, Kind, Noted};
use haft_host::{context, guest};
use haft_image::unwind::HandlerType;

/// Where an unwind ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnwindTarget {
    /// The frame; 0 to unwind all.
    pub frame: u64,
    /// Where the thread goes on.
    pub ip: u64,
    /// What it finds in rax.
    pub value: u64,
}

/// Unwinds the running thread's frames to the target and goes on there (Microsoft: "RtlUnwindEx
/// function"). `record` is the address of the exception's record, or 0; `registers` and `history`
/// are what the program passes along, for handlers.
pub fn unwind(target: UnwindTarget, record: usize, registers: usize, history: usize) -> ! {
    let own = Slot::new(ExceptionRecord { code: NtStatus::UNWIND.0, ..Default::default() });
    match context::with_captured(|captured| -> core::convert::Infallible {
        let record = if record == 0 { own.address() } else { record };
        let walk = Walk { context: *captured, exact: false };
        if own.get().address == 0 {
            own.set(ExceptionRecord { address: captured.rip, ..own.get() });
        }
        Unwinding { target, record, registers, history, flags: 0 }.run(walk)
    }) {}
}

struct Unwinding {
    target: UnwindTarget,
    record: usize,
    registers: usize,
    history: usize,
    flags: u32,
}

impl Unwinding {
    fn run(&mut self, mut walk: Walk) -> ! {
        let given = guest::read::<ExceptionRecord>(self.record).unwrap_or_default();
        let exit = if self.target.frame == 0 { EXCEPTION_EXIT_UNWIND } else { 0 };
        self.flags = given.flags | EXCEPTION_UNWINDING | exit;
        loop {
            let before = walk;
            let (frame, handler) = match walk.step(HandlerType::UNWIND) {
                Err(_) => self.fail(NtStatus::BAD_STACK),
                Ok(Frame::End) => unhandled::end(self.record),
                Ok(Frame::Host | Frame::Leaf | Frame::Search(_)) => continue,
                Ok(Frame::Unwind(note)) => match guest::read::<DispatcherContext>(note) {
                    // Another unwind had come to a frame that was cleaning up: go on from there.
                    Ok(stopped) => {
                        let Ok(own) = guest::read::<Context>(stopped.context_record as usize)
                        else {
                            self.fail(NtStatus::BAD_STACK)
                        };
                        walk = Walk { context: own, exact: true };
                        self.flags |= EXCEPTION_COLLIDED_UNWIND;
                        let own = walk;
                        if walk.step(HandlerType::NONE).is_err() {
                            self.fail(NtStatus::BAD_STACK);
                        }
                        let frame = stopped.establisher_frame;
                        let after = self.clean_up(own.context, stopped);
                        if frame == self.target.frame {
                            self.arrive(after);
                        }
                        continue;
                    }
                    Err(_) => self.fail(NtStatus::BAD_STACK),
                },
                Ok(Frame::Function { entry, unwound }) => {
                    let base = entry.image_base as u64;
                    let handler = unwound.handler.map(|handler| DispatcherContext {
                        control_pc: before.context.rip,
                        image_base: base,
                        function_entry: entry.address as u64,
                        establisher_frame: unwound.establisher_frame,
                        language_handler: base + u64::from(handler.rva),
                        handler_data: base + u64::from(handler.data),
                        ..DispatcherContext::default()
                    });
                    (unwound.establisher_frame, handler)
                }
            };
            let past = self.target.frame != 0 && frame > self.target.frame;
            if past {
                self.fail(NtStatus::INVALID_UNWIND_TARGET);
            }
            let mut own = before.context;
            if let Some(dispatcher) = handler {
                if !frame.is_multiple_of(8) || !stack_bounds().contains(&frame) {
                    self.fail(NtStatus::BAD_STACK);
                }
                own = self.clean_up(own, dispatcher);
            }
            if frame == self.target.frame {
                self.arrive(own);
            }
        }
    }

    /// Has a frame clean up, and gives its registers as its handler leaves them.
    fn clean_up(&mut self, mut own: Context, dispatcher: DispatcherContext) -> Context {
        let at_target = dispatcher.establisher_frame == self.target.frame;
        let target = if at_target { EXCEPTION_TARGET_UNWIND } else { 0 };
        own.rax = self.target.value;
        let own = Slot::new(own);
        let dispatcher = Slot::new(DispatcherContext {
            target_ip: self.target.ip,
            context_record: own.address() as u64,
            history_table: self.history as u64,
            ..dispatcher
        });
        let flags = self.flags | target;
        let _ = guest::write(self.record + offset_of!(ExceptionRecord, flags), flags);
        self.flags &= !EXCEPTION_COLLIDED_UNWIND;
        let registers = if self.registers == 0 { own.address() } else { self.registers };
        let told = dispatcher.get();
        let (handler, frame) = (told.language_handler, told.establisher_frame);
        match ask(Kind::Unwind, handler, self.record, frame, registers, &dispatcher) {
            Some(Disposition::ContinueSearch) => own.get(),
            _ => raise::raise_in_handling(NtStatus::INVALID_DISPOSITION, self.record),
        }
    }

    fn arrive(&self, mut own: Context) -> ! {
        own.rax = self.target.value;
        let code = guest::read::<u32>(self.record).unwrap_or_default();
        if code != NtStatus::UNWIND_CONSOLIDATE.0 {
            own.rip = self.target.ip;
        }
        restore(own, self.record)
    }

    fn fail(&self, status: NtStatus) -> ! {
        raise::raise_in_handling(status, self.record)
    }
}

/// Goes on with these registers (Microsoft: "RtlRestoreContext function"). The record at
/// `record`, or 0, may be of a long jump, whose buffer then has the registers, or of a frame
/// consolidation, whose routine then says where to go on.
pub fn restore(mut registers: Context, record: usize) -> ! {
    let known = guest::read::<ExceptionRecord>(record).ok().filter(|_| record != 0);
    match known.map(|known| (NtStatus(known.code), known.parameters, known.information[0])) {
        Some((NtStatus::LONGJUMP, 1.., buffer)) => {
            if let Ok(buffer) = guest::read::<JumpBuffer>(buffer as usize) {
                take_jump(&mut registers, &buffer);
            }
        }
        Some((NtStatus::UNWIND_CONSOLIDATE, 1.., routine)) => {
            let frame = Slot::new(registers);
            let noted = Noted { kind: Kind::Context, note: frame.address() };
            registers.rip = frames::call(noted, routine as usize, [record, 0, 0, 0]) as u64;
        }
        _ => {}
    }
    context::resume(&registers)
}

/// Sets the registers that `setjmp` kept.
pub(super) fn take_jump(registers: &mut Context, buffer: &JumpBuffer) {
    registers.rbx = buffer.rbx;
    registers.rsp = buffer.rsp;
    registers.rbp = buffer.rbp;
    registers.rsi = buffer.rsi;
    registers.rdi = buffer.rdi;
    registers.r12 = buffer.r12;
    registers.r13 = buffer.r13;
    registers.r14 = buffer.r14;
    registers.r15 = buffer.r15;
    registers.rip = buffer.rip;
    registers.mx_csr = buffer.mx_csr;
    registers.float_save.mx_csr = buffer.mx_csr;
    registers.float_save.control_word = buffer.fp_csr;
    registers.float_save.xmm[6..].copy_from_slice(&buffer.xmm);
}
