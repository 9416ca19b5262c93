//! Signals that the processor raises, on their way to becoming exceptions.
//!
//! The handler runs on the thread's signal stack and does only what a signal handler may: it puts
//! the exception's record and registers on the thread's own stack, below where the program was,
//! and has the thread go on in haft's dispatcher, which then runs as ordinary code.
#![allow(unsafe_code, reason = "signal handlers get raw machine state")]

use crate::context::Extended;
use crate::fault::{self, Fault, Outcome};
use crate::frames::{self, Kind};
use crate::{border, context, guest, host_unwind, steps, suspend, thread};
use haft_abi::context::{CONTEXT_FULL, CONTEXT_SEGMENTS, FloatSave, M128};
use haft_abi::exception::ExceptionRecord;
use haft_abi::{Context, NtStatus};
use std::sync::OnceLock;

/// What the kernel does about exceptions.
#[derive(Clone, Copy)]
pub struct Handlers {
    /// Whether the running thread is the program's. Called in a signal handler.
    pub is_program_thread: fn() -> bool,
    /// What a fault at an address, by a write or not, means to memory management. Called in a
    /// signal handler.
    pub memory: fn(address: usize, write: bool) -> MemoryFault,
    /// Handles an exception, given the addresses of its record and of the registers, and what the
    /// thread had beyond those.
    pub exception: fn(record: usize, context: usize, extended: Extended) -> !,
    /// Ends the program with a status, where an exception cannot be handled: the code it failed
    /// with and where it was. Called in a signal handler.
    pub end: fn(status: NtStatus, fast_fail: Option<u32>, rip: usize) -> !,
}

/// What a fault means to memory management.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryFault {
    /// Nothing: the access is not allowed.
    Unknown,
    /// The memory can be accessed now; the instruction is to run again.
    Mended,
    /// It is this exception rather than an access violation.
    Exception(NtStatus),
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

/// Every signal that the processor raises.
const FAULTS: [libc::c_int; 5] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP];

/// Installs the handlers of the processor's faults, and has writes to closed pipes fail rather
/// than kill.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses a handler.
pub fn install(handlers: Handlers) -> Result<(), NtStatus> {
    // A second call is a second program in one process, with the same handlers.
    let _ = HANDLERS.set(handlers);
    // Found now, because a signal handler must not wait for another thread to find it.
    let _ = host_unwind::text_start();
    // SAFETY: the handler is async-signal-safe: it looks at the machine state and changes it.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = on_fault as *const () as usize;
        // Guarded accesses of the handler itself may fault.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        border::hold_requests(&mut action);
        for signal in FAULTS {
            if libc::sigaction(signal, &raw const action, core::ptr::null_mut()) != 0 {
                return Err(NtStatus::UNSUCCESSFUL);
            }
        }
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
    Ok(())
}

unsafe extern "C" fn on_fault(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid siginfo and ucontext that are this handler's alone.
    let (code, ucontext) = unsafe { ((*info).si_code, &mut *context.cast::<libc::ucontext_t>()) };
    if signal == libc::SIGTRAP && code == libc::TRAP_TRACE && suspend::on_trap(ucontext) {
        return;
    }
    let registers = &mut ucontext.uc_mcontext.gregs;
    let rip = registers[libc::REG_RIP as usize] as usize;
    let resume = guest::fixup(rip);
    let mut special = None;
    if signal == libc::SIGSEGV && code > 0 {
        // Bit 1 of the processor's error code: the access was a write.
        let write = registers[libc::REG_ERR as usize] & 2 != 0;
        let address = registers[libc::REG_CR2 as usize] as usize;
        match HANDLERS.get().map(|handlers| (handlers.memory)(address, write)) {
            Some(MemoryFault::Mended) => return,
            Some(MemoryFault::Exception(status)) => special = Some(status),
            Some(MemoryFault::Unknown) | None => {}
        }
    }
    if let Some(resume) = resume {
        registers[libc::REG_RIP as usize] = resume as i64;
        return;
    }
    let handlers = HANDLERS.get().filter(|h| code > 0 && (h.is_program_thread)());
    let Some(handlers) = handlers else { return give_up(signal, code) };
    let fault = Fault {
        signal,
        code,
        vector: registers[libc::REG_TRAPNO as usize] as u64,
        error: registers[libc::REG_ERR as usize] as u64,
        address: registers[libc::REG_CR2 as usize] as u64,
    };
    if signal == libc::SIGILL && host_unwind::contains(rip) {
        // The compiler's mark of a place that cannot be reached: haft itself is wrong.
        return give_up(signal, code);
    }
    steps::end(ucontext);
    let mut state = context_of(ucontext);
    match fault::classify(&fault, &mut state) {
        Outcome::FastFail(code) => {
            (handlers.end)(NtStatus::STACK_BUFFER_OVERRUN, Some(code), rip);
        }
        Outcome::Exception(mut record) => {
            if let Some(status) = special {
                record.code = status.0;
            }
            deliver(handlers, ucontext, record, &state);
        }
    }
}

/// Lets the signal do what it does without a handler, once this one returns.
fn give_up(signal: libc::c_int, code: libc::c_int) {
    // SAFETY: both calls are async-signal-safe. A fault recurs; a signal that somebody sent has
    // to be sent again.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        if code <= 0 {
            libc::raise(signal);
        }
    }
}

/// Puts the exception on the thread's stack and sends the thread to its dispatcher.
fn deliver(
    handlers: &Handlers,
    ucontext: &mut libc::ucontext_t,
    mut record: ExceptionRecord,
    state: &Context,
) {
    let rip = state.rip as usize;
    if record.code == NtStatus::ACCESS_VIOLATION.0 {
        let address = record.information[1] as usize;
        match thread::open_stack_guard(address) {
            thread::Guard::NotThere => {}
            thread::Guard::Opened => overflow(&mut record),
            thread::Guard::UsedUp => (handlers.end)(NtStatus::STACK_OVERFLOW, None, rip),
        }
    }
    let extended = extended_of(ucontext);
    let place = Place::below(state.rsp as usize, extended.len());
    let mut written = place.write(&record, state, extended);
    if let Err(at) = written
        && thread::open_stack_guard(at.address) == thread::Guard::Opened
    {
        overflow(&mut record);
        written = place.write(&record, state, extended);
    }
    if written.is_err() {
        let status = match thread::open_stack_guard(place.frame) {
            thread::Guard::NotThere => NtStatus(record.code),
            thread::Guard::Opened | thread::Guard::UsedUp => NtStatus::STACK_OVERFLOW,
        };
        (handlers.end)(status, None, rip);
    }
    let extended = extended.len();
    let registers = &mut ucontext.uc_mcontext.gregs;
    registers[libc::REG_RIP as usize] = frames::fault_entry() as i64;
    registers[libc::REG_RSP as usize] = place.frame as i64;
    registers[libc::REG_RCX as usize] = place.record as i64;
    registers[libc::REG_RDX as usize] = place.context as i64;
    registers[libc::REG_R8 as usize] = place.extended as i64;
    registers[libc::REG_R9 as usize] = extended as i64;
    // Direction, single step and alignment check are the program's, not the dispatcher's.
    registers[libc::REG_EFL as usize] &= !0x4_0500;
    // SAFETY: a null pointer or the state that the kernel saved.
    if let Some(float) = unsafe { ucontext.uc_mcontext.fpregs.as_mut() } {
        // The dispatcher must not fault on what the program has unmasked.
        float.mxcsr = 0x1F80;
    }
}

fn overflow(record: &mut ExceptionRecord) {
    record.code = NtStatus::STACK_OVERFLOW.0;
}

/// Where an exception's pieces go on a stack.
struct Place {
    extended: usize,
    record: usize,
    context: usize,
    frame: usize,
}

impl Place {
    /// Below `rsp`, and below the 128 bytes that haft's own functions may use there.
    fn below(rsp: usize, extended: usize) -> Self {
        let extended = rsp.wrapping_sub(128).wrapping_sub(extended) & !63;
        let record = extended.wrapping_sub(size_of::<ExceptionRecord>().next_multiple_of(16));
        let context = record.wrapping_sub(size_of::<Context>());
        Self { extended, record, context, frame: context.wrapping_sub(frames::FAULT_FRAME) }
    }

    fn write(
        &self,
        record: &ExceptionRecord,
        state: &Context,
        extended: &[u8],
    ) -> Result<(), guest::Fault> {
        // The lowest first: what cannot be written whole is not written.
        guest::write(self.frame + frames::NOTE, self.context as u64)?;
        guest::write(self.frame + frames::KIND, Kind::Context as u64)?;
        guest::write(self.context, *state)?;
        guest::write(self.record, *record)?;
        guest::copy_out(self.extended, extended)
    }
}

/// Where [`deliver`] sends the thread, by way of `frames`.
pub(crate) extern "win64" fn on_exception(
    record: usize,
    context: usize,
    address: usize,
    length: usize,
) -> ! {
    match HANDLERS.get() {
        Some(handlers) => (handlers.exception)(record, context, Extended { address, length }),
        None => thread::exit_process(1),
    }
}

/// The state that Linux saved behind what `fxsave` writes (Linux: "asm/sigcontext.h", struct
/// _fpx_sw_bytes).
fn extended_of(ucontext: &libc::ucontext_t) -> &'static [u8] {
    const LEGACY: usize = 512;
    const NOTES: usize = 464;
    const MAGIC: u32 = 0x4650_5853;
    /// Larger states have components that programs of Windows do not.
    const LARGEST: usize = 4096;
    let float = ucontext.uc_mcontext.fpregs.cast::<u8>();
    if float.is_null() {
        return &[];
    }
    // SAFETY: the kernel saved at least 512 bytes, in which these two words are its own notes.
    let (magic, size) = unsafe {
        let notes = float.add(NOTES).cast::<u32>();
        (notes.read_unaligned(), notes.add(4).read_unaligned() as usize)
    };
    if magic != MAGIC || size <= LEGACY {
        return &[];
    }
    // SAFETY: by the magic the kernel saved `size` bytes. The handler uses them only until it
    // returns, which is how long they are there.
    unsafe { core::slice::from_raw_parts(float.add(LEGACY), size.min(LARGEST) - LEGACY) }
}

/// The registers that Linux saved.
pub(crate) fn context_of(ucontext: &libc::ucontext_t) -> Context {
    let registers = &ucontext.uc_mcontext.gregs;
    let get = |index: libc::c_int| registers[index as usize] as u64;
    let segments = get(libc::REG_CSGSFS);
    let mut context = Context {
        context_flags: CONTEXT_FULL | CONTEXT_SEGMENTS,
        seg_cs: segments as u16,
        seg_gs: 0x2B,
        seg_fs: 0x53,
        seg_ds: 0x2B,
        seg_es: 0x2B,
        seg_ss: 0x2B,
        eflags: get(libc::REG_EFL) as u32,
        rax: get(libc::REG_RAX),
        rcx: get(libc::REG_RCX),
        rdx: get(libc::REG_RDX),
        rbx: get(libc::REG_RBX),
        rsp: get(libc::REG_RSP),
        rbp: get(libc::REG_RBP),
        rsi: get(libc::REG_RSI),
        rdi: get(libc::REG_RDI),
        r8: get(libc::REG_R8),
        r9: get(libc::REG_R9),
        r10: get(libc::REG_R10),
        r11: get(libc::REG_R11),
        r12: get(libc::REG_R12),
        r13: get(libc::REG_R13),
        r14: get(libc::REG_R14),
        r15: get(libc::REG_R15),
        rip: get(libc::REG_RIP),
        ..Context::default()
    };
    // SAFETY: null, or the state that the kernel saved, whose first 512 bytes are as `fxsave`
    // writes them, and plain data.
    let float = unsafe { ucontext.uc_mcontext.fpregs.cast::<FloatSave>().as_ref() };
    if let Some(float) = float {
        context.float_save = *float;
        // Linux keeps notes of its own there.
        context.float_save.reserved4 = [0; 96];
        context.mx_csr = context.float_save.mx_csr;
    }
    const { assert!(size_of::<M128>() * 32 == size_of::<FloatSave>()) };
    context
}

/// Has Linux go on with these registers. Segments stay as they are.
pub(crate) fn set_context(ucontext: &mut libc::ucontext_t, context: &Context) {
    let registers = &mut ucontext.uc_mcontext.gregs;
    let mut set = |index: libc::c_int, value: u64| registers[index as usize] = value as i64;
    set(libc::REG_EFL, u64::from(context.eflags & context::USER_FLAGS | 0x202));
    set(libc::REG_RAX, context.rax);
    set(libc::REG_RCX, context.rcx);
    set(libc::REG_RDX, context.rdx);
    set(libc::REG_RBX, context.rbx);
    set(libc::REG_RSP, context.rsp);
    set(libc::REG_RBP, context.rbp);
    set(libc::REG_RSI, context.rsi);
    set(libc::REG_RDI, context.rdi);
    set(libc::REG_R8, context.r8);
    set(libc::REG_R9, context.r9);
    set(libc::REG_R10, context.r10);
    set(libc::REG_R11, context.r11);
    set(libc::REG_R12, context.r12);
    set(libc::REG_R13, context.r13);
    set(libc::REG_R14, context.r14);
    set(libc::REG_R15, context.r15);
    set(libc::REG_RIP, context.rip);
    // SAFETY: null, or the state that the kernel saved; see `context_of`.
    let float = unsafe { ucontext.uc_mcontext.fpregs.cast::<FloatSave>().as_mut() };
    if let Some(float) = float {
        let notes = float.reserved4;
        *float = context.float_save;
        float.reserved4 = notes;
        // Reserved bits would make Linux refuse the whole state.
        float.mx_csr = context.mx_csr & 0xFFFF;
    }
}
