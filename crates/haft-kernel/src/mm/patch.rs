//! Writing to memory that may be read-only, as debuggers and patchers of code do.

use super::{PAGE, RegionState, protect, query};
use haft_abi::NtStatus;
use haft_host::guest;

/// Copies bytes to committed memory, whatever its protection but none (Microsoft:
/// "WriteProcessMemory function").
///
/// # Errors
/// `PARTIAL_COPY` when part of the range cannot be written.
pub fn write_through(address: usize, bytes: &[u8]) -> Result<(), NtStatus> {
    if guest::copy_out(address, bytes).is_ok() {
        return Ok(());
    }
    let mut done = 0;
    while done < bytes.len() {
        let at = address + done;
        let length = (PAGE - at % PAGE).min(bytes.len() - done);
        write_page(at, &bytes[done..done + length])?;
        done += length;
    }
    Ok(())
}

fn write_page(at: usize, bytes: &[u8]) -> Result<(), NtStatus> {
    const PAGE_EXECUTE_READWRITE: u32 = 0x40;
    if guest::copy_out(at, bytes).is_ok() {
        return Ok(());
    }
    let partial = NtStatus::PARTIAL_COPY;
    let RegionState::Committed(old) = query(at)?.state else { return Err(partial) };
    if !old.host().read {
        return Err(partial);
    }
    protect(at, bytes.len(), PAGE_EXECUTE_READWRITE).map_err(|_| partial)?;
    let written = guest::copy_out(at, bytes);
    protect(at, bytes.len(), old.0)?;
    written.map_err(|_| partial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mm::{AllocationType, FreeType, PageProtection, Request, allocate, free};

    #[test]
    fn read_only_pages_are_written_and_stay_read_only() {
        guest::testing::handler();
        let all = AllocationType::RESERVE_AND_COMMIT;
        let (base, _) = allocate(Request::new(0, 0x3000, all, 4)).unwrap();
        protect(base + 0x1000, 0x1000, 0x20).unwrap();
        write_through(base + 0xFFE, b"abcd").unwrap();
        assert_eq!(guest::read::<[u8; 4]>(base + 0xFFE), Ok(*b"abcd"));
        let state = query(base + 0x1000).unwrap().state;
        assert_eq!(state, RegionState::Committed(PageProtection::EXECUTE_READ));
        protect(base + 0x2000, 0x1000, 1).unwrap();
        assert_eq!(write_through(base + 0x1FFF, b"ab"), Err(NtStatus::PARTIAL_COPY));
        free(base, 0, FreeType::Release).unwrap();
    }
}
