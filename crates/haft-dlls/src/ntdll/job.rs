//! Jobs.

use super::object_attributes::{Attributes, open_named};
use crate::abi::{Out, Ptr, SetIfSome as _};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::guest;
use haft_kernel::ob::ObjectType;
use haft_kernel::ps::job;
use haft_macros::export;

/// Creates a job, or opens the one of the name. (NtInternals: "NtCreateJobObject")
#[export(ntdll, also = "ZwCreateJobObject")]
fn NtCreateJobObject(
    JobHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<NtStatus, NtStatus> {
    let attributes = Attributes::read(ObjectAttributes)?;
    JobHandle.probe()?;
    let (handle, status) = attributes.created(job::create(attributes.wanted(DesiredAccess))?)?;
    JobHandle.set(handle)?;
    Ok(status)
}

/// Opens a named job. (NtInternals: "NtOpenJobObject")
#[export(ntdll, also = "ZwOpenJobObject")]
fn NtOpenJobObject(
    JobHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    open_named(ObjectType::Job, &JobHandle, DesiredAccess, ObjectAttributes)
}

/// Puts a process into a job. (Microsoft: "AssignProcessToJobObject function")
#[export(ntdll, also = "ZwAssignProcessToJobObject")]
fn NtAssignProcessToJobObject(JobHandle: Handle, ProcessHandle: Handle) -> Result<(), NtStatus> {
    job::assign(JobHandle, ProcessHandle)
}

/// Tells by its status whether a process is in a job, or in any. (Microsoft: "IsProcessInJob
/// function")
#[export(ntdll, also = "ZwIsProcessInJob")]
fn NtIsProcessInJob(
    ProcessHandle: Handle,
    JobHandle: Option<Handle>,
) -> Result<NtStatus, NtStatus> {
    let is = job::contains(ProcessHandle, JobHandle)?;
    Ok(if is { NtStatus::PROCESS_IN_JOB } else { NtStatus::PROCESS_NOT_IN_JOB })
}

/// Ends every process of a job. (Microsoft: "TerminateJobObject function")
#[export(ntdll, also = "ZwTerminateJobObject")]
fn NtTerminateJobObject(JobHandle: Handle, ExitStatus: u32) -> Result<(), NtStatus> {
    job::terminate(JobHandle, ExitStatus)
}

/// Tells about a job, null for the one of the calling process. (Microsoft:
/// "QueryInformationJobObject function")
#[export(ntdll, also = "ZwQueryInformationJobObject")]
fn NtQueryInformationJobObject(
    JobHandle: Option<Handle>,
    JobInformationClass: u32,
    JobInformation: Ptr<u8>,
    JobInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<NtStatus, NtStatus> {
    let room = JobInformationLength as usize;
    let told = job::information::query(JobHandle, JobInformationClass, room)?;
    guest::copy_out(JobInformation.addr(), &told.bytes)?;
    ReturnLength.set(told.bytes.len() as u32)?;
    if told.cut { Err(NtStatus::BUFFER_OVERFLOW) } else { Ok(NtStatus::SUCCESS) }
}

/// Sets a job's limits, and what is to be told of it. (Microsoft: "SetInformationJobObject
/// function")
#[export(ntdll, also = "ZwSetInformationJobObject")]
fn NtSetInformationJobObject(
    JobHandle: Handle,
    JobInformationClass: u32,
    JobInformation: Ptr<u8>,
    JobInformationLength: u32,
) -> Result<(), NtStatus> {
    let bytes = job::information::read(JobInformation.addr(), JobInformationLength)?;
    job::information::set(JobHandle, JobInformationClass, &bytes)
}
