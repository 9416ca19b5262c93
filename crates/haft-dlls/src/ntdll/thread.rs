//! Threads: suspension, registers, ends, APCs, alerts.

use super::object_attributes::of_unnamed;
use crate::abi::{In, InOut, Out, Ptr, Routine, SetIfSome as _};
use haft_abi::{AccessMask, Context, Handle, NtStatus, Tid};
use haft_kernel::ke::apc::{self, Apc};
use haft_kernel::ke::thread_alert;
use haft_kernel::ke::wait::Timeout;
use haft_kernel::ps::thread::{self, StackSize};
use haft_kernel::ps::{information, remote, suspend};
use haft_macros::export;

haft_host::plain! {
    /// One thing that a thread is created with, or that is told of it (NtDoc: "PS_ATTRIBUTE").
    struct ThreadAttribute {
        attribute: usize,
        size: usize,
        value: usize,
        return_length: usize,
    }
}

/// `PS_ATTRIBUTE_CLIENT_ID`: where the process's and the thread's identifier go.
const CLIENT_ID: usize = 0x10003;
/// `PS_ATTRIBUTE_TEB_ADDRESS`: where the address of its TEB goes.
const TEB_ADDRESS: usize = 0x10004;

/// The attributes of a list (NtDoc: "PS_ATTRIBUTE_LIST"), whose length is in its first word.
fn thread_attributes(list: Ptr<u8>) -> Result<Vec<ThreadAttribute>, NtStatus> {
    const HEADER: usize = size_of::<usize>();
    const MOST: usize = 32;
    if list.is_null() {
        return Ok(Vec::new());
    }
    let length = list.cast::<usize>().read()?;
    let count = length.wrapping_sub(HEADER) / size_of::<ThreadAttribute>();
    if length < HEADER || count > MOST {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let attributes = list.byte_add(HEADER).cast::<ThreadAttribute>().read_slice(count)?;
    for attribute in &attributes {
        let expected = match attribute.attribute {
            CLIENT_ID => 2 * size_of::<usize>(),
            TEB_ADDRESS => size_of::<usize>(),
            _ => return Err(NtStatus::NOT_SUPPORTED),
        };
        if attribute.size != expected {
            return Err(NtStatus::INVALID_PARAMETER);
        }
    }
    Ok(attributes)
}

/// Tells of a thread that was created what its creator asked for.
fn tell(thread: Handle, attributes: &[ThreadAttribute]) -> Result<(), NtStatus> {
    for attribute in attributes {
        let value = Ptr::<usize>::new(attribute.value);
        if attribute.attribute == TEB_ADDRESS {
            value.write(information::thread(thread)?.teb)?;
        } else {
            let (process, thread) = thread::ids_by_handle(thread)?;
            value.write(process.0 as usize)?;
            value.at(1).write(thread.0 as usize)?;
        }
        if attribute.return_length != 0 {
            Ptr::<usize>::new(attribute.return_length).write(attribute.size)?;
        }
    }
    Ok(())
}

/// Starts a thread of a process; flags but suspension, and attributes but those that tell its
/// identifiers and its TEB (of a thread of the calling process), are not implemented. (NtDoc:
/// "NtCreateThreadEx")
#[export(ntdll, also = "ZwCreateThreadEx")]
fn NtCreateThreadEx(
    ThreadHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    ProcessHandle: Handle,
    StartRoutine: Routine,
    Argument: usize,
    CreateFlags: u32,
    ZeroBits: usize,
    StackSize: usize,
    MaximumStackSize: usize,
    AttributeList: Ptr<u8>,
) -> Result<(), NtStatus> {
    const CREATE_SUSPENDED: u32 = 1;
    let (inherit, descriptor) = of_unnamed(ObjectAttributes)?;
    if CreateFlags & !CREATE_SUSPENDED != 0 || ZeroBits != 0 {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let attributes = thread_attributes(AttributeList)?;
    ThreadHandle.probe()?;
    let (handle, _) = remote::create_thread(
        ProcessHandle,
        (StartRoutine.0, Argument),
        self::StackSize::of(StackSize, MaximumStackSize),
        CreateFlags & CREATE_SUSPENDED != 0,
        DesiredAccess,
        (inherit, descriptor),
    )?;
    tell(handle, &attributes)?;
    Ok(ThreadHandle.set(handle)?)
}

/// Suspends a thread once more. (NtInternals: "NtSuspendThread")
#[export(ntdll, also = "ZwSuspendThread")]
fn NtSuspendThread(
    ThreadHandle: Handle,
    PreviousSuspendCount: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    Ok(PreviousSuspendCount.set(suspend::suspend_by_handle(ThreadHandle)?)?)
}

/// Lets a suspended thread go on. (NtInternals: "NtResumeThread")
#[export(ntdll, also = "ZwResumeThread")]
fn NtResumeThread(
    ThreadHandle: Handle,
    PreviousSuspendCount: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    Ok(PreviousSuspendCount.set(suspend::resume_by_handle(ThreadHandle)?)?)
}

/// Gets a thread's registers. (NtInternals: "NtGetContextThread")
#[export(ntdll, also = "ZwGetContextThread")]
fn NtGetContextThread(ThreadHandle: Handle, ThreadContext: InOut<Context>) -> Result<(), NtStatus> {
    let mut registers = ThreadContext.get();
    suspend::registers(ThreadHandle, &mut registers)?;
    Ok(ThreadContext.set(registers)?)
}

/// Sets a thread's registers. (NtInternals: "NtSetContextThread")
#[export(ntdll, also = "ZwSetContextThread")]
fn NtSetContextThread(ThreadHandle: Handle, ThreadContext: In<Context>) -> Result<(), NtStatus> {
    suspend::set_registers(ThreadHandle, &ThreadContext)
}

/// Ends a thread wherever it is, without telling the program; null is the calling one.
/// (NtInternals: "NtTerminateThread")
#[export(ntdll, also = "ZwTerminateThread")]
fn NtTerminateThread(ThreadHandle: Option<Handle>, ExitStatus: u32) -> Result<(), NtStatus> {
    suspend::terminate_by_handle(ThreadHandle.unwrap_or(Handle::CURRENT_THREAD), ExitStatus)
}

/// Ends the calling thread; the last one ends the process. (Microsoft: "ExitThread function")
#[export(ntdll)]
fn RtlExitUserThread(ExitStatus: u32) -> ! {
    thread::exit_thread(ExitStatus)
}

/// Queues a procedure with three arguments to a thread. (NtInternals: "NtQueueApcThread")
#[export(ntdll, also = "ZwQueueApcThread")]
fn NtQueueApcThread(
    ThreadHandle: Handle,
    ApcRoutine: Routine,
    ApcArgument1: usize,
    ApcArgument2: usize,
    ApcArgument3: usize,
) -> Result<(), NtStatus> {
    let arguments = [ApcArgument1, ApcArgument2, ApcArgument3, 0];
    apc::queue_by_handle(ThreadHandle, Apc { routine: ApcRoutine.0, arguments })
}

/// Ends an alertable wait of a thread, this or the next. (NtInternals: "NtAlertThread")
#[export(ntdll, also = "ZwAlertThread")]
fn NtAlertThread(ThreadHandle: Handle) -> Result<(), NtStatus> {
    thread_alert::alert(ThreadHandle)
}

/// Takes the calling thread's alert, and runs its APCs. (NtInternals: "NtTestAlert")
#[export(ntdll, also = "ZwTestAlert")]
fn NtTestAlert() -> NtStatus {
    thread_alert::test()
}

/// Wakes a thread from NtWaitForAlertByThreadId, this or the next. (NtDoc:
/// "NtAlertThreadByThreadId")
#[export(ntdll, also = "ZwAlertThreadByThreadId")]
fn NtAlertThreadByThreadId(ThreadId: usize) -> Result<(), NtStatus> {
    thread_alert::alert_by_id(Tid(ThreadId as u32))
}

/// Waits until the calling thread is alerted by its identifier; STATUS_ALERTED, or STATUS_TIMEOUT.
/// The address is a hint for debuggers. (NtDoc: "NtWaitForAlertByThreadId")
#[export(ntdll, also = "ZwWaitForAlertByThreadId")]
fn NtWaitForAlertByThreadId(Address: usize, Timeout: Option<In<i64>>) -> NtStatus {
    let _ = Address;
    thread_alert::wait(Timeout::from_nt(Timeout.map(|t| t.get())))
}
