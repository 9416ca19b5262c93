//! Lists of the system's processes and handles, in the layouts of NtQuerySystemInformation.

use haft_abi::NtStatus;
use haft_abi::nt::UnicodeString;
use haft_host::guest;
use haft_kernel::ob::HandleFlags;
use haft_kernel::ps::system::{self, SystemHandle, SystemProcess};

/// The session that every process is in, as paths of the namespace say.
const SESSION: u32 = 1;
const OBJ_PROTECT_CLOSE: u32 = 1;
const OBJ_INHERIT: u32 = 2;

fn attributes(handle: &SystemHandle) -> u32 {
    let has = |flag, bit| if handle.flags.contains(flag) { bit } else { 0 };
    has(HandleFlags::INHERIT, OBJ_INHERIT) | has(HandleFlags::PROTECT_FROM_CLOSE, OBJ_PROTECT_CLOSE)
}

/// `SYSTEM_HANDLE_INFORMATION`, which has 16 bits for identifiers and values.
pub(crate) fn handles() -> Vec<u8> {
    let all = system::handles();
    let mut bytes = (all.len() as u64).to_le_bytes().to_vec();
    for handle in &all {
        bytes.extend((handle.pid as u16).to_le_bytes());
        bytes.extend([0, 0, handle.object_type as u8, attributes(handle) as u8]);
        bytes.extend((handle.handle as u16).to_le_bytes());
        bytes.extend(handle.object.to_le_bytes());
        bytes.extend(u64::from(handle.access.0).to_le_bytes());
    }
    bytes
}

/// `SYSTEM_HANDLE_INFORMATION_EX`.
pub(crate) fn extended_handles() -> Vec<u8> {
    let all = system::handles();
    let mut bytes = (all.len() as u64).to_le_bytes().to_vec();
    bytes.extend([0; 8]);
    for handle in &all {
        for value in [handle.object, u64::from(handle.pid), handle.handle as u64] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(handle.access.0.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(u16::from(handle.object_type as u8).to_le_bytes());
        bytes.extend(u64::from(attributes(handle)).to_le_bytes());
    }
    bytes
}

haft_host::plain! {
    /// `SYSTEM_PROCESS_INFORMATION`; threads and the name follow it.
    #[derive(Default)]
    struct ProcessInformation {
        next: u32,
        threads: u32,
        private_resident: u64,
        hard_faults: u32,
        most_threads: u32,
        cycles: u64,
        created: i64,
        user: u64,
        kernel: u64,
        name: UnicodeString,
        base_priority: u64,
        pid: u64,
        parent: u64,
        handles: u32,
        session: u32,
        key: u64,
        sizes: [u64; 2],
        page_faults: u64,
        working_sets: [u64; 2],
        pools: [u64; 4],
        pagefile: [u64; 2],
        private_pages: u64,
        transfers: [u64; 6],
    }

    /// `SYSTEM_THREAD_INFORMATION`
    #[derive(Default)]
    struct ThreadInformation {
        times: [u64; 3],
        wait_time: u64,
        start: u64,
        pid: u64,
        tid: u64,
        priority: i32,
        base_priority: i32,
        switches: u32,
        state: u32,
        wait_reason: u64,
    }
}

const _: () = {
    assert!(size_of::<ProcessInformation>() == 0x100);
    assert!(size_of::<ThreadInformation>() == 0x50);
};

/// `NORMAL_PRIORITY_CLASS`'s.
const NORMAL_PRIORITY: u32 = 8;

fn length_of(process: &SystemProcess) -> usize {
    let threads = process.threads.len() * size_of::<ThreadInformation>();
    let name = (process.name.len() + 1) * size_of::<u16>();
    (size_of::<ProcessInformation>() + threads + name).next_multiple_of(8)
}

/// Writes all processes where there is room: the bytes that they take.
///
/// # Errors
/// `INFO_LENGTH_MISMATCH` beside the bytes that it takes; `ACCESS_VIOLATION`.
pub(crate) fn write_processes(address: usize, room: usize) -> (usize, Result<(), NtStatus>) {
    let all = system::processes();
    let wanted: usize = all.iter().map(length_of).sum();
    if room < wanted {
        return (wanted, Err(NtStatus::INFO_LENGTH_MISMATCH));
    }
    let mut at = address;
    let last = all.len().saturating_sub(1);
    let written = all.iter().enumerate().try_for_each(|(number, process)| {
        write(process, at, number == last)?;
        at += length_of(process);
        Ok(())
    });
    (wanted, written)
}

fn write(process: &SystemProcess, at: usize, is_last: bool) -> Result<(), NtStatus> {
    let threads_at = at + size_of::<ProcessInformation>();
    let name_at = threads_at + process.threads.len() * size_of::<ThreadInformation>();
    let name = [&process.name[..], &[0]].concat();
    let bytes = (name.len() * 2) as u16;
    let io = process.transferred;
    guest::write(
        at,
        ProcessInformation {
            next: if is_last { 0 } else { length_of(process) as u32 },
            threads: process.threads.len() as u32,
            created: process.created,
            user: process.used.user,
            kernel: process.used.kernel,
            name: UnicodeString {
                length: bytes - 2,
                maximum_length: bytes,
                buffer: name_at as u64,
            },
            base_priority: u64::from(NORMAL_PRIORITY),
            pid: u64::from(process.pid),
            parent: u64::from(process.parent),
            handles: process.handles,
            session: SESSION,
            page_faults: process.used.page_faults & 0xFFFF_FFFF,
            pagefile: [process.committed; 2],
            private_pages: process.committed,
            transfers: [io.reads, io.writes, 0, io.bytes_read, io.bytes_written, 0],
            ..ProcessInformation::default()
        },
    )?;
    for (number, &tid) in process.threads.iter().enumerate() {
        let thread = ThreadInformation {
            pid: u64::from(process.pid),
            tid: u64::from(tid),
            priority: NORMAL_PRIORITY as i32,
            base_priority: NORMAL_PRIORITY as i32,
            ..ThreadInformation::default()
        };
        guest::write(threads_at + number * size_of::<ThreadInformation>(), thread)?;
    }
    Ok(guest::write_slice(name_at, &name)?)
}
