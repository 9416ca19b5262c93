//! Names of objects (Microsoft: "Object Names", "Kernel object namespaces").

use haft_abi::NtStatus;
use serde::{Deserialize, Serialize};

/// The most characters that a name has, without its null (`MAX_PATH` with it).
pub const MAX_NAME: usize = 259;

/// The name of a named object, in the session's namespace. Upper and lower case differ.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ObjectName {
    global: bool,
    rest: String,
}

impl ObjectName {
    /// The name that Win32 writes so: after `Global\`, for all sessions of the user; after
    /// `Local\` or nothing, for this one. haft keeps both in its one session, apart.
    ///
    /// # Errors
    /// `OBJECT_NAME_INVALID` for an empty one, `NAME_TOO_LONG`, `OBJECT_PATH_NOT_FOUND` for
    /// a backslash anywhere else: there are no other directories.
    pub fn parse(name: &str) -> Result<Self, NtStatus> {
        if name.encode_utf16().count() > MAX_NAME {
            return Err(NtStatus::NAME_TOO_LONG);
        }
        let (global, rest) = match (name.strip_prefix("Global\\"), name.strip_prefix("Local\\")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => (false, name),
        };
        let name = Self { global, rest: rest.to_owned() };
        name.check().map(|()| name)
    }

    /// Whether it is a name, for one that came over the wire.
    ///
    /// # Errors
    /// As for [`ObjectName::parse`].
    pub fn check(&self) -> Result<(), NtStatus> {
        if self.rest.is_empty() {
            Err(NtStatus::OBJECT_NAME_INVALID)
        } else if self.rest.contains('\\') {
            Err(NtStatus::OBJECT_PATH_NOT_FOUND)
        } else if self.rest.encode_utf16().count() > MAX_NAME {
            Err(NtStatus::NAME_TOO_LONG)
        } else {
            Ok(())
        }
    }
}

impl core::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}\\{}", if self.global { "Global" } else { "Local" }, self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_is_what_has_no_prefix() {
        let name = |n| ObjectName::parse(n).unwrap();
        assert_eq!(name("Local\\x"), name("x"));
        assert_ne!(name("Global\\x"), name("x"));
        assert_ne!(name("X"), name("x"));
        assert_eq!(name("Global\\x").to_string(), "Global\\x");
        assert_eq!(name("x").to_string(), "Local\\x");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (name, status) in [
            ("", NtStatus::OBJECT_NAME_INVALID),
            ("Global\\", NtStatus::OBJECT_NAME_INVALID),
            ("a\\b", NtStatus::OBJECT_PATH_NOT_FOUND),
            ("Global\\a\\b", NtStatus::OBJECT_PATH_NOT_FOUND),
            (&"x".repeat(260), NtStatus::NAME_TOO_LONG),
        ] {
            assert_eq!(ObjectName::parse(name), Err(status), "{name}");
        }
        assert!(ObjectName::parse(&"x".repeat(259)).is_ok());
    }
}
