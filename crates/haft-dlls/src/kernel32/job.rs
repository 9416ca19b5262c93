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
    let told = job::information::query(hJob, JobObjectInformationClass, room)?;
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
    let bytes =
        job::information::read(lpJobObjectInformation.addr(), cbJobObjectInformationLength)?;
    Ok(job::information::set(hJob, JobObjectInformationClass, &bytes)?)
}
