//! Linux accounts as Windows knows accounts: names and SIDs.

use haft_abi::{NtStatus, Pid};
use haft_host::rustix::process as linux;
use haft_object::security::{Account, Sid, well_known};

/// What kind of account a SID is of (Microsoft: "SID_NAME_USE enumeration").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum NameUse {
    /// A user.
    User = 1,
    /// A group.
    Group = 2,
    /// A domain.
    Domain = 3,
    /// A group of the machine's own.
    Alias = 4,
    /// A group that means the same everywhere.
    WellKnownGroup = 5,
    /// An integrity label.
    Label = 10,
}

/// An account by its names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Its SID.
    pub sid: Sid,
    /// Its name.
    pub name: String,
    /// The domain that it is of.
    pub domain: String,
    /// Its kind.
    pub name_use: NameUse,
}

/// The domain of Linux users and groups: the machine, as for local accounts on Windows.
fn machine() -> String {
    crate::ex::machine::netbios_name()
}

/// What is well known has the same SID everywhere; its names are those of English Windows.
fn well_known_accounts() -> Vec<Named> {
    use NameUse::{Alias, Label, WellKnownGroup};
    let nt = "NT AUTHORITY";
    let row = |sid, name: &str, domain: &str, name_use| Named {
        sid,
        name: name.to_owned(),
        domain: domain.to_owned(),
        name_use,
    };
    vec![
        row(well_known::everyone(), "Everyone", "", WellKnownGroup),
        row(well_known::null(), "NULL SID", "", WellKnownGroup),
        row(well_known::local(), "LOCAL", "", WellKnownGroup),
        row(well_known::console_logon(), "CONSOLE LOGON", "", WellKnownGroup),
        row(well_known::creator_owner(), "CREATOR OWNER", "", WellKnownGroup),
        row(well_known::creator_group(), "CREATOR GROUP", "", WellKnownGroup),
        row(well_known::owner_rights(), "OWNER RIGHTS", "", WellKnownGroup),
        row(well_known::network(), "NETWORK", nt, WellKnownGroup),
        row(well_known::batch(), "BATCH", nt, WellKnownGroup),
        row(well_known::interactive(), "INTERACTIVE", nt, WellKnownGroup),
        row(well_known::service(), "SERVICE", nt, WellKnownGroup),
        row(well_known::anonymous(), "ANONYMOUS LOGON", nt, WellKnownGroup),
        row(well_known::principal_self(), "SELF", nt, WellKnownGroup),
        row(well_known::authenticated_users(), "Authenticated Users", nt, WellKnownGroup),
        row(well_known::restricted(), "RESTRICTED", nt, WellKnownGroup),
        row(well_known::write_restricted(), "WRITE RESTRICTED", nt, WellKnownGroup),
        row(well_known::this_organization(), "This Organization", nt, WellKnownGroup),
        row(well_known::local_account(), "Local account", nt, WellKnownGroup),
        row(well_known::local_system(), "SYSTEM", nt, WellKnownGroup),
        row(well_known::local_service(), "LOCAL SERVICE", nt, WellKnownGroup),
        row(well_known::network_service(), "NETWORK SERVICE", nt, WellKnownGroup),
        row(well_known::administrators(), "Administrators", "BUILTIN", Alias),
        row(well_known::users(), "Users", "BUILTIN", Alias),
        row(well_known::guests(), "Guests", "BUILTIN", Alias),
        row(well_known::untrusted_label(), "Untrusted Mandatory Level", "Mandatory Label", Label),
        row(well_known::low_label(), "Low Mandatory Level", "Mandatory Label", Label),
        row(well_known::medium_label(), "Medium Mandatory Level", "Mandatory Label", Label),
        row(
            well_known::medium_plus_label(),
            "Medium Plus Mandatory Level",
            "Mandatory Label",
            Label,
        ),
        row(well_known::high_label(), "High Mandatory Level", "Mandatory Label", Label),
        row(well_known::system_label(), "System Mandatory Level", "Mandatory Label", Label),
    ]
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The name with this number in passwd(5) or group(5).
fn name_in(text: &str, id: u32) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    })
}

/// The number with this name in passwd(5) or group(5). Upper and lower case are the same where no
/// other name is meant.
fn number_in(text: &str, name: &str) -> Option<(String, u32)> {
    let find = |same: &dyn Fn(&str) -> bool| {
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (found, number) = (fields.next()?, fields.nth(1)?);
            if same(found) { Some((found.to_owned(), number.parse().ok()?)) } else { None }
        })
    };
    find(&|found| found == name).or_else(|| find(&|found| found.eq_ignore_ascii_case(name)))
}

/// The account of a SID (Microsoft: "LookupAccountSidW function"). A Linux account without a name
/// has none here either.
///
/// # Errors
/// `NONE_MAPPED`.
pub fn by_sid(sid: &Sid) -> Result<Named, NtStatus> {
    let linux =
        |name: String, name_use| Named { sid: sid.clone(), name, domain: machine(), name_use };
    let found = if let Some(uid) = sid.as_linux_user() {
        name_in(&read("/etc/passwd"), uid).map(|name| linux(name, NameUse::User))
    } else if let Some(gid) = sid.as_linux_group() {
        name_in(&read("/etc/group"), gid).map(|name| linux(name, NameUse::Group))
    } else {
        well_known_accounts().into_iter().find(|account| account.sid == *sid)
    };
    found.ok_or(NtStatus::NONE_MAPPED)
}

/// The account of a name, with or without its domain (Microsoft: "LookupAccountNameW function").
///
/// # Errors
/// `NONE_MAPPED`.
pub fn by_name(name: &str) -> Result<Named, NtStatus> {
    let (domain, name) = match name.split_once('\\') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, name),
    };
    let in_domain = |of: &str| domain.is_none_or(|domain| domain.eq_ignore_ascii_case(of));
    let known = well_known_accounts()
        .into_iter()
        .find(|a| a.name.eq_ignore_ascii_case(name) && in_domain(&a.domain));
    if let Some(known) = known {
        return Ok(known);
    }
    let machine = machine();
    if !in_domain(&machine) && domain != Some(".") {
        return Err(NtStatus::NONE_MAPPED);
    }
    let linux = |(name, sid), name_use| Named { sid, name, domain: machine.clone(), name_use };
    let user = number_in(&read("/etc/passwd"), name)
        .map(|(name, uid)| linux((name, Sid::linux_user(uid)), NameUse::User));
    let group = || {
        number_in(&read("/etc/group"), name)
            .map(|(name, gid)| linux((name, Sid::linux_group(gid)), NameUse::Group))
    };
    user.or_else(group).ok_or(NtStatus::NONE_MAPPED)
}

/// The Linux account that this process runs as, with what Linux lets it do.
#[must_use]
pub fn own() -> Account {
    match haft_host::process::identity(Pid(std::process::id())) {
        Some(id) => Account {
            uid: id.user,
            gid: id.group,
            groups: id.groups,
            capabilities: id.capabilities,
        },
        // Without /proc nothing is known but this; what needs a capability is not claimed.
        None => Account {
            uid: linux::geteuid().as_raw(),
            gid: linux::getegid().as_raw(),
            groups: Vec::new(),
            capabilities: 0,
        },
    }
}

/// A Linux account by its name, as a logon gives it: its groups, and for root every capability
/// that this process has.
///
/// # Errors
/// `NO_SUCH_USER`.
pub fn of_user(name: &str) -> Result<(String, Account), NtStatus> {
    let passwd = read("/etc/passwd");
    let (name, uid) = number_in(&passwd, name).ok_or(NtStatus::NO_SUCH_USER)?;
    let line = passwd.lines().find(|line| line.split(':').next() == Some(&name));
    let gid = line.and_then(|line| line.split(':').nth(3)?.parse().ok());
    let gid = gid.ok_or(NtStatus::NO_SUCH_USER)?;
    let groups = groups_of(&read("/etc/group"), &name);
    let capabilities = if uid == 0 { own().capabilities } else { 0 };
    Ok((name, Account { uid, gid, groups, capabilities }))
}

/// The groups that list a user in group(5).
fn groups_of(text: &str, name: &str) -> Vec<u32> {
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (number, members) = (fields.nth(2)?, fields.next()?);
        members.split(',').any(|member| member == name).then(|| number.parse().ok())?
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nadm:x:4:ada,bob\nada:x:1000:\n";

    #[test]
    fn linux_files_name_accounts() {
        assert_eq!(name_in(PASSWD, 1000).as_deref(), Some("ada"));
        assert_eq!(number_in(PASSWD, "ADA"), Some(("ada".to_owned(), 1000)));
        assert_eq!(number_in(PASSWD, "eve"), None);
        assert_eq!(groups_of(GROUP, "bob"), [4]);
        assert_eq!(groups_of(GROUP, "eve"), [0_u32; 0]);
    }

    #[test]
    fn what_is_well_known_has_a_name_of_its_own() {
        let everyone = by_sid(&well_known::everyone()).unwrap();
        assert_eq!(by_name("everyone"), Ok(everyone));
        assert_eq!(by_name(r"BUILTIN\Users").unwrap().sid, well_known::users());
        assert_eq!(by_name(r"NOWHERE\Users"), Err(NtStatus::NONE_MAPPED));
        for account in well_known_accounts() {
            assert_eq!(by_sid(&account.sid), Ok(account));
        }
    }
}
