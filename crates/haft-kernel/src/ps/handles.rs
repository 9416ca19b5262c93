//! The handles of a process (Microsoft: "NtQueryInformationProcess function").

use super::object::{self, PROCESS_QUERY_INFORMATION};
use super::opened;
use crate::ob::objects;
use haft_abi::{Handle, NtStatus};
use haft_object::ProcessBlock;
pub use haft_wire::process::ListedHandle;
use haft_wire::process::MAX_LISTED;
use haft_wire::{ProcessAnswer, ProcessRequest, SharedId};

/// Every handle of a process, in the order of their values. None of one that has ended.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn of_process(handle: Handle) -> Result<Vec<ListedHandle>, NtStatus> {
    let process = object::by_handle(handle, PROCESS_QUERY_INFORMATION)?;
    process.settle()?;
    if process.is_own() {
        return Ok(listed_in(objects().block()));
    }
    if let Some(block) = process.block() {
        return Ok(if process.has_ended() { Vec::new() } else { listed_in(block) });
    }
    known_as(process.number()?)
}

/// Every handle of a process that the executive knows by this number.
///
/// # Errors
/// `ACCESS_DENIED`, `PORT_DISCONNECTED`.
pub fn known_as(object: SharedId) -> Result<Vec<ListedHandle>, NtStatus> {
    let mut all: Vec<ListedHandle> = Vec::new();
    loop {
        let after = all.last().map_or(0, |handle| handle.value);
        match opened::ask(ProcessRequest::Handles { object, after })? {
            ProcessAnswer::Handles(some) => {
                let is_last = some.len() < MAX_LISTED;
                all.extend(some);
                if is_last {
                    return Ok(all);
                }
            }
            _ => return Err(NtStatus::PORT_DISCONNECTED),
        }
    }
}

fn listed_in(block: ProcessBlock<'_>) -> Vec<ListedHandle> {
    let mut all = Vec::new();
    block.for_each_handle(|handle, entry| all.extend(ListedHandle::of(block, handle, entry)));
    all
}
