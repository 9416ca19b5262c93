//! The frames of a stack.

use crate::abi::{Bool, Ptr};
use haft_abi::{Context, Handle};
use haft_host::guest::{self, Fault};
use haft_kernel::ke::exception;
use haft_kernel::ps;
use haft_macros::export;

/// Where the members of `STACKFRAME64` are.
const RETURN: usize = 16;
const FRAME: usize = 32;
const STACK: usize = 48;
const ENTRY: usize = 80;
const BEGUN: usize = 128;

/// `AddrModeFlat`.
const FLAT: u32 = 3;

fn is_own(process: Handle) -> bool {
    ps::object::id(process).is_ok_and(|id| id == ps::process().pid)
}

/// Finds the next frame of a stack of this process. haft reads memory and function tables itself:
/// the routines are not called. (Microsoft: "StackWalk64 function")
#[export(dbghelp)]
fn StackWalk64(
    MachineType: u32,
    hProcess: Handle,
    hThread: Handle,
    StackFrame: Ptr<u8>,
    ContextRecord: Ptr<Context>,
    ReadMemoryRoutine: usize,
    FunctionTableAccessRoutine: usize,
    GetModuleBaseRoutine: usize,
    TranslateAddress: usize,
) -> Bool {
    const AMD64: u32 = 0x8664;
    let _ = (hThread, ReadMemoryRoutine, FunctionTableAccessRoutine);
    let _ = (GetModuleBaseRoutine, TranslateAddress);
    let walked = MachineType == AMD64 && is_own(hProcess);
    Bool(walked && step(StackFrame.addr(), ContextRecord).unwrap_or(false))
}

fn step(frame: usize, registers: Ptr<Context>) -> Result<bool, Fault> {
    let mut context = registers.read()?;
    // The first frame is the one that the registers are of.
    if guest::read::<u64>(frame + BEGUN)? != 0 && !exception::next_frame(&mut context) {
        return Ok(false);
    }
    let mut caller = context;
    let back = if exception::next_frame(&mut caller) { caller.rip } else { 0 };
    let entry = exception::lookup_for_program(context.rip as usize).map_or(0, |(entry, _)| entry);
    let places = [(0, context.rip), (RETURN, back), (FRAME, context.rbp), (STACK, context.rsp)];
    for (place, address) in places {
        guest::write(frame + place, address)?;
        guest::write(frame + place + 12, FLAT)?;
    }
    guest::write(frame + ENTRY, entry)?;
    guest::write(frame + BEGUN, 1u64)?;
    registers.write(context)?;
    Ok(true)
}

/// Finds the function table's entry for an address. (Microsoft: "SymFunctionTableAccess64
/// function")
#[export(dbghelp)]
fn SymFunctionTableAccess64(hProcess: Handle, AddrBase: u64) -> usize {
    let found = exception::lookup_for_program(AddrBase as usize).filter(|_| is_own(hProcess));
    found.map_or(0, |(entry, _)| entry)
}
