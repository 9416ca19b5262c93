//! What a new registry holds: what programs look for to learn where they run.

use super::store::{KeyRow, insert, set};
use haft_abi::{NtStatus, version, wide};
use haft_wire::registry::user_key;
use rusqlite::Connection;

const SZ: u32 = 1;
const EXPAND_SZ: u32 = 2;
const DWORD: u32 = 4;

enum Data<'a> {
    Text(&'a str),
    /// With variables of the environment in it.
    Expanded(&'a str),
    Number(u32),
}

/// Keys that are there from the start, below the machine's root, each with its values.
const MACHINE: &[(&str, &[(&str, Data<'_>)])] = &[
    (
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion",
        &[
            ("ProductName", Data::Text("Windows 10 Pro")),
            ("EditionID", Data::Text("Professional")),
            ("InstallationType", Data::Text("Client")),
            ("CurrentVersion", Data::Text("6.3")),
            ("CurrentMajorVersionNumber", Data::Number(version::MAJOR)),
            ("CurrentMinorVersionNumber", Data::Number(version::MINOR)),
            ("CurrentBuild", Data::Text("19045")),
            ("CurrentBuildNumber", Data::Text("19045")),
            ("DisplayVersion", Data::Text("22H2")),
            ("ReleaseId", Data::Text("2009")),
            ("SystemRoot", Data::Text(r"C:\Windows")),
        ],
    ),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion",
        &[
            ("ProgramFilesDir", Data::Text(r"C:\Program Files")),
            ("CommonFilesDir", Data::Text(r"C:\Program Files\Common Files")),
        ],
    ),
    (r"SOFTWARE\Classes", &[]),
    (
        r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment",
        &[
            ("ComSpec", Data::Expanded(r"%SystemRoot%\system32\cmd.exe")),
            ("OS", Data::Text("Windows_NT")),
            ("PROCESSOR_ARCHITECTURE", Data::Text("AMD64")),
        ],
    ),
    (
        r"SYSTEM\CurrentControlSet\Control\Nls\CodePage",
        &[("ACP", Data::Text("65001")), ("OEMCP", Data::Text("65001"))],
    ),
    (r"SYSTEM\CurrentControlSet\Control\FileSystem", &[("LongPathsEnabled", Data::Number(1))]),
    (r"SYSTEM\CurrentControlSet\Services", &[]),
    ("HARDWARE", &[]),
    ("SAM", &[]),
    ("SECURITY", &[]),
];

/// Keys that every user has from the start.
const USER: &[&str] = &[r"SOFTWARE\Classes", "Environment", "Console", "Control Panel"];

fn make(database: &Connection, root: KeyRow, path: &str) -> Result<KeyRow, NtStatus> {
    path.split('\\').try_fold(root, |key, name| {
        let name = wide::from_str(name);
        match super::store::find_or_none(database, key, &name)? {
            Some(found) => Ok(found),
            None => insert(database, key, &name, &[], None),
        }
    })
}

fn text(text: &str) -> Vec<u8> {
    wide::to_le_bytes(&wide::from_str_z(text))
}

/// Fills a registry that holds nothing but its roots.
///
/// # Errors
/// Those of writing.
pub fn fill(database: &Connection) -> Result<(), NtStatus> {
    for (path, values) in MACHINE {
        let key = make(database, KeyRow::MACHINE, path)?;
        for (name, data) in *values {
            let (kind, data) = match data {
                Data::Text(value) => (SZ, text(value)),
                Data::Expanded(value) => (EXPAND_SZ, text(value)),
                Data::Number(number) => (DWORD, number.to_le_bytes().to_vec()),
            };
            set(database, key, &wide::from_str(name), kind, &data)?;
        }
    }
    let user = user_key(haft_host::rustix::process::getuid().as_raw());
    for root in [".DEFAULT", &user] {
        for path in USER {
            make(database, KeyRow::USERS, &format!(r"{root}\{path}"))?;
        }
    }
    Ok(())
}
