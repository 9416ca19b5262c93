//! Frames of hand-written functions, undone at every kind of place.

use super::*;
use crate::Directory;
use crate::exception::{FunctionTable, RuntimeFunction};

const BASE: u64 = 0x1_4000_0000;
const STACK: u64 = 0x7_0000;
const CODE: u32 = 0x100;
const INFO: u32 = 0x400;
const RETURN: u64 = 0xAAAA_BBBB;

/// A stack of 64 words, each of which has its own address plus 1 as its value, but for those set.
struct Stack(Vec<u64>);

impl Stack {
    fn new(set: &[(u64, u64)]) -> Self {
        let mut words: Vec<_> = (0..64).map(|index| STACK + index * 8 + 1).collect();
        for &(address, value) in set {
            words[((address - STACK) / 8) as usize] = value;
        }
        Self(words)
    }
}

impl StackMemory for Stack {
    fn read_u64(&self, address: u64) -> Option<u64> {
        let offset = address.checked_sub(STACK)?;
        assert!(offset.is_multiple_of(8), "misaligned read at {address:#x}");
        self.0.get(usize::try_from(offset / 8).ok()?).copied()
    }
}

/// A function at `CODE` of 0x40 bytes with this code from `at` on, and this unwind information.
fn image(at: u32, code: &[u8], info: &[u8]) -> Vec<u8> {
    let mut image = vec![0x90; 0x800];
    image[(CODE + at) as usize..][..code.len()].copy_from_slice(code);
    image[INFO as usize..][..info.len()].copy_from_slice(info);
    image
}

const FUNCTION: RuntimeFunction =
    RuntimeFunction { begin: CODE, end: CODE + 0x40, unwind_info: INFO };

struct Step {
    result: Result<Unwound, UnwindError>,
    context: Context,
    pointers: ContextPointers,
}

fn step(image: &[u8], stack: &Stack, offset: u32, setup: impl FnOnce(&mut Context)) -> Step {
    let unwinder = Unwinder { image, stack, image_base: BASE, functions: None };
    let mut context = Context { rsp: STACK, ..Context::default() };
    setup(&mut context);
    let mut pointers = ContextPointers::default();
    let result = unwinder.virtual_unwind(
        HandlerType(3),
        BASE + u64::from(CODE + offset),
        FUNCTION,
        &mut context,
        Some(&mut pointers),
    );
    Step { result, context, pointers }
}

/// Unwinds and expects a return to `RETURN`, with rsp this far above where it was.
fn returns(image: &[u8], return_at: u64, offset: u32, setup: impl FnOnce(&mut Context)) -> Step {
    let stack = Stack::new(&[(STACK + return_at, RETURN)]);
    let step = step(image, &stack, offset, setup);
    assert!(step.result.is_ok(), "{:?}", step.result);
    assert_eq!(step.context.rip, RETURN, "at {offset:#x}");
    assert_eq!(step.context.rsp, STACK + return_at + 8, "at {offset:#x}");
    step
}

/// push rbp (ends at 1), push r12 (3), sub rsp 0x20 (7).
const ORDINARY: &[u8] = &[1, 7, 3, 0, 7, 0x32, 3, 0xC0, 1, 0x50];

#[test]
fn pushes_and_a_small_allocation_from_the_body() {
    let step = returns(&image(0, &[], ORDINARY), 0x30, 7, |_| ());
    assert_eq!(step.context.r12, STACK + 0x20 + 1);
    assert_eq!(step.context.rbp, STACK + 0x28 + 1);
    assert_eq!(step.pointers.integer[12], STACK + 0x20);
    assert_eq!(step.pointers.integer[5], STACK + 0x28);
    assert_eq!(step.pointers.integer.iter().filter(|&&place| place != 0).count(), 2);
    let unwound = step.result.unwrap();
    assert_eq!(unwound.establisher_frame, STACK);
    assert!(!unwound.in_epilogue && !unwound.machine_frame && unwound.handler.is_none());
}

#[test]
fn every_place_of_a_prologue() {
    let image = image(0, &[], ORDINARY);
    for (offset, return_at, saved) in
        [(0, 0, 0), (1, 8, 1), (2, 8, 1), (3, 0x10, 2), (6, 0x10, 2), (7, 0x30, 2)]
    {
        let step = returns(&image, return_at, offset, |_| ());
        let pointers = step.pointers.integer.iter().filter(|&&place| place != 0).count();
        assert_eq!(pointers, saved, "at {offset}");
    }
}

#[test]
fn large_allocations() {
    // 16-bit count of words, then 32-bit count of bytes.
    let info = [1, 9, 5, 0, 9, 0x01, 4, 0, 4, 0x11, 0x60, 0, 0, 0];
    returns(&image(0, &[], &info), 0x80, 9, |_| ());
    returns(&image(0, &[], &info), 0x60, 8, |_| ());
}

#[test]
fn registers_saved_by_moves() {
    // Saves of rbx near and rsi far, xmm6 near and xmm15 far, after an allocation of 0x80.
    let info = [
        1, 30, 11, 0, 30, 0x34, 2, 0, 25, 0x65, 0x20, 0, 0, 0, 20, 0x68, 3, 0, 15, 0xF9, 0x40, 0,
        0, 0, 10, 0xF2, 0, 0,
    ];
    let image = image(0, &[], &info);
    let step = returns(&image, 0x80, 30, |_| ());
    assert_eq!(step.context.rbx, STACK + 0x11);
    assert_eq!(step.context.rsi, STACK + 0x21);
    let xmm = step.context.float_save.xmm;
    assert_eq!(xmm[6], M128 { low: STACK + 0x31, high: STACK + 0x39 });
    assert_eq!(xmm[15], M128 { low: STACK + 0x41, high: STACK + 0x49 });
    assert_eq!(step.pointers.xmm[6], STACK + 0x30);
    assert_eq!(step.pointers.xmm[15], STACK + 0x40);
    assert_eq!(step.pointers.integer[3], STACK + 0x10);
    // In the prologue only what is done already is undone.
    let step = returns(&image, 0x80, 20, |_| ());
    assert_eq!((step.context.rbx, step.context.rsi), (0, 0));
    assert_eq!(step.pointers.xmm[6], STACK + 0x30);
    let step = returns(&image, 0x80, 14, |_| ());
    assert_eq!(step.context.float_save.xmm[15], M128::default());
}

/// push rbp (1), sub rsp 0x40 (5), lea rbp [rsp + 0x20] (10), mov [rsp + 8], rbx (15).
const FRAMED: &[u8] = &[1, 15, 5, 0x25, 15, 0x34, 1, 0, 10, 0x03, 5, 0x72, 1, 0x50];

#[test]
fn a_frame_register() {
    let image = image(0, &[], FRAMED);
    // The body has moved rsp away (alloca); the frame register still finds everything.
    let step = returns(&image, 0x88, 15, |context| {
        context.rsp = STACK + 8;
        context.rbp = STACK + 0x60;
    });
    assert_eq!(step.result.unwrap().establisher_frame, STACK + 0x40);
    assert_eq!(step.context.rbx, STACK + 0x48 + 1);
    assert_eq!(step.context.rbp, STACK + 0x80 + 1);
    // Before it is set, rsp counts, and rbp is still the caller's.
    let step = returns(&image, 0x48, 9, |context| context.rbp = 0xDEAD);
    assert_eq!(step.result.unwrap().establisher_frame, STACK);
    // Once it is set, it counts.
    let step = returns(&image, 0x88, 10, |context| context.rbp = STACK + 0x60);
    assert_eq!(step.result.unwrap().establisher_frame, STACK + 0x40);
    assert_eq!(step.context.rbx, 0);
}

#[test]
fn machine_frames() {
    for (info, size) in [(0x0A, 0), (0x1A, 8)] {
        // An allocation of 0x10 after the interrupt.
        let image = image(0, &[], &[1, 4, 2, 0, 4, 0x12, 0, info]);
        let frame = STACK + 0x10 + size;
        let stack = Stack::new(&[(frame, RETURN), (frame + 24, 0x1234_5678)]);
        let step = step(&image, &stack, 4, |_| ());
        assert!(step.result.unwrap().machine_frame);
        assert_eq!(step.context.rip, RETURN);
        assert_eq!(step.context.rsp, 0x1234_5678);
    }
}

#[test]
fn chained_information() {
    // This part saves rbx; the primary entry pushed rdi and took 0x20 bytes.
    let mut image = image(0, &[], &[1 | 4 << 3, 0, 2, 0, 0, 0x34, 3, 0]);
    for (index, word) in [0x80u32, 0x100, 0x440].into_iter().enumerate() {
        image[INFO as usize + 8 + index * 4..][..4].copy_from_slice(&word.to_le_bytes());
    }
    let primary = [1 | 3 << 3, 6, 2, 0, 6, 0x32, 2, 0x70, 0x44, 0x33, 0, 0, 9];
    image[0x440..][..primary.len()].copy_from_slice(&primary);
    let step = returns(&image, 0x28, 0, |_| ());
    assert_eq!(step.context.rbx, STACK + 0x19);
    assert_eq!(step.context.rdi, STACK + 0x21);
    let handler = Handler { rva: 0x3344, data: 0x44C };
    assert_eq!(step.result.unwrap().handler, Some(handler));

    // An entry that continues itself is an error, not a loop.
    image[INFO as usize + 16..][..4].copy_from_slice(&INFO.to_le_bytes());
    let step = self::step(&image, &Stack::new(&[]), 0, |_| ());
    assert_eq!(step.result.unwrap_err(), UnwindError::Info("it continues itself"));
}

#[test]
fn handlers_are_told_by_type_and_in_the_body_only() {
    for (flags, wanted, found) in [(1, 1, true), (1, 2, false), (2, 2, true), (3, 1, true)] {
        let info = [1 | flags << 3, 4, 1, 0, 4, 0x32, 0, 0, 0x20, 1, 0, 0];
        let image = image(0x20, &[0x48, 0x83, 0xC4, 0x20, 0xC3], &info);
        let stack = Stack::new(&[]);
        let unwinder =
            Unwinder { image: image.as_slice(), stack: &stack, image_base: BASE, functions: None };
        let handler = |offset: u32| {
            let mut context = Context { rsp: STACK, ..Context::default() };
            let pc = BASE + u64::from(CODE + offset);
            let unwound =
                unwinder.virtual_unwind(HandlerType(wanted), pc, FUNCTION, &mut context, None);
            unwound.unwrap().handler
        };
        let expected = found.then_some(Handler { rva: 0x120, data: INFO + 12 });
        assert_eq!(handler(4), expected);
        assert_eq!(handler(3), None, "in the prologue");
        assert_eq!(handler(0x20), None, "in the epilogue");
        assert_eq!(handler(0x24), None, "in the epilogue");
    }
}

#[test]
fn every_place_of_an_epilogue() {
    // add rsp, 0x20; pop r12; pop rbp; ret.
    let code = [0x48, 0x83, 0xC4, 0x20, 0x41, 0x5C, 0x5D, 0xC3];
    let image = image(0x30, &code, ORDINARY);
    for (offset, return_at) in [(0x30, 0x30), (0x34, 0x10), (0x36, 8), (0x37, 0)] {
        let step = returns(&image, return_at, offset, |_| ());
        assert!(step.result.unwrap().in_epilogue, "at {offset:#x}");
    }
    // An instruction before it is in the body.
    let step = returns(&image, 0x30, 0x2F, |_| ());
    assert!(!step.result.unwrap().in_epilogue);
    let step = returns(&image, 0x10, 0x34, |_| ());
    assert_eq!((step.context.r12, step.context.rbp), (STACK + 1, STACK + 9));
    assert_eq!(step.pointers.integer[12], STACK);
}

#[test]
fn forms_of_epilogues() {
    let framed = |context: &mut Context| {
        context.rbp = STACK + 0x10;
        context.r12 = STACK + 0x10;
    };
    let ends: [(&[u8], u64, bool); 12] = [
        (&[0xF3, 0xC3], 0, true),
        (&[0x48, 0x81, 0xC4, 0x20, 1, 0, 0, 0xC3], 0x120, true),
        // lea rsp, [rbp + 8]; lea rsp, [rbp + 0x18] with 32 bits.
        (&[0x48, 0x8D, 0x65, 8, 0xC3], 0x18, true),
        (&[0x48, 0x8D, 0xA5, 0x18, 0, 0, 0, 0xC3], 0x28, true),
        // jmp [rip + 4]; jmp rax with REX.W; jmp far away; jmp to the beginning.
        (&[0xFF, 0x25, 4, 0, 0, 0], 0, true),
        (&[0x48, 0xFF, 0xE0], 0, true),
        (&[0xE9, 0, 0, 1, 0], 0, true),
        (&[0xEB, 0xCE], 0, true),
        // jmp rax without a mark, jmp within the function, pop rsp, an add to another register.
        (&[0xFF, 0xE0], 0x30, false),
        (&[0xEB, 0xD0], 0x30, false),
        (&[0x5C, 0xC3], 0x30, false),
        (&[0x48, 0x83, 0xC0, 0x20, 0xC3], 0x30, false),
    ];
    for (code, return_at, in_epilogue) in ends {
        let mut info = ORDINARY.to_vec();
        if in_epilogue {
            info[3] = 0x05;
        }
        let step = returns(&image(0x30, code, &info), return_at, 0x30, framed);
        assert_eq!(step.result.unwrap().in_epilogue, in_epilogue, "{code:x?}");
    }
    // lea rsp, [r12 + 8] needs a SIB byte.
    let mut info = ORDINARY.to_vec();
    info[3] = 0x0C;
    let step = returns(&image(0x30, &[0x49, 0x8D, 0x64, 0x24, 8, 0xC3], &info), 0x18, 0x30, framed);
    assert!(step.result.unwrap().in_epilogue);
    // A return that frees parameters.
    let stack = Stack::new(&[(STACK, RETURN)]);
    let step = self::step(&image(0x30, &[0xC2, 0x10, 0], ORDINARY), &stack, 0x30, |_| ());
    assert_eq!(step.context.rsp, STACK + 0x18);
}

#[test]
fn an_epilogue_ends_with_its_function() {
    // The return lies behind the function's end.
    let image = image(0x3F, &[0x5D, 0xC3], ORDINARY);
    let step = returns(&image, 0x30, 0x3F, |_| ());
    assert!(!step.result.unwrap().in_epilogue);
}

#[test]
fn a_jump_to_another_part_of_the_function_is_no_epilogue() {
    // jmp to 0x200, the place of another entry that continues this one.
    let mut image = image(0x30, &[0xE9, 0xCB, 0, 0, 0], ORDINARY);
    let mut put = |at: usize, words: &[u32]| {
        for (index, word) in words.iter().enumerate() {
            image[at + index * 4..][..4].copy_from_slice(&word.to_le_bytes());
        }
    };
    put(0x500, &[CODE, CODE + 0x40, INFO, 0x200, 0x210, 0x540]);
    put(0x540, &[1 | 4 << 3, CODE, CODE + 0x40, INFO]);
    let functions = FunctionTable::new(image.as_slice(), Directory { rva: 0x500, size: 24 });
    for (functions, in_epilogue) in [(functions.ok(), false), (None, true)] {
        let stack = Stack::new(&[]);
        let unwinder =
            Unwinder { image: image.as_slice(), stack: &stack, image_base: BASE, functions };
        let mut context = Context { rsp: STACK, ..Context::default() };
        let pc = BASE + u64::from(CODE) + 0x30;
        let unwound =
            unwinder.virtual_unwind(HandlerType::NONE, pc, FUNCTION, &mut context, None).unwrap();
        assert_eq!(unwound.in_epilogue, in_epilogue);
    }
}

#[test]
fn described_epilogues_of_version_2() {
    // Each epilogue is 4 bytes long; one at the end, one 0x20 before it; then a padding entry.
    let info = [2, 4, 4, 0, 4, 0x16, 0x20, 0x06, 0, 0x06, 4, 0x32];
    let read = UnwindInfo::read(image(0, &[], &info).as_slice(), INFO).unwrap();
    let inside: Vec<_> =
        (0..0x40).filter(|&offset| read.in_described_epilogue(offset, 0x40).unwrap()).collect();
    assert_eq!(inside, [0x20, 0x21, 0x22, 0x23, 0x3C, 0x3D, 0x3E, 0x3F]);

    // Instructions that look like an epilogue are one only where the information says so.
    let mut image = image(0x20, &[0x48, 0x83, 0xC4, 0x20, 0xC3], &info);
    let step = returns(&image, 0x20, 0x20, |_| ());
    assert!(step.result.unwrap().in_epilogue);
    image[(CODE + 0x10) as usize] = 0xC3;
    let step = returns(&image, 0x20, 0x10, |_| ());
    assert!(!step.result.unwrap().in_epilogue);
    let bare = UnwindInfo::read(self::image(0, &[], ORDINARY).as_slice(), INFO).unwrap();
    assert_eq!(bare.in_described_epilogue(0x3F, 0x40), None);
}

#[test]
fn wrong_information_is_refused() {
    let infos: [&[u8]; 7] = [
        &[3, 0, 0, 0],
        &[1, 0, 1, 0, 0, 0x01],
        &[1, 0, 2, 0, 0, 0x11, 1, 0],
        &[1, 0, 1, 0, 0, 0x21],
        &[1, 0, 1, 0, 0, 0x06],
        &[2, 0, 1, 0, 0, 0x07],
        &[1, 0, 1, 0, 0, 0x03],
    ];
    for info in infos {
        let step = step(&image(0, &[], info), &Stack::new(&[]), 8, |_| ());
        assert!(matches!(step.result, Err(UnwindError::Info(_))), "{info:x?}");
    }
    let outside = RuntimeFunction { unwind_info: 0x7FE, ..FUNCTION };
    let image = image(0, &[], ORDINARY);
    let stack = Stack::new(&[]);
    let unwinder =
        Unwinder { image: image.as_slice(), stack: &stack, image_base: BASE, functions: None };
    let unwind = |pc, function| {
        unwinder.virtual_unwind(HandlerType::NONE, pc, function, &mut Context::default(), None)
    };
    let pc = BASE + u64::from(CODE);
    assert!(matches!(unwind(pc, outside), Err(UnwindError::Image(_))));
    assert!(matches!(unwind(pc - 1, FUNCTION), Err(UnwindError::Info(_))));
    assert!(matches!(unwind(0, FUNCTION), Err(UnwindError::Info(_))));
    assert_eq!(unwind(pc + 7, FUNCTION), Err(UnwindError::Stack(0x20)));
}

#[test]
fn a_leaf_only_returns() {
    let mut context = Context { rsp: STACK, rbx: 5, ..Context::default() };
    assert_eq!(unwind_leaf(&Stack::new(&[(STACK, RETURN)]), &mut context), Ok(()));
    assert_eq!((context.rip, context.rsp, context.rbx), (RETURN, STACK + 8, 5));
    context.rsp = 0;
    assert_eq!(unwind_leaf(&Stack::new(&[]), &mut context), Err(UnwindError::Stack(0)));
}
