//! Function tables and unwinding.

use crate::abi::{Out, Ptr, Routine, SetIfSome as _};
use crate::hooks;
use haft_abi::exception::ExceptionRecord;
use haft_abi::{Context, NtStatus};
use haft_host::guest::Fault;
use haft_image::unwind::{self, ContextPointers};
use haft_kernel::ke::exception::{self, Growable, UnwindTarget};
use haft_kernel::ldr;
use haft_macros::export;

/// Finds the function table's entry for an address. (Microsoft: "RtlLookupFunctionEntry
/// function")
#[export(kernel32, ntdll)]
fn RtlLookupFunctionEntry(
    ControlPc: usize,
    ImageBase: Out<usize>,
    _HistoryTable: Ptr<u8>,
) -> usize {
    let (entry, base) = exception::lookup_for_program(ControlPc).unwrap_or((0, 0));
    match ImageBase.set(base) {
        Ok(()) => entry,
        Err(fault) => hooks::fault(fault),
    }
}

/// Undoes a frame in a context. (Microsoft: "RtlVirtualUnwind function")
#[export(kernel32, ntdll)]
fn RtlVirtualUnwind(
    HandlerType: u32,
    ImageBase: usize,
    ControlPc: usize,
    FunctionEntry: usize,
    ContextRecord: Ptr<Context>,
    HandlerData: Option<Out<usize>>,
    EstablisherFrame: Option<Out<u64>>,
    ContextPointers: Ptr<ContextPointers>,
) -> usize {
    let kind = unwind::HandlerType(HandlerType as u8);
    let undo = || -> Result<usize, Fault> {
        let mut context = ContextRecord.read()?;
        let mut pointers = ContextPointers::default();
        let unwound = exception::virtual_unwind(
            kind,
            ImageBase,
            ControlPc,
            FunctionEntry,
            &mut context,
            Some(&mut pointers),
        )
        .unwrap_or_else(|error| exception::raise(error.status().0, 0, &[]));
        ContextRecord.write(context)?;
        if let Some(places) = ContextPointers.non_null() {
            write_places(places.cast(), &pointers)?;
        }
        EstablisherFrame.set(unwound.establisher_frame)?;
        let Some(handler) = unwound.handler else { return Ok(0) };
        HandlerData.set(ImageBase + handler.data as usize)?;
        Ok(ImageBase + handler.rva as usize)
    };
    undo().unwrap_or_else(|fault| hooks::fault(fault))
}

/// Tells the places of the registers that were restored, and leaves those of others alone.
fn write_places(places: Ptr<u64>, pointers: &ContextPointers) -> Result<(), Fault> {
    for (index, &place) in pointers.xmm.iter().chain(&pointers.integer).enumerate() {
        if place != 0 {
            places.at(index).write(place)?;
        }
    }
    Ok(())
}

/// Unwinds to a frame and goes on there. (Microsoft: "RtlUnwindEx function")
#[export(kernel32, ntdll)]
fn RtlUnwindEx(
    TargetFrame: u64,
    TargetIp: u64,
    ExceptionRecord: Ptr<ExceptionRecord>,
    ReturnValue: u64,
    ContextRecord: Ptr<Context>,
    HistoryTable: Ptr<u8>,
) -> ! {
    let target = UnwindTarget { frame: TargetFrame, ip: TargetIp, value: ReturnValue };
    exception::unwind(target, ExceptionRecord.addr(), ContextRecord.addr(), HistoryTable.addr())
}

/// Unwinds to a frame and goes on there. (Microsoft: "RtlUnwind function")
#[export(kernel32, ntdll)]
fn RtlUnwind(
    TargetFrame: u64,
    TargetIp: u64,
    ExceptionRecord: Ptr<ExceptionRecord>,
    ReturnValue: u64,
) -> ! {
    let target = UnwindTarget { frame: TargetFrame, ip: TargetIp, value: ReturnValue };
    exception::unwind(target, ExceptionRecord.addr(), 0, 0)
}

/// Unwinds to a frame of C and goes on there, as a jump out of a `__try` block does. (Microsoft:
/// "try-finally statement")
#[export(ntdll, msvcrt, ucrtbase, vcruntime140)]
fn _local_unwind(EstablisherFrame: u64, TargetIp: u64) -> ! {
    let target = UnwindTarget { frame: EstablisherFrame, ip: TargetIp, value: 0 };
    exception::unwind(target, 0, 0, 0)
}

/// Finds the image that an address is in. (Microsoft: "RtlPcToFileHeader function")
#[export(kernel32, ntdll)]
fn RtlPcToFileHeader(PcValue: usize, BaseOfImage: Out<usize>) -> usize {
    let base = ldr::find_by_address(PcValue).map_or(0, |module| module.base);
    match BaseOfImage.set(base) {
        Ok(()) => base,
        Err(fault) => hooks::fault(fault),
    }
}

/// Registers a function table for code that the program made. (Microsoft: "RtlAddFunctionTable
/// function")
#[export(kernel32, ntdll)]
fn RtlAddFunctionTable(FunctionTable: usize, EntryCount: u32, BaseAddress: usize) -> bool {
    exception::add_table(FunctionTable, EntryCount, BaseAddress).is_ok()
}

/// Registers a routine that finds functions in code that the program made. (Microsoft:
/// "RtlInstallFunctionTableCallback function")
#[export(kernel32, ntdll)]
fn RtlInstallFunctionTableCallback(
    TableIdentifier: usize,
    BaseAddress: usize,
    Length: u32,
    Callback: Routine,
    Context: usize,
    _OutOfProcessCallbackDll: Ptr<u16>,
) -> bool {
    exception::add_callback(TableIdentifier, BaseAddress, Length, Callback.0, Context).is_ok()
}

/// Takes a function table or a routine back. (Microsoft: "RtlDeleteFunctionTable function")
#[export(kernel32, ntdll)]
fn RtlDeleteFunctionTable(FunctionTable: usize) -> bool {
    exception::delete_table(FunctionTable).is_ok()
}

/// Registers a function table that may grow. (Microsoft: "RtlAddGrowableFunctionTable function")
#[export(ntdll)]
fn RtlAddGrowableFunctionTable(
    DynamicTable: Out<usize>,
    FunctionTable: usize,
    EntryCount: u32,
    MaximumEntryCount: u32,
    RangeBase: usize,
    RangeEnd: usize,
) -> Result<(), NtStatus> {
    if EntryCount > MaximumEntryCount || RangeBase > RangeEnd {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    DynamicTable.probe()?;
    let table = exception::add_growable(FunctionTable, EntryCount, (RangeBase, RangeEnd));
    Ok(DynamicTable.set(table.0)?)
}

/// Says that a growable function table has grown. (Microsoft: "RtlGrowFunctionTable function")
#[export(ntdll)]
fn RtlGrowFunctionTable(DynamicTable: usize, NewEntryCount: u32) {
    // A table that does not exist cannot grow, and there is no way to say so.
    let _ = exception::grow(Growable(DynamicTable), NewEntryCount);
}

/// Takes a growable function table back. (Microsoft: "RtlDeleteGrowableFunctionTable function")
#[export(ntdll)]
fn RtlDeleteGrowableFunctionTable(DynamicTable: usize) {
    // A table that does not exist is gone already.
    let _ = exception::delete_growable(Growable(DynamicTable));
}
