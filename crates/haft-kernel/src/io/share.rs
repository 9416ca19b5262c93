//! Share modes, enforced between all haft processes without anybody who keeps the books.
//!
//! Each open file locks single bytes of the file, far behind any data, for what it does (reads,
//! writes, deletes) and for what it denies to others; it may go on if nobody holds the opposite
//! byte. The locks belong to the open file description, so they go with an inherited handle and
//! end with its last descriptor, whatever kills its processes.

use super::rights::{FILE_APPEND_DATA, FILE_EXECUTE, FILE_READ_DATA, FILE_WRITE_DATA};
use haft_abi::{AccessMask, NtStatus};
use haft_host::ofd_lock::{self, RangeLock};
use haft_host::rustix::fd::BorrowedFd;
use haft_host::rustix::io::Errno;
use std::time::Duration;

/// The first of the bytes.
const BASE: u64 = 1 << 62;

/// Which bytes, as bits. Their order makes common sets one range: {reads}, {reads, denies
/// deleting}, {writes, denies deleting}, all three, {denies writing, reads, denies deleting}.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bytes(u8);

impl Bytes {
    const DELETES: u8 = 1;
    const DENIES_WRITING: u8 = 1 << 1;
    const READS: u8 = 1 << 2;
    const DENIES_DELETING: u8 = 1 << 3;
    const WRITES: u8 = 1 << 4;
    const DENIES_READING: u8 = 1 << 5;
    const COUNT: u64 = 6;

    /// The ranges of adjacent bytes, from the first byte on: offset and length.
    fn ranges(self) -> impl Iterator<Item = (u64, u64)> {
        let mut rest = u32::from(self.0);
        let mut at = 0;
        core::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let skip = rest.trailing_zeros();
            let length = (rest >> skip).trailing_ones();
            let start = at + skip;
            rest = rest.checked_shr(skip + length).unwrap_or(0);
            at = start + length;
            Some((u64::from(start), u64::from(length)))
        })
    }
}

/// The byte that the holders of a file that is deleted on its last close have locked.
const DELETED_ON_CLOSE: u64 = haft_host::last_close::MARK;
const _: () = assert!(DELETED_ON_CLOSE == BASE + Bytes::COUNT);

/// `FILE_SHARE_*` flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareMode(pub u32);

impl ShareMode {
    /// Others may read.
    pub const READ: Self = Self(1);
    /// Others may write.
    pub const WRITE: Self = Self(2);
    /// Others may delete and rename.
    pub const DELETE: Self = Self(4);
    /// Others may do all.
    pub const ALL: Self = Self(7);

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What an open with this access and sharing holds, and what nobody else may hold then.
fn claim(access: AccessMask, share: ShareMode) -> (Bytes, Bytes) {
    let reads = access.any(FILE_READ_DATA | FILE_EXECUTE);
    let writes = access.any(FILE_WRITE_DATA | FILE_APPEND_DATA);
    let deletes = access.any(AccessMask::DELETE);
    if !(reads || writes || deletes) {
        return (Bytes(0), Bytes(0));
    }
    let mut held = 0;
    let mut refused = 0;
    let mut add = |condition: bool, mine: u8, opposite: u8| {
        if condition {
            held |= mine;
            refused |= opposite;
        }
    };
    add(reads, Bytes::READS, Bytes::DENIES_READING);
    add(writes, Bytes::WRITES, Bytes::DENIES_WRITING);
    add(deletes, Bytes::DELETES, Bytes::DENIES_DELETING);
    add(!share.has(ShareMode::READ), Bytes::DENIES_READING, Bytes::READS);
    add(!share.has(ShareMode::WRITE), Bytes::DENIES_WRITING, Bytes::WRITES);
    add(!share.has(ShareMode::DELETE), Bytes::DENIES_DELETING, Bytes::DELETES);
    (Bytes(held), Bytes(refused))
}

/// So often two opens that met try again.
const TRIES: u32 = 6;

/// Claims an open file's access and sharing, which hold until its last descriptor is closed.
///
/// # Errors
/// `SHARING_VIOLATION` when somebody else's claim excludes this one.
pub fn acquire(
    fd: BorrowedFd<'_>,
    access: AccessMask,
    share: ShareMode,
    delete_on_close: bool,
) -> Result<(), NtStatus> {
    let (held, refused) = claim(access, share);
    if held.0 == 0 {
        return Ok(());
    }
    let delete_on_close = delete_on_close.then_some((DELETED_ON_CLOSE - BASE, 1));
    for round in 0..TRIES {
        for (start, length) in held.ranges().chain(delete_on_close) {
            match ofd_lock::set(fd, RangeLock::Shared, BASE + start, length, false) {
                Ok(()) => {}
                Err(error) => {
                    without_locks(error);
                    return Ok(());
                }
            }
        }
        if !is_refused(fd, refused) {
            return Ok(());
        }
        let _ = ofd_lock::set(fd, RangeLock::Unlock, BASE, Bytes::COUNT + 1, false);
        // Whoever meets at the same moment refuses each other; who holds the file for good is
        // still there when neither asks.
        if round + 1 == TRIES || is_refused(fd, refused) {
            break;
        }
        std::thread::sleep(Duration::from_micros(u64::from(round + 1) * random_delay()));
    }
    Err(NtStatus::SHARING_VIOLATION)
}

/// Whether something may be done with a file that is open elsewhere, without claiming it.
///
/// # Errors
/// `SHARING_VIOLATION`.
pub fn check(fd: BorrowedFd<'_>, access: AccessMask) -> Result<(), NtStatus> {
    let (_, refused) = claim(access, ShareMode::ALL);
    if is_refused(fd, refused) { Err(NtStatus::SHARING_VIOLATION) } else { Ok(()) }
}

fn is_refused(fd: BorrowedFd<'_>, refused: Bytes) -> bool {
    // One question is enough where nobody has the file open.
    match ofd_lock::held_by_others(fd, BASE, Bytes::COUNT) {
        Ok(None) => return false,
        Ok(Some(_)) => {}
        Err(error) => {
            without_locks(error);
            return false;
        }
    }
    refused.ranges().any(|(start, length)| {
        matches!(ofd_lock::held_by_others(fd, BASE + start, length), Ok(Some(_)))
    })
}

fn random_delay() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    50 + RandomState::new().build_hasher().finish() % 200
}

/// A filesystem, or a descriptor that is not open for reading, takes no locks: its files are
/// shared by all.
fn without_locks(error: Errno) {
    if error != Errno::BADF {
        crate::log::say_once(
            "a filesystem refuses locks: share modes of its files are not enforced",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_host::rustix::fd::AsFd;

    #[test]
    fn common_sets_are_one_range() {
        let one = |bits| Bytes(bits).ranges().count();
        assert_eq!(one(Bytes::READS | Bytes::DENIES_DELETING), 1);
        assert_eq!(one(Bytes::WRITES | Bytes::DENIES_DELETING), 1);
        assert_eq!(one(Bytes::READS | Bytes::DENIES_DELETING | Bytes::DENIES_WRITING), 1);
        assert_eq!(Bytes(0b100011).ranges().collect::<Vec<_>>(), [(0, 2), (5, 1)]);
        assert_eq!(Bytes(0b111111).ranges().collect::<Vec<_>>(), [(0, 6)]);
    }

    #[test]
    fn every_pair_of_access_and_sharing() {
        let path = std::env::temp_dir().join(format!("haft-share-{}", std::process::id()));
        std::fs::write(&path, "x").unwrap();
        let accesses = [1, 2, 3, 0x1_0000, 0x80];
        let needs =
            |access: u32| access & 1 | access & 2 | if access & 0x1_0000 != 0 { 4 } else { 0 };
        for first in accesses {
            for first_share in 0..8 {
                for second in accesses {
                    for second_share in 0..8 {
                        let open = || std::fs::File::options().read(true).write(true).open(&path);
                        let (one, two) = (open().unwrap(), open().unwrap());
                        let got =
                            acquire(one.as_fd(), AccessMask(first), ShareMode(first_share), false);
                        assert_eq!(got, Ok(()));
                        let got = acquire(
                            two.as_fd(),
                            AccessMask(second),
                            ShareMode(second_share),
                            false,
                        );
                        let expected = needs(first) == 0
                            || needs(second) == 0
                            || needs(second) & !first_share == 0
                                && needs(first) & !second_share == 0;
                        assert_eq!(
                            got.is_ok(),
                            expected,
                            "{first} {first_share} {second} {second_share}"
                        );
                    }
                }
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
