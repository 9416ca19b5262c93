//! API sets: names that stand for the DLL with the implementation (Microsoft: "Windows API
//! sets"). The build script includes this file too.

/// The API sets whose host is not the rule's, and the sets of other DLLs than `kernelbase`: the
/// start of the name behind `api-ms-win-` or `ext-ms-win-`, and the host. The longest wins.
const HOSTS: &[(&str, &str)] = &[
    ("core-", "kernelbase.dll"),
    ("core-com-", "combase.dll"),
    ("core-registry-", "advapi32.dll"),
    ("core-rtlsupport-", "ntdll.dll"),
    ("core-version-", "version.dll"),
    ("core-winrt-", "combase.dll"),
    ("crt-", "ucrtbase.dll"),
    ("devices-config-", "cfgmgr32.dll"),
    ("downlevel-advapi32-", "advapi32.dll"),
    ("downlevel-kernel32-", "kernel32.dll"),
    ("downlevel-normaliz-", "normaliz.dll"),
    ("downlevel-ole32-", "ole32.dll"),
    ("downlevel-shell32-", "shell32.dll"),
    ("downlevel-shlwapi-", "shlwapi.dll"),
    ("downlevel-user32-", "user32.dll"),
    ("downlevel-version-", "version.dll"),
    ("eventing-", "advapi32.dll"),
    ("eventlog-", "advapi32.dll"),
    ("mm-", "winmm.dll"),
    ("ntuser-", "user32.dll"),
    ("oobe-", "kernel32.dll"),
    ("power-", "powrprof.dll"),
    ("rtcore-ntuser-", "user32.dll"),
    ("security-", "advapi32.dll"),
    ("service-", "advapi32.dll"),
    ("shcore-", "shcore.dll"),
    ("shell-", "shell32.dll"),
];

/// The DLL that hosts an API set, or that is the same under another name; `None` if the name (in
/// lower case, with `.dll` or without) is none, or not of one that haft knows.
#[must_use]
pub fn resolve(name: &str) -> Option<&'static str> {
    // Microsoft's pages list the smaller systems' DLL beside the whole one.
    if name.strip_suffix(".dll").unwrap_or(name) == "minkernelbase" {
        return Some("kernelbase.dll");
    }
    let set = ["api-ms-win-", "ext-ms-win-", "ext-ms-"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))?;
    HOSTS
        .iter()
        .filter(|(start, _)| set.starts_with(start))
        .max_by_key(|(start, _)| start.len())
        .map(|&(_, host)| host)
}
