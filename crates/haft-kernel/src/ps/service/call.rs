//! Doing what another process asks for, as this process does it for its own program.

use super::serve::Performed;
use super::thread_call;
use crate::mm::{self, AllocationType, FreeType, PAGE, RegionState, Request};
use crate::ps::process;
use crate::ps::suspend;
use crate::ps::thread::{self, StackSize, Start};
use haft_abi::NtStatus;
use haft_host::{guest, service};
use haft_wire::service::{Call, MAX_BYTES, RegionFacts, Said};
use std::sync::PoisonError;

/// Does it.
pub(super) fn perform(call: Call) -> Performed {
    let plain = |said: Said| Ok((said, None));
    match call {
        Call::Descriptor { number } => {
            Ok((Said::Descriptor, Some(service::duplicate_descriptor(number)?)))
        }
        Call::Allocate { address, size, kind, protection, limit, align } => {
            let (address, size) = (address as usize, size as usize);
            let wanted = Request::new(address, size, AllocationType(kind), protection);
            let (limit, align) = (limit as usize, align as usize);
            if limit > mm::MAXIMUM_ADDRESS + 1 || (align != 0 && !align.is_power_of_two()) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            let (base, size) = mm::allocate(Request { limit, align, ..wanted })?;
            plain(Said::Range(base as u64, size as u64))
        }
        Call::Free { address, size, kind } => {
            let (base, size) = mm::free(address as usize, size as usize, FreeType::parse(kind)?)?;
            plain(Said::Range(base as u64, size as u64))
        }
        Call::Protect { address, size, protection } => {
            let (base, size, old) = mm::protect(address as usize, size as usize, protection)?;
            plain(Said::Protected(base as u64, size as u64, old.0))
        }
        Call::Query { address } => plain(Said::Region(facts(&mm::query(address as usize)?))),
        Call::Read { address, size } => plain(Said::Bytes(read(address as usize, size as usize)?)),
        Call::Write { address, bytes } => {
            mm::write_through(address as usize, &bytes)?;
            plain(Said::Done)
        }
        Call::CreateThread { routine, parameter, stack, suspended } => {
            let size = StackSize::of(stack[0] as usize, stack[1] as usize);
            let start = Start::Routine(routine as usize, parameter as usize);
            plain(Said::Thread(thread::create(start, size.reserve(), suspended)?.tid))
        }
        Call::Suspend => {
            for thread in threads() {
                // One that ends meanwhile needs it no more.
                let _ = suspend::suspend(thread::of(&thread)?);
            }
            plain(Said::Done)
        }
        Call::Resume => {
            for thread in threads() {
                suspend::resume(thread::of(&thread)?);
            }
            plain(Said::Done)
        }
        Call::Thread { tid, call } => {
            let object = thread::with_id(tid, thread::Thread::object)?;
            plain(thread_call::perform(thread::of(&object)?, call)?)
        }
    }
}

/// The program's threads, held so that their records stay theirs.
fn threads() -> Vec<crate::ob::Pinned> {
    let threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    threads.iter().map(|thread| thread.object()).collect()
}

/// As much of `size` bytes as can be read, in whole pages behind the first.
fn read(address: usize, size: usize) -> Result<Vec<u8>, NtStatus> {
    if size > MAX_BYTES {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        let at = address.wrapping_add(bytes.len());
        let length = (PAGE - at % PAGE).min(size - bytes.len());
        match guest::read_slice::<u8>(at, length) {
            Ok(page) => bytes.extend(page),
            Err(_) => break,
        }
    }
    Ok(bytes)
}

fn facts(region: &mm::Region) -> RegionFacts {
    RegionFacts {
        base: region.base as u64,
        allocation_base: region.allocation_base as u64,
        allocation_protection: region.allocation_protection.0,
        size: region.size as u64,
        state: match region.state {
            RegionState::Free => None,
            RegionState::Reserved => Some(None),
            RegionState::Committed(protection) => Some(Some(protection.0)),
        },
        kind: match region.kind {
            mm::Kind::Private => 0,
            mm::Kind::Mapped => 1,
            mm::Kind::Image => 2,
        },
    }
}
