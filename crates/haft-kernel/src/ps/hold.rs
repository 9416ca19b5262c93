//! The first thread of a process that was created suspended: it waits for its creator's word, or
//! for anybody else who may resume it.

use super::thread::{Start, Thread};
use haft_abi::{Context, NtStatus, Tid};
use haft_host::rustix::fd::OwnedFd;
use haft_host::rustix::io::{Errno, read};
use haft_host::rustix::net::{Shutdown, shutdown};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Whether the first thread waits to be resumed, or runs: from then on others may ask about it.
static READY: AtomicBool = AtomicBool::new(false);

/// Says that the first thread runs.
pub(super) fn set_ready() {
    READY.store(true, Ordering::Release);
}

/// Whether the first thread is as others may see it.
pub(super) fn is_ready() -> bool {
    READY.load(Ordering::Acquire)
}

/// Whether nothing more is to be read where the thread waits.
static POKED: AtomicBool = AtomicBool::new(false);

/// The thread that waits, and where.
static HELD: Mutex<Option<(Tid, OwnedFd)>> = Mutex::new(None);

/// The registers that a thread begins with, as programs see them: it is about to call its
/// routine, with its parameter.
pub(super) fn initial(start: Start, stack_top: usize, parameter: usize) -> Context {
    const EFLAGS: u32 = 0x200;
    const MX_CSR: u32 = 0x1F80;
    let mut registers = Context {
        eflags: EFLAGS,
        mx_csr: MX_CSR,
        seg_cs: 0x33,
        seg_ss: 0x2B,
        seg_ds: 0x2B,
        seg_es: 0x2B,
        seg_fs: 0x53,
        seg_gs: 0x2B,
        rip: start.address() as u64,
        rcx: start.address() as u64,
        rdx: parameter as u64,
        // As behind a call, with room for the callee.
        rsp: (stack_top & !15) as u64 - 0x28,
        ..Context::default()
    };
    registers.float_save.mx_csr = MX_CSR;
    registers.float_save.control_word = 0x27F;
    registers
}

/// Waits until the running thread, which its process begins with, is resumed. If its creator ends
/// before, the process ends as well. Gives the registers that somebody has set meanwhile.
pub(super) fn wait(thread: &Thread, wire: OwnedFd, before: Context) -> Option<Context> {
    thread.registers.leave(&before);
    let poke = haft_host::spawn::above_standard(&wire).ok();
    *lock(&HELD) = poke.map(|poke| (thread.tid(), poke));
    thread.suspension.stop();
    set_ready();
    let mut byte = [0];
    loop {
        let seen = thread.suspension.seen();
        if thread.terminated.load(Ordering::Acquire) || thread.suspension.try_go_on() {
            break;
        }
        if POKED.load(Ordering::Acquire) {
            // Its creator has said its word, or somebody else has resumed it before, and it is
            // suspended all the same: nothing more comes over the wire.
            thread.suspension.wait_changed(seen);
            continue;
        }
        match read(&wire, &mut byte) {
            Ok(1) => {
                POKED.store(true, Ordering::Release);
                thread.suspension.subtract();
            }
            Err(Errno::INTR) => {}
            _ if POKED.load(Ordering::Acquire) => {}
            _ => super::terminate(NtStatus::PROCESS_IS_TERMINATING.0),
        }
    }
    lock(&HELD).take();
    thread.registers.take().filter(|now| *now != before)
}

/// Has a thread look again, if it is the one that waits.
pub(super) fn poke(target: &Thread) {
    if let Some((held, wire)) = &*lock(&HELD)
        && *held == target.tid()
    {
        POKED.store(true, Ordering::Release);
        let _ = shutdown(wire, Shutdown::Both);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
