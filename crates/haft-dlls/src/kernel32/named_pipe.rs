//! Named pipes.

use super::overlapped::{self, Overlapped};
use crate::abi::{Charset, In, OrInvalid, Out, Ptr, SetIfSome as _, TBuf, TStr};
use haft_abi::{AccessMask, Handle, NtStatus, Win32Error};
use haft_kernel::io::file::ReadMode;
use haft_kernel::io::name::{self, Target};
use haft_kernel::io::named_pipe::{self, PipeSettings};
use haft_kernel::io::open::{self, OpenOptions, OpenRequest};
use haft_kernel::io::request::Request;
use haft_kernel::io::transfer;
use haft_kernel::ob;
use haft_macros::export;
use std::time::Duration;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;

fn pipe_name(given: &[u16]) -> Result<Vec<u16>, Win32Error> {
    match name::dos(given)?.target {
        Target::Pipe(name) => Ok(name),
        _ => Err(Win32Error::INVALID_NAME),
    }
}

const PIPE_TYPE_MESSAGE: u32 = 4;
const PIPE_READMODE_MESSAGE: u32 = 2;
const PIPE_NOWAIT: u32 = 1;
const PIPE_UNLIMITED_INSTANCES: u32 = 255;

const fn read_mode(mode: u32) -> ReadMode {
    if mode & PIPE_READMODE_MESSAGE != 0 { ReadMode::Message } else { ReadMode::Byte }
}

/// Creates an instance of a named pipe. (Microsoft: "CreateNamedPipeW function")
#[export(kernel32, charset)]
fn CreateNamedPipe<C: Charset>(
    lpName: TStr<C>,
    dwOpenMode: u32,
    dwPipeMode: u32,
    nMaxInstances: u32,
    nOutBufferSize: u32,
    nInBufferSize: u32,
    nDefaultTimeOut: u32,
    lpSecurityAttributes: Option<In<SECURITY_ATTRIBUTES>>,
) -> Result<OrInvalid<Handle>, Win32Error> {
    let name = pipe_name(&lpName)?;
    let ways = dwOpenMode & 3;
    let message = dwPipeMode & PIPE_TYPE_MESSAGE != 0;
    let reads_messages = dwPipeMode & PIPE_READMODE_MESSAGE != 0;
    if ways == 0 || !(1..=255).contains(&nMaxInstances) || reads_messages && !message {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let settings = PipeSettings {
        message,
        read_mode: read_mode(dwPipeMode),
        no_wait: dwPipeMode & PIPE_NOWAIT != 0,
        ways,
        instances: if nMaxInstances == PIPE_UNLIMITED_INSTANCES { u32::MAX } else { nMaxInstances },
        buffers: [nOutBufferSize, nInBufferSize],
        default_timeout: nDefaultTimeOut,
        // FILE_FLAG_FIRST_PIPE_INSTANCE
        first: dwOpenMode & 0x0008_0000 != 0,
    };
    let mut access = AccessMask::SYNCHRONIZE;
    if ways & 1 != 0 {
        access |= AccessMask::GENERIC_READ;
    }
    if ways & 2 != 0 {
        access |= AccessMask::GENERIC_WRITE;
    }
    let inherit = lpSecurityAttributes.is_some_and(|a| a.bInheritHandle != 0);
    let options = super::file::options(dwOpenMode);
    Ok(OrInvalid(named_pipe::create(&name, settings, access, options, inherit)?.0))
}

/// Waits for a client of a named pipe. (Microsoft: "ConnectNamedPipe function")
#[export(kernel32)]
fn ConnectNamedPipe(
    hNamedPipe: Handle,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), Win32Error> {
    let request = lpOverlapped.as_ref().map_or(Request::PLAIN, overlapped::request);
    match named_pipe::listen(hNamedPipe, &request)? {
        NtStatus::PENDING => Err(Win32Error::IO_PENDING),
        _ => Ok(()),
    }
}

/// Sends the client of a named pipe away. (Microsoft: "DisconnectNamedPipe function")
#[export(kernel32)]
fn DisconnectNamedPipe(hNamedPipe: Handle) -> Result<(), Win32Error> {
    Ok(named_pipe::disconnect(hNamedPipe)?)
}

/// Waits until a named pipe can be opened. (Microsoft: "WaitNamedPipeW function")
#[export(kernel32, charset)]
fn WaitNamedPipe<C: Charset>(lpNamedPipeName: TStr<C>, nTimeOut: u32) -> Result<(), Win32Error> {
    let timeout = match nTimeOut {
        0 => None,
        u32::MAX => Some(Duration::MAX),
        milliseconds => Some(Duration::from_millis(u64::from(milliseconds))),
    };
    Ok(named_pipe::wait(&pipe_name(&lpNamedPipeName)?, timeout)?)
}

/// Changes how a handle uses its pipe. (Microsoft: "SetNamedPipeHandleState function")
#[export(kernel32)]
fn SetNamedPipeHandleState(
    hNamedPipe: Handle,
    lpMode: Option<In<u32>>,
    lpMaxCollectionCount: Option<In<u32>>,
    lpCollectDataTimeout: Option<In<u32>>,
) -> Result<(), Win32Error> {
    // Both are for pipes to other machines.
    if lpMaxCollectionCount.is_some() || lpCollectDataTimeout.is_some() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    match lpMode.map(|mode| mode.get()) {
        None => Ok(()),
        Some(mode) if mode & !(PIPE_READMODE_MESSAGE | PIPE_NOWAIT) != 0 => {
            Err(Win32Error::INVALID_PARAMETER)
        }
        Some(mode) => {
            Ok(named_pipe::set_mode(hNamedPipe, read_mode(mode), mode & PIPE_NOWAIT != 0)?)
        }
    }
}

/// Gets how a handle uses its pipe. (Microsoft: "GetNamedPipeHandleStateW function")
#[export(kernel32, charset)]
fn GetNamedPipeHandleState<C: Charset>(
    hNamedPipe: Handle,
    lpState: Option<Out<u32>>,
    lpCurInstances: Option<Out<u32>>,
    lpMaxCollectionCount: Option<Out<u32>>,
    lpCollectDataTimeout: Option<Out<u32>>,
    lpUserName: TBuf<C>,
    nMaxUserNameSize: u32,
) -> Result<(), Win32Error> {
    let pipe = named_pipe::information(hNamedPipe)?;
    if lpMaxCollectionCount.is_some() || lpCollectDataTimeout.is_some() {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    if !lpUserName.is_null() && nMaxUserNameSize > 0 {
        haft_kernel::log::say_once("clients of pipes have no names; GetNamedPipeHandleState fails");
        return Err(Win32Error::CALL_NOT_IMPLEMENTED);
    }
    let mut state = u32::from(pipe.no_wait) * PIPE_NOWAIT;
    if pipe.read_mode == ReadMode::Message {
        state |= PIPE_READMODE_MESSAGE;
    }
    lpState.set(state)?;
    Ok(lpCurInstances.set(pipe.current_instances)?)
}

/// Gets what a pipe was made as. (Microsoft: "GetNamedPipeInfo function")
#[export(kernel32)]
fn GetNamedPipeInfo(
    hNamedPipe: Handle,
    lpFlags: Option<Out<u32>>,
    lpOutBufferSize: Option<Out<u32>>,
    lpInBufferSize: Option<Out<u32>>,
    lpMaxInstances: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let pipe = named_pipe::information(hNamedPipe)?;
    let server = pipe.end.is_none_or(|end| end.server);
    let flags = u32::from(server) | (u32::from(pipe.message) * PIPE_TYPE_MESSAGE);
    let [out, into] = pipe.end.map_or([0x1000; 2], |end| end.buffers);
    lpFlags.set(flags)?;
    lpOutBufferSize.set(out)?;
    lpInBufferSize.set(into)?;
    Ok(lpMaxInstances.set(pipe.end.map_or(1, |end| end.instances.min(255)))?)
}

fn process(
    pipe: Handle,
    of: fn(&haft_kernel::io::file::PipeEnd) -> u32,
) -> Result<u32, Win32Error> {
    match named_pipe::information(pipe)?.end.as_ref().map(of) {
        Some(process @ 1..) => Ok(process),
        _ => Err(Win32Error::PIPE_NOT_CONNECTED),
    }
}

/// Gets the process that opened a pipe. (Microsoft: "GetNamedPipeClientProcessId function")
#[export(kernel32)]
fn GetNamedPipeClientProcessId(Pipe: Handle, ClientProcessId: Out<u32>) -> Result<(), Win32Error> {
    Ok(ClientProcessId.set(process(Pipe, |end| end.client_process)?)?)
}

/// Gets the process that made a pipe. (Microsoft: "GetNamedPipeServerProcessId function")
#[export(kernel32)]
fn GetNamedPipeServerProcessId(Pipe: Handle, ServerProcessId: Out<u32>) -> Result<(), Win32Error> {
    Ok(ServerProcessId.set(process(Pipe, |end| end.server_process)?)?)
}

/// What is sent, and where the answer goes.
struct Exchange {
    input: usize,
    input_size: u32,
    output: usize,
    output_size: u32,
}

impl Exchange {
    fn run(&self, pipe: Handle) -> Result<(u32, NtStatus), Win32Error> {
        transfer::write(pipe, self.input, self.input_size, None)?;
        Ok(transfer::read_part(pipe, self.output, self.output_size, None)?)
    }
}

/// Sends a message and reads the answer. (Microsoft: "TransactNamedPipe function")
#[export(kernel32)]
fn TransactNamedPipe(
    hNamedPipe: Handle,
    lpInBuffer: Ptr<u8>,
    nInBufferSize: u32,
    lpOutBuffer: Ptr<u8>,
    nOutBufferSize: u32,
    lpBytesRead: Option<Out<u32>>,
    lpOverlapped: Option<In<Overlapped>>,
) -> Result<(), Win32Error> {
    let question = (lpInBuffer.addr(), nInBufferSize);
    let answer = (lpOutBuffer.addr(), nOutBufferSize);
    let request = lpOverlapped.as_ref().map_or(Request::PLAIN, overlapped::request);
    let Some(overlapped) = lpOverlapped else {
        let (got, status) = transfer::transact(hNamedPipe, question, answer)?;
        lpBytesRead.set(got)?;
        return overlapped::partial(status);
    };
    let status = transfer::start_transaction(hNamedPipe, question, answer, &request)?;
    let got = overlapped::outcome(status, &overlapped)?;
    lpBytesRead.set(got)?;
    overlapped::partial(status)
}

/// Tells the session of a pipe's client, which is on this machine and in this session. (Microsoft:
/// "GetNamedPipeClientSessionId function")
#[export(kernel32, also = "GetNamedPipeServerSessionId")]
fn GetNamedPipeClientSessionId(Pipe: Handle, ClientSessionId: Out<u32>) -> Result<(), Win32Error> {
    named_pipe::information(Pipe)?;
    Ok(ClientSessionId.set(haft_kernel::ps::params::SESSION_ID)?)
}

/// Would tell the computer of a pipe's client: it is always this one. (Microsoft:
/// "GetNamedPipeClientComputerNameW function")
#[export(kernel32, charset)]
fn GetNamedPipeClientComputerName<C: Charset>(
    Pipe: Handle,
    ClientComputerName: TBuf<C>,
    ClientComputerNameLength: u32,
) -> Result<(), Win32Error> {
    const PIPE_LOCAL: Win32Error = Win32Error(229);
    let _ = (ClientComputerName, ClientComputerNameLength);
    named_pipe::information(Pipe)?;
    Err(PIPE_LOCAL)
}

/// Opens a pipe, sends a message, reads the answer and closes it. (Microsoft: "CallNamedPipeW
/// function")
#[export(kernel32, charset)]
fn CallNamedPipe<C: Charset>(
    lpNamedPipeName: TStr<C>,
    lpInBuffer: Ptr<u8>,
    nInBufferSize: u32,
    lpOutBuffer: Ptr<u8>,
    nOutBufferSize: u32,
    lpBytesRead: Out<u32>,
    nTimeOut: u32,
) -> Result<(), Win32Error> {
    let exchange = Exchange {
        input: lpInBuffer.addr(),
        input_size: nInBufferSize,
        output: lpOutBuffer.addr(),
        output_size: nOutBufferSize,
    };
    let (got, status) = call(lpNamedPipeName.as_wide(), &exchange, nTimeOut)?;
    lpBytesRead.set(got)?;
    overlapped::partial(status)
}

fn call(
    given: &[u16],
    exchange: &Exchange,
    milliseconds: u32,
) -> Result<(u32, NtStatus), Win32Error> {
    const READ_WRITE: AccessMask = AccessMask(0xC010_0000);
    let open = || {
        let request = OpenRequest {
            options: OpenOptions::SYNCHRONOUS_NONALERT,
            ..OpenRequest::existing(name::dos(given)?, READ_WRITE)
        };
        open::open(request).map(|(handle, _)| handle)
    };
    let pipe = match open() {
        Err(NtStatus::PIPE_NOT_AVAILABLE) => {
            let wait = match milliseconds {
                // NMPWAIT_NOWAIT
                1 => return Err(Win32Error::PIPE_BUSY),
                0 => None,
                n => Some(Duration::from_millis(u64::from(n))),
            };
            named_pipe::wait(&pipe_name(given)?, wait)?;
            open()?
        }
        opened => opened?,
    };
    let result = named_pipe::set_mode(pipe, ReadMode::Message, false)
        .map_err(Win32Error::from)
        .and_then(|()| exchange.run(pipe));
    let _ = ob::close(pipe);
    result
}
