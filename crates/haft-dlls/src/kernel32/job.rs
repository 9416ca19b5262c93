//! Jobs.

use super::object_name::{self, Attributes, created, wanted};
use crate::abi::{Bool, Charset, Out, Ptr, SetIfSome as _, TStr};
use haft_abi::{AccessMask, Handle, Win32Error};
use haft_host::guest;
use haft_kernel::ob::ObjectType;
use haft_kernel::ps::job;
use haft_macros::export;

/// `JOB_OBJECT_ALL_ACCESS`.
const ALL_ACCESS: AccessMask = AccessMask(0x001F_001F);

/// Priority classes, by the numbers of Win32 and of NT.
const PRIORITY_CLASSES: [(u32, u32); 6] =
    [(0x40, 1), (0x20, 2), (0x80, 3), (0x100, 4), (0x4000, 5), (0x8000, 6)];

/// Has the priority class in the bytes of a class of information be by the other's numbers; what
/// is no number of the one becomes none of the other.
fn convert_class(information: u32, bytes: &mut [u8], other: fn((u32, u32), u32) -> Option<u32>) {
    const BASIC_LIMIT: u32 = 2;
    const EXTENDED_LIMIT: u32 = 9;
    /// Where `PriorityClass` is in both.
    const AT: usize = 56;
    if let (BASIC_LIMIT | EXTENDED_LIMIT, Some(at)) = (information, bytes.get_mut(AT..AT + 4)) {
        let class = u32::from_le_bytes([at[0], at[1], at[2], at[3]]);
        let found = PRIORITY_CLASSES.iter().find_map(|&pair| other(pair, class));
        at.copy_from_slice(&found.unwrap_or(0).to_le_bytes());
    }
}

/// Creates a job, or opens the one of the name. (Microsoft: "CreateJobObjectW function")
#[export(kernel32, charset)]
fn CreateJobObject<C: Charset>(
    lpJobAttributes: Attributes,
    lpName: Option<TStr<C>>,
) -> Result<Handle, Win32Error> {
    let wanted = wanted(&lpJobAttributes, lpName.as_ref(), ALL_ACCESS)?;
    Ok(created(job::create(wanted)?))
}

/// Opens a named job. (Microsoft: "OpenJobObjectW function")
#[export(kernel32, charset)]
fn OpenJobObject<C: Charset>(
    dwDesiredAccess: AccessMask,
    bInheritHandle: Bool,
    lpName: TStr<C>,
) -> Result<Handle, Win32Error> {
    object_name::open(ObjectType::Job, dwDesiredAccess, bInheritHandle.0, &lpName)
}

/// Puts a process into a job. (Microsoft: "AssignProcessToJobObject function")
#[export(kernel32)]
fn AssignProcessToJobObject(hJob: Handle, hProcess: Handle) -> Result<(), Win32Error> {
    Ok(job::assign(hJob, hProcess)?)
}

/// Tells whether a process is in a job, or in any. (Microsoft: "IsProcessInJob function")
#[export(kernel32)]
fn IsProcessInJob(
    ProcessHandle: Handle,
    JobHandle: Option<Handle>,
    Result: Out<u32>,
) -> Result<(), Win32Error> {
    Ok(Result.set(job::contains(ProcessHandle, JobHandle)?.into())?)
}

/// Ends every process of a job. (Microsoft: "TerminateJobObject function")
#[export(kernel32)]
fn TerminateJobObject(hJob: Handle, uExitCode: u32) -> Result<(), Win32Error> {
    Ok(job::terminate(hJob, uExitCode)?)
}

/// Tells about a job, null for the one of the calling process. (Microsoft:
/// "QueryInformationJobObject function")
#[export(kernel32)]
fn QueryInformationJobObject(
    hJob: Option<Handle>,
    JobObjectInformationClass: u32,
    lpJobObjectInformation: Ptr<u8>,
    cbJobObjectInformationLength: u32,
    lpReturnLength: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let room = cbJobObjectInformationLength as usize;
    let mut told = job::information::query(hJob, JobObjectInformationClass, room)?;
    convert_class(JobObjectInformationClass, &mut told.bytes, |(win32, nt), class| {
        (class == nt).then_some(win32)
    });
    guest::copy_out(lpJobObjectInformation.addr(), &told.bytes)?;
    lpReturnLength.set(told.bytes.len() as u32)?;
    if told.cut { Err(Win32Error::MORE_DATA) } else { Ok(()) }
}

/// Sets a job's limits, and what is to be told of it. (Microsoft: "SetInformationJobObject
/// function")
#[export(kernel32)]
fn SetInformationJobObject(
    hJob: Handle,
    JobObjectInformationClass: u32,
    lpJobObjectInformation: Ptr<u8>,
    cbJobObjectInformationLength: u32,
) -> Result<(), Win32Error> {
    let mut bytes =
        job::information::read(lpJobObjectInformation.addr(), cbJobObjectInformationLength)?;
    convert_class(JobObjectInformationClass, &mut bytes, |(win32, nt), class| {
        (class == win32).then_some(nt)
    });
    Ok(job::information::set(hJob, JobObjectInformationClass, &bytes)?)
}
