//! Creating processes, and the attribute lists that go with it.

use super::object_name::{Attributes, inherits};
use crate::abi::{Bool, Charset, InOut, Out, Ptr, TStr};
use crate::captured;
use haft_abi::{Handle, NtStatus, Win32Error, wide};
use haft_host::guest;
use haft_kernel::ex::environment;
use haft_kernel::ps::launch::{self, CreationFlags, Launch};
use haft_kernel::ps::{Startup, attribute_list};
use haft_kernel::se::security::{SecurityDescriptor, Token};
use haft_macros::export;
use windows_sys::Win32::System::Threading::{PROCESS_INFORMATION, STARTUPINFOEXW, STARTUPINFOW};

/// Creates a process. (Microsoft: "CreateProcessW function")
#[export(kernel32, charset)]
fn CreateProcess<C: Charset>(
    lpApplicationName: Option<TStr<C>>,
    lpCommandLine: Option<TStr<C>>,
    lpProcessAttributes: Attributes,
    lpThreadAttributes: Attributes,
    bInheritHandles: Bool,
    dwCreationFlags: u32,
    lpEnvironment: Ptr<u8>,
    lpCurrentDirectory: Option<TStr<C>>,
    lpStartupInfo: Ptr<STARTUPINFOW>,
    lpProcessInformation: Out<PROCESS_INFORMATION>,
) -> Result<(), Win32Error> {
    let as_whom = AsWhom::like(&lpProcessAttributes, &lpThreadAttributes, None)?;
    let created = create(
        Strings::of(lpApplicationName, lpCommandLine, lpCurrentDirectory),
        as_whom,
        bInheritHandles.0,
        CreationFlags(dwCreationFlags),
        lpEnvironment.addr(),
        lpStartupInfo,
    )?;
    Ok(lpProcessInformation.set(created)?)
}

/// Who a process is to be, and what its creator's handles to it are.
pub(crate) struct AsWhom {
    inheritable: [bool; 2],
    descriptors: [Option<SecurityDescriptor>; 2],
    token: Option<Token>,
}

impl AsWhom {
    /// By the attributes of a call, and a token if another is wanted than the creator's.
    ///
    /// # Errors
    /// Those of a security descriptor.
    pub(crate) fn like(
        process: &Attributes,
        thread: &Attributes,
        token: Option<Token>,
    ) -> Result<Self, Win32Error> {
        Ok(Self {
            inheritable: [inherits(process), inherits(thread)],
            descriptors: [captured::of_attributes(process)?, captured::of_attributes(thread)?],
            token,
        })
    }
}

/// The strings of a call, and how its other strings are read.
pub(crate) struct Strings {
    pub application: Option<Vec<u16>>,
    pub command_line: Option<Vec<u16>>,
    pub directory: Option<Vec<u16>>,
    pub read: fn(usize, usize) -> Result<Vec<u16>, guest::Fault>,
}

impl Strings {
    /// Those of a function of this character set.
    pub(crate) fn of<C: Charset>(
        application: Option<TStr<C>>,
        command_line: Option<TStr<C>>,
        directory: Option<TStr<C>>,
    ) -> Self {
        Self {
            application: application.map(TStr::into_wide),
            command_line: command_line.map(TStr::into_wide),
            directory: directory.map(TStr::into_wide),
            read: C::read_z,
        }
    }
}

/// Creates a process as one of the functions says it.
///
/// # Errors
/// Those of [`launch::launch`]; `ACCESS_VIOLATION`.
pub(crate) fn create(
    strings: Strings,
    as_whom: AsWhom,
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
        inheritable: as_whom.inheritable,
        descriptors: as_whom.descriptors,
        token: as_whom.token,
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
