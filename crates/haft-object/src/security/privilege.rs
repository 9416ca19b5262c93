//! Privileges (Microsoft: "Privilege Constants").

use haft_abi::flags;
use serde::{Deserialize, Serialize};

/// A privilege, by the number that it has on every Windows (the low half of its LUID).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Privilege(pub u32);

/// How a token holds a privilege (Microsoft: "TOKEN_PRIVILEGES structure").
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct PrivilegeAttributes(pub u32);
flags!(PrivilegeAttributes);

impl PrivilegeAttributes {
    /// It is held, and not in use.
    pub const NONE: Self = Self(0);
    /// It is in use from the start.
    pub const ENABLED_BY_DEFAULT: Self = Self(1);
    /// It is in use.
    pub const ENABLED: Self = Self(2);
    /// It is to be taken away for good.
    pub const REMOVED: Self = Self(4);
    /// It was used in a check.
    pub const USED_FOR_ACCESS: Self = Self(0x8000_0000);
}

/// What a privilege lets one do here: nothing but what these Linux capabilities let one do.
#[derive(Clone, Copy, Debug)]
enum Needs {
    /// Everybody has it.
    Nothing,
    /// These capabilities, all of them.
    Capabilities(u64),
    /// Nobody has it, because nothing here is what it is for.
    Nobody,
}

const fn cap(number: u32) -> u64 {
    1 << number
}

const DAC_OVERRIDE: u64 = cap(1);
const DAC_READ_SEARCH: u64 = cap(2);
const FOWNER: u64 = cap(3);
const CHOWN: u64 = cap(0);
const SETUID: u64 = cap(7);
const SETGID: u64 = cap(6);
const IPC_LOCK: u64 = cap(14);
const SYS_PTRACE: u64 = cap(19);
const SYS_ADMIN: u64 = cap(21);
const SYS_BOOT: u64 = cap(22);
const SYS_NICE: u64 = cap(23);
const SYS_RESOURCE: u64 = cap(24);
const SYS_TIME: u64 = cap(25);

macro_rules! privileges {
    ($($constant:ident = $number:literal $name:literal $text:literal $needs:expr;)*) => {
        impl Privilege {
            $(#[doc = concat!("`", $name, "`: ", $text, ".")]
            pub const $constant: Self = Self($number);)*
        }

        const ALL: &[(Privilege, &str, &str, Needs)] = {
            use Needs::*;
            &[$((Privilege($number), $name, $text, $needs),)*]
        };
    };
}

privileges! {
    CREATE_TOKEN = 2 "SeCreateTokenPrivilege" "Create a token object" Nobody;
    ASSIGN_PRIMARY_TOKEN = 3 "SeAssignPrimaryTokenPrivilege"
        "Replace a process level token" Capabilities(SETUID | SETGID);
    LOCK_MEMORY = 4 "SeLockMemoryPrivilege" "Lock pages in memory" Capabilities(IPC_LOCK);
    INCREASE_QUOTA = 5 "SeIncreaseQuotaPrivilege"
        "Adjust memory quotas for a process" Capabilities(SYS_RESOURCE);
    MACHINE_ACCOUNT = 6 "SeMachineAccountPrivilege" "Add workstations to domain" Nobody;
    TCB = 7 "SeTcbPrivilege" "Act as part of the operating system" Capabilities(SYS_ADMIN);
    SECURITY = 8 "SeSecurityPrivilege"
        "Manage auditing and security log" Capabilities(DAC_OVERRIDE);
    TAKE_OWNERSHIP = 9 "SeTakeOwnershipPrivilege"
        "Take ownership of files or other objects" Capabilities(CHOWN | FOWNER);
    LOAD_DRIVER = 10 "SeLoadDriverPrivilege" "Load and unload device drivers" Nobody;
    SYSTEM_PROFILE = 11 "SeSystemProfilePrivilege" "Profile system performance" Nobody;
    SYSTEM_TIME = 12 "SeSystemtimePrivilege" "Change the system time" Capabilities(SYS_TIME);
    PROFILE_SINGLE_PROCESS = 13 "SeProfileSingleProcessPrivilege" "Profile single process" Nobody;
    INCREASE_BASE_PRIORITY = 14 "SeIncreaseBasePriorityPrivilege"
        "Increase scheduling priority" Capabilities(SYS_NICE);
    CREATE_PAGEFILE = 15 "SeCreatePagefilePrivilege" "Create a pagefile" Nobody;
    CREATE_PERMANENT = 16 "SeCreatePermanentPrivilege"
        "Create permanent shared objects" Capabilities(SYS_ADMIN);
    BACKUP = 17 "SeBackupPrivilege" "Back up files and directories" Capabilities(DAC_READ_SEARCH);
    RESTORE = 18 "SeRestorePrivilege"
        "Restore files and directories" Capabilities(DAC_OVERRIDE | CHOWN);
    SHUTDOWN = 19 "SeShutdownPrivilege" "Shut down the system" Capabilities(SYS_BOOT);
    DEBUG = 20 "SeDebugPrivilege" "Debug programs" Capabilities(SYS_PTRACE);
    AUDIT = 21 "SeAuditPrivilege" "Generate security audits" Nobody;
    SYSTEM_ENVIRONMENT = 22 "SeSystemEnvironmentPrivilege"
        "Modify firmware environment values" Nobody;
    CHANGE_NOTIFY = 23 "SeChangeNotifyPrivilege" "Bypass traverse checking" Nothing;
    REMOTE_SHUTDOWN = 24 "SeRemoteShutdownPrivilege"
        "Force shutdown from a remote system" Capabilities(SYS_BOOT);
    UNDOCK = 25 "SeUndockPrivilege" "Remove computer from docking station" Nobody;
    SYNC_AGENT = 26 "SeSyncAgentPrivilege" "Synchronize directory service data" Nobody;
    ENABLE_DELEGATION = 27 "SeEnableDelegationPrivilege"
        "Enable computer and user accounts to be trusted for delegation" Nobody;
    MANAGE_VOLUME = 28 "SeManageVolumePrivilege" "Perform volume maintenance tasks" Nobody;
    IMPERSONATE = 29 "SeImpersonatePrivilege"
        "Impersonate a client after authentication" Capabilities(SETUID | SETGID);
    CREATE_GLOBAL = 30 "SeCreateGlobalPrivilege" "Create global objects" Nothing;
    TRUSTED_CRED_MAN_ACCESS = 31 "SeTrustedCredManAccessPrivilege"
        "Access Credential Manager as a trusted caller" Nobody;
    RELABEL = 32 "SeRelabelPrivilege" "Modify an object label" Capabilities(DAC_OVERRIDE);
    INCREASE_WORKING_SET = 33 "SeIncreaseWorkingSetPrivilege"
        "Increase a process working set" Nothing;
    TIME_ZONE = 34 "SeTimeZonePrivilege" "Change the time zone" Capabilities(SYS_TIME);
    CREATE_SYMBOLIC_LINK = 35 "SeCreateSymbolicLinkPrivilege" "Create symbolic links" Nothing;
    DELEGATE_SESSION_USER_IMPERSONATE = 36 "SeDelegateSessionUserImpersonatePrivilege"
        "Obtain an impersonation token for another user in the same session" Nobody;
}

impl Privilege {
    /// Every privilege, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(|(privilege, ..)| *privilege)
    }

    fn row(self) -> Option<&'static (Self, &'static str, &'static str, Needs)> {
        ALL.iter().find(|(privilege, ..)| *privilege == self)
    }

    /// The privilege of this name; upper and lower case are the same.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|row| row.1.eq_ignore_ascii_case(name)).map(|row| row.0)
    }

    /// Its name; `None` for a number that is no privilege's.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// What it is for, in words.
    #[must_use]
    pub fn display_name(self) -> Option<&'static str> {
        self.row().map(|row| row.2)
    }

    /// Whether a process with these Linux capabilities can do what the privilege is for.
    #[must_use]
    pub fn is_given_by(self, capabilities: u64) -> bool {
        match self.row().map(|row| row.3) {
            Some(Needs::Nothing) => true,
            Some(Needs::Capabilities(needed)) => capabilities & needed == needed,
            Some(Needs::Nobody) | None => false,
        }
    }

    /// Whether it is in use from the start where it is held.
    #[must_use]
    pub fn is_enabled_by_default(self) -> bool {
        matches!(self, Self::CHANGE_NOTIFY | Self::IMPERSONATE | Self::CREATE_GLOBAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_one_to_one() {
        for (at, privilege) in Privilege::all().enumerate() {
            assert_eq!(privilege.0 as usize, at + 2);
            assert_eq!(Privilege::named(privilege.name().unwrap()), Some(privilege));
        }
        assert_eq!(Privilege::named("sedebugprivilege"), Some(Privilege::DEBUG));
        assert_eq!(Privilege::named("SeNone"), None);
    }

    #[test]
    fn a_privilege_is_what_linux_lets_one_do() {
        assert!(Privilege::CHANGE_NOTIFY.is_given_by(0));
        assert!(!Privilege::DEBUG.is_given_by(0));
        assert!(Privilege::DEBUG.is_given_by(SYS_PTRACE));
        assert!(!Privilege::ASSIGN_PRIMARY_TOKEN.is_given_by(SETUID));
        assert!(!Privilege::CREATE_TOKEN.is_given_by(u64::MAX));
    }
}
