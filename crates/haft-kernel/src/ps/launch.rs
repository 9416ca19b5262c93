//! Creating a process as CreateProcess is asked to: what is left out is the creator's own.

use super::birth::{Birth, NewUser, Startup};
use super::create::{self, CreateRequest, Created};
use super::job::JobBirth;
use super::{object, process, program};
use crate::ex::environment;
use crate::io::console::control;
use crate::io::{built_in, path};
use crate::ob::left_open;
use crate::se::token;
use core::mem::offset_of;
use haft_abi::nt::ProcessParameters;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::console_signal::Held;
use haft_host::guest;
use haft_object::security::{SecurityDescriptor, Token};
use std::os::unix::ffi::OsStringExt;

/// `dwCreationFlags` (Microsoft: "Process Creation Flags").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreationFlags(pub u32);

haft_abi::flags!(CreationFlags);

impl CreationFlags {
    const DEBUG: Self = Self(3);
    const SUSPENDED: Self = Self(4);
    const DETACHED: Self = Self(8);
    const NEW_CONSOLE: Self = Self(0x10);
    const NEW_GROUP: Self = Self(0x200);
    const NO_WINDOW: Self = Self(0x0800_0000);
    const BREAKAWAY_FROM_JOB: Self = Self(0x0100_0000);
    /// `EXTENDED_STARTUPINFO_PRESENT`.
    pub const EXTENDED: Self = Self(0x0008_0000);
    /// `CREATE_UNICODE_ENVIRONMENT`.
    pub const UNICODE_ENVIRONMENT: Self = Self(0x400);

    /// The Linux nice value of the priority class, where one is named.
    #[must_use]
    pub const fn nice(self) -> Option<i32> {
        Some(match self.0 & 0xC1E0 {
            0x20 => 0,
            0x40 => 19,
            0x80 => -10,
            0x100 => -20,
            0x4000 => 10,
            0x8000 => -5,
            _ => return None,
        })
    }
}

/// Units of the longest command line, its null among them.
const COMMAND_LINE_MAX: usize = 32767;

/// The right to be named as the parent of a process (`PROCESS_CREATE_PROCESS`).
const PROCESS_CREATE_PROCESS: AccessMask = AccessMask(0x80);

/// `STARTF_USESTDHANDLES`.
pub(crate) const USE_STANDARD_HANDLES: u32 = 0x100;

/// What CreateProcess is asked for. Strings are without a terminator.
pub struct Launch<'a> {
    /// `lpApplicationName`.
    pub application: Option<Vec<u16>>,
    /// `lpCommandLine`.
    pub command_line: Option<Vec<u16>>,
    /// `lpProcessAttributes` and `lpThreadAttributes` make their handles inheritable.
    pub inheritable: [bool; 2],
    /// `bInheritHandles`.
    pub inherit_handles: bool,
    /// `dwCreationFlags`.
    pub flags: CreationFlags,
    /// `lpEnvironment`, as a block of UTF-16.
    pub environment: Option<Vec<u16>>,
    /// `lpCurrentDirectory`.
    pub directory: Option<Vec<u16>>,
    /// `STARTUPINFO`.
    pub startup: Startup,
    /// The standard handles of `STARTUPINFO`.
    pub standard: [Handle; 3],
    /// `PROC_THREAD_ATTRIBUTE_HANDLE_LIST`.
    pub handle_list: Option<&'a [Handle]>,
    /// `PROC_THREAD_ATTRIBUTE_JOB_LIST`.
    pub job_list: &'a [Handle],
    /// `PROC_THREAD_ATTRIBUTE_PARENT_PROCESS`.
    pub parent: Option<Handle>,
    /// How the process and its first thread are to be protected.
    pub descriptors: [Option<SecurityDescriptor>; 2],
    /// The token that it is to have; else its creator's.
    pub token: Option<Token>,
}

/// Creates the process (Microsoft: "CreateProcessW function").
///
/// # Errors
/// `INVALID_PARAMETER` for flags or lists that exclude each other, `OBJECT_NAME_NOT_FOUND`,
/// `OBJECT_PATH_NOT_FOUND`, `ACCESS_DENIED`, `INVALID_IMAGE_FORMAT` for the program's file,
/// `NOT_A_DIRECTORY` for a directory that is none, and those of [`create::create_process`].
pub fn launch(wanted: Launch<'_>) -> Result<Created, NtStatus> {
    let flags = wanted.flags;
    if flags.any(CreationFlags::DETACHED) && flags.any(CreationFlags::NEW_CONSOLE) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let parent = match wanted.parent {
        None => None,
        Some(parent) => {
            let parent = object::by_handle(parent, PROCESS_CREATE_PROCESS)?;
            if !parent.is_own() {
                // Its jobs are the executive's to know, which knows who has it by now.
                parent.number()?;
            }
            if parent.has_ended() {
                return Err(NtStatus::PROCESS_IS_TERMINATING);
            }
            Some(parent).filter(|parent| !parent.is_own())
        }
    };
    if flags.any(CreationFlags::DEBUG) {
        crate::log::say_once("processes cannot be debugged yet; CreateProcess fails");
        return Err(NtStatus::NOT_SUPPORTED);
    }
    if wanted.command_line.as_ref().is_some_and(|line| line.len() >= COMMAND_LINE_MAX) {
        return Err(NtStatus::NAME_TOO_LONG);
    }
    let given = wanted.application.is_some();
    let (found, command_line) = match (wanted.application, wanted.command_line) {
        (Some(application), line) => (program::named(&application)?, line.unwrap_or(application)),
        (None, Some(line)) => program::from_command_line(&line)?,
        (None, None) => return Err(NtStatus::INVALID_PARAMETER),
    };
    let (found, command_line) = match program::is_batch(&found) {
        true => program::by_interpreter(&found, &command_line, given)?,
        false => (found, command_line),
    };
    let directory = match &wanted.directory {
        None => path::current_directory(),
        Some(given) => {
            let full = path::full(given);
            match path::find(&full) {
                Some(found) if found.is_dir() => path::from_linux(&found),
                _ => return Err(NtStatus::NOT_A_DIRECTORY),
            }
        }
    };
    let no_console = flags.any(CreationFlags::DETACHED);
    let given_standard = wanted.startup.flags & USE_STANDARD_HANDLES != 0;
    let own_console =
        CreationFlags(flags.0 & (CreationFlags::NEW_CONSOLE.0 | CreationFlags::NO_WINDOW.0));
    let standard = if given_standard {
        wanted.standard
    } else if no_console || own_console.0 != 0 && !wanted.inherit_handles {
        [Handle::NULL; 3]
    } else if parent.is_some() && wanted.inherit_handles {
        // This process's are none of what it inherits.
        [Handle::NULL; 3]
    } else {
        own_standard()?
    };
    let block = wanted.environment.unwrap_or_else(environment::block);
    let mut startup = wanted.startup;
    if startup.title.is_empty() {
        startup.title.clone_from(&found.name);
    }
    let token = wanted.token.or_else(token::own_if_changed);
    let user = token.as_ref().and_then(new_user);
    // What is this process's own file of a built-in program is not its child's.
    let image = match built_in::is_own(&found.file) {
        true => path::to_linux(&found.name).unwrap_or(found.file),
        false => found.file,
    };
    let birth = Birth {
        session_user: (user.is_some() || crate::session::user() != own_user())
            .then(crate::session::user),
        user,
        token,
        image: image.into_os_string().into_vec(),
        image_name: found.name,
        command_line,
        environment: terminated(block),
        current_directory: directory,
        standard,
        startup,
        suspended: flags.any(CreationFlags::SUSPENDED),
        ignore_ctrl_c: flags.any(CreationFlags::NEW_GROUP),
        held_signals: Held::now().0,
        leaks: left_open::is_watched(),
        session: crate::session::name().to_owned(),
        process_group: match flags.any(CreationFlags::NEW_GROUP) {
            true => 0,
            false => control::process_group()?,
        },
        no_console: no_console
            || flags.any(CreationFlags::NO_WINDOW)
            || control::is_detached() && !flags.any(CreationFlags::NEW_CONSOLE),
        own_session: no_console,
        nice: flags.nice(),
    };
    create::create_process(CreateRequest {
        birth,
        inherit_handles: wanted.inherit_handles,
        handle_list: wanted.handle_list,
        duplicate_standard: !given_standard && !wanted.inherit_handles,
        inheritable: wanted.inheritable,
        descriptors: wanted.descriptors,
        jobs: JobBirth {
            breakaway: flags.any(CreationFlags::BREAKAWAY_FROM_JOB),
            list: wanted.job_list,
            parent: parent.as_ref().map(|parent| parent.pid),
        },
        parent,
    })
}

fn own_user() -> u32 {
    haft_host::rustix::process::getuid().as_raw()
}

/// The Linux user that a process with a token has to become.
fn new_user(token: &Token) -> Option<NewUser> {
    let uid = token.user.as_linux_user().filter(|&uid| uid != own_user())?;
    let groups = token.groups.iter().filter_map(|group| group.sid.as_linux_group());
    // The first one is the account's own.
    let gid = token.groups.iter().find_map(|group| group.sid.as_linux_group())?;
    Some(NewUser { uid, gid, groups: groups.collect() })
}

/// An environment block that ends as one has to: with two nulls, where it has no variable too.
fn terminated(mut block: Vec<u16>) -> Vec<u16> {
    let mut end = block.iter().rposition(|&unit| unit != 0).map_or(0, |last| last + 1);
    end += usize::from(end != 0);
    block.truncate(end);
    block.resize(end.max(1) + 1, 0);
    block
}

/// This process's standard handles, where programs change them: in the process parameters.
///
/// # Errors
/// `ACCESS_VIOLATION` when the program unmapped its parameters.
pub fn own_standard() -> Result<[Handle; 3], NtStatus> {
    Ok(guest::read(process().parameters + offset_of!(ProcessParameters, standard_input))?)
}
