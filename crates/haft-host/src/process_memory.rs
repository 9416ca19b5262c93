//! Memory of other processes, where Linux lets this one reach it.
#![allow(unsafe_code, reason = "the system calls take raw addresses")]

use haft_abi::Pid;

/// Copies memory of another process to this one's, as far as Linux lets it: how many bytes.
#[must_use]
pub fn read_memory(pid: Pid, from: usize, to: usize, size: usize) -> usize {
    let here = libc::iovec { iov_base: to as *mut libc::c_void, iov_len: size };
    let there = libc::iovec { iov_base: from as *mut libc::c_void, iov_len: size };
    // SAFETY: Linux checks both ranges, and stores in the memory that the program has named alone.
    let done =
        unsafe { libc::process_vm_readv(pid.0 as i32, &raw const here, 1, &raw const there, 1, 0) };
    usize::try_from(done).unwrap_or(0)
}

/// Copies bytes to memory of another process, as far as Linux lets it: how many.
#[must_use]
pub fn write_memory(pid: Pid, to: usize, bytes: &[u8]) -> usize {
    let here = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let there = libc::iovec { iov_base: to as *mut libc::c_void, iov_len: bytes.len() };
    // SAFETY: Linux checks both ranges, and only reads this process's.
    let done = unsafe {
        libc::process_vm_writev(pid.0 as i32, &raw const here, 1, &raw const there, 1, 0)
    };
    usize::try_from(done).unwrap_or(0)
}
