//! I/O completion ports.

use super::file::{ObjectAttributes, StatusBlock};
use crate::abi::{In, Out, Ptr};
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_kernel::io::completion_port::{self, Packet, Removed};
use haft_kernel::ke::wait::Timeout;
use haft_macros::export;

/// Creates a completion port. (Microsoft: "CreateIoCompletionPort function", of which this is the
/// native form)
#[export(ntdll, also = "ZwCreateIoCompletion")]
fn NtCreateIoCompletion(
    IoCompletionHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Option<In<ObjectAttributes>>,
    Count: u32,
) -> Result<(), NtStatus> {
    let _ = Count;
    IoCompletionHandle.probe()?;
    let inherit = ObjectAttributes.is_some_and(|a| a.attributes & 2 != 0);
    Ok(IoCompletionHandle.set(completion_port::create(DesiredAccess, inherit)?)?)
}

/// Posts a packet. (Microsoft: "PostQueuedCompletionStatus function", of which this is the native
/// form)
#[export(ntdll, also = "ZwSetIoCompletion")]
fn NtSetIoCompletion(
    IoCompletionHandle: Handle,
    KeyContext: usize,
    ApcContext: usize,
    IoStatus: NtStatus,
    IoStatusInformation: usize,
) -> Result<(), NtStatus> {
    let packet = Packet {
        key: KeyContext,
        context: ApcContext,
        status: IoStatus,
        information: IoStatusInformation,
    };
    completion_port::post(IoCompletionHandle, packet)
}

fn timeout(place: Ptr<i64>) -> Result<Timeout, NtStatus> {
    Ok(Timeout::from_nt(place.non_null().map(Ptr::read).transpose()?))
}

/// Takes a packet. (Microsoft: "GetQueuedCompletionStatus function", of which this is the native
/// form)
#[export(ntdll, also = "ZwRemoveIoCompletion")]
fn NtRemoveIoCompletion(
    IoCompletionHandle: Handle,
    KeyContext: Out<usize>,
    ApcContext: Out<usize>,
    IoStatusBlock: Out<StatusBlock>,
    Timeout: Ptr<i64>,
) -> Result<NtStatus, NtStatus> {
    let timeout = timeout(Timeout)?;
    match completion_port::remove(IoCompletionHandle, 1, timeout, false)? {
        Removed::Nothing(status) => Ok(status),
        Removed::Packets(packets) => {
            for packet in packets {
                KeyContext.set(packet.key)?;
                ApcContext.set(packet.context)?;
                IoStatusBlock.set(StatusBlock {
                    status: u64::from(packet.status.0),
                    information: packet.information as u64,
                })?;
            }
            Ok(NtStatus::SUCCESS)
        }
    }
}

haft_host::plain! {
    /// A packet (`FILE_IO_COMPLETION_INFORMATION`).
    struct CompletionInformation {
        key: usize,
        context: usize,
        block: StatusBlock,
    }
}

/// Takes packets. (Microsoft: "GetQueuedCompletionStatusEx function", of which this is the native
/// form)
#[export(ntdll, also = "ZwRemoveIoCompletionEx")]
fn NtRemoveIoCompletionEx(
    IoCompletionHandle: Handle,
    IoCompletionInformation: Ptr<CompletionInformation>,
    Count: u32,
    NumEntriesRemoved: Out<u32>,
    Timeout: Ptr<i64>,
    Alertable: u8,
) -> Result<NtStatus, NtStatus> {
    if Count == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let timeout = timeout(Timeout)?;
    let alertable = Alertable != 0;
    let most = Count as usize;
    match completion_port::remove(IoCompletionHandle, most, timeout, alertable)? {
        Removed::Nothing(status) => Ok(status),
        Removed::Packets(packets) => {
            for (n, packet) in packets.iter().enumerate() {
                IoCompletionInformation.at(n).write(CompletionInformation {
                    key: packet.key,
                    context: packet.context,
                    block: StatusBlock {
                        status: u64::from(packet.status.0),
                        information: packet.information as u64,
                    },
                })?;
            }
            NumEntriesRemoved.set(packets.len() as u32)?;
            Ok(NtStatus::SUCCESS)
        }
    }
}
