//! Other processes and their threads, as the calls see them that are for one's own as well.

use super::object::{self, ProcessObject};
use super::opened;
use super::remote_thread::{self, RemoteThread};
use super::service::{self, thread_call};
use super::thread::{self, StackSize};
use super::thread_times::ThreadTimes;
use crate::ob::{Pinned, insert};
use crate::se::object_security;
use haft_abi::{AccessMask, Context, Handle, NtStatus, Tid};
use haft_object::ObjectType;
use haft_object::security::SecurityDescriptor;
use haft_object::types::grant;
use haft_wire::service::{Call, Said, ThreadCall, ThreadFacts};
use haft_wire::{ProcessRequest, SharedId};
use std::sync::Arc;

/// The right to start a thread in a process (`PROCESS_CREATE_THREAD`).
const PROCESS_CREATE_THREAD: AccessMask = AccessMask(2);
/// The right to suspend all of a process (`PROCESS_SUSPEND_RESUME`).
const PROCESS_SUSPEND_RESUME: AccessMask = AccessMask(0x800);

/// Another process.
pub struct OtherProcess(Arc<ProcessObject>);

/// The process that a handle names, if it is another one than the calling process.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`.
pub fn process(handle: Handle, access: AccessMask) -> Result<Option<OtherProcess>, NtStatus> {
    let process = object::by_handle(handle, access)?;
    Ok((!process.is_own()).then_some(OtherProcess(process)))
}

impl OtherProcess {
    /// What is known of it.
    #[must_use]
    pub fn object(&self) -> &ProcessObject {
        &self.0
    }

    /// Has it do something in itself.
    ///
    /// # Errors
    /// As for [`service::ask`].
    pub fn ask(&self, call: &Call) -> Result<Said, NtStatus> {
        if self.0.has_ended() {
            return Err(NtStatus::PROCESS_IS_TERMINATING);
        }
        Ok(service::ask(self.0.number()?, call)?.0)
    }
}

/// A thread of another process.
pub struct OtherThread(Arc<RemoteThread>);

/// The thread of another process that an object is, if it is one.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for no thread.
pub fn thread(object: &Pinned) -> Result<Option<OtherThread>, NtStatus> {
    if object.object_type() != ObjectType::Thread {
        return Err(NtStatus::OBJECT_TYPE_MISMATCH);
    }
    Ok(remote_thread::of(object).map(OtherThread))
}

impl OtherThread {
    fn ask(&self, call: ThreadCall) -> Result<Said, NtStatus> {
        let number: SharedId = match self.0.first_of() {
            Some(process) if process.has_ended() => return Err(NtStatus::THREAD_IS_TERMINATING),
            Some(process) => process.number()?,
            // It has a number already.
            None => self.0.number()?.0,
        };
        let call = Call::Thread { tid: self.0.tid, call };
        match service::ask(number, &call) {
            Ok((said, _)) => Ok(said),
            // The process knows it no longer.
            Err(NtStatus::INVALID_CID | NtStatus::PROCESS_IS_TERMINATING) => {
                Err(NtStatus::THREAD_IS_TERMINATING)
            }
            Err(error) => Err(error),
        }
    }

    /// Does what says nothing.
    ///
    /// # Errors
    /// `THREAD_IS_TERMINATING` for one that has ended; as for [`service::ask`].
    pub fn act(&self, call: ThreadCall) -> Result<(), NtStatus> {
        self.ask(call).map(drop)
    }

    /// Does what says a count.
    ///
    /// # Errors
    /// As for [`OtherThread::act`].
    pub fn count(&self, call: ThreadCall) -> Result<u32, NtStatus> {
        match self.ask(call)? {
            Said::Count(count) => Ok(count),
            _ => Err(NtStatus::PORT_DISCONNECTED),
        }
    }

    /// What is known of it while it runs.
    ///
    /// # Errors
    /// As for [`OtherThread::act`].
    pub fn facts(&self) -> Result<ThreadFacts, NtStatus> {
        match self.ask(ThreadCall::Facts)? {
            Said::Facts(facts) => Ok(facts),
            _ => Err(NtStatus::PORT_DISCONNECTED),
        }
    }

    /// Its times.
    ///
    /// # Errors
    /// As for [`OtherThread::act`].
    pub fn times(&self) -> Result<ThreadTimes, NtStatus> {
        let [created, ended, kernel, user] = self.facts()?.times;
        let [created, ended] = [created, ended].map(u64::cast_signed);
        Ok(ThreadTimes { created, ended, kernel, user })
    }

    /// Gets those registers that `into.context_flags` names.
    ///
    /// # Errors
    /// As for [`OtherThread::act`]; `UNSUCCESSFUL` for one that cannot be stopped just now.
    pub fn registers(&self, into: &mut Context) -> Result<(), NtStatus> {
        let flags = into.context_flags;
        match self.ask(ThreadCall::Context { flags })? {
            Said::Context(bytes) => {
                into.take(&thread_call::from_bytes(&bytes)?, flags);
                Ok(())
            }
            _ => Err(NtStatus::PORT_DISCONNECTED),
        }
    }

    /// Sets those registers that `from.context_flags` names.
    ///
    /// # Errors
    /// As for [`OtherThread::registers`].
    pub fn set_registers(&self, from: &Context) -> Result<(), NtStatus> {
        self.act(ThreadCall::SetContext { context: thread_call::to_bytes(from)? })
    }
}

/// Starts a thread in a process (Microsoft: "CreateRemoteThreadEx function"); a handle to it, and
/// its identifier.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`, `NO_MEMORY`,
/// `INSUFFICIENT_RESOURCES`; `INVALID_OWNER`, and `PORT_DISCONNECTED` without an executive, for one that is
/// to be protected; for another process those of [`service::ask`].
pub fn create_thread(
    process: Handle,
    (routine, parameter): (usize, usize),
    size: StackSize,
    suspended: bool,
    access: AccessMask,
    (inherit, descriptor): (bool, Option<SecurityDescriptor>),
) -> Result<(Handle, Tid), NtStatus> {
    let access = grant(ObjectType::Thread, access)?;
    if let Some(descriptor) = &descriptor {
        object_security::check_new(ObjectType::Thread, descriptor)?;
    }
    let Some(other) = self::process(process, PROCESS_CREATE_THREAD)? else {
        let how = (inherit, descriptor.as_ref());
        return thread::create_by_handle((routine, parameter), size, suspended, access, how);
    };
    // It waits until this process holds it: so its end is not missed.
    let call = Call::CreateThread {
        routine: routine as u64,
        parameter: parameter as u64,
        stack: size.parts().map(|part| part as u64),
        suspended: true,
    };
    let Said::Thread(tid) = other.ask(&call)? else { return Err(NtStatus::PORT_DISCONNECTED) };
    let request = ProcessRequest::OpenThread {
        tid,
        process: Some(other.0.pid),
        access: ObjectType::Thread.mapping().valid,
    };
    let (object, _) = opened::adopt(opened::ask(request)?)?;
    if let Some(descriptor) = &descriptor
        && let Err(error) = object_security::protect_known(&object, descriptor)
    {
        if let Some(thread) = self::thread(&object)? {
            thread.act(ThreadCall::Terminate { code: 0 })?;
        }
        return Err(error);
    }
    if !suspended && let Some(thread) = self::thread(&object)? {
        thread.count(ThreadCall::Resume)?;
    }
    Ok((insert(object, access, inherit)?, tid))
}

/// Suspends every thread of a process once more, or resumes each once (Microsoft has no page on
/// `NtSuspendProcess` and `NtResumeProcess`, which "Process Security and Access Rights" has the
/// right of).
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `NOT_SUPPORTED` for the calling
/// process, which would have nobody to resume it; those of [`service::ask`].
pub fn suspend_process(handle: Handle, suspend: bool) -> Result<(), NtStatus> {
    let call = if suspend { Call::Suspend } else { Call::Resume };
    let other = process(handle, PROCESS_SUSPEND_RESUME)?.ok_or(NtStatus::NOT_SUPPORTED)?;
    // A child that waits for its creator's word has its first thread resumed by that.
    if !suspend && other.0.resume_first_thread() != 0 {
        return Ok(());
    }
    other.ask(&call).map(drop)
}
