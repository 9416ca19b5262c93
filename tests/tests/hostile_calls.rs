//! A client that writes whatever it likes where its calls to the executive are costs itself alone:
//! it is dropped or answered, others go on as before, and the executive neither ends nor spins.
//!
//! `HAFT_HOSTILE` is how many blocks of nonsense are tried (40 where it is not set).

use haft_abi::{AccessMask, NtStatus, Pid};
use haft_host::clock::system_time;
use haft_host::mem::{self, SharedWords};
use haft_host::packet;
use haft_object::block::BLOCK_SIZE;
use haft_object::calls::{Calls, MAX_CALL, Standing};
use haft_object::{Geometry, Joining, Member, ProcessBlock, SharedId, ThreadIndex, WaitKind};
use haft_tests::client::address_of;
use haft_tests::session::{descriptors_of, executive_of};
use haft_tests::{Run, fixture, haft};
use haft_wire::process::session_tag;
use haft_wire::{Answer, MAX_PACKET, Operation, PROTOCOL, ProcessRequest, Reply, Request};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

const PATIENCE: Duration = Duration::from_secs(5);
/// Words of a process block where its calls are: the last ones. The first of them say which slots are
/// in use, posted, and whether the executive sleeps (haft-object's `calls`).
const AREA: usize = 2560;
const POSTED: usize = 8;
const SLOTS_AT: usize = 64;
const SLOT_WORDS: usize = 32;

/// Random words (Marsaglia, "Xorshift RNGs").
struct Words(u64);

impl Words {
    fn new() -> Self {
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("it is later than 1970");
        Self(now.as_nanos() as u64 | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A session with an honest process, and what a hostile one needs to be a client of it.
struct Scene {
    /// Where the executive's log is.
    data: tempfile::TempDir,
    observer: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    executive: u32,
    address: Vec<u8>,
    file: OwnedFd,
    block: SharedWords,
}

impl Scene {
    fn new(name: &str) -> Self {
        let session = format!("hostile-{}-{name}", std::process::id());
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        let run = Run::bare(haft()).args(["--session", &session]);
        let run = run.env("XDG_DATA_HOME", data.path().to_str().expect("a plain path"));
        let mut observer = run.arg(fixture("storm.exe")).arg("observer").start();
        let questions = observer.stdin.take().expect("stdin is a pipe");
        let stdout = observer.stdout.take().expect("stdout is a pipe");
        let mut answers = BufReader::new(stdout).lines();
        let ready = answers.next().expect("the observer begins").expect("text");
        assert!(ready.starts_with("ready "), "{ready}");
        let address = address_of(&session).expect("the executive listens");
        let executive = executive_of(&session).expect("an executive serves the session");
        let file = mem::memfd("hostile", BLOCK_SIZE as u64).expect("a memfd");
        let block = SharedWords::map(&file, BLOCK_SIZE).expect("a mapping");
        let own = Pid(std::process::id());
        ProcessBlock::format(block.words(), Geometry::FULL, own, Pid(0), system_time())
            .expect("a block")
            .set_session(session_tag(&address));
        Self { data, observer, questions, answers, executive, address, file, block }
    }

    fn area(&self) -> &[AtomicU64] {
        let words = self.block.words();
        &words[words.len() - AREA..]
    }

    fn calls(&self) -> Calls<'_> {
        ProcessBlock::open(self.block.words()).expect("a block").calls()
    }

    /// Is a client from now on, whose calls lie where they did not.
    fn connect(&self) -> Hostile {
        self.area().iter().for_each(|word| word.store(0, Ordering::SeqCst));
        let socket = packet::connect_to(&self.address).expect("the executive listens");
        let hello = haft_wire::encode(&Request::Hello { protocol: PROTOCOL }).expect("a packet");
        // The executive may not have let go of the last client of this process yet.
        packet::send(&socket, &hello, &[self.file.as_fd()]).expect("the executive reads");
        let mut buffer = [0; MAX_PACKET];
        let (bytes, mut fds) = packet::receive(&socket, &mut buffer).expect("an answer");
        assert_eq!(haft_wire::decode::<Reply>(bytes), Ok(Ok(Answer::Done)));
        Hostile { socket, bell: fds.pop().expect("a bell") }
    }

    /// The honest process is served.
    #[track_caller]
    fn expect_served(&mut self, what: &str) {
        let begun = Instant::now();
        writeln!(self.questions, "event honest").expect("the observer listens");
        let answer = self.answers.next().expect("the observer lives").expect("text");
        assert_eq!(answer.trim(), "event 1 0 258", "{what}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}: {:?}", begun.elapsed());
    }

    /// What the executive has open when this process is no client of it, but known.
    fn settled(&self) -> usize {
        let client = self.connect();
        // A socket and a bell.
        let settled = self.descriptors() - 2;
        client.leave(self, settled);
        settled
    }

    fn descriptors(&self) -> usize {
        descriptors_of(self.executive)
    }

    /// Whom the executive has dropped, by its log.
    fn log(&self) -> usize {
        let log = fs::read_to_string(self.data.path().join("haft/executive.log"));
        log.unwrap_or_default().lines().filter(|line| line.contains("is served no longer")).count()
    }

    /// What the executive has run, in Linux's ticks of 10 ms.
    fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.executive)).expect("it runs");
        let fields = stat.rsplit_once(')').expect("a name").1.split_whitespace();
        fields.skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
    }

    /// The executive lets go of what it had of clients that are gone.
    #[track_caller]
    fn expect_descriptors(&self, before: usize) {
        let begun = Instant::now();
        while self.descriptors() > before {
            assert!(begun.elapsed() < PATIENCE, "{} descriptors, {before}", self.descriptors());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn end(mut self) {
        self.expect_served("at the end");
        drop(self.questions);
        assert_eq!(self.observer.wait().expect("it is ours").code(), Some(0));
    }
}

struct Hostile {
    socket: OwnedFd,
    bell: OwnedFd,
}

impl Hostile {
    fn ring(&self) {
        // Full where it has rung too often.
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    fn is_dropped(&self) -> bool {
        let mut fds = [PollFd::new(&self.socket, PollFlags::RDHUP)];
        let no_time = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut fds, Some(&no_time)).is_ok_and(|ready| ready > 0)
    }

    /// Waits until its calls have been taken, or it is dropped.
    #[track_caller]
    fn until_taken(&self, scene: &Scene) {
        let begun = Instant::now();
        while scene.area()[POSTED].load(Ordering::SeqCst) != 0 && !self.is_dropped() {
            assert!(begun.elapsed() < PATIENCE, "the executive does not look");
            std::thread::yield_now();
        }
    }

    /// Leaves, and waits until the executive knows.
    #[track_caller]
    fn leave(self, scene: &Scene, descriptors: usize) {
        drop(self);
        scene.expect_descriptors(descriptors);
    }
}

fn rounds() -> u32 {
    let wanted = std::env::var("HAFT_HOSTILE").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(40)
}

/// Requests that may travel as calls, about what the client does not have.
fn requests(word: u64) -> Vec<Request> {
    let object = SharedId(word);
    let thread = ThreadIndex::from_number(word as u32 | 1).expect("it is not zero");
    let wait = haft_wire::decode::<haft_object::Wait>(&[word as u8 & 0x7F | 1, 7]);
    let wait = wait.expect("a thread and a number");
    let member = Member { object, place: word as u8 };
    let joining = |posted, kind| Joining { wait, kind, members: vec![member], stay: true, posted };
    vec![
        Request::Reserve,
        Request::Queue { object, waiting: Vec::new() },
        Request::Release { object },
        Request::Operate { object, operation: Operation::SetEvent },
        Request::Operate { object, operation: Operation::ReleaseMutant { thread } },
        Request::Join(joining(false, WaitKind::Any)),
        Request::Join(joining(true, WaitKind::Any)),
        Request::Join(joining(false, WaitKind::All)),
        Request::Leave { wait },
        Request::ThreadEnded { thread, code: 1 },
        Request::Offer { to: Pid(1), objects: vec![(object, AccessMask(u32::MAX))] },
        Request::Decline { offer: word },
        Request::Process(ProcessRequest::Terminate { object, code: 1 }),
    ]
}

/// Writes a request into a slot, whatever that holds, with `length` for how long it is.
fn write_slot(area: &[AtomicU64], slot: usize, bytes: &[u8], length: u64) {
    let at = SLOTS_AT + slot * SLOT_WORDS;
    for (word, eight) in area[at + 3..at + SLOT_WORDS].iter().zip(bytes.chunks(8)) {
        let mut whole = [0; 8];
        whole[..eight.len()].copy_from_slice(eight);
        word.store(u64::from_le_bytes(whole), Ordering::SeqCst);
    }
    area[at + 2].store(length, Ordering::SeqCst);
    area[at].store(1, Ordering::SeqCst);
}

/// Any words at all, and requests with some of their bits turned over.
#[test]
fn any_words() {
    let mut scene = Scene::new("words");
    let descriptors = scene.settled();
    let mut words = Words::new();
    let seed = words.0;
    let mut dropped = 0;
    for round in 0..rounds() {
        let client = scene.connect();
        let area = scene.area();
        if round % 2 == 0 {
            area.iter().for_each(|word| word.store(words.next(), Ordering::SeqCst));
        } else {
            for (slot, request) in requests(words.next() >> 50).iter().enumerate() {
                let mut bytes = haft_wire::encode(request).expect("a packet");
                let at = words.next() as usize % (bytes.len() * 8);
                bytes[at / 8] ^= 1 << (at % 8);
                let wants_answer = (words.next() & 1) << 32;
                write_slot(area, slot, &bytes, bytes.len() as u64 | wants_answer);
            }
            area[POSTED].store(0x1FFF, Ordering::SeqCst);
        }
        client.ring();
        client.until_taken(&scene);
        scene.expect_served(&format!("round {round}, seed {seed}"));
        dropped += u32::from(client.is_dropped());
        client.leave(&scene, descriptors);
    }
    assert!(dropped >= rounds() / 2, "{dropped} of {} were dropped", rounds());
    scene.end();
}

/// Requests as they should be, about what is not the client's: each is answered, or is the end of it.
#[test]
fn numbers_that_were_never_given() {
    let mut scene = Scene::new("numbers");
    let descriptors = scene.settled();
    for word in [0, 1, 5, 1 << 20, u64::from(u32::MAX), u64::MAX] {
        for request in requests(word) {
            let client = scene.connect();
            let calls = scene.calls();
            let slot = calls.take().expect("all are free");
            let bytes = haft_wire::encode(&request).expect("a packet");
            if calls.post(slot, 0, &bytes, true) {
                client.ring();
            }
            let begun = Instant::now();
            while matches!(calls.standing(slot, false), Standing::UnderWay(_))
                && !client.is_dropped()
            {
                assert!(begun.elapsed() < PATIENCE, "{request:?} is not answered");
                std::thread::yield_now();
            }
            if calls.standing(slot, false) == Standing::Answered {
                let mut bytes = [0; MAX_CALL];
                let reply: Reply =
                    haft_wire::decode(calls.read(slot, &mut bytes)).expect("a reply");
                let plain = matches!(reply, Ok(Answer::Reserved(_) | Answer::Done) | Err(_));
                assert!(
                    plain && reply != Err(NtStatus::PORT_DISCONNECTED),
                    "{request:?}: {reply:?}"
                );
            }
            client.leave(&scene, descriptors);
        }
        scene.expect_served(&format!("numbers like {word}"));
    }
    scene.end();
}

/// Calls without end, with times that lie: others have their turn.
#[test]
fn calls_without_end() {
    let mut scene = Scene::new("flood");
    let descriptors = scene.settled();
    let client = scene.connect();
    let stop = AtomicBool::new(false);
    let (file, ends) = (scene.file.as_fd().try_clone_to_owned().expect("a copy"), &stop);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let block = SharedWords::map(&file, BLOCK_SIZE).expect("a mapping");
            let words = block.words();
            let area = &words[words.len() - AREA..];
            let request = Request::Release { object: SharedId(77) };
            let bytes = haft_wire::encode(&request).expect("a packet");
            (0..64).for_each(|slot| write_slot(area, slot, &bytes, bytes.len() as u64));
            while !ends.load(Ordering::Relaxed) {
                for slot in 0..64 {
                    let when = if slot % 2 == 0 { 0 } else { u64::MAX };
                    area[SLOTS_AT + slot * SLOT_WORDS + 1].store(when, Ordering::Relaxed);
                }
                area[POSTED].store(u64::MAX, Ordering::SeqCst);
                client.ring();
            }
        });
        for round in 0..20 {
            scene.expect_served(&format!("question {round} in a flood"));
        }
        stop.store(true, Ordering::Relaxed);
    });
    client.leave(&scene, descriptors);
    scene.end();
}

/// Who was dropped goes on posting and ringing: nobody listens, and the executive sleeps.
#[test]
fn the_calls_of_who_was_dropped() {
    let mut scene = Scene::new("dropped");
    let client = scene.connect();
    write_slot(scene.area(), 0, &[0xFF; MAX_CALL], 1 << 20);
    scene.area()[POSTED].store(1, Ordering::SeqCst);
    client.ring();
    let begun = Instant::now();
    while !client.is_dropped() {
        assert!(begun.elapsed() < PATIENCE, "it is not dropped");
        std::thread::yield_now();
    }
    scene.expect_served("after one was dropped");
    let (before, begun) = (scene.ticks(), Instant::now());
    while begun.elapsed() < Duration::from_secs(1) {
        scene.area()[POSTED].store(u64::MAX, Ordering::SeqCst);
        client.ring();
        std::thread::sleep(Duration::from_micros(100));
    }
    assert_eq!(scene.log(), 1, "one line says so");
    let ran = scene.ticks() - before;
    assert!(ran <= 10, "the executive ran for {ran} ticks of 10 ms");
    scene.end();
}

/// One that asks, never reads an answer, waits for ever and goes: nothing of it stays.
#[test]
fn answers_that_nobody_reads() {
    let mut scene = Scene::new("silent");
    scene.expect_served("before");
    let descriptors = scene.settled();
    for _ in 0..20 {
        let client = scene.connect();
        let bytes = haft_wire::encode(&Request::Reserve).expect("a packet");
        (0..64)
            .for_each(|slot| write_slot(scene.area(), slot, &bytes, bytes.len() as u64 | 1 << 32));
        scene.area()[POSTED].store(u64::MAX, Ordering::SeqCst);
        client.ring();
        client.until_taken(&scene);
        client.leave(&scene, descriptors);
    }
    scene.expect_served("after");
    let (before, begun) = (scene.ticks(), Instant::now());
    std::thread::sleep(Duration::from_millis(500));
    assert!(scene.ticks() - before <= 5, "it sleeps ({:?})", begun.elapsed());
    scene.end();
}
