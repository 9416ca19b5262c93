//! Processors.

use crate::abi::{Bool, InOut, Out, Ptr};
use haft_abi::{Handle, Win32Error};
use haft_host::{guest, plain};
use haft_kernel::ex::processor::{self, Relation};
use haft_kernel::mm;
use haft_macros::export;
use windows_sys::Win32::System::SystemInformation as w;

/// Describes the processors and the address space. (Microsoft: "GetSystemInfo function",
/// "GetNativeSystemInfo function")
#[export(kernel32, also = "GetNativeSystemInfo")]
fn GetSystemInfo(lpSystemInfo: Ptr<w::SYSTEM_INFO>) {
    const AMD64: u16 = 9;
    const PROCESSOR_AMD_X8664: u32 = 8664;
    let (level, revision) = processor::level_and_revision();
    let info = w::SYSTEM_INFO {
        Anonymous: w::SYSTEM_INFO_0 {
            Anonymous: w::SYSTEM_INFO_0_0 { wProcessorArchitecture: AMD64, wReserved: 0 },
        },
        dwPageSize: haft_host::mem::PAGE as u32,
        lpMinimumApplicationAddress: mm::MINIMUM_ADDRESS as *mut _,
        lpMaximumApplicationAddress: mm::MAXIMUM_ADDRESS as *mut _,
        dwActiveProcessorMask: processor::mask() as usize,
        dwNumberOfProcessors: processor::count(),
        dwProcessorType: PROCESSOR_AMD_X8664,
        dwAllocationGranularity: haft_host::mem::GRANULARITY as u32,
        wProcessorLevel: level,
        wProcessorRevision: revision,
    };
    crate::hooks::or_fault(lpSystemInfo.write(info));
}

/// Tells whether the processor can do something. (Microsoft: "IsProcessorFeaturePresent
/// function")
#[export(kernel32)]
fn IsProcessorFeaturePresent(ProcessorFeature: u32) -> Bool {
    Bool(processor::features().get(ProcessorFeature as usize) == Some(&1))
}

/// Any group of processors: there is one, number 0.
const ALL_PROCESSOR_GROUPS: u16 = 0xFFFF;

/// Returns how many processors a group has. (Microsoft: "GetActiveProcessorCount function",
/// "GetMaximumProcessorCount function")
#[export(kernel32, also = "GetMaximumProcessorCount")]
fn GetActiveProcessorCount(GroupNumber: u16) -> Result<u32, Win32Error> {
    match GroupNumber {
        0 | ALL_PROCESSOR_GROUPS => Ok(processor::count()),
        _ => Err(Win32Error::INVALID_PARAMETER),
    }
}

/// Returns 1: all processors are in one group. (Microsoft: "GetActiveProcessorGroupCount
/// function")
#[export(kernel32, also = "GetMaximumProcessorGroupCount")]
fn GetActiveProcessorGroupCount() -> u16 {
    1
}

/// Returns the number of the processor that the thread runs on. (Microsoft:
/// "GetCurrentProcessorNumber function")
#[export(kernel32)]
fn GetCurrentProcessorNumber() -> u32 {
    processor::current()
}

/// Tells the group and number of the processor that the thread runs on. (Microsoft:
/// "GetCurrentProcessorNumberEx function")
#[export(kernel32)]
fn GetCurrentProcessorNumberEx(ProcNumber: Ptr<[u8; 4]>) {
    let number = [0, 0, processor::current() as u8, 0];
    crate::hooks::or_fault(ProcNumber.write(number));
}

/// Tells the highest NUMA node: 0. (Microsoft: "GetNumaHighestNodeNumber function")
#[export(kernel32)]
fn GetNumaHighestNodeNumber(HighestNodeNumber: Out<u32>) -> Result<(), Win32Error> {
    Ok(HighestNodeNumber.set(0)?)
}

/// Makes the stores of all threads visible to one another. (Microsoft:
/// "FlushProcessWriteBuffers function")
#[export(kernel32)]
fn FlushProcessWriteBuffers() {
    if haft_host::processor::flush_write_buffers().is_err() {
        haft_kernel::log::say_once(
            "FlushProcessWriteBuffers: Linux does not let haft have membarrier, which it needs; \
             allow that call in the container's profile",
        );
        haft_kernel::ps::terminate(haft_abi::NtStatus::NOT_SUPPORTED.0);
    }
}

plain! {
    /// `SYSTEM_LOGICAL_PROCESSOR_INFORMATION`.
    struct Information {
        mask: u64,
        relationship: u32,
        reserved: u32,
        details: [u8; 16],
    }
}

/// `LOGICAL_PROCESSOR_RELATIONSHIP`.
const fn relationship(relation: &Relation) -> u32 {
    match relation {
        Relation::Core(_) => w::RelationProcessorCore as u32,
        Relation::Node(_) => w::RelationNumaNode as u32,
        Relation::Cache { .. } => w::RelationCache as u32,
        Relation::Package(_) => w::RelationProcessorPackage as u32,
    }
}

const fn mask(relation: &Relation) -> u64 {
    match *relation {
        Relation::Core(mask)
        | Relation::Package(mask)
        | Relation::Node(mask)
        | Relation::Cache { mask, .. } => mask,
    }
}

/// Tells what processors share: cores, caches, packages, nodes. (Microsoft:
/// "GetLogicalProcessorInformation function")
#[export(kernel32)]
fn GetLogicalProcessorInformation(
    Buffer: Ptr<u8>,
    ReturnedLength: InOut<u32>,
) -> Result<(), Win32Error> {
    let records: Vec<Information> = processor::topology().iter().map(information).collect();
    let length = size_of_val(records.as_slice()) as u32;
    let room = ReturnedLength.get();
    ReturnedLength.set(length)?;
    if room < length {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(guest::write_slice(Buffer.addr(), &records)?)
}

fn information(relation: &Relation) -> Information {
    let mut details = [0; 16];
    match *relation {
        Relation::Core(mask) => details[0] = u8::from(mask.count_ones() > 1),
        Relation::Cache { level, line, size, associativity, kind, .. } => {
            details[0] = level;
            details[1] = associativity;
            details[2..4].copy_from_slice(&line.to_le_bytes());
            details[4..8].copy_from_slice(&size.to_le_bytes());
            details[8..12].copy_from_slice(&kind.to_le_bytes());
        }
        Relation::Node(_) | Relation::Package(_) => {}
    }
    Information { mask: mask(relation), relationship: relationship(relation), reserved: 0, details }
}

/// Tells what processors share, in records of the kind wanted, or all. (Microsoft:
/// "GetLogicalProcessorInformationEx function")
#[export(kernel32)]
fn GetLogicalProcessorInformationEx(
    RelationshipType: u32,
    Buffer: Ptr<u8>,
    ReturnedLength: InOut<u32>,
) -> Result<(), Win32Error> {
    const GROUP: u32 = w::RelationGroup as u32;
    const ALL: u32 = w::RelationAll as u32;
    if RelationshipType > GROUP && RelationshipType != ALL {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let wants = |kind: u32| RelationshipType == ALL || RelationshipType == kind;
    let mut records = Vec::new();
    for relation in processor::topology() {
        if wants(relationship(&relation)) {
            records.extend(extended(&relation));
        }
    }
    if wants(GROUP) {
        records.extend(group());
    }
    let room = ReturnedLength.get();
    ReturnedLength.set(records.len() as u32)?;
    if (room as usize) < records.len() {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    Ok(guest::copy_out(Buffer.addr(), &records)?)
}

/// A record: what it is, its size, its contents.
fn record(kind: u32, contents: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend((contents.len() as u32 + 8).to_le_bytes());
    bytes.extend_from_slice(contents);
    bytes
}

/// `GROUP_AFFINITY` of processors of the only group.
fn affinity(mask: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mask.to_le_bytes());
    bytes
}

/// `SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX` of a relation.
fn extended(relation: &Relation) -> Vec<u8> {
    let mut contents = vec![0; 24];
    match *relation {
        Relation::Core(mask) => {
            contents[0] = u8::from(mask.count_ones() > 1);
            contents[22] = 1;
        }
        Relation::Package(_) => contents[22] = 1,
        Relation::Node(_) => contents[22] = 1,
        Relation::Cache { level, line, size, associativity, kind, .. } => {
            contents.resize(32, 0);
            contents[0] = level;
            contents[1] = associativity;
            contents[2..4].copy_from_slice(&line.to_le_bytes());
            contents[4..8].copy_from_slice(&size.to_le_bytes());
            contents[8..12].copy_from_slice(&kind.to_le_bytes());
            contents[30] = 1;
        }
    }
    contents.extend(affinity(mask(relation)));
    record(relationship(relation), &contents)
}

/// The record of the only group.
fn group() -> Vec<u8> {
    let mut contents = vec![0; 24 + 48];
    contents[0] = 1;
    contents[2] = 1;
    contents[24] = processor::count() as u8;
    contents[25] = processor::count() as u8;
    contents[64..72].copy_from_slice(&processor::mask().to_le_bytes());
    record(w::RelationGroup as u32, &contents)
}

/// Tells the machine's architecture: x86-64, for this process as for Windows. (Microsoft:
/// "IsWow64Process2 function")
#[export(kernel32)]
fn IsWow64Process2(
    hProcess: Handle,
    pProcessMachine: Out<u16>,
    pNativeMachine: Option<Out<u16>>,
) -> Result<(), Win32Error> {
    const UNKNOWN: u16 = 0;
    const AMD64: u16 = 0x8664;
    use crate::abi::SetIfSome as _;
    let _ = hProcess;
    pProcessMachine.set(UNKNOWN)?;
    Ok(pNativeMachine.set(AMD64)?)
}

/// Tells that no process is a 32-bit one: haft runs 64-bit programs. (Microsoft:
/// "IsWow64Process function")
#[export(kernel32)]
fn IsWow64Process(hProcess: Handle, Wow64Process: Out<u32>) -> Result<(), Win32Error> {
    let _ = hProcess;
    Ok(Wow64Process.set(0)?)
}
