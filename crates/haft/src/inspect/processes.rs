//! Which haft processes there are.

use haft_host::mem::{self, SharedWords};
use haft_object::block::BLOCK_SIZE;
use haft_object::{ProcessBlock, ProcessState};
use serde::Serialize;
use std::fs::{self, File};
use std::path::Path;

/// The name of the memory file that a process block is.
const BLOCK_NAME: &str = "/memfd:haft-process-block";

/// A process, as its block and Linux tell of it.
#[derive(Serialize)]
pub struct Process {
    /// Its identifier.
    pub pid: u32,
    /// That of the process that created it.
    pub parent: u32,
    /// `starting`, `running`, `stopped` or `ended`.
    pub state: &'static str,
    /// Its 32-bit exit code, once it has ended.
    pub exit_code: Option<u32>,
    /// How many handles are open.
    pub handles: u32,
    /// How many threads run in it, haft's own among them.
    pub threads: u64,
    /// The file name of its program.
    pub program: String,
    /// The Linux path of its program.
    pub image: String,
    #[serde(skip)]
    words: SharedWords,
}

impl Process {
    /// Its process block.
    pub fn block(&self) -> Option<ProcessBlock<'_>> {
        ProcessBlock::open(self.words.words()).ok()
    }
}

/// Every haft process that this user may look at, in the order of their identifiers.
pub fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<Process> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(look_at)
        .collect();
    let ended: Vec<Process> =
        found.iter().flat_map(|creator| ended_children(creator.pid)).collect();
    for child in ended {
        if found.iter().all(|known| known.pid != child.pid) {
            found.push(child);
        }
    }
    found.sort_by_key(|process| process.pid);
    found
}

/// The links of a process's descriptors that are process blocks.
fn blocks_of(pid: u32) -> impl Iterator<Item = std::path::PathBuf> {
    let all = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
    all.filter_map(|fd| Some(fd.ok()?.path()))
        .filter(|path| fs::read_link(path).is_ok_and(|to| to.starts_with_name(BLOCK_NAME)))
}

/// The children of a process that have ended, as far as it still has handles to them.
fn ended_children(creator: u32) -> Vec<Process> {
    let ended = |path: std::path::PathBuf| {
        let words = map(&path)?;
        let pid = ProcessBlock::open(words.words()).ok()?.pid().0;
        (pid != creator && has_ended(pid)).then(|| of_block(pid, words)).flatten()
    };
    blocks_of(creator).filter_map(ended).collect()
}

/// The process of this identifier, if it is one of haft's: it has its own block open.
fn look_at(pid: u32) -> Option<Process> {
    // A creator has its children's blocks open too.
    let own = blocks_of(pid).find_map(|path| {
        let words = map(&path)?;
        let is_own = ProcessBlock::open(words.words()).is_ok_and(|block| block.pid().0 == pid);
        is_own.then_some(words)
    })?;
    of_block(pid, own)
}

/// A process by its block.
fn of_block(pid: u32, own: SharedWords) -> Option<Process> {
    let block = ProcessBlock::open(own.words()).ok()?;
    let (stopped, threads) = linux_state(pid);
    let (state, exit_code) = match block.state() {
        ProcessState::Exited(code) => ("ended", Some(code)),
        _ if has_ended(pid) => ("ended", None),
        _ if stopped => ("stopped", None),
        ProcessState::Starting => ("starting", None),
        ProcessState::Running => ("running", None),
    };
    let image = String::from_utf8_lossy(&block.image_name()).into_owned();
    let program = image.rsplit('/').next().unwrap_or_default().to_owned();
    let (parent, handles) = (block.parent().0, block.handle_count());
    Some(Process { pid, parent, state, exit_code, handles, threads, program, image, words: own })
}

/// The block in a file, if it is one that cannot become shorter meanwhile.
fn map(file: &Path) -> Option<SharedWords> {
    let file = File::open(file).ok()?;
    if !mem::cannot_shrink(&file, BLOCK_SIZE as u64) {
        return None;
    }
    let words = SharedWords::map_to_read(&file, BLOCK_SIZE).ok()?;
    ProcessBlock::open(words.words()).is_ok_and(ProcessBlock::is_created).then_some(words)
}

/// Whether a process is gone, or only waits for its end to be asked for.
fn has_ended(pid: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    text.rsplit_once(')')
        .is_none_or(|(_, rest)| matches!(rest.trim_start().get(..1), Some("Z" | "X")))
}

/// Whether Linux has stopped a process, and how many threads it has.
fn linux_state(pid: u32) -> (bool, u64) {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    parse_stat(&text).unwrap_or((false, 0))
}

fn parse_stat(text: &str) -> Option<(bool, u64)> {
    // The name, in parentheses, may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let stopped = matches!(fields.next()?, "T" | "t");
    Some((stopped, fields.nth(16)?.parse().ok()?))
}

/// Whether a link leads to something of this name; Linux writes ` (deleted)` behind it.
trait StartsWithName {
    fn starts_with_name(&self, name: &str) -> bool;
}

impl StartsWithName for std::path::PathBuf {
    fn starts_with_name(&self, name: &str) -> bool {
        self.to_str().is_some_and(|text| text.strip_suffix(" (deleted)").unwrap_or(text) == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_process_with_an_odd_name() {
        let line = "7 (a) T (b)) T 1 7 7 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 3 0 100 0 0";
        assert_eq!(parse_stat(line), Some((true, 3)));
        assert_eq!(parse_stat(&line.replace(") T 1", ") S 1")), Some((false, 3)));
        assert_eq!(parse_stat("7 (a"), None);
        assert_eq!(parse_stat("7 (a) S 1"), None);
    }

    #[test]
    fn a_process_that_is_none_of_hafts_is_not_shown() {
        assert!(look_at(std::process::id()).is_none());
        assert!(look_at(u32::MAX).is_none());
    }
}
