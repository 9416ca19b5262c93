//! The processor itself.
#![allow(unsafe_code, reason = "cpuid and membarrier have no safe form")]

/// The processor's signature: `cpuid` leaf 1, EAX (family, model, stepping).
#[must_use]
pub fn signature() -> u32 {
    #[allow(unused_unsafe, reason = "safe in newer compilers")]
    // SAFETY: every x86-64 processor has cpuid with leaf 1.
    unsafe {
        core::arch::x86_64::__cpuid(1).eax
    }
}

/// Makes the stores of all threads of the process visible to one another, as if each had run a
/// barrier (membarrier(2)).
///
/// # Errors
/// The errno where Linux does not have it.
pub fn flush_write_buffers() -> Result<(), i32> {
    const GLOBAL: libc::c_int = 1;
    const PRIVATE_EXPEDITED: libc::c_int = 8;
    const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 16;
    let call = |command: libc::c_int| {
        // SAFETY: membarrier takes no pointers.
        let r = unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) };
        if r == 0 { Ok(()) } else { Err(std::io::Error::last_os_error().raw_os_error()) }
    };
    if call(PRIVATE_EXPEDITED).is_ok() {
        return Ok(());
    }
    let registered = call(REGISTER_PRIVATE_EXPEDITED).and_then(|()| call(PRIVATE_EXPEDITED));
    registered.or_else(|_| call(GLOBAL)).map_err(|errno| errno.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_signature_has_a_family() {
        assert_ne!(super::signature() >> 8 & 0xF, 0);
    }
}
