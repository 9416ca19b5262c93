//! Which file a path leads to, and whether it is as it was.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long ago a file must have changed for its times to tell of the next change: longer than a
/// tick of any file system's clock.
const SETTLED: Duration = Duration::from_secs(3);

/// A file, and the state that it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    file: [u64; 2],
    size: u64,
    /// Also what changes with it: contents, owner, permissions and names.
    changed: [i64; 4],
}

impl FileState {
    /// That of a file that its metadata tell of. `None` for one that changed just now: it may change
    /// again without showing it.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Option<Self> {
        let changed =
            [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
        let latest = u64::try_from(changed[0].max(changed[2])).ok()?;
        let age =
            SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(latest)).ok()?;
        (age > SETTLED).then_some(Self {
            file: [metadata.dev(), metadata.ino()],
            size: metadata.len(),
            changed,
        })
    }

    /// That of the file that a path leads to.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        Self::of(&std::fs::metadata(path).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_just_now_is_not_relied_on() {
        let path = std::env::temp_dir().join(format!("haft-file-state-{}", std::process::id()));
        std::fs::write(&path, "one").unwrap();
        assert_eq!(FileState::at(&path), None);
        std::fs::remove_file(&path).unwrap();
        // Nobody writes the running program.
        let own = std::env::current_exe().unwrap();
        let old = std::fs::metadata(&own).unwrap().modified().unwrap().elapsed().unwrap();
        assert_eq!(FileState::at(&own).is_some(), FileState::at(&own).is_some());
        assert!(FileState::at(&own).is_some() || old <= SETTLED + Duration::from_secs(2));
        assert_eq!(FileState::at(Path::new("/nowhere/at/all")), None);
    }
}
