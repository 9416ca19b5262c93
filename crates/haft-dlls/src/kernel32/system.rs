//! The system: its memory, names and folders.

use crate::abi::{Charset, InOut, Out, Ptr, TBuf};
use haft_abi::{Handle, Win32Error, wide};
use haft_host::guest;
use haft_host::mem::PAGE;
use haft_kernel::ex::{machine, memory_status, performance, pointer};
use haft_kernel::mm;
use haft_kernel::ps::object;
use haft_macros::export;
use windows_sys::Win32::System::ProcessStatus::{
    PERFORMANCE_INFORMATION, PROCESS_MEMORY_COUNTERS_EX,
};
use windows_sys::Win32::System::SystemInformation as w;

/// Tells how much memory there is. (Microsoft: "GlobalMemoryStatusEx function")
#[export(kernel32)]
fn GlobalMemoryStatusEx(lpBuffer: Ptr<w::MEMORYSTATUSEX>) -> Result<(), Win32Error> {
    let size = size_of::<w::MEMORYSTATUSEX>() as u32;
    if guest::read::<u32>(lpBuffer.addr())? != size {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let (total, available) = memory_status::physical();
    let (commit, commit_left) = memory_status::commit();
    let space = (mm::MAXIMUM_ADDRESS + 1 - mm::MINIMUM_ADDRESS) as u64;
    Ok(lpBuffer.write(w::MEMORYSTATUSEX {
        dwLength: size,
        dwMemoryLoad: ((total - available) * 100 / total.max(1)) as u32,
        ullTotalPhys: total,
        ullAvailPhys: available,
        ullTotalPageFile: commit,
        ullAvailPageFile: commit_left,
        ullTotalVirtual: space,
        ullAvailVirtual: space - mm::committed_bytes() as u64,
        ullAvailExtendedVirtual: 0,
    })?)
}

/// Tells what the machine as a whole is doing; sizes are in pages. (Microsoft: "GetPerformanceInfo
/// function")
#[export(kernel32)]
pub(crate) fn K32GetPerformanceInfo(
    pPerformanceInformation: Out<PERFORMANCE_INFORMATION>,
    cb: u32,
) -> Result<(), Win32Error> {
    let size = size_of::<PERFORMANCE_INFORMATION>() as u32;
    if cb < size {
        return Err(Win32Error::BAD_LENGTH);
    }
    let now = performance::now();
    let (total, available) = memory_status::physical();
    let pages = |bytes: u64| bytes as usize / PAGE;
    Ok(pPerformanceInformation.set(PERFORMANCE_INFORMATION {
        cb: size,
        CommitTotal: pages(now.committed),
        CommitLimit: pages(now.commit_limit),
        // Linux does not remember the most.
        CommitPeak: pages(now.committed),
        PhysicalTotal: pages(total),
        PhysicalAvailable: pages(available),
        SystemCache: pages(now.file_cache),
        KernelTotal: pages(now.kernel_reclaimable + now.kernel_fixed),
        KernelPaged: pages(now.kernel_reclaimable),
        KernelNonpaged: pages(now.kernel_fixed),
        PageSize: PAGE,
        HandleCount: now.files,
        ProcessCount: now.processes,
        ThreadCount: now.threads,
    })?)
}

/// Tells how much memory is installed, in KiB: as far as Linux has it. (Microsoft:
/// "GetPhysicallyInstalledSystemMemory function")
#[export(kernel32)]
fn GetPhysicallyInstalledSystemMemory(TotalMemoryInKilobytes: Out<u64>) -> Result<(), Win32Error> {
    Ok(TotalMemoryInKilobytes.set(memory_status::physical().0 >> 10)?)
}

/// Tells how much memory a process uses. (Microsoft: "GetProcessMemoryInfo function")
#[export(kernel32)]
pub(crate) fn K32GetProcessMemoryInfo(
    Process: Handle,
    ppsmemCounters: Ptr<u8>,
    cb: u32,
) -> Result<(), Win32Error> {
    const PLAIN: usize = size_of::<PROCESS_MEMORY_COUNTERS_EX>() - size_of::<usize>();
    if (cb as usize) < PLAIN {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    let usage = object::memory_usage(Process)?;
    let private = usage.private as usize;
    let counters = PROCESS_MEMORY_COUNTERS_EX {
        cb,
        PageFaultCount: usage.faults,
        PeakWorkingSetSize: usage.peak_resident as usize,
        WorkingSetSize: usage.resident as usize,
        PagefileUsage: private,
        PeakPagefileUsage: private,
        PrivateUsage: private,
        ..PROCESS_MEMORY_COUNTERS_EX::default()
    };
    if cb as usize >= size_of_val(&counters) {
        guest::write(ppsmemCounters.addr(), counters)?;
    } else {
        let words = [
            counters.PeakWorkingSetSize,
            counters.WorkingSetSize,
            0,
            0,
            0,
            0,
            counters.PagefileUsage,
            counters.PeakPagefileUsage,
        ];
        guest::write(ppsmemCounters.addr(), [cb, counters.PageFaultCount])?;
        guest::write(ppsmemCounters.addr() + 8, words)?;
    }
    Ok(())
}

/// Tells a computer's NetBIOS name: the host's name up to its first dot, in upper case.
/// (Microsoft: "GetComputerNameW function")
#[export(kernel32, charset)]
fn GetComputerName<C: Charset>(lpBuffer: TBuf<C>, nSize: InOut<u32>) -> Result<(), Win32Error> {
    put_name(lpBuffer, &nSize, &machine::netbios_name(), Win32Error::BUFFER_OVERFLOW)
}

/// Tells one of the computer's names. (Microsoft: "GetComputerNameExW function")
#[export(kernel32, charset)]
fn GetComputerNameEx<C: Charset>(
    NameType: i32,
    lpBuffer: TBuf<C>,
    nSize: InOut<u32>,
) -> Result<(), Win32Error> {
    let name = match NameType {
        w::ComputerNameNetBIOS | w::ComputerNamePhysicalNetBIOS => machine::netbios_name(),
        w::ComputerNameDnsHostname | w::ComputerNamePhysicalDnsHostname => machine::host_name(),
        w::ComputerNameDnsDomain | w::ComputerNamePhysicalDnsDomain => machine::domain(),
        w::ComputerNameDnsFullyQualified | w::ComputerNamePhysicalDnsFullyQualified => {
            machine::full_name()
        }
        _ => return Err(Win32Error::INVALID_PARAMETER),
    };
    put_name(lpBuffer, &nSize, &name, Win32Error::MORE_DATA)
}

/// Stores a name whose size, in and out, is a parameter of its own: with the terminator if it
/// does not fit, without if it does.
pub(crate) fn put_name<C: Charset>(
    buffer: TBuf<C>,
    size: &InOut<u32>,
    name: &str,
    too_small: Win32Error,
) -> Result<(), Win32Error> {
    let filled = buffer.fill(size.get(), &wide::from_str(name))?;
    size.set(filled.count())?;
    filled.stored_or(too_small).map(drop)
}

const WINDOWS: &str = r"C:\Windows";
const SYSTEM: &str = r"C:\Windows\System32";

/// Tells the system's folder. (Microsoft: "GetSystemDirectoryW function")
#[export(kernel32, charset)]
fn GetSystemDirectory<C: Charset>(lpBuffer: TBuf<C>, uSize: u32) -> Result<u32, Win32Error> {
    Ok(lpBuffer.fill(uSize, &wide::from_str(SYSTEM))?.count())
}

/// Tells the folder of Windows. (Microsoft: "GetWindowsDirectoryW function",
/// "GetSystemWindowsDirectoryW function")
#[export(kernel32, charset, also = "GetSystemWindowsDirectory")]
fn GetWindowsDirectory<C: Charset>(lpBuffer: TBuf<C>, uSize: u32) -> Result<u32, Win32Error> {
    Ok(lpBuffer.fill(uSize, &wide::from_str(WINDOWS))?.count())
}

/// Fails: there is no folder for 32-bit programs, which haft does not run. (Microsoft:
/// "GetSystemWow64DirectoryW function")
#[export(kernel32, charset)]
fn GetSystemWow64Directory<C: Charset>(lpBuffer: TBuf<C>, uSize: u32) -> Result<u32, Win32Error> {
    let _ = (lpBuffer, uSize);
    Err(Win32Error::CALL_NOT_IMPLEMENTED)
}

/// Tells how long all processors were idle, in the kernel (idle time among it) and in programs.
/// (Microsoft: "GetSystemTimes function")
#[export(kernel32)]
fn GetSystemTimes(
    lpIdleTime: Option<Out<u64>>,
    lpKernelTime: Option<Out<u64>>,
    lpUserTime: Option<Out<u64>>,
) -> Result<(), Win32Error> {
    use crate::abi::SetIfSome as _;
    let times = machine::times();
    lpIdleTime.set(times.idle)?;
    lpKernelTime.set(times.kernel + times.idle)?;
    Ok(lpUserTime.set(times.user)?)
}

/// Disguises a pointer. (Microsoft: "EncodePointer function")
#[export(kernel32, also = "EncodeSystemPointer")]
fn EncodePointer(Ptr: usize) -> usize {
    pointer::encode(Ptr as u64) as usize
}

/// Undoes EncodePointer. (Microsoft: "DecodePointer function")
#[export(kernel32, also = "DecodeSystemPointer")]
fn DecodePointer(Ptr: usize) -> usize {
    pointer::decode(Ptr as u64) as usize
}

/// Fails: Linux keeps the firmware's tables to itself. (Microsoft: "GetSystemFirmwareTable
/// function")
#[export(kernel32)]
fn GetSystemFirmwareTable(
    FirmwareTableProviderSignature: u32,
    FirmwareTableID: u32,
    pFirmwareTableBuffer: Ptr<u8>,
    BufferSize: u32,
) -> Result<u32, Win32Error> {
    let _ = (FirmwareTableProviderSignature, FirmwareTableID, pFirmwareTableBuffer, BufferSize);
    Err(Win32Error::INVALID_FUNCTION)
}
