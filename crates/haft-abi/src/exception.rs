//! Exceptions as programs see them.

/// What happened (Microsoft: "EXCEPTION_RECORD structure").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct ExceptionRecord {
    /// The exception's code: an NTSTATUS, or one of the program's own.
    pub code: u32,
    /// `EXCEPTION_*` below.
    pub flags: u32,
    /// Address of the record of the exception in whose handling this one happened, or 0.
    pub nested: u64,
    /// The instruction.
    pub address: u64,
    /// How many of `information` count.
    pub parameters: u32,
    /// Padding.
    pub reserved: u32,
    /// What the code defines.
    pub information: [u64; 15],
}

/// The exception cannot be continued (`EXCEPTION_NONCONTINUABLE`).
pub const EXCEPTION_NONCONTINUABLE: u32 = 1;
/// Frames are being unwound (`EXCEPTION_UNWINDING`).
pub const EXCEPTION_UNWINDING: u32 = 2;
/// All frames are being unwound, to end the thread (`EXCEPTION_EXIT_UNWIND`).
pub const EXCEPTION_EXIT_UNWIND: u32 = 4;
/// The stack is not aligned, or a frame is not on it (`EXCEPTION_STACK_INVALID`).
pub const EXCEPTION_STACK_INVALID: u32 = 8;
/// A handler of another exception is running (`EXCEPTION_NESTED_CALL`).
pub const EXCEPTION_NESTED_CALL: u32 = 16;
/// The unwind ends in this frame (`EXCEPTION_TARGET_UNWIND`).
pub const EXCEPTION_TARGET_UNWIND: u32 = 32;
/// The unwind met the frames of another (`EXCEPTION_COLLIDED_UNWIND`).
pub const EXCEPTION_COLLIDED_UNWIND: u32 = 64;
/// Either kind of unwind is in progress (`EXCEPTION_UNWIND`).
pub const EXCEPTION_UNWIND: u32 = 0x66;
/// The flags that a program may raise an exception with are these bits; the others are the
/// system's.
pub const EXCEPTION_SOFTWARE_FLAGS: u32 = EXCEPTION_NONCONTINUABLE | 0x80;

/// The most parameters an exception has (`EXCEPTION_MAXIMUM_PARAMETERS`).
pub const EXCEPTION_MAXIMUM_PARAMETERS: usize = 15;

/// The answer of a filter: run the handler (`EXCEPTION_EXECUTE_HANDLER`).
pub const EXCEPTION_EXECUTE_HANDLER: i32 = 1;
/// The answer of a filter: look further (`EXCEPTION_CONTINUE_SEARCH`).
pub const EXCEPTION_CONTINUE_SEARCH: i32 = 0;
/// The answer of a filter: go on where it happened (`EXCEPTION_CONTINUE_EXECUTION`).
pub const EXCEPTION_CONTINUE_EXECUTION: i32 = -1;

/// What filters are given (Microsoft: "EXCEPTION_POINTERS structure").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct ExceptionPointers {
    /// Address of the record.
    pub record: u64,
    /// Address of the registers where it happened.
    pub context: u64,
}

/// What a language handler is told of the frame and of the search (Microsoft: "x64 exception
/// handling", struct DISPATCHER_CONTEXT).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct DispatcherContext {
    /// Where control is in the frame's function.
    pub control_pc: u64,
    /// The image that the function is in.
    pub image_base: u64,
    /// Address of the function table's entry.
    pub function_entry: u64,
    /// The frame.
    pub establisher_frame: u64,
    /// Where an unwind ends.
    pub target_ip: u64,
    /// Address of the registers: of the caller in a search, of the frame itself in an unwind.
    pub context_record: u64,
    /// The handler.
    pub language_handler: u64,
    /// Its data.
    pub handler_data: u64,
    /// The unwind history table of the search, or 0.
    pub history_table: u64,
    /// The handler's own: how far it is in the frame's scopes.
    pub scope_index: u32,
    /// Padding.
    pub fill: u32,
}

/// What a language handler answers (`EXCEPTION_DISPOSITION`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// Go on where the exception happened.
    ContinueExecution,
    /// Ask the next frame.
    ContinueSearch,
    /// The exception happened in the handling of another.
    NestedException,
    /// The unwind met the frames of another.
    CollidedUnwind,
}

impl Disposition {
    /// The disposition of this number; `None` for one that is not one.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            0 => Some(Self::ContinueExecution),
            1 => Some(Self::ContinueSearch),
            2 => Some(Self::NestedException),
            3 => Some(Self::CollidedUnwind),
            _ => None,
        }
    }
}

/// The registers that `setjmp` keeps (`_JUMP_BUFFER`, a `jmp_buf` of 256 bytes).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C, align(16))]
#[expect(missing_docs, reason = "the names are the registers'")]
pub struct JumpBuffer {
    /// The frame to unwind to, or 0 to restore the registers alone.
    pub frame: u64,
    pub rbx: u64,
    pub rsp: u64,
    pub rbp: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    pub mx_csr: u32,
    pub fp_csr: u16,
    pub spare: u16,
    /// xmm6 to xmm15.
    pub xmm: [crate::context::M128; 10],
}

const _: () = {
    use core::mem::{offset_of, size_of};
    use windows_sys::Win32::System::Diagnostics::Debug as w;
    assert!(size_of::<ExceptionRecord>() == size_of::<w::EXCEPTION_RECORD>());
    assert!(
        offset_of!(ExceptionRecord, information)
            == offset_of!(w::EXCEPTION_RECORD, ExceptionInformation)
    );
    assert!(size_of::<ExceptionPointers>() == size_of::<w::EXCEPTION_POINTERS>());
    assert!(size_of::<DispatcherContext>() == 80);
    assert!(size_of::<JumpBuffer>() == 256);
    assert!(offset_of!(JumpBuffer, rip) == 0x50 && offset_of!(JumpBuffer, mx_csr) == 0x58);
    assert!(offset_of!(JumpBuffer, xmm) == 0x60);
};
