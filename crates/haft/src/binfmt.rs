//! `haft binfmt`: having the Linux kernel run Windows programs by haft (Linux: "Kernel Support for
//! miscellaneous Binary Formats").

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where Linux keeps its formats.
pub const FORMATS: &str = "/proc/sys/fs/binfmt_misc";
/// The name of haft's.
const NAME: &str = "haft";

/// What is to be done about the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Programs that begin with `MZ` are haft's from now on, until the machine starts again.
    Install,
    /// They are nobody's.
    Remove,
    /// Whose they are.
    Status,
}

impl Action {
    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "install" => Some(Self::Install),
            "remove" => Some(Self::Remove),
            "status" => Some(Self::Status),
            _ => None,
        }
    }
}

/// Does it, and says what is so now.
///
/// # Errors
/// A sentence that says what cannot be done, and the remedy.
pub fn run(action: Action, formats: &Path) -> Result<String, String> {
    let own = formats.join(NAME);
    let register = formats.join("register");
    if !register.exists() {
        return Err(format!(
            "{} is not there; as root: mount -t binfmt_misc binfmt_misc {}",
            register.display(),
            formats.display()
        ));
    }
    match action {
        Action::Install => {
            let binary = binary()?;
            if own.exists() {
                write(&own, "-1")?;
            }
            // F: haft is opened now, so that it is found in every container and empty root.
            write(&register, &format!(":{NAME}:M::MZ::{}:F", binary.display()))?;
            Ok(format!("Windows programs are run by {} from now on", binary.display()))
        }
        Action::Remove if own.exists() => {
            write(&own, "-1")?;
            Ok("Windows programs are not run by haft any more".to_owned())
        }
        Action::Remove => Err("haft is not installed there; nothing was removed".to_owned()),
        Action::Status => {
            let text = fs::read_to_string(&own).unwrap_or_default();
            Ok(match interpreter(&text) {
                Some((by, true)) => format!("Windows programs are run by {by}"),
                Some((by, false)) => format!("{by} is installed, but switched off"),
                None => "haft is not installed; as root: haft binfmt install".to_owned(),
            })
        }
    }
}

/// Where haft is, as a path that the kernel takes.
fn binary() -> Result<PathBuf, String> {
    let path = std::env::current_exe().map_err(|e| format!("haft does not find itself: {e}"))?;
    // Linux takes 127 bytes, and a colon ends the path.
    let odd = path.to_str().is_none_or(|text| text.contains(':') || text.len() > 127);
    if odd {
        return Err(format!("{} is no path for binfmt_misc; move haft", path.display()));
    }
    Ok(path)
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{} may be written by root alone; run this as root", file.display())
        }
        _ => format!("{}: {error}", file.display()),
    })
}

/// Who runs the format, and whether it is on, as Linux tells it.
fn interpreter(text: &str) -> Option<(&str, bool)> {
    let by = text.lines().find_map(|line| line.strip_prefix("interpreter "))?;
    Some((by, text.lines().next() == Some("enabled")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that takes what is written, as Linux's does.
    fn formats() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("register"), "").unwrap();
        folder
    }

    #[test]
    fn what_is_registered_is_this_binary() {
        let folder = formats();
        let said = run(Action::Install, folder.path()).unwrap();
        let own = std::env::current_exe().unwrap();
        assert!(said.contains(own.to_str().unwrap()), "{said}");
        let written = fs::read_to_string(folder.path().join("register")).unwrap();
        assert_eq!(written, format!(":haft:M::MZ::{}:F", own.display()));
    }

    #[test]
    fn one_that_is_there_is_replaced_or_removed() {
        let folder = formats();
        let own = folder.path().join(NAME);
        assert!(run(Action::Remove, folder.path()).unwrap_err().contains("nothing"));
        let text = "enabled\ninterpreter /usr/bin/haft\nflags: F\noffset 0\nmagic 4d5a\n";
        fs::write(&own, text).unwrap();
        assert!(run(Action::Status, folder.path()).unwrap().ends_with("run by /usr/bin/haft"));
        fs::write(&own, text.replace("enabled", "disabled")).unwrap();
        assert!(run(Action::Status, folder.path()).unwrap().contains("switched off"));
        run(Action::Install, folder.path()).unwrap();
        assert_eq!(fs::read_to_string(&own).unwrap(), "-1");
        fs::write(&own, text).unwrap();
        run(Action::Remove, folder.path()).unwrap();
        assert_eq!(fs::read_to_string(&own).unwrap(), "-1");
    }

    #[test]
    fn where_there_are_no_formats_the_remedy_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = run(Action::Install, folder.path()).unwrap_err();
        assert!(error.contains("mount -t binfmt_misc"), "{error}");
    }
}
