//! Memory of a process that a handle names: of the calling one at once, of another one by its own
//! doing, or by Linux's where Linux lets it.

use super::{FreeType, Kind, MAXIMUM_ADDRESS, PageProtection, Region, RegionState, Request};
use crate::ps::remote::{self, OtherProcess};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::{guest, process_memory as linux};
use haft_wire::service::{Call, MAX_BYTES, RegionFacts, Said};

/// The right to change an address space (`PROCESS_VM_OPERATION`).
const VM_OPERATION: AccessMask = AccessMask(0x8);
/// The right to read memory (`PROCESS_VM_READ`).
pub const VM_READ: AccessMask = AccessMask(0x10);
/// The rights to write memory (`PROCESS_VM_WRITE` and `PROCESS_VM_OPERATION`).
pub const VM_WRITE: AccessMask = AccessMask(0x28);
/// The right to ask about an address (`PROCESS_QUERY_LIMITED_INFORMATION`, which
/// `PROCESS_QUERY_INFORMATION` implies).
const QUERY_LIMITED: AccessMask = AccessMask(0x1000);

const WRONG: NtStatus = NtStatus::PORT_DISCONNECTED;

/// [`super::allocate`] in a process (Microsoft: "VirtualAllocEx function").
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; for another process those of
/// [`crate::ps::service::ask`].
pub fn allocate_in(process: Handle, request: Request) -> Result<(usize, usize), NtStatus> {
    let Some(other) = remote::process(process, VM_OPERATION)? else {
        return super::allocate(request);
    };
    range(other.ask(&Call::Allocate {
        address: request.address as u64,
        size: request.size as u64,
        kind: request.kind.0,
        protection: request.protection,
        limit: request.limit.min(MAXIMUM_ADDRESS + 1) as u64,
        align: request.align as u64,
    })?)
}

fn range(said: Said) -> Result<(usize, usize), NtStatus> {
    match said {
        Said::Range(base, size) => Ok((base as usize, size as usize)),
        _ => Err(WRONG),
    }
}

/// [`super::free`] in a process (Microsoft: "VirtualFreeEx function").
///
/// # Errors
/// As for [`allocate_in`].
pub fn free_in(
    process: Handle,
    address: usize,
    size: usize,
    kind: FreeType,
) -> Result<(usize, usize), NtStatus> {
    let Some(other) = remote::process(process, VM_OPERATION)? else {
        return super::free(address, size, kind);
    };
    let (address, size) = (address as u64, size as u64);
    range(other.ask(&Call::Free { address, size, kind: kind.flags() })?)
}

/// [`super::protect`] in a process (Microsoft: "VirtualProtectEx function").
///
/// # Errors
/// As for [`allocate_in`].
pub fn protect_in(
    process: Handle,
    address: usize,
    size: usize,
    protection: u32,
) -> Result<(usize, usize, PageProtection), NtStatus> {
    let Some(other) = remote::process(process, VM_OPERATION)? else {
        return super::protect(address, size, protection);
    };
    let (address, size) = (address as u64, size as u64);
    match other.ask(&Call::Protect { address, size, protection })? {
        Said::Protected(base, size, old) => Ok((base as usize, size as usize, PageProtection(old))),
        _ => Err(WRONG),
    }
}

/// [`super::query`] in a process (Microsoft: "VirtualQueryEx function").
///
/// # Errors
/// As for [`allocate_in`].
pub fn query_in(process: Handle, address: usize) -> Result<Region, NtStatus> {
    let Some(other) = remote::process(process, QUERY_LIMITED)? else {
        return super::query(address);
    };
    match other.ask(&Call::Query { address: address as u64 })? {
        Said::Region(facts) => Ok(region(&facts)),
        _ => Err(WRONG),
    }
}

const fn region(facts: &RegionFacts) -> Region {
    Region {
        base: facts.base as usize,
        allocation_base: facts.allocation_base as usize,
        allocation_protection: PageProtection(facts.allocation_protection),
        size: facts.size as usize,
        state: match facts.state {
            None => RegionState::Free,
            Some(None) => RegionState::Reserved,
            Some(Some(protection)) => RegionState::Committed(PageProtection(protection)),
        },
        kind: match facts.kind {
            0 => Kind::Private,
            1 => Kind::Mapped,
            _ => Kind::Image,
        },
    }
}

/// Copies memory of a process to `to`, as much of `size` bytes as can be read (Microsoft:
/// "ReadProcessMemory function"); how many those were.
///
/// # Errors
/// As for [`allocate_in`]; `ACCESS_VIOLATION` when `to` cannot be written.
pub fn read_from(process: Handle, from: usize, to: usize, size: usize) -> Result<usize, NtStatus> {
    match remote::process(process, VM_READ)? {
        Some(other) => read_other(&other, from, to, size),
        None => Ok(guest::copy_within(to, from, size).map_or(0, |()| size)),
    }
}

fn read_other(
    other: &OtherProcess,
    from: usize,
    to: usize,
    size: usize,
) -> Result<usize, NtStatus> {
    let mut done = if other.object().has_ended() {
        return Err(NtStatus::PROCESS_IS_TERMINATING);
    } else {
        linux::read_memory(other.object().pid, from, to, size)
    };
    // What Linux does not let this process read, or has no right to, the process itself reads.
    while done < size {
        let length = (size - done).min(MAX_BYTES);
        let address = from.wrapping_add(done) as u64;
        let said = other.ask(&Call::Read { address, size: length as u32 })?;
        let Said::Bytes(bytes) = said else { return Err(WRONG) };
        if bytes.len() > length {
            return Err(WRONG);
        }
        guest::copy_out(to.wrapping_add(done), &bytes)?;
        done += bytes.len();
        if bytes.len() < length {
            break;
        }
    }
    Ok(done)
}

/// Copies bytes to memory of a process, read-only memory too (Microsoft: "WriteProcessMemory
/// function").
///
/// # Errors
/// As for [`allocate_in`]; `PARTIAL_COPY` when part of the range cannot be written.
pub fn write_to(process: Handle, address: usize, bytes: &[u8]) -> Result<(), NtStatus> {
    let Some(other) = remote::process(process, VM_WRITE)? else {
        return super::write_through(address, bytes);
    };
    if other.object().has_ended() {
        return Err(NtStatus::PROCESS_IS_TERMINATING);
    }
    let done = linux::write_memory(other.object().pid, address, bytes);
    for (index, part) in bytes[done..].chunks(MAX_BYTES).enumerate() {
        let address = address.wrapping_add(done + index * MAX_BYTES) as u64;
        other.ask(&Call::Write { address, bytes: part.to_vec() })?;
    }
    Ok(())
}
