//! What the layout holds to.

use super::geometry::PAGE_WORDS;
use super::*;
use crate::testing::{SMALL, memory};

#[test]
fn parts_do_not_overlap_and_meet_where_they_begin_to_be_used() {
    for g in [Geometry::FULL, SMALL, Geometry { threads: 3, records: 5, handles: 7 }] {
        let entries = g.threads_at() + g.threads as usize * THREAD_WORDS;
        let records = g.descriptions_at() + g.described() * DESCRIPTION_WORDS;
        assert!(g.threads_at() >= HEADER_WORDS);
        assert_eq!((g.entries_at(), g.records_at()), (entries, records));
        assert!(g.descriptions_at() >= g.entries_at() + g.handles as usize * ENTRY_WORDS);
        assert!(g.calls_at() >= g.records_at() + g.records as usize * RECORD_WORDS);
        assert!(g.words() >= g.calls_at() + CALL_WORDS);
        for at in [g.calls_at(), g.words()] {
            assert_eq!(at % PAGE_WORDS, 0);
        }
        // Cache lines are nobody else's, and two thread blocks are on the page of the first entries.
        for at in [g.threads_at(), g.records_at(), g.entries_at()] {
            assert_eq!(at % 8, 0);
        }
        assert!(g.entries_at() % PAGE_WORDS >= 2 * THREAD_WORDS);
    }
    const { assert!(BLOCK_SIZE < 1 << 31) };
}

#[test]
fn another_process_reads_what_one_wrote() {
    let words = memory(SMALL);
    let block = ProcessBlock::format(&words, SMALL, Pid(10), Pid(9), 1234).unwrap();
    block.set_image_name(b"C:\\tools\\program.exe");
    block.set_running();
    let seen = ProcessBlock::open(&words).unwrap();
    assert_eq!((seen.pid(), seen.parent(), seen.created()), (Pid(10), Pid(9), 1234));
    assert_eq!(seen.geometry(), SMALL);
    assert_eq!(seen.image_name(), b"C:\\tools\\program.exe");
    assert_eq!(seen.state(), ProcessState::Running);
    assert_eq!(seen.exited(), 0);
}

#[test]
fn a_description_is_read_as_it_was_written() {
    let words = memory(SMALL);
    let block = ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
    assert_eq!(block.description(RecordIndex(3)), []);
    assert!(block.describe(RecordIndex(3), &[7; MAX_DESCRIPTION]));
    assert_eq!(block.description(RecordIndex(3)), [7; MAX_DESCRIPTION]);
    assert!(block.describe(RecordIndex(3), b"short"));
    assert_eq!(block.description(RecordIndex(3)), b"short");
    assert!(!block.describe(RecordIndex(3), &[0; MAX_DESCRIPTION + 1]));
    assert!(!block.describe(RecordIndex(SMALL.records), b"outside"));
    assert_eq!(block.description(RecordIndex(SMALL.records)), []);
}

#[test]
fn a_wait_word_is_where_it_is_said_to_be() {
    let words = memory(SMALL);
    let block = ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
    block.thread(ThreadIndex(3)).wait_word().store(77, Ordering::Relaxed);
    let at = block.wait_word_at(ThreadIndex(3)).unwrap();
    assert_eq!(words[at].load(Ordering::Relaxed), 77);
    assert_eq!(block.wait_word_at(ThreadIndex(SMALL.threads)), None);
}

#[test]
fn the_first_exit_code_stays() {
    let words = memory(SMALL);
    let block = ProcessBlock::format(&words, SMALL, Pid(10), Pid(9), 0).unwrap();
    assert!(block.set_exited(0xC000_0005, 77));
    assert!(!block.set_exited(0, 99));
    assert_eq!(block.state(), ProcessState::Exited(0xC000_0005));
    assert_eq!(block.exited(), 77);
    // Who was ended while it started does not say that it runs.
    block.set_running();
    assert_eq!(block.state(), ProcessState::Exited(0xC000_0005));
}

#[test]
fn a_job_and_what_was_used_are_words_of_their_own() {
    let words = memory(SMALL);
    let block = ProcessBlock::format(&words, SMALL, Pid(10), Pid(9), 0).unwrap();
    block.set_image_name(&[b'x'; 5000]);
    assert_eq!((block.job(), block.usage()), (JobState::default(), Usage::default()));
    block.set_job(JobState::MEMBER.with(JobState::COUNTS_MEMORY));
    let usage = Usage { user: 1, kernel: 2, page_faults: u64::MAX };
    block.set_usage(usage);
    assert!(block.job().contains(JobState::MEMBER));
    assert_eq!(block.usage(), usage);
    assert_eq!(block.image_name().len(), (HEADER_WORDS - word::IMAGE_NAME) * 8);
}

#[test]
fn what_is_no_block_is_refused() {
    let words = memory(SMALL);
    assert_eq!(ProcessBlock::open(&words).err(), Some(NtStatus::REVISION_MISMATCH));
    assert_eq!(ProcessBlock::open(&[]).err(), Some(NtStatus::REVISION_MISMATCH));
    ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
    assert_eq!(ProcessBlock::open(&words[..HEADER_WORDS]).err(), Some(NtStatus::BUFFER_TOO_SMALL));
    words[word::HANDLES].store(u64::MAX, Ordering::Relaxed);
    assert_eq!(ProcessBlock::open(&words).err(), Some(NtStatus::INVALID_PARAMETER));
}

#[test]
fn an_image_name_that_is_too_long_is_cut() {
    let words = memory(SMALL);
    let block = ProcessBlock::format(&words, SMALL, Pid(1), Pid(0), 0).unwrap();
    block.set_image_name(&[b'x'; 5000]);
    assert_eq!(block.image_name().len(), (HEADER_WORDS - word::IMAGE_NAME) * 8);
}
