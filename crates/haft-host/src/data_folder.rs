//! Where haft keeps what is the user's.

use std::path::{Path, PathBuf};

/// `$XDG_DATA_HOME/haft`, or `$HOME/.local/share/haft`; `None` for a user without a home. It need
/// not be there.
#[must_use]
pub fn path() -> Option<PathBuf> {
    let base = match std::env::var_os("XDG_DATA_HOME") {
        Some(folder) if Path::new(&folder).is_absolute() => PathBuf::from(folder),
        _ => PathBuf::from(std::env::var_os("HOME")?).join(".local/share"),
    };
    Some(base.join("haft"))
}
