//! Words of a process block's header where they are in its file, for who does not map the block.

use crate::block::{LET_GO, halves, word};
use crate::{JobState, ProcessState};

/// Bytes of a word.
const WORD: u64 = size_of::<u64>() as u64;

/// A word of the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeaderWord(usize);

impl HeaderWord {
    /// The state and the exit code: [`ProcessState::from_word`].
    pub const STATE: Self = Self(word::STATE_AND_EXIT_CODE);
    /// What the process's job asks of it: [`JobState`].
    pub const JOB: Self = Self(word::JOB);

    /// Whether [`HeaderWord::STATE`] says that the process has ended and has let go of its files
    /// ([`crate::ProcessBlock::set_let_go`]).
    #[must_use]
    pub const fn has_let_go(state: u64) -> bool {
        halves(state).0 == LET_GO
    }

    /// Where it is in the file.
    #[must_use]
    pub const fn offset(self) -> u64 {
        self.0 as u64 * WORD
    }
}

impl JobState {
    /// What [`HeaderWord::JOB`] says.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        Self(word)
    }
}

impl ProcessState {
    /// What [`HeaderWord::STATE`] says.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        match halves(word) {
            (0, _) => Self::Starting,
            (1, _) => Self::Running,
            (_, exit_code) => Self::Exited(exit_code),
        }
    }
}

/// What a creator says of a process that has not begun to be one: when it was created, of which
/// session it is, and the path of its image. What is to be written into its block's file, and where,
/// in this order.
#[must_use]
pub fn introduction(created: i64, session: u64, image: &[u8]) -> [(u64, Vec<u8>); 2] {
    const FIRST: usize = word::CREATED;
    const AFTER: usize = word::SESSION + 1;
    let room = (crate::block::HEADER_WORDS - word::IMAGE_NAME) * size_of::<u64>();
    let image = &image[..image.len().min(room)];
    // The words between are of what comes later: zero until then.
    let mut words = [0; AFTER - FIRST];
    words[0] = created.cast_unsigned();
    words[word::IMAGE_NAME_LENGTH - FIRST] = image.len() as u64;
    words[word::SESSION - FIRST] = session;
    [
        (word::IMAGE_NAME as u64 * WORD, image.to_vec()),
        (FIRST as u64 * WORD, words.iter().flat_map(|word| word.to_le_bytes()).collect()),
    ]
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::block::{Geometry, ProcessBlock};
    use crate::sync::{AtomicU64, Ordering};
    use haft_abi::Pid;

    fn write(words: &[AtomicU64], at: u64, bytes: &[u8]) {
        for (word, bytes) in words[(at / WORD) as usize..].iter().zip(bytes.chunks(8)) {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_le_bytes(eight), Ordering::Relaxed);
        }
    }

    #[test]
    fn what_is_written_to_the_file_is_what_the_block_says() {
        let geometry = Geometry { threads: 2, records: 4, handles: 8 };
        let words: Vec<AtomicU64> = (0..geometry.words()).map(|_| AtomicU64::new(0)).collect();
        let block = ProcessBlock::format(&words, geometry, Pid(7), Pid(3), 1).unwrap();
        for image in [&b"/somewhere/a program.exe"[..], &[b'x'; 9000][..], b""] {
            for (at, bytes) in introduction(-5, 0x1234_5678_9ABC, image) {
                write(&words, at, &bytes);
            }
            assert_eq!((block.created(), block.session()), (-5, 0x1234_5678_9ABC));
            let kept = &image[..image.len().min(3584)];
            assert_eq!(block.image_name(), kept);
        }
        assert!(!block.has_inherited());
        assert_eq!((block.pid(), block.parent()), (Pid(7), Pid(3)));
        let word =
            |which: HeaderWord| words[(which.offset() / WORD) as usize].load(Ordering::Relaxed);
        assert_eq!(ProcessState::from_word(word(HeaderWord::STATE)), ProcessState::Starting);
        block.set_running();
        assert_eq!(ProcessState::from_word(word(HeaderWord::STATE)), ProcessState::Running);
        block.set_exited(0xC000_0005, 9);
        let state = ProcessState::from_word(word(HeaderWord::STATE));
        assert_eq!((state, block.state()), (ProcessState::Exited(0xC000_0005), state));
        assert!(!HeaderWord::has_let_go(word(HeaderWord::STATE)));
        block.set_let_go();
        assert!(HeaderWord::has_let_go(word(HeaderWord::STATE)));
        assert_eq!(block.state(), ProcessState::Exited(0xC000_0005));
        assert!(!block.set_exited(1, 10), "the first exit code stays");
        block.set_job(JobState::MEMBER);
        assert_eq!(JobState::from_word(word(HeaderWord::JOB)), JobState::MEMBER);
    }
}
