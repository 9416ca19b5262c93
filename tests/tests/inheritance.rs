//! Which handles a child holds: in the haft table, and in `/proc/PID/fd`.

use haft_tests::{Run, fixture, fixtures};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;

fixtures! { handle_list, inherit, inherit_event, inherit_meddled, }

/// The two-thread race, 1,000 rounds, as the children see it.
#[test]
fn race() {
    let outcome = Run::new(fixture("race.exe")).arg("1000").outcome();
    outcome.expect_code(0).expect_quiet();
    assert!(outcome.out().starts_with("1000 rounds\nok: "), "{}", outcome.out());
}

/// What a descriptor of a process refers to: device and inode of an open file, whatever its name.
fn descriptors(pid: &str) -> BTreeSet<(u64, u64)> {
    let folder = format!("/proc/{pid}/fd");
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("cannot read {folder}: {e}"));
    entries
        .map(|entry| entry.expect("a directory entry").path())
        .filter_map(|path| std::fs::metadata(path).ok())
        .map(|data| (data.dev(), data.ino()))
        .collect()
}

/// How many descriptors of a process refer to memory files (sections, and haft's own).
fn memory_files(pid: &str) -> BTreeSet<(u64, u64)> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the child is alive");
    entries
        .map(|entry| entry.expect("a directory entry").path())
        .filter(|path| {
            std::fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:"))
        })
        .filter_map(|path| std::fs::metadata(path).ok())
        .map(|data| (data.dev(), data.ino()))
        .collect()
}

/// The same race from outside, 1,000 rounds: with a list each child's Linux descriptor table has one section
/// that the other has not; with plain inheritance both have the same two more.
#[test]
fn race_descriptors() {
    let mut run = Run::new(fixture("race.exe")).args(["1000", "watched"]);
    let mut child = run.start();
    let mut input = child.stdin.take().expect("stdin is a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    let mut rounds = 0;
    let mut rest = String::new();
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).expect("its output can be read") == 0 {
            break;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["round", _, kind, first, second] = words[..] else {
            rest += &line;
            continue;
        };
        // A Windows PID is the Linux PID.
        let (in_first, in_second) = (memory_files(first), memory_files(second));
        let both = in_first.intersection(&in_second).count();
        // What each has alone may be its own process block; the sections are what a child has
        // of its parent's.
        let parents = memory_files(&child.id().to_string());
        let only_first =
            in_first.difference(&in_second).filter(|file| !parents.contains(file)).count();
        let only_second =
            in_second.difference(&in_first).filter(|file| !parents.contains(file)).count();
        assert_eq!(only_first, only_second, "the children hold as many files of their own: {line}");
        let alone_first = in_first.difference(&in_second).count() - only_first;
        let alone_second = in_second.difference(&in_first).count() - only_second;
        // The threads have closed theirs by now, so that the sections are no longer the
        // parent's: they count as a child's own or as shared by both.
        rest += &format!("{kind} {both} {only_first} {alone_first} {alone_second}\n");
        rounds += 1;
        // The pipes that were not given to the children are not in them.
        let all = descriptors(first);
        assert!(all.len() < 40, "a child with {} descriptors: {line}", all.len());
        writeln!(input, "go").expect("it reads");
    }
    let mut errors = String::new();
    child.stderr.take().expect("stderr is a pipe").read_to_string(&mut errors).expect("text");
    let status = child.wait().expect("it can be waited for");
    assert!(status.success() && rounds == 1000, "{status}, {rounds} rounds\n{rest}{errors}");
    // Every round of a kind looks the same, and the kinds differ by exactly the two sections:
    // shared by both with plain inheritance, one in each with a list.
    let seen = |kind: &str| -> BTreeSet<Vec<usize>> {
        rest.lines()
            .filter_map(|line| line.strip_prefix(kind))
            .map(|line| line.split_whitespace().map(|n| n.parse().expect("a number")).collect())
            .collect()
    };
    let (plain, list) = (seen("plain "), seen("list "));
    assert_eq!((plain.len(), list.len()), (1, 1), "rounds differ: plain {plain:?}, list {list:?}");
    let (plain, list) = (plain.first().expect("one"), list.first().expect("one"));
    assert_eq!(plain[0], list[0] + 2, "sections in both children: plain {plain:?}, list {list:?}");
    assert_eq!(list[1], plain[1] + 1, "sections in one child: plain {plain:?}, list {list:?}");
}
