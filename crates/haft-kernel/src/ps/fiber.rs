//! Fibers: stacks that a program switches between itself (Microsoft: "Fibers").
//!
//! A fiber's address is what a program holds; its first word is the parameter, where the
//! program's headers look for it (`GetFiberData`).

use super::thread;
use crate::ke::fls;
use crate::{ldr, mm};
use core::mem::offset_of;
use core::sync::atomic::{AtomicU64, Ordering};
use haft_abi::NtStatus;
use haft_abi::nt::Teb;
use haft_host::fiber::{self, Place};
use haft_host::thread::Stack;
use haft_host::{gs, jump};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A fiber. It is for another one to use once it is deleted.
#[repr(C)]
#[derive(Default)]
struct Fiber {
    data: AtomicU64,
    /// What the TEB says while it runs.
    teb: [AtomicU64; TEB_FIELDS.len()],
    place: Place,
    routine: AtomicU64,
    stack: Mutex<Option<Stack>>,
}

/// The fields of the TEB that are a fiber's own.
const TEB_FIELDS: [usize; 4] = [
    offset_of!(Teb, stack_base),
    offset_of!(Teb, stack_limit),
    offset_of!(Teb, deallocation_stack),
    offset_of!(Teb, fls_data),
];
const FLS: usize = 3;
const FIBER_DATA: usize = offset_of!(Teb, fiber_data);

/// Every fiber, by its address.
static FIBERS: Mutex<BTreeMap<usize, &'static Fiber>> = Mutex::new(BTreeMap::new());
/// Fibers that were deleted.
static IDLE: Mutex<Vec<&'static Fiber>> = Mutex::new(Vec::new());

fn fibers() -> MutexGuard<'static, BTreeMap<usize, &'static Fiber>> {
    FIBERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(data: u64) -> (usize, &'static Fiber) {
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let fiber = idle.unwrap_or_else(|| Box::leak(Box::default()));
    fiber.data.store(data, Ordering::Relaxed);
    let address = core::ptr::from_ref(fiber) as usize;
    fibers().insert(address, fiber);
    (address, fiber)
}

fn remove(address: usize) -> Option<&'static Fiber> {
    fibers().remove(&address)
}

fn retire(fiber: &'static Fiber) {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(fiber);
}

/// The running fiber, if the running thread is one.
fn current() -> Option<(usize, &'static Fiber)> {
    let address = gs::field(FIBER_DATA) as usize;
    fibers().get(&address).map(|&fiber| (address, fiber))
}

/// Whether the running thread is a fiber.
#[must_use]
pub fn is_fiber() -> bool {
    current().is_some()
}

/// Makes the running thread a fiber; its address. `None` if it is one (Microsoft:
/// "ConvertThreadToFiber function").
#[must_use]
pub fn convert_thread(data: u64) -> Option<usize> {
    if is_fiber() {
        return None;
    }
    let (address, _) = add(data);
    gs::set_field(FIBER_DATA, address as u64);
    Some(address)
}

/// Makes the running fiber a plain thread; false if it is one (Microsoft: "ConvertFiberToThread
/// function").
#[must_use]
pub fn convert_to_thread() -> bool {
    let Some((address, fiber)) = current() else { return false };
    gs::set_field(FIBER_DATA, 0);
    let _ = remove(address);
    // It may run on a stack of its own still: then it is not for another one to use.
    if fiber.stack.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        retire(fiber);
    }
    true
}

/// Makes a fiber; its address. `reserve` is the size of its stack, zero for the program's own
/// default (Microsoft: "CreateFiberEx function").
///
/// # Errors
/// `NO_MEMORY`.
pub fn create(routine: usize, data: u64, reserve: usize) -> Result<usize, NtStatus> {
    let reserve = if reserve == 0 { ldr::default_stack_reserve() } else { reserve };
    let stack = Stack::new(reserve)?;
    mm::register_stack(&stack);
    let (address, fiber) = add(data);
    fiber.routine.store(routine as u64, Ordering::Relaxed);
    let fields = [stack.base, stack.limit, stack.allocation, 0];
    for (field, value) in fiber.teb.iter().zip(fields) {
        field.store(value as u64, Ordering::Relaxed);
    }
    fiber.place.prepare(stack.base, begin)?;
    *fiber.stack.lock().unwrap_or_else(PoisonError::into_inner) = Some(stack);
    Ok(address)
}

/// The first Rust function on a fiber's stack.
extern "C" fn begin() -> ! {
    let code = match current() {
        Some((_, fiber)) => {
            let routine = fiber.routine.load(Ordering::Relaxed) as usize;
            jump::call(routine, [fiber.data.load(Ordering::Relaxed) as usize, 0, 0, 0])
        }
        None => 0,
    };
    // "If your fiber function returns, the thread running the fiber exits."
    thread::exit_thread(code as u32)
}

/// Goes on with a fiber; returns when something switches back (Microsoft: "SwitchToFiber
/// function").
///
/// # Errors
/// `INVALID_PARAMETER` if there is no such fiber, if some thread runs it, or if the running thread
/// is no fiber.
pub fn switch_to(address: usize) -> Result<(), NtStatus> {
    let (_, own) = current().ok_or(NtStatus::INVALID_PARAMETER)?;
    let next = fibers().get(&address).copied().ok_or(NtStatus::INVALID_PARAMETER)?;
    if core::ptr::eq(own, next) {
        return Ok(());
    }
    if !next.place.is_set() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    for (at, field) in TEB_FIELDS.iter().enumerate() {
        own.teb[at].store(gs::field(*field), Ordering::Relaxed);
        gs::set_field(*field, next.teb[at].load(Ordering::Relaxed));
    }
    gs::set_field(FIBER_DATA, address as u64);
    fiber::switch(&own.place, &next.place);
    Ok(())
}

/// Deletes a fiber; the running one ends its thread (Microsoft: "DeleteFiber function").
///
/// # Errors
/// `INVALID_PARAMETER` if there is no such fiber.
pub fn delete(address: usize) -> Result<(), NtStatus> {
    if gs::field(FIBER_DATA) as usize == address {
        thread::exit_thread(1);
    }
    let fiber = remove(address).ok_or(NtStatus::INVALID_PARAMETER)?;
    fls::end(fiber.teb[FLS].load(Ordering::Relaxed) as usize);
    if let Some(stack) = fiber.stack.lock().unwrap_or_else(PoisonError::into_inner).take() {
        mm::release_stack(stack);
        retire(fiber);
    }
    Ok(())
}

const _: () = assert!(offset_of!(Fiber, data) == 0);
