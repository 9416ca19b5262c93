//! Logging on: a name and a password become a token (Microsoft: "LogonUserW function").
//!
//! Passwords are checked by `unix_chkpwd`, the program that PAM has for it: a static binary cannot
//! load PAM's modules, and needs no power to ask for its own user. The password goes there through a
//! memory file, and nowhere else.

use super::{account, check};
use haft_abi::NtStatus;
use haft_host::{mem, rustix};
use haft_object::security::{
    ImpersonationLevel, Privilege, Token, TokenKind, TokenSource, well_known,
};
use std::path::Path;
use std::process::{Command, Stdio};

/// Where PAM's checker is.
const CHECKERS: [&str; 3] = ["/usr/sbin/unix_chkpwd", "/sbin/unix_chkpwd", "/usr/bin/unix_chkpwd"];

/// A password, which nobody sees and which does not stay in memory.
#[derive(Default)]
pub struct Password(Vec<u8>);

impl Password {
    /// A password of these bytes, without a terminator.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl core::fmt::Debug for Password {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("***")
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.fill(0);
        core::hint::black_box(&self.0);
    }
}

/// How somebody logs on (Microsoft: "LogonUserW function", dwLogonType).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogonType {
    /// To work.
    Interactive,
    /// From elsewhere: the token is for a thread.
    Network,
    /// To run a batch.
    Batch,
    /// To be a service.
    Service,
}

impl LogonType {
    /// The type of a `LOGON32_LOGON_*`.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            // Unlocking is done by who works here; NEW_CREDENTIALS is another thing, for networks.
            2 | 7 => Self::Interactive,
            3 | 8 => Self::Network,
            4 => Self::Batch,
            5 => Self::Service,
            _ => return None,
        })
    }
}

/// Runs PAM's checker: its exit code.
fn run_checker(user: &str, what: &str, input: &[u8]) -> Result<i32, NtStatus> {
    let Some(checker) = CHECKERS.iter().find(|path| Path::new(path).exists()) else {
        crate::log::say_once(
            "passwords are checked by PAM's unix_chkpwd, which is not installed; logging on fails",
        );
        return Err(NtStatus::NOT_IMPLEMENTED);
    };
    let file = mem::memfd_of("haft-logon", input)?;
    let status = Command::new(checker)
        .args([user, what])
        .env_clear()
        .stdin(Stdio::from(file.try_clone().map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // Whatever still maps it sees nothing.
    let _ = rustix::io::pwrite(&file, &vec![0; input.len()], 0);
    let status = status.map_err(|_| NtStatus::NO_SUCH_LOGON_SESSION)?;
    Ok(status.code().unwrap_or(-1))
}

/// Checks a password, and that the account may be used.
///
/// # Errors
/// `LOGON_FAILURE`, `PASSWORD_EXPIRED`, `ACCOUNT_RESTRICTION`; `NOT_IMPLEMENTED` without PAM.
fn check_password(user: &str, password: &Password) -> Result<(), NtStatus> {
    // Those of PAM: PAM_NEW_AUTHTOK_REQD, PAM_ACCT_EXPIRED.
    const NEW_PASSWORD: i32 = 12;
    const EXPIRED: i32 = 13;
    let mut input = Password(password.0.clone());
    input.0.push(0);
    if run_checker(user, "nonull", &input.0)? != 0 {
        return Err(NtStatus::LOGON_FAILURE);
    }
    match run_checker(user, "chkexpiry", &[])? {
        NEW_PASSWORD => Err(NtStatus::PASSWORD_EXPIRED),
        EXPIRED => Err(NtStatus::ACCOUNT_RESTRICTION),
        _ => Ok(()),
    }
}

/// Logs a user of this machine on.
///
/// # Errors
/// `LOGON_FAILURE` for a wrong name, domain or password, which look the same;
/// `PRIVILEGE_NOT_HELD` for another user than this process's, whose password only root can have
/// checked; `PASSWORD_EXPIRED`, `ACCOUNT_RESTRICTION`; `NOT_IMPLEMENTED` without PAM.
pub fn logon(
    user: &str,
    domain: Option<&str>,
    password: &Password,
    logon_type: LogonType,
) -> Result<Token, NtStatus> {
    let own_domain = |domain: &str| {
        domain.is_empty()
            || domain == "."
            || domain.eq_ignore_ascii_case(&crate::ex::machine::netbios_name())
    };
    let found = account::of_user(user).ok().filter(|_| domain.is_none_or(own_domain));
    let own = account::own();
    let is_own = found.as_ref().is_some_and(|(_, account)| account.uid == own.uid);
    if own.uid != 0 && !is_own {
        return Err(NtStatus::PRIVILEGE_NOT_HELD);
    }
    let Some((name, account)) = found else {
        return Err(NtStatus::LOGON_FAILURE);
    };
    check_password(&name, password)?;
    let mut token = Token::of_account(&account);
    token.source = TokenSource { name: *b"Advapi  ", id: super::token::new_luid() };
    let kind = match logon_type {
        LogonType::Interactive => return Ok(token),
        LogonType::Network => {
            token.kind = TokenKind::Impersonation(ImpersonationLevel::Impersonation);
            well_known::network()
        }
        LogonType::Batch => well_known::batch(),
        LogonType::Service => well_known::service(),
    };
    // What tells how somebody came is one of the groups.
    for group in &mut token.groups {
        if group.sid == well_known::interactive() {
            group.sid = kind.clone();
        }
    }
    token.groups.retain(|group| group.sid != well_known::console_logon());
    Ok(token)
}

/// Whether this process may create one of another Linux user with a token: it needs the
/// privileges, and Linux's leave.
///
/// # Errors
/// `PRIVILEGE_NOT_HELD`.
pub fn check_may_become(token: &Token, needed: Privilege) -> Result<(), NtStatus> {
    let own = check::own()?;
    let is_held = |privilege| own.privileges.iter().any(|held| held.privilege == privilege);
    // A token that is no more than this process's own is its own to give.
    let mut primary = token.clone();
    primary.kind = TokenKind::Primary;
    if primary.is_within(&own) || is_held(needed) && is_held(Privilege::ASSIGN_PRIMARY_TOKEN) {
        Ok(())
    } else {
        Err(NtStatus::PRIVILEGE_NOT_HELD)
    }
}
