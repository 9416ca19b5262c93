//! The system: its version, processors and secrets.

use super::system_lists;
use crate::abi::{Out, Ptr, SetIfSome as _};
use crate::kernel32::version;
use haft_abi::{NtStatus, version as windows};
use haft_host::{clock, guest};
use haft_kernel::ex::{machine, memory_status, pointer, processor, version as own};
use haft_kernel::mm;
use haft_macros::export;

/// Tells the version. (Microsoft: "RtlGetVersion function")
#[export(ntdll)]
fn RtlGetVersion(lpVersionInformation: Ptr<u8>) -> Result<(), NtStatus> {
    match version::fill(lpVersionInformation.addr(), size_of::<u16>())? {
        true => Ok(()),
        false => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Tells the version's numbers; the build number is marked as a released one's. (Microsoft:
/// "RtlGetVersion function", which tells the same)
#[export(ntdll)]
fn RtlGetNtVersionNumbers(
    pMajor: Option<Out<u32>>,
    pMinor: Option<Out<u32>>,
    pBuild: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    const RELEASED: u32 = 0xF000_0000;
    pMajor.set(windows::MAJOR)?;
    pMinor.set(windows::MINOR)?;
    Ok(pBuild.set(windows::BUILD | RELEASED)?)
}

/// Tells whether the version meets conditions. (Microsoft: "RtlVerifyVersionInfo function")
#[export(ntdll)]
fn RtlVerifyVersionInfo(
    VersionInfo: Ptr<u8>,
    TypeMask: u32,
    ConditionMask: u64,
) -> Result<(), NtStatus> {
    let wanted = version::wanted(VersionInfo.addr(), size_of::<u16>())?;
    match own::verify(&wanted, TypeMask, ConditionMask) {
        Some(true) => Ok(()),
        Some(false) => Err(NtStatus::REVISION_MISMATCH),
        None => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Disguises a pointer. (Microsoft: "EncodePointer function", of which it is the service)
#[export(ntdll, also = "RtlEncodeSystemPointer")]
fn RtlEncodePointer(Pointer: usize) -> usize {
    pointer::encode(Pointer as u64) as usize
}

/// Undoes RtlEncodePointer. (Microsoft: "DecodePointer function", of which it is the service)
#[export(ntdll, also = "RtlDecodeSystemPointer")]
fn RtlDecodePointer(Pointer: usize) -> usize {
    pointer::decode(Pointer as u64) as usize
}

/// Returns the number of the processor that the thread runs on. (Microsoft:
/// "GetCurrentProcessorNumber function", of which it is the service)
#[export(ntdll)]
fn NtGetCurrentProcessorNumber() -> u32 {
    processor::current()
}

/// What `NtQuerySystemInformation` knows, as bytes; `None` for another class.
fn information(class: u32) -> Option<Vec<u8>> {
    const BASIC: u32 = 0;
    const PROCESSOR: u32 = 1;
    const TIME_OF_DAY: u32 = 3;
    const PROCESSOR_PERFORMANCE: u32 = 8;
    const HANDLES: u32 = 16;
    const EXTENDED_HANDLES: u32 = 64;
    let mut bytes = Vec::new();
    let mut word = |value: u32| bytes.extend(value.to_le_bytes());
    match class {
        BASIC => {
            let pages = memory_status::physical().0 / haft_host::mem::PAGE as u64;
            for value in [
                0,
                clock_tick(),
                haft_host::mem::PAGE as u32,
                u32::try_from(pages).unwrap_or(u32::MAX),
                1,
                u32::try_from(pages).unwrap_or(u32::MAX),
                haft_host::mem::GRANULARITY as u32,
                0,
            ] {
                word(value);
            }
            for value in [mm::MINIMUM_ADDRESS as u64, mm::MAXIMUM_ADDRESS as u64, processor::mask()]
            {
                bytes.extend(value.to_le_bytes());
            }
            bytes.extend((u64::from(processor::count())).to_le_bytes());
        }
        PROCESSOR => {
            const AMD64: u16 = 9;
            let (level, revision) = processor::level_and_revision();
            for half in [AMD64, level, revision, processor::count() as u16] {
                bytes.extend(half.to_le_bytes());
            }
            bytes.extend([0; 4]);
        }
        TIME_OF_DAY => {
            let now = clock::system_time();
            let boot = now - clock::interrupt_time() as i64;
            for value in [boot, now, 0] {
                bytes.extend(value.to_le_bytes());
            }
            // Time zone, boot time bias, sleep time bias.
            bytes.extend([0; 24]);
        }
        PROCESSOR_PERFORMANCE => {
            let times = machine::times();
            let count = u64::from(processor::count());
            for _ in 0..count {
                // Kernel time has the idle time in it.
                let all = [times.idle, times.kernel + times.idle, times.user, 0, 0, 0];
                bytes.extend(all.into_iter().flat_map(|time| (time / count).to_le_bytes()));
            }
        }
        HANDLES => return Some(system_lists::handles()),
        EXTENDED_HANDLES => return Some(system_lists::extended_handles()),
        _ => return None,
    }
    Some(bytes)
}

/// The longest time between two clock ticks, in 100 ns units.
const fn clock_tick() -> u32 {
    156_250
}

/// Tells about the system: basic facts, processors, the time of day and processor times, and the
/// processes and handles of the session. (Microsoft: "NtQuerySystemInformation function")
#[export(ntdll, also = "ZwQuerySystemInformation")]
fn NtQuerySystemInformation(
    SystemInformationClass: u32,
    SystemInformation: Ptr<u8>,
    SystemInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    const PROCESSES: u32 = 5;
    if SystemInformationClass == PROCESSES {
        let room = SystemInformationLength as usize;
        let (wanted, written) = system_lists::write_processes(SystemInformation.addr(), room);
        ReturnLength.set(wanted as u32)?;
        return written;
    }
    let bytes = information(SystemInformationClass).ok_or_else(|| {
        haft_kernel::log::say_once(&format!(
            "NtQuerySystemInformation: class {SystemInformationClass} is not implemented"
        ));
        NtStatus::INVALID_INFO_CLASS
    })?;
    ReturnLength.set(bytes.len() as u32)?;
    if (SystemInformationLength as usize) < bytes.len() {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    Ok(guest::copy_out(SystemInformation.addr(), &bytes)?)
}
