//! Logging on, and processes of other users.

use crate::abi::{Bool, Charset, Out, Ptr, Secret, TStr};
use crate::kernel32::object_name::Attributes;
use crate::kernel32::process_create::{AsWhom, Strings, create};
use haft_abi::{Handle, NtStatus, Win32Error, wide};
use haft_kernel::ob;
use haft_kernel::ps::launch::CreationFlags;
use haft_kernel::se::logon::{self, LogonType, Password};
use haft_kernel::se::security::{Privilege, Token, TokenKind};
use haft_kernel::se::token;
use haft_macros::export;
use windows_sys::Win32::System::Threading::{PROCESS_INFORMATION, STARTUPINFOW};

/// The token of a user who logs on.
fn log_on(
    user: &[u16],
    domain: Option<&[u16]>,
    password: Option<&Password>,
    logon_type: LogonType,
) -> Result<Token, NtStatus> {
    let none = Password::default();
    let domain = domain.map(wide::to_string);
    logon::logon(&wide::to_string(user), domain.as_deref(), password.unwrap_or(&none), logon_type)
}

/// Checks a user's name and password: a token of the user. (Microsoft: "LogonUserW function")
#[export(advapi32, charset)]
fn LogonUser<C: Charset>(
    lpszUsername: TStr<C>,
    lpszDomain: Option<TStr<C>>,
    lpszPassword: Option<Secret<C>>,
    dwLogonType: u32,
    dwLogonProvider: u32,
    phToken: Out<Handle>,
) -> Result<(), Win32Error> {
    let _ = dwLogonProvider;
    phToken.probe()?;
    let logon_type = LogonType::from_number(dwLogonType).ok_or(Win32Error::INVALID_PARAMETER)?;
    let domain = lpszDomain.as_ref().map(TStr::as_wide);
    let password = lpszPassword.as_ref().map(Secret::password);
    let object = token::create(log_on(&lpszUsername, domain, password, logon_type)?)?;
    let all = haft_abi::AccessMask(0x000F_01FF);
    Ok(phToken.set(ob::insert(object, all, false)?)?)
}

/// The primary token that a handle names which may be given to a process.
fn to_assign(handle: Handle, needed: Privilege) -> Result<Token, NtStatus> {
    let access = token::QUERY | token::DUPLICATE | token::ASSIGN_PRIMARY;
    let mut token = token::by_handle(handle, access)?.state()?;
    match token.kind {
        TokenKind::Primary => {}
        TokenKind::Impersonation(_) if needed == Privilege::IMPERSONATE => {
            token = token.duplicate(TokenKind::Primary)?;
        }
        TokenKind::Impersonation(_) => return Err(NtStatus::BAD_TOKEN_TYPE),
    }
    logon::check_may_become(&token, needed)?;
    Ok(token)
}

/// Creates a process of whoever a token is of. (Microsoft: "CreateProcessAsUserW function")
#[export(advapi32, kernel32, charset)]
fn CreateProcessAsUser<C: Charset>(
    hToken: Option<Handle>,
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
    // SeIncreaseQuota, which Windows wants too, is for quotas that no process has here.
    let needed = Privilege::ASSIGN_PRIMARY_TOKEN;
    let token = hToken.map(|handle| to_assign(handle, needed)).transpose()?;
    let created = create(
        Strings::of(lpApplicationName, lpCommandLine, lpCurrentDirectory),
        AsWhom::like(&lpProcessAttributes, &lpThreadAttributes, token)?,
        bInheritHandles.0,
        CreationFlags(dwCreationFlags),
        lpEnvironment.addr(),
        lpStartupInfo,
    )?;
    Ok(lpProcessInformation.set(created)?)
}

/// `LOGON_WITH_PROFILE` and `LOGON_NETCREDENTIALS_ONLY`.
fn check_logon_flags(flags: u32) -> Result<(), NtStatus> {
    match flags {
        // An account's profile is its home, which is there.
        0 | 1 => Ok(()),
        2 => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Creates a process of whoever a token is of. (Microsoft: "CreateProcessWithTokenW function")
#[export(advapi32)]
fn CreateProcessWithTokenW(
    hToken: Handle,
    dwLogonFlags: u32,
    lpApplicationName: Option<crate::abi::WStr>,
    lpCommandLine: Option<crate::abi::WStr>,
    dwCreationFlags: u32,
    lpEnvironment: Ptr<u8>,
    lpCurrentDirectory: Option<crate::abi::WStr>,
    lpStartupInfo: Ptr<STARTUPINFOW>,
    lpProcessInformation: Out<PROCESS_INFORMATION>,
) -> Result<(), Win32Error> {
    check_logon_flags(dwLogonFlags)?;
    haft_kernel::se::check::require(Privilege::IMPERSONATE)?;
    let token = to_assign(hToken, Privilege::IMPERSONATE)?;
    let created = create(
        Strings::of(lpApplicationName, lpCommandLine, lpCurrentDirectory),
        AsWhom::like(&None, &None, Some(token))?,
        false,
        CreationFlags(dwCreationFlags),
        lpEnvironment.addr(),
        lpStartupInfo,
    )?;
    Ok(lpProcessInformation.set(created)?)
}

/// Creates a process of a user, by name and password. (Microsoft: "CreateProcessWithLogonW
/// function")
#[export(advapi32)]
fn CreateProcessWithLogonW(
    lpUsername: crate::abi::WStr,
    lpDomain: Option<crate::abi::WStr>,
    lpPassword: Option<Secret<crate::abi::Wide>>,
    dwLogonFlags: u32,
    lpApplicationName: Option<crate::abi::WStr>,
    lpCommandLine: Option<crate::abi::WStr>,
    dwCreationFlags: u32,
    lpEnvironment: Ptr<u8>,
    lpCurrentDirectory: Option<crate::abi::WStr>,
    lpStartupInfo: Ptr<STARTUPINFOW>,
    lpProcessInformation: Out<PROCESS_INFORMATION>,
) -> Result<(), Win32Error> {
    check_logon_flags(dwLogonFlags)?;
    let domain = lpDomain.as_ref().map(TStr::as_wide);
    let password = lpPassword.as_ref().map(Secret::password);
    let token = log_on(&lpUsername, domain, password, LogonType::Interactive)?;
    logon::check_may_become(&token, Privilege::IMPERSONATE)?;
    let created = create(
        Strings::of(lpApplicationName, lpCommandLine, lpCurrentDirectory),
        AsWhom::like(&None, &None, Some(token))?,
        false,
        CreationFlags(dwCreationFlags),
        lpEnvironment.addr(),
        lpStartupInfo,
    )?;
    Ok(lpProcessInformation.set(created)?)
}
