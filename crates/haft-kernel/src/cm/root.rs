//! Where keys begin: predefined keys (Microsoft: "Predefined Keys"), the paths of the kernel, and
//! the view of 32-bit programs (Microsoft: "Accessing an Alternate Registry View").

use super::OpenKey;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_wire::registry::{KeyPlace, user_key};

/// A key as Win32 names it: a handle, or one of the predefined keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHandle(pub Handle);

/// The predefined keys; a handle's value as a program passes it, sign-extended or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predefined {
    ClassesRoot,
    CurrentUser,
    LocalMachine,
    Users,
    CurrentConfig,
}

impl Predefined {
    fn of(key: KeyHandle) -> Option<Self> {
        let value = key.0.0 as u64;
        // HKEY_LOCAL_MACHINE is (HKEY)(ULONG_PTR)(LONG)0x80000002.
        if value >> 32 != 0 && value >> 32 != 0xFFFF_FFFF {
            return None;
        }
        Some(match value as u32 {
            0x8000_0000 => Self::ClassesRoot,
            0x8000_0001 => Self::CurrentUser,
            0x8000_0002 => Self::LocalMachine,
            0x8000_0003 => Self::Users,
            0x8000_0005 => Self::CurrentConfig,
            _ => return None,
        })
    }

    /// The place and the path below it.
    fn begins(self) -> (KeyPlace, String) {
        match self {
            Self::ClassesRoot => (KeyPlace::Machine, r"SOFTWARE\Classes".to_owned()),
            Self::CurrentUser => (KeyPlace::Users, user()),
            Self::LocalMachine => (KeyPlace::Machine, String::new()),
            Self::Users => (KeyPlace::Users, String::new()),
            Self::CurrentConfig => (
                KeyPlace::Machine,
                r"SYSTEM\CurrentControlSet\Hardware Profiles\Current".to_owned(),
            ),
        }
    }
}

fn user() -> String {
    user_key(haft_host::rustix::process::getuid().as_raw())
}

/// Whether a handle is one of the predefined keys, which is no handle of the table.
#[must_use]
pub fn is_predefined(key: KeyHandle) -> bool {
    Predefined::of(key).is_some()
}

/// `KEY_WOW64_32KEY`: the view of 32-bit programs.
const VIEW_32: AccessMask = AccessMask(0x200);
/// `KEY_WOW64_64KEY`.
const VIEW_64: AccessMask = AccessMask(0x100);

/// Where a path begins, kept open while it is used.
pub(super) struct Start {
    pub place: KeyPlace,
    /// The whole path from there.
    pub path: Vec<u16>,
    _key: Option<OpenKey>,
}

fn joined(first: &str, rest: &[u16]) -> Vec<u16> {
    let mut path: Vec<u16> = first.encode_utf16().collect();
    if !path.is_empty() && !rest.is_empty() {
        path.push(u16::from(b'\\'));
    }
    path.extend_from_slice(rest);
    path
}

/// The path in the view of 32-bit programs, where that has another.
fn in_view_32(path: Vec<u16>) -> Vec<u16> {
    const SOFTWARE: &str = "SOFTWARE";
    let first = path.split(|&unit| unit == u16::from(b'\\')).next().unwrap_or_default();
    let is_software = String::from_utf16_lossy(first).eq_ignore_ascii_case(SOFTWARE);
    let rest = path.get(first.len() + 1..).unwrap_or_default();
    let second = rest.split(|&unit| unit == u16::from(b'\\')).next().unwrap_or_default();
    let second = String::from_utf16_lossy(second).to_ascii_lowercase();
    // Classes are one for both, and who names the other view's key means it.
    if !is_software || second == "wow6432node" || second == "classes" {
        return path;
    }
    joined(r"SOFTWARE\Wow6432Node", rest)
}

/// Where a key may be, the strongest last; the first one is where it is made.
pub(super) fn starts(
    key: KeyHandle,
    path: &[u16],
    access: AccessMask,
) -> Result<Vec<Start>, NtStatus> {
    if access.contains(VIEW_32.with(VIEW_64)) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let Some(predefined) = Predefined::of(key) else {
        let open = OpenKey::by_handle(key.0, AccessMask::NONE)?;
        let place = KeyPlace::Key(open.id);
        return Ok(vec![Start { place, path: path.to_vec(), _key: Some(open) }]);
    };
    let start = |(place, first): (KeyPlace, String)| {
        let path = joined(&first, path);
        let path = match place {
            KeyPlace::Machine if access.any(VIEW_32) => in_view_32(path),
            _ => path,
        };
        Start { place, path, _key: None }
    };
    let mut all = vec![start(predefined.begins())];
    if predefined == Predefined::ClassesRoot {
        let own = (KeyPlace::Users, format!(r"{}\SOFTWARE\Classes", user()));
        all.push(start(own));
    }
    Ok(all)
}

/// Where a path of the kernel's begins (`\Registry\Machine\...`), and the path from there.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` for a place that the registry does not have, `OBJECT_PATH_SYNTAX_BAD`
/// for a path that is none of the registry's.
pub fn system_path(path: &[u16]) -> Result<(KeyHandle, Vec<u16>), NtStatus> {
    let mut parts = path.splitn(4, |&unit| unit == u16::from(b'\\'));
    let mut part = || parts.next().map(String::from_utf16_lossy).unwrap_or_default();
    let (before, registry, root) = (part(), part(), part());
    if !before.is_empty() || !registry.eq_ignore_ascii_case("registry") {
        return Err(NtStatus::OBJECT_PATH_SYNTAX_BAD);
    }
    let key = match root.to_ascii_lowercase().as_str() {
        "machine" => 0x8000_0002,
        "user" => 0x8000_0003,
        _ => return Err(NtStatus::OBJECT_NAME_NOT_FOUND),
    };
    Ok((KeyHandle(Handle(key)), parts.next().unwrap_or_default().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn a_predefined_key_is_known_sign_extended_or_not() {
        for value in [0x8000_0002, 0xFFFF_FFFF_8000_0002] {
            assert!(is_predefined(KeyHandle(Handle(value))));
        }
        for value in [0x8000_0004, 0x1_8000_0002, 4] {
            assert!(!is_predefined(KeyHandle(Handle(value))));
        }
    }

    #[test]
    fn the_view_of_32_bit_programs_has_software_of_its_own() {
        let view = |path: &str| String::from_utf16(&in_view_32(wide(path))).unwrap();
        assert_eq!(view(r"Software\Some"), r"SOFTWARE\Wow6432Node\Some");
        assert_eq!(view("software"), r"SOFTWARE\Wow6432Node");
        assert_eq!(view(r"Software\Classes\x"), r"Software\Classes\x");
        assert_eq!(view(r"Software\WOW6432Node\x"), r"Software\WOW6432Node\x");
        assert_eq!(view(r"System\x"), r"System\x");
    }

    #[test]
    fn the_kernels_paths_begin_at_registry() {
        let (key, path) = system_path(&wide(r"\Registry\Machine\Software\x")).unwrap();
        assert_eq!((key.0.0, path), (0x8000_0002, wide(r"Software\x")));
        assert_eq!(system_path(&wide(r"\REGISTRY\USER")).unwrap().1, []);
        assert_eq!(system_path(&wide(r"\Registry\A")), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
        assert_eq!(system_path(&wide(r"Software")), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD));
    }
}
