//! How many processors the process may keep busy: as many as it may run on, and no more than its
//! control groups give it time for. What `std::thread::available_parallelism` answers, by a third of
//! its calls: every program that is started asks.

use rustix::fs::{CWD, Mode, OFlags, openat};
use std::path::{Path, PathBuf};

/// Where control groups are.
const GROUPS: &str = "/sys/fs/cgroup";

/// The number, at least one.
#[must_use]
pub fn available() -> usize {
    match may_run_on() {
        1 => 1,
        more => quota().map_or(more, |quota| quota.clamp(1, more)),
    }
}

/// How many processors the calling thread may run on, at least one.
#[must_use]
pub fn may_run_on() -> usize {
    rustix::thread::sched_getaffinity(None).map_or(1, |set| (set.count() as usize).max(1))
}

/// The whole processors that the control groups give time for; `None` for no limit.
fn quota() -> Option<usize> {
    let groups = read(Path::new("/proc/self/cgroup"))?;
    let groups = core::str::from_utf8(&groups).ok()?;
    let mut unified = None;
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, group) = (fields.next()?, fields.next()?.trim_start_matches('/'));
        if controllers.split(',').any(|name| name == "cpu") {
            return divided_quota(Path::new(GROUPS).join("cpu").join(group));
        }
        if controllers.is_empty() {
            unified = Some(group);
        }
    }
    unified_quota(Path::new(GROUPS).join(unified?))
}

/// The least quota of a group and those around it (Linux: "Control Group v2", cpu.max).
fn unified_quota(mut group: PathBuf) -> Option<usize> {
    let mut least = None;
    while group.starts_with(GROUPS) {
        if let Some(quota) = read(&group.join("cpu.max")).and_then(|text| both(&text)) {
            least = Some(least.map_or(quota, |least: usize| least.min(quota)));
        }
        group.pop();
    }
    least
}

/// A quota and the period that it is for, `max 100000` for none.
fn both(text: &[u8]) -> Option<usize> {
    let text = core::str::from_utf8(text).ok()?;
    let (quota, period) = text.trim_end().split_once(' ')?;
    quota.parse::<usize>().ok()?.checked_div(period.parse().ok()?)
}

/// The quota of a group of the older kind, which is inherited by those within it, or else by where
/// a container has it (Linux: "CFS Bandwidth Control").
fn divided_quota(group: PathBuf) -> Option<usize> {
    let number = |group: &Path, name: &str| {
        let text = read(&group.join(name))?;
        core::str::from_utf8(&text).ok()?.trim_end().parse::<i64>().ok()
    };
    let top = Path::new(GROUPS).join("cpu");
    let group = if group == top || group.is_dir() { group } else { top };
    // -1 is no limit.
    let quota = usize::try_from(number(&group, "cpu.cfs_quota_us")?).ok()?;
    quota.checked_div(usize::try_from(number(&group, "cpu.cfs_period_us")?).ok()?)
}

/// The beginning of a file, as much as these files have.
fn read(path: &Path) -> Option<Vec<u8>> {
    let file = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut buffer = vec![0; 4096];
    let length = rustix::io::read(&file, &mut buffer).ok()?;
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_standard_library_says() {
        assert_eq!(available(), std::thread::available_parallelism().unwrap().get());
    }

    #[test]
    fn quotas_are_read() {
        assert_eq!(both(b"max 100000\n"), None);
        assert_eq!(both(b"250000 100000\n"), Some(2));
        assert_eq!(both(b"50000 100000\n"), Some(0));
        assert_eq!(both(b"50000 0\n"), None);
        assert_eq!(both(b"nonsense"), None);
    }
}
