//! The registers of a thread.

/// A 128-bit register (`M128A`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C, align(16))]
pub struct M128 {
    /// The low half.
    pub low: u64,
    /// The high half.
    pub high: u64,
}

/// The state of x87 and SSE as `fxsave64` writes it (`XSAVE_FORMAT`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(16))]
#[expect(missing_docs, reason = "the names are the processor manual's")]
pub struct FloatSave {
    pub control_word: u16,
    pub status_word: u16,
    pub tag_word: u8,
    pub reserved1: u8,
    pub error_opcode: u16,
    pub error_offset: u32,
    pub error_selector: u16,
    pub reserved2: u16,
    pub data_offset: u32,
    pub data_selector: u16,
    pub reserved3: u16,
    pub mx_csr: u32,
    pub mx_csr_mask: u32,
    pub float: [M128; 8],
    pub xmm: [M128; 16],
    pub reserved4: [u8; 96],
}

impl Default for FloatSave {
    /// Zeros.
    fn default() -> Self {
        Self {
            control_word: 0,
            status_word: 0,
            tag_word: 0,
            reserved1: 0,
            error_opcode: 0,
            error_offset: 0,
            error_selector: 0,
            reserved2: 0,
            data_offset: 0,
            data_selector: 0,
            reserved3: 0,
            mx_csr: 0,
            mx_csr_mask: 0,
            float: [M128::default(); 8],
            xmm: [M128::default(); 16],
            reserved4: [0; 96],
        }
    }
}

/// The registers of an x86-64 thread: the one CONTEXT of haft, in the layout that programs see
/// (Microsoft: "CONTEXT structure"). The binding in `windows-sys` has the same layout, which is
/// asserted below, but not the alignment of 16 that `fxsave` and programs rely on, and it reaches
/// the XMM registers through a union only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C, align(16))]
#[expect(missing_docs, reason = "the names are the registers'")]
pub struct Context {
    /// Room for a callee to save its register parameters.
    pub home: [u64; 6],
    /// Which parts are there: `CONTEXT_*`.
    pub context_flags: u32,
    pub mx_csr: u32,
    pub seg_cs: u16,
    pub seg_ds: u16,
    pub seg_es: u16,
    pub seg_fs: u16,
    pub seg_gs: u16,
    pub seg_ss: u16,
    pub eflags: u32,
    pub dr0: u64,
    pub dr1: u64,
    pub dr2: u64,
    pub dr3: u64,
    pub dr6: u64,
    pub dr7: u64,
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rbx: u64,
    pub rsp: u64,
    pub rbp: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    pub float_save: FloatSave,
    pub vector_register: [M128; 26],
    pub vector_control: u64,
    pub debug_control: u64,
    pub last_branch_to_rip: u64,
    pub last_branch_from_rip: u64,
    pub last_exception_to_rip: u64,
    pub last_exception_from_rip: u64,
}

/// `context_flags` for rip, rsp, rflags, cs and ss.
pub const CONTEXT_CONTROL: u32 = 0x10_0001;
/// `context_flags` for the other general registers.
pub const CONTEXT_INTEGER: u32 = 0x10_0002;
/// `context_flags` for ds, es, fs and gs.
pub const CONTEXT_SEGMENTS: u32 = 0x10_0004;
/// `context_flags` for x87 and SSE.
pub const CONTEXT_FLOATING_POINT: u32 = 0x10_0008;
/// `context_flags` for the debug registers.
pub const CONTEXT_DEBUG_REGISTERS: u32 = 0x10_0010;
/// `context_flags` for what programs ask for as a rule.
pub const CONTEXT_FULL: u32 = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT;
/// `context_flags` for everything but the extended state.
pub const CONTEXT_ALL: u32 = CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS;

impl Context {
    /// Takes those parts from another one that `flags` names (`CONTEXT_*`; Microsoft:
    /// "GetThreadContext function").
    pub const fn take(&mut self, from: &Self, flags: u32) {
        const fn has(flags: u32, part: u32) -> bool {
            flags & part == part
        }
        if has(flags, CONTEXT_CONTROL) {
            self.seg_cs = from.seg_cs;
            self.seg_ss = from.seg_ss;
            self.eflags = from.eflags;
            self.rsp = from.rsp;
            self.rip = from.rip;
        }
        if has(flags, CONTEXT_INTEGER) {
            self.rax = from.rax;
            self.rcx = from.rcx;
            self.rdx = from.rdx;
            self.rbx = from.rbx;
            self.rbp = from.rbp;
            self.rsi = from.rsi;
            self.rdi = from.rdi;
            self.r8 = from.r8;
            self.r9 = from.r9;
            self.r10 = from.r10;
            self.r11 = from.r11;
            self.r12 = from.r12;
            self.r13 = from.r13;
            self.r14 = from.r14;
            self.r15 = from.r15;
        }
        if has(flags, CONTEXT_SEGMENTS) {
            self.seg_ds = from.seg_ds;
            self.seg_es = from.seg_es;
            self.seg_fs = from.seg_fs;
            self.seg_gs = from.seg_gs;
        }
        if has(flags, CONTEXT_FLOATING_POINT) {
            self.float_save = from.float_save;
            self.mx_csr = from.mx_csr;
        }
    }

    /// The general register of this number as instructions encode it (rax, rcx, rdx, rbx, rsp,
    /// rbp, rsi, rdi, r8 to r15). The low four bits count.
    #[must_use]
    pub const fn integer(&self, number: u8) -> u64 {
        match number & 15 {
            0 => self.rax,
            1 => self.rcx,
            2 => self.rdx,
            3 => self.rbx,
            4 => self.rsp,
            5 => self.rbp,
            6 => self.rsi,
            7 => self.rdi,
            8 => self.r8,
            9 => self.r9,
            10 => self.r10,
            11 => self.r11,
            12 => self.r12,
            13 => self.r13,
            14 => self.r14,
            _ => self.r15,
        }
    }

    /// The general register of this number, to be changed; see [`Self::integer`].
    pub const fn integer_mut(&mut self, number: u8) -> &mut u64 {
        match number & 15 {
            0 => &mut self.rax,
            1 => &mut self.rcx,
            2 => &mut self.rdx,
            3 => &mut self.rbx,
            4 => &mut self.rsp,
            5 => &mut self.rbp,
            6 => &mut self.rsi,
            7 => &mut self.rdi,
            8 => &mut self.r8,
            9 => &mut self.r9,
            10 => &mut self.r10,
            11 => &mut self.r11,
            12 => &mut self.r12,
            13 => &mut self.r13,
            14 => &mut self.r14,
            _ => &mut self.r15,
        }
    }
}

const _: () = {
    use core::mem::{align_of, offset_of, size_of};
    use windows_sys::Win32::System::Diagnostics::Debug as w;
    assert!(size_of::<Context>() == 1232 && size_of::<w::CONTEXT>() == 1232);
    assert!(align_of::<Context>() == 16);
    assert!(size_of::<FloatSave>() == 512 && size_of::<w::XSAVE_FORMAT>() == 512);
    assert!(offset_of!(FloatSave, xmm) == offset_of!(w::XSAVE_FORMAT, XmmRegisters));
    assert!(offset_of!(FloatSave, mx_csr) == offset_of!(w::XSAVE_FORMAT, MxCsr));
    assert!(offset_of!(FloatSave, float) == offset_of!(w::XSAVE_FORMAT, FloatRegisters));
    assert!(offset_of!(Context, context_flags) == offset_of!(w::CONTEXT, ContextFlags));
    assert!(offset_of!(Context, mx_csr) == offset_of!(w::CONTEXT, MxCsr));
    assert!(offset_of!(Context, seg_cs) == offset_of!(w::CONTEXT, SegCs));
    assert!(offset_of!(Context, eflags) == offset_of!(w::CONTEXT, EFlags));
    assert!(offset_of!(Context, dr0) == offset_of!(w::CONTEXT, Dr0));
    assert!(offset_of!(Context, rax) == offset_of!(w::CONTEXT, Rax));
    assert!(offset_of!(Context, rsp) == 0x98 && offset_of!(w::CONTEXT, Rsp) == 0x98);
    assert!(offset_of!(Context, r15) == offset_of!(w::CONTEXT, R15));
    assert!(offset_of!(Context, rip) == 0xF8 && offset_of!(w::CONTEXT, Rip) == 0xF8);
    assert!(offset_of!(Context, float_save) == offset_of!(w::CONTEXT, Anonymous));
    assert!(offset_of!(Context, float_save) + offset_of!(FloatSave, xmm) == 0x1A0);
    assert!(offset_of!(Context, vector_register) == offset_of!(w::CONTEXT, VectorRegister));
    assert!(offset_of!(Context, vector_control) == offset_of!(w::CONTEXT, VectorControl));
    assert!(
        offset_of!(Context, last_exception_from_rip)
            == offset_of!(w::CONTEXT, LastExceptionFromRip)
    );
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_by_number() {
        let mut context = Context::default();
        for number in 0..16 {
            *context.integer_mut(number) = u64::from(number) + 100;
        }
        assert_eq!((context.rcx, context.rbx, context.rsp), (101, 103, 104));
        assert_eq!((context.rbp, context.rdi, context.r8, context.r15), (105, 107, 108, 115));
        assert!((0..16).all(|number| context.integer(number) == u64::from(number) + 100));
    }
}
