//! Random numbers: the system's generator, which is Linux's.

use haft_abi::NtStatus;
use haft_host::guest;
use haft_host::rustix::io::Errno;
use haft_host::rustix::rand::{GetRandomFlags, getrandom};

/// Fills `bytes` from Linux's generator.
///
/// # Errors
/// `UNSUCCESSFUL` where Linux has none (it always has since 3.17).
pub fn fill(mut bytes: &mut [u8]) -> Result<(), NtStatus> {
    while !bytes.is_empty() {
        match getrandom(&mut *bytes, GetRandomFlags::empty()) {
            Ok(filled) => bytes = &mut bytes[filled..],
            Err(Errno::INTR) => {}
            Err(_) => return Err(NtStatus::UNSUCCESSFUL),
        }
    }
    Ok(())
}

/// Fills `length` bytes of the program's memory at `address`.
///
/// # Errors
/// `ACCESS_VIOLATION` if they cannot be written; as for [`fill`].
pub fn fill_program(address: usize, length: usize) -> Result<(), NtStatus> {
    let mut chunk = [0; 4096];
    for start in (0..length).step_by(chunk.len()) {
        let part = &mut chunk[..(length - start).min(4096)];
        fill(part)?;
        guest::copy_out(address.wrapping_add(start), part)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fillings_differ() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        fill(&mut a).unwrap();
        fill(&mut b).unwrap();
        assert_ne!(a, b);
    }
}
