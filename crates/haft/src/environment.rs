//! The environment of a program that is started from Linux: what Linux has, with the variables
//! that Windows programs expect beside it.

use haft_abi::wide;
use haft_kernel::io::path;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The Windows environment for this process's own, sorted as Windows sorts it.
#[must_use]
pub fn from_linux() -> Vec<Vec<u16>> {
    let linux: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let get = |name: &str| linux.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_os_str());
    let mut variables: Vec<Variable> = Vec::with_capacity(linux.len() + 24);
    for (name, value) in &linux {
        let value = if name == "PATH" { path_list(value) } else { units(value) };
        variables.push(Variable::new(units(name), &value));
    }
    let home = dos(get("HOME").unwrap_or(OsStr::new("/")));
    let temporary = dos(get("TMPDIR").unwrap_or(OsStr::new("/tmp")));
    let user = get("USER").or(get("LOGNAME")).map_or_else(|| wide::from_str("user"), units);
    let machine = haft_host::rustix::system::uname().nodename().to_string_lossy().to_uppercase();
    let processors = haft_kernel::ex::processor::count();
    let local = [home.clone(), wide::from_str(r"\AppData\Local")].concat();
    let roaming = [home.clone(), wide::from_str(r"\AppData\Roaming")].concat();
    let defaults = [
        ("APPDATA", roaming),
        ("COMPUTERNAME", wide::from_str(&machine)),
        ("ComSpec", wide::from_str(r"C:\Windows\System32\cmd.exe")),
        ("HOMEDRIVE", home[..2].to_vec()),
        ("HOMEPATH", home[2..].to_vec()),
        ("LOCALAPPDATA", local),
        ("NUMBER_OF_PROCESSORS", wide::from_str(&processors.to_string())),
        ("OS", wide::from_str("Windows_NT")),
        ("PATHEXT", wide::from_str(".COM;.EXE;.BAT;.CMD")),
        ("PROCESSOR_ARCHITECTURE", wide::from_str("AMD64")),
        ("ProgramData", wide::from_str(r"C:\ProgramData")),
        ("ProgramFiles", wide::from_str(r"C:\Program Files")),
        ("SystemDrive", wide::from_str("C:")),
        ("SystemRoot", wide::from_str(r"C:\Windows")),
        ("TEMP", temporary.clone()),
        ("TMP", temporary),
        ("USERDOMAIN", wide::from_str(&machine)),
        ("USERNAME", user),
        ("USERPROFILE", home),
        ("windir", wide::from_str(r"C:\Windows")),
    ];
    for (name, value) in defaults {
        let variable = Variable::new(wide::from_str(name), &value);
        if !variables.iter().any(|known| known.folded == variable.folded) {
            variables.push(variable);
        }
    }
    variables.sort_by(|a, b| a.folded.cmp(&b.folded));
    variables.into_iter().map(|variable| variable.text).collect()
}

/// A variable on its way into the environment.
struct Variable {
    /// What Windows sorts it by: its name in upper case.
    folded: String,
    /// `name=value`.
    text: Vec<u16>,
}

impl Variable {
    fn new(mut name: Vec<u16>, value: &[u16]) -> Self {
        let folded = wide::to_string(&name).to_uppercase();
        name.reserve_exact(value.len() + 1);
        name.push(u16::from(b'='));
        name.extend_from_slice(value);
        Self { folded, text: name }
    }
}

fn units(text: &OsStr) -> Vec<u16> {
    wide::from_bytes(text.as_bytes())
}

fn dos(linux: &OsStr) -> Vec<u16> {
    let path = Path::new(linux);
    if path.is_absolute() { path::from_linux(path) } else { units(linux) }
}

/// `/usr/bin:/bin` as `Z:\usr\bin;Z:\bin`; a list that holds `;` or drives already stays as it is.
fn path_list(list: &OsStr) -> Vec<u16> {
    let bytes = list.as_bytes();
    if bytes.contains(&b';') || bytes.get(1) == Some(&b':') && bytes.get(2) == Some(&b'\\') {
        return units(list);
    }
    let folders: Vec<Vec<u16>> =
        std::env::split_paths(list).map(|folder| dos(folder.as_os_str())).collect();
    folders.join(&u16::from(b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linux_path_list_becomes_a_windows_one() {
        let list = path_list(OsStr::new("/usr/bin:/bin"));
        assert_eq!(wide::to_string(&list), r"Z:\usr\bin;Z:\bin");
        let list = path_list(OsStr::new(r"Z:\a;Z:\b"));
        assert_eq!(wide::to_string(&list), r"Z:\a;Z:\b");
    }
}
