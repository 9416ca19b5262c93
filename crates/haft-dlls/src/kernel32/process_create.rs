//! Creating processes, and the attribute lists that go with it.

use crate::abi::{Bool, Charset, In, InOut, Out, Ptr, TStr};
use haft_abi::{Handle, NtStatus, Win32Error, wide};
use haft_host::guest;
use haft_kernel::ex::environment;
use haft_kernel::ps::launch::{self, CreationFlags, Launch};
use haft_kernel::ps::{Startup, attribute_list};
use haft_macros::export;
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::System::Threading::{PROCESS_INFORMATION, STARTUPINFOEXW, STARTUPINFOW};

/// Creates a process. (Microsoft: "CreateProcessW function")
#[export(kernel32, charset)]
fn CreateProcess<C: Charset>(
    lpApplicationName: Option<TStr<C>>,
    lpCommandLine: Option<TStr<C>>,
    lpProcessAttributes: Option<In<SECURITY_ATTRIBUTES>>,
    lpThreadAttributes: Option<In<SECURITY_ATTRIBUTES>>,
    bInheritHandles: Bool,
    dwCreationFlags: u32,
    lpEnvironment: Ptr<u8>,
    lpCurrentDirectory: Option<TStr<C>>,
    lpStartupInfo: Ptr<STARTUPINFOW>,
    lpProcessInformation: Out<PROCESS_INFORMATION>,
) -> Result<(), Win32Error> {
    let inheritable = |a: Option<In<SECURITY_ATTRIBUTES>>| a.is_some_and(|a| a.bInheritHandle != 0);
    let created = create(
        Strings {
            application: lpApplicationName.map(TStr::into_wide),
            command_line: lpCommandLine.map(TStr::into_wide),
            directory: lpCurrentDirectory.map(TStr::into_wide),
            read: C::read_z,
        },
        [inheritable(lpProcessAttributes), inheritable(lpThreadAttributes)],
        bInheritHandles.0,
        CreationFlags(dwCreationFlags),
        lpEnvironment.addr(),
        lpStartupInfo,
    )?;
    Ok(lpProcessInformation.set(created)?)
}

/// The strings of a call, and how its other strings are read.
struct Strings {
    application: Option<Vec<u16>>,
    command_line: Option<Vec<u16>>,
    directory: Option<Vec<u16>>,
    read: fn(usize, usize) -> Result<Vec<u16>, guest::Fault>,
}

fn create(
    strings: Strings,
    inheritable: [bool; 2],
    inherit_handles: bool,
    flags: CreationFlags,
    environment: usize,
    startup_info: Ptr<STARTUPINFOW>,
) -> Result<PROCESS_INFORMATION, Win32Error> {
    let info = startup_info.read()?;
    let (mut handle_list, mut job_list, mut parent) = (None, None, None);
    if flags.any(CreationFlags::EXTENDED) {
        if info.cb as usize != size_of::<STARTUPINFOEXW>() {
            return Err(Win32Error::INVALID_PARAMETER);
        }
        let extended: STARTUPINFOEXW = guest::read(startup_info.addr())?;
        if !extended.lpAttributeList.is_null() {
            let attribute =
                |which| attribute_list::handles(extended.lpAttributeList as usize, which);
            handle_list = attribute(attribute_list::HANDLE_LIST)?;
            job_list = attribute(attribute_list::JOB_LIST)?;
            parent =
                attribute(attribute_list::PARENT_PROCESS)?.and_then(|one| one.first().copied());
        }
    }
    let text = |at: *mut u16| match at as usize {
        0 => Ok(Vec::new()),
        address => (strings.read)(address, 32767),
    };
    let startup = Startup {
        desktop: text(info.lpDesktop)?,
        title: text(info.lpTitle)?,
        geometry: [
            info.dwX,
            info.dwY,
            info.dwXSize,
            info.dwYSize,
            info.dwXCountChars,
            info.dwYCountChars,
            info.dwFillAttribute,
        ],
        flags: info.dwFlags,
        show_window: info.wShowWindow,
        runtime_data: match info.lpReserved2 as usize {
            0 => Vec::new(),
            address => guest::read_slice(address, usize::from(info.cbReserved2))?,
        },
    };
    let environment = match environment {
        0 => None,
        at if flags.any(CreationFlags::UNICODE_ENVIRONMENT) => Some(environment::read_block(at)?),
        at => Some(wide::from_bytes(&environment::read_byte_block(at)?)),
    };
    let handle = |h: *mut core::ffi::c_void| Handle(h as usize);
    let created = launch::launch(Launch {
        application: strings.application,
        command_line: strings.command_line,
        inheritable,
        inherit_handles,
        flags,
        environment,
        directory: strings.directory,
        startup,
        standard: [handle(info.hStdInput), handle(info.hStdOutput), handle(info.hStdError)],
        handle_list: handle_list.as_deref(),
        job_list: job_list.as_deref().unwrap_or_default(),
        parent,
    })?;
    Ok(PROCESS_INFORMATION {
        hProcess: created.process.0 as *mut _,
        hThread: created.thread.0 as *mut _,
        dwProcessId: created.pid.0,
        dwThreadId: created.tid.0,
    })
}

/// Makes an empty attribute list, or tells how large it has to be. (Microsoft:
/// "InitializeProcThreadAttributeList function")
#[export(kernel32)]
fn InitializeProcThreadAttributeList(
    lpAttributeList: Ptr<u8>,
    dwAttributeCount: u32,
    dwFlags: u32,
    lpSize: InOut<usize>,
) -> Result<(), Win32Error> {
    if dwFlags != 0 || dwAttributeCount > 27 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    let wanted = attribute_list::size_of_list(dwAttributeCount);
    let given = lpSize.get();
    lpSize.set(wanted)?;
    if lpAttributeList.is_null() || given < wanted {
        return Err(Win32Error::INSUFFICIENT_BUFFER);
    }
    attribute_list::initialize(lpAttributeList.addr(), dwAttributeCount)
}

/// Sets an attribute in a list. (Microsoft: "UpdateProcThreadAttribute function")
#[export(kernel32)]
fn UpdateProcThreadAttribute(
    lpAttributeList: Ptr<u8>,
    dwFlags: u32,
    Attribute: usize,
    lpValue: usize,
    cbSize: usize,
    lpPreviousValue: usize,
    lpReturnSize: usize,
) -> Result<(), Win32Error> {
    if dwFlags != 0 || lpPreviousValue != 0 || lpReturnSize != 0 {
        return Err(Win32Error::INVALID_PARAMETER);
    }
    attribute_list::update(lpAttributeList.addr(), Attribute, lpValue, cbSize)
}

/// Ends the use of an attribute list, whose memory is the caller's. (Microsoft:
/// "DeleteProcThreadAttributeList function")
#[export(kernel32)]
fn DeleteProcThreadAttributeList(lpAttributeList: Ptr<u8>) -> Result<(), NtStatus> {
    Ok(lpAttributeList.probe(attribute_list::size_of_list(0), true)?)
}
