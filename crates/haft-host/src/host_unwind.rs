//! Unwinding haft's own frames, which lie between those of the program wherever haft calls it:
//! a `DllMain`, a comparison function, a thread's start. They have no PE unwind information;
//! their DWARF call frame information says the same. No destructor of a frame that is skipped
//! runs: code that calls the program holds nothing by then that must be given back.
#![allow(unsafe_code, reason = "the binary's own headers and tables are found by address")]

use crate::guest;
use core::ops::Range;
use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EndianSlice, LittleEndian, Register, RegisterRule,
    UnwindContext, UnwindContextStorage, UnwindSection, UnwindTableRow,
};
use haft_abi::Context;
use haft_abi::context::M128;
use std::sync::{Mutex, OnceLock};

type Reader = EndianSlice<'static, LittleEndian>;

/// The binary's code and the tables that describe its frames.
struct Host {
    text: Range<usize>,
    header: usize,
    header_bytes: &'static [u8],
    frames: Option<(usize, &'static [u8])>,
}

fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| {
        let mut found = Host { text: 0..0, header: 0, header_bytes: &[], frames: None };
        // SAFETY: the callback is called during the call only, with this pointer.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut found).cast()) };
        found
    })
}

/// Takes the segments of the object that this function itself is in.
unsafe extern "C" fn visit(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    found: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the C library passes valid structures, and `host` its own local.
    let (info, found) = unsafe { (&*info, &mut *found.cast::<Host>()) };
    // SAFETY: the program headers of a loaded object are there as long as it is.
    let headers =
        unsafe { core::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let span = |h: &libc::Elf64_Phdr| {
        let start = info.dlpi_addr.wrapping_add(h.p_vaddr) as usize;
        start..start + h.p_memsz as usize
    };
    let here = visit as *const () as usize;
    let loads = || headers.iter().filter(|h| h.p_type == libc::PT_LOAD);
    let Some(text) =
        loads().filter(|h| h.p_flags & libc::PF_X != 0).map(span).find(|s| s.contains(&here))
    else {
        return 0;
    };
    found.text = text;
    if let Some(header) = headers.iter().find(|h| h.p_type == libc::PT_GNU_EH_FRAME).map(span) {
        found.header = header.start;
        // SAFETY: the segment is mapped, never written and never dropped.
        found.header_bytes =
            unsafe { core::slice::from_raw_parts(header.start as *const u8, header.len()) };
        found.frames = frames_start(header.start, found.header_bytes).and_then(|start| {
            let segment = loads().map(span).find(|s| s.contains(&start))?;
            let length = segment.end - start;
            // SAFETY: the rest of a segment that is mapped, never written and never dropped.
            Some((start, unsafe { core::slice::from_raw_parts(start as *const u8, length) }))
        });
    }
    1
}

fn bases(host: &Host) -> BaseAddresses {
    BaseAddresses::default().set_eh_frame_hdr(host.header as u64).set_text(host.text.start as u64)
}

fn frames_start(header: usize, bytes: &'static [u8]) -> Option<usize> {
    let bases = BaseAddresses::default().set_eh_frame_hdr(header as u64);
    let parsed = EhFrameHdr::new(bytes, LittleEndian).parse(&bases, 8).ok()?;
    match parsed.eh_frame_ptr() {
        gimli::Pointer::Direct(at) => Some(at as usize),
        gimli::Pointer::Indirect(_) => None,
    }
}

/// Whether an address is in haft's own code.
#[must_use]
pub fn contains(address: usize) -> bool {
    host().text.contains(&address)
}

/// The address that haft's own code begins at.
#[must_use]
pub fn text_start() -> usize {
    host().text.start
}

/// The rules of one row: every register that a function of either calling convention keeps.
struct Rows;

impl UnwindContextStorage<usize> for Rows {
    type Rules = [(Register, RegisterRule<usize>); 40];
    type Stack = [UnwindTableRow<usize, Self>; 3];
}

/// How to undo a frame at one instruction: what the tables say, in the form that [`step`] needs.
#[derive(Clone, Copy)]
struct Rules {
    pc: u64,
    /// The register, and what to add to it, that the caller's stack pointer comes from.
    frame: (u8, i64),
    /// Registers, as DWARF numbers them, and where they are from the caller's stack pointer.
    saved: [(u8, i32); 24],
    count: usize,
}

/// The rules used last, by instruction: an exception passes the same few again and again.
static CACHE: [Mutex<Option<Rules>>; 256] = [const { Mutex::new(None) }; 256];

/// The rules for an instruction; `None` where the tables have none that can be followed.
fn rules(pc: u64) -> Option<Rules> {
    let slot = &CACHE[(pc.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize];
    // Whoever finds the slot taken reads the tables, so nobody ever waits here.
    if let Ok(known) = slot.try_lock()
        && let Some(rules) = *known
        && rules.pc == pc
    {
        return Some(rules);
    }
    let rules = read_rules(pc)?;
    if let Ok(mut known) = slot.try_lock() {
        *known = Some(rules);
    }
    Some(rules)
}

fn read_rules(pc: u64) -> Option<Rules> {
    let host = host();
    let (start, bytes) = host.frames?;
    let bases = bases(host).set_eh_frame(start as u64);
    let frames: EhFrame<Reader> = EhFrame::new(bytes, LittleEndian);
    let header = EhFrameHdr::new(host.header_bytes, LittleEndian).parse(&bases, 8).ok()?;
    let mut rows = UnwindContext::<usize, Rows>::new_in();
    let row = header
        .table()?
        .unwind_info_for_address(&frames, &bases, &mut rows, pc, EhFrame::cie_from_offset)
        .ok()?;
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let frame = (number(*register)?, *offset);
    let mut rules = Rules { pc, frame, saved: [(0, 0); 24], count: 0 };
    for (register, rule) in row.registers() {
        let offset = match rule {
            RegisterRule::Offset(offset) => i32::try_from(*offset).ok()?,
            RegisterRule::SameValue => continue,
            RegisterRule::Undefined if register.0 != RETURN_ADDRESS => continue,
            // Where the outermost frame says that it has no caller, and rules that neither
            // compilers nor the C library use for code that calls.
            _ => return None,
        };
        *rules.saved.get_mut(rules.count)? = (u8::try_from(register.0).ok()?, offset);
        rules.count += 1;
    }
    Some(rules)
}

/// Undoes one frame of haft's own: `context` becomes that of the caller. `exact` says that
/// control is at this very instruction, not on its way back to it. `None` where the frames of
/// haft end: at the base of a thread's stack.
#[must_use]
pub fn step(context: &mut Context, exact: bool) -> Option<()> {
    // A call that never returns may be its function's last instruction.
    let rules = rules(context.rip.wrapping_sub(u64::from(!exact)))?;
    let (base, offset) = rules.frame;
    let frame = context.integer(base).wrapping_add_signed(offset);
    let mut rip = None;
    for &(register, offset) in &rules.saved[..rules.count] {
        let place = frame.wrapping_add_signed(offset.into()) as usize;
        match u16::from(register) {
            RETURN_ADDRESS => rip = Some(guest::read::<u64>(place).ok()?),
            xmm @ 17..=32 => {
                let [low, high] = guest::read::<[u64; 2]>(place).ok()?;
                context.float_save.xmm[usize::from(xmm) - 17] = M128 { low, high };
            }
            general => {
                *context.integer_mut(number(Register(general))?) = guest::read(place).ok()?;
            }
        }
    }
    context.rsp = frame;
    context.rip = rip?;
    Some(())
}

/// The number that DWARF gives the return address on x86-64.
const RETURN_ADDRESS: u16 = 16;

/// The processor's number of a general register that DWARF numbers otherwise.
fn number(register: Register) -> Option<u8> {
    match register.0 {
        0 => Some(0),
        1 => Some(2),
        2 => Some(1),
        3 => Some(3),
        4 => Some(6),
        5 => Some(7),
        6 => Some(5),
        7 => Some(4),
        other @ 8..=15 => Some(other as u8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::hint::black_box;

    #[inline(never)]
    fn outer(depth: u32, seen: &mut dyn FnMut(&mut Context)) -> u32 {
        if depth == 0 {
            crate::context::with_captured(|context| seen(context));
            return 1;
        }
        black_box(outer(black_box(depth - 1), seen)) + 1
    }

    #[test]
    fn own_frames_are_walked_to_their_end() {
        crate::guest::testing::handler();
        let mut places = Vec::new();
        outer(5, &mut |context| {
            let mut context = *context;
            while places.len() < 200 && contains(context.rip as usize) {
                places.push(context.rsp);
                if step(&mut context, false).is_none() {
                    break;
                }
            }
        });
        assert!(places.len() > 7, "only {} frames", places.len());
        assert!(places.is_sorted(), "the stack grows down: {places:x?}");
    }

    /// A function of the Windows calling convention keeps xmm6, which Rust code uses freely: the
    /// walk must find the value that it saved.
    #[test]
    fn what_a_windows_function_keeps_is_found_again() {
        crate::guest::testing::handler();
        #[inline(never)]
        extern "win64" fn entry(out: *mut Context) {
            // SAFETY: claims the registers, so that the function saves them.
            unsafe {
                core::arch::asm!("pxor xmm6, xmm6", "xor esi, esi", out("xmm6") _, out("rsi") _);
            }
            let within = black_box(0_u8);
            let within = &raw const within as u64;
            crate::context::with_captured(|context| {
                let mut context = *context;
                // By the stack: what is called from here may lie right behind it in memory.
                while context.rsp <= within && step(&mut context, false).is_some() {}
                // SAFETY: the caller's own local.
                unsafe { out.write(context) };
            });
        }
        let mut context = Context::default();
        // SAFETY: a call of the Windows convention with two registers set to known values.
        unsafe {
            core::arch::asm!(
                "sub rsp, 32",
                "mov rsi, 0x1234",
                "movq xmm6, rsi",
                "call {entry}",
                "add rsp, 32",
                entry = sym entry,
                inout("rcx") &raw mut context => _,
                out("rsi") _,
                out("xmm6") _,
                clobber_abi("win64"),
            );
        }
        assert_eq!(context.rsi, 0x1234);
        assert_eq!(context.float_save.xmm[6].low, 0x1234);
    }
}
