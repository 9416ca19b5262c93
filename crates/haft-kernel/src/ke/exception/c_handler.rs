//! The language handler of C (Microsoft: "try-except statement", "try-finally statement").

use super::slot::Slot;
use super::unwind::{self, UnwindTarget};
use crate::ldr::{self, LiveImage};
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::exception::{
    DispatcherContext, Disposition, EXCEPTION_CONTINUE_SEARCH, EXCEPTION_EXECUTE_HANDLER,
    EXCEPTION_TARGET_UNWIND, EXCEPTION_UNWIND, ExceptionPointers, ExceptionRecord,
};
use haft_host::{guest, jump};
use haft_image::c_scope::{Scope, ScopeTable};

/// `__C_specific_handler`: asks the filters of the scopes that control is in or, in an unwind,
/// runs their `__finally` blocks. The parameters are the addresses that a language handler gets.
///
/// # Errors
/// `ACCESS_VIOLATION` when one of them is wrong, `BAD_FUNCTION_TABLE` for a scope table that is.
pub fn c_specific_handler(
    record_at: usize,
    frame: usize,
    registers: usize,
    dispatcher_at: usize,
) -> Result<Disposition, NtStatus> {
    let record = guest::read::<ExceptionRecord>(record_at)?;
    let dispatcher = guest::read::<DispatcherContext>(dispatcher_at)?;
    let base = dispatcher.image_base as usize;
    let size = ldr::find_by_base(base).map_or(u32::MAX, |module| module.size);
    let image = LiveImage::new(base, size);
    let bad = |_| NtStatus::BAD_FUNCTION_TABLE;
    let rva = |address: u64| address.wrapping_sub(dispatcher.image_base) as u32;
    let table = ScopeTable::read(&image, rva(dispatcher.handler_data)).map_err(bad)?;
    let unwinding = record.flags & EXCEPTION_UNWIND != 0;
    let at_target = record.flags & EXCEPTION_TARGET_UNWIND != 0;
    let target = rva(dispatcher.target_ip);
    for scope in table.guarding(&image, rva(dispatcher.control_pc), dispatcher.scope_index) {
        let (index, guard) = scope.map_err(bad)?;
        match guard.scope {
            Scope::Except { target: body, .. } if unwinding => {
                if at_target && body == target {
                    break;
                }
            }
            Scope::Finally { handler } if unwinding => {
                // Control goes on inside this scope, so it is not left.
                if at_target && guard.contains(target) {
                    break;
                }
                // Should it not come back, the next walk goes on behind it.
                let place = dispatcher_at + offset_of!(DispatcherContext, scope_index);
                guest::write(place, index + 1)?;
                jump::call(base + handler as usize, [1, frame, 0, 0]);
            }
            Scope::Finally { .. } => {}
            Scope::Except { filter, target } => {
                let answer = filter.map_or(EXCEPTION_EXECUTE_HANDLER, |filter| {
                    let pointers = Slot::new(ExceptionPointers {
                        record: record_at as u64,
                        context: registers as u64,
                    });
                    let arguments = [pointers.address(), frame, 0, 0];
                    jump::call(base + filter as usize, arguments) as u32 as i32
                });
                if answer < EXCEPTION_CONTINUE_SEARCH {
                    return Ok(Disposition::ContinueExecution);
                }
                if answer > EXCEPTION_CONTINUE_SEARCH {
                    let target = UnwindTarget {
                        frame: frame as u64,
                        ip: dispatcher.image_base + u64::from(target),
                        value: record.code.into(),
                    };
                    let history = dispatcher.history_table as usize;
                    unwind::unwind(target, record_at, dispatcher.context_record as usize, history);
                }
            }
        }
    }
    Ok(Disposition::ContinueSearch)
}
