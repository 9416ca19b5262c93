//! Names of objects (Microsoft: "Object Names", "Kernel object namespaces").

use haft_abi::NtStatus;
use haft_object::SharedId;
use serde::{Deserialize, Serialize};

/// The most characters that a name of Win32's has, without its null (`MAX_PATH` with it).
pub const MAX_NAME: usize = 259;

/// The most UTF-16 units of a path in the namespace; Windows takes 32,767.
pub const MAX_PATH: usize = 4096;

/// The directory of the session's own objects, where names of Win32's are looked for.
pub const SESSION_OBJECTS: &str = r"\Sessions\1\BaseNamedObjects";

/// The directory of the objects of all sessions.
pub const GLOBAL_OBJECTS: &str = r"\BaseNamedObjects";

/// The name of a named object: a path in the session's namespace.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ObjectName {
    /// The directory that it begins in, if that is not the root.
    root: Option<SharedId>,
    path: String,
    /// Whether upper and lower case are the same (`OBJ_CASE_INSENSITIVE`).
    ignores_case: bool,
}

impl ObjectName {
    /// The name that Win32 writes so. It is in the session's directory, where the links `Global`
    /// and `Local` lead to the directory of all sessions and back. Upper and lower case differ.
    ///
    /// # Errors
    /// `OBJECT_NAME_INVALID` for an empty one, `NAME_TOO_LONG`.
    pub fn parse(name: &str) -> Result<Self, NtStatus> {
        if name.encode_utf16().count() > MAX_NAME {
            return Err(NtStatus::NAME_TOO_LONG);
        }
        // Another backslash there would begin at the root.
        if name.is_empty() || name.starts_with('\\') {
            return Err(NtStatus::OBJECT_NAME_INVALID);
        }
        Ok(Self { root: None, path: format!("{SESSION_OBJECTS}\\{name}"), ignores_case: false })
    }

    /// The name that NT services write so: from the root, or from a directory of the asker's.
    ///
    /// # Errors
    /// `OBJECT_PATH_SYNTAX_BAD` for a path that has a backslash first and a directory, or neither;
    /// `OBJECT_NAME_INVALID` for one that is too long.
    pub fn at(root: Option<SharedId>, path: String, ignores_case: bool) -> Result<Self, NtStatus> {
        let name = Self { root, path, ignores_case };
        name.check().map(|()| name)
    }

    /// Whether it is a name, for one that came over the wire.
    ///
    /// # Errors
    /// As for [`ObjectName::at`].
    pub fn check(&self) -> Result<(), NtStatus> {
        if self.path.is_empty() || self.path.starts_with('\\') == self.root.is_some() {
            Err(NtStatus::OBJECT_PATH_SYNTAX_BAD)
        } else if self.path.encode_utf16().count() > MAX_PATH {
            Err(NtStatus::OBJECT_NAME_INVALID)
        } else {
            Ok(())
        }
    }

    /// The directory that it begins in, if that is not the root.
    #[must_use]
    pub const fn root(&self) -> Option<SharedId> {
        self.root
    }

    /// The path from there.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether upper and lower case are the same.
    #[must_use]
    pub const fn ignores_case(&self) -> bool {
        self.ignores_case
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_win32_is_in_the_sessions_directory() {
        let name = ObjectName::parse("Global\\x").unwrap();
        assert_eq!(name.path(), r"\Sessions\1\BaseNamedObjects\Global\x");
        assert!(!name.ignores_case() && name.root().is_none());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (name, status) in [
            ("", NtStatus::OBJECT_NAME_INVALID),
            ("\\x", NtStatus::OBJECT_NAME_INVALID),
            (&"x".repeat(260), NtStatus::NAME_TOO_LONG),
        ] {
            assert_eq!(ObjectName::parse(name), Err(status), "{name}");
        }
        assert!(ObjectName::parse(&"x".repeat(259)).is_ok());
        let at = |root, path: &str| ObjectName::at(root, path.to_owned(), false).map(drop);
        let directory = Some(SharedId(1));
        assert_eq!(at(None, "\\x"), Ok(()));
        assert_eq!(at(directory, "x"), Ok(()));
        assert_eq!(at(None, "x"), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD));
        assert_eq!(at(directory, "\\x"), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD));
        assert_eq!(at(None, ""), Err(NtStatus::OBJECT_PATH_SYNTAX_BAD));
        let long = format!("\\{}", "x".repeat(MAX_PATH));
        assert_eq!(at(None, &long), Err(NtStatus::OBJECT_NAME_INVALID));
    }
}
