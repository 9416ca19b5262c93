//! A hostile client of a live executive: anything on its socket, in its process block and beside its
//! packets, while another client works there.
//!
//! The executive is a thread of the fuzzing process, so that its coverage leads. The clients are
//! processes of their own, forked by one that was forked before there was a thread: a client is known
//! by its process, may ask for the end of any process that it can name, and ends with all that it has.
//!
//! The input is a row of steps, see [`step`]. A request of any family is bytes like any other.
#![no_main]

use haft_abi::{AccessMask, Pid};
use haft_host::packet;
use haft_host::rustix;
use haft_object::{DispatcherState, EventKind};
use haft_tests::client::{Block, Client};
use haft_wire::{Answer, ObjectName, Operation, ProcessRequest, Request};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::process::exit;
use std::sync::{Mutex, OnceLock};

/// How long the clients of one input may take, in seconds: no more than a moment, but where many other
/// processes come first.
const LIMIT: i64 = 120;

struct Stage {
    programs: PipeWriter,
    verdicts: PipeReader,
}

static STAGE: OnceLock<Mutex<Stage>> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: prepare(), |input: &[u8]| {
    let mut stage = STAGE.get().expect("it is prepared").lock().expect("nobody panics");
    let length = (input.len() as u32).to_ne_bytes();
    stage.programs.write_all(&length).expect("the nursery lives");
    stage.programs.write_all(input).expect("the nursery lives");
    let limit = rustix::time::Timespec { tv_sec: 2 * LIMIT, tv_nsec: 0 };
    let mut fds = [rustix::event::PollFd::new(&stage.verdicts, rustix::event::PollFlags::IN)];
    // The fuzzer has an alarm of its own.
    let ready = rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, Some(&limit)));
    assert_eq!(ready, Ok(1), "the clients do not end");
    let mut verdict = [0];
    stage.verdicts.read_exact(&mut verdict).expect("the nursery lives");
    assert_eq!(verdict, [0], "the other client could not work");
});

fn prepare() {
    let address = format!("haft/fuzz/{}/fuzz", std::process::id()).into_bytes();
    let listener = packet::listen_at(&address).expect("nobody else listens there");
    let (programs_in, programs) = std::io::pipe().expect("a pipe");
    let (verdicts, verdicts_out) = std::io::pipe().expect("a pipe");
    if fork() == 0 {
        drop((listener, programs, verdicts));
        nursery(&address, programs_in, verdicts_out);
    }
    drop((programs_in, verdicts_out));
    // Whoever stays keeps the executive from ending with its last client.
    std::mem::forget(Client::connect(&address).expect("it listens"));
    std::thread::spawn(move || {
        let ended = haft_executive::serve(&listener);
        panic!("the executive ended: {ended:?}");
    });
    let stage = Stage { programs, verdicts };
    assert!(STAGE.set(Mutex::new(stage)).is_ok(), "it is prepared once");
}

fn fork() -> libc::pid_t {
    // SAFETY: there is one thread when the nursery is forked, and in the nursery.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "no process can be made");
    pid
}

/// Ends a client, without what a program does at its end.
fn end(code: i32) -> ! {
    // SAFETY: nothing of this process is needed any more.
    unsafe { libc::_exit(code) }
}

fn nursery(address: &[u8], mut programs: PipeReader, mut verdicts: PipeWriter) -> ! {
    // A process of haft's answers to it; it is the end of one that says that it is one, and does not.
    // SAFETY: no handler runs that could do anything.
    unsafe { libc::signal(haft_host::service::number(), libc::SIG_IGN) };
    loop {
        let mut length = [0; 4];
        if programs.read_exact(&mut length).is_err() {
            end(0);
        }
        let mut program = vec![0; u32::from_ne_bytes(length) as usize];
        programs.read_exact(&mut program).expect("a whole program");
        let worker = fork();
        if worker == 0 {
            work(address);
        }
        let player = fork();
        if player == 0 {
            play(address, &program);
        }
        let (played, worked) = (wait(player), wait(worker));
        // The player may have had either of them ended: it may do that to a process of its user.
        let killed =
            |status: i32| libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL;
        let fine = (played == 0 || killed(played)) && (worked == 0 || killed(worked));
        verdicts.write_all(&[u8::from(!fine)]).expect("the fuzzer lives");
    }
}

fn wait(pid: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: the status is this function's own.
    while unsafe { libc::waitpid(pid, &raw mut status, 0) } < 0 {}
    status
}

/// The client that works as haft's do: a named event of its own is made, set, asked about.
fn work(address: &[u8]) -> ! {
    limit();
    let pid = Pid(std::process::id());
    let block = Block::new(address, pid);
    let client = Client::greeted(address, &block);
    for round in 0..3 {
        let state = DispatcherState::Event { kind: EventKind::Notification, signalled: false };
        let name = ObjectName::parse(&format!("worker-{}-{round}", pid.0)).expect("a name");
        let made = client.ask(&Request::Create { state, name }, &[]);
        let Ok(Ok(Answer::Object { object, existed: false, .. })) = made else {
            exit(2);
        };
        let operate = |operation| client.ask(&Request::Operate { object, operation }, &[]);
        let fine = operate(Operation::SetEvent) == Ok(Ok(Answer::Was(false)))
            && operate(Operation::QueryEvent)
                == Ok(Ok(Answer::Event(EventKind::Notification, true)));
        if !fine {
            exit(3);
        }
    }
    end(0)
}

/// A client that takes longer than this fails.
fn limit() {
    // SAFETY: an alarm of this process alone.
    unsafe { libc::alarm(LIMIT as u32) };
}

struct Player<'i> {
    address: &'i [u8],
    block: Block,
    clients: Vec<Client>,
    fds: Vec<OwnedFd>,
    rest: &'i [u8],
}

fn play(address: &[u8], program: &[u8]) -> ! {
    limit();
    let pid = Pid(std::process::id());
    let block = Block::new(address, pid);
    let (read, write) = rustix::pipe::pipe().expect("a pipe");
    let (here, there) = packet::pair().expect("a pair of sockets");
    let fds = vec![
        block.file.try_clone().expect("a descriptor"),
        haft_host::spawn::open_process(pid).expect("this process"),
        haft_host::mem::memfd_of("data", &[7; 64]).expect("a memory file"),
        read,
        write,
        here,
        there,
    ];
    let first = Client::greeted(address, &block);
    let mut player = Player { address, block, clients: vec![first], fds, rest: program };
    while step(&mut player).is_some() {}
    end(0)
}

/// One step: connect, hello, a packet with descriptors, words of the block, an answer, or the end of a
/// connection.
fn step(player: &mut Player<'_>) -> Option<()> {
    match player.byte()? % 10 {
        0 if player.clients.len() < 4 => {
            player.clients.push(Client::connect(player.address).ok()?);
        }
        1 => {
            let hello = Request::Hello { protocol: haft_wire::PROTOCOL };
            let bytes = haft_wire::encode(&hello).ok()?;
            let block = player.block.file.as_fd();
            let _ = player.clients.last()?.send(&bytes, &[block]);
        }
        2..=4 => {
            let length = usize::from(player.byte()?);
            let (bytes, rest) = player.rest.split_at(length.min(player.rest.len()));
            player.rest = rest;
            player.send(bytes)?;
        }
        5 => {
            let (at, value) = (player.number()?, player.number()?);
            player.block.store(at as usize, value);
        }
        6 => {
            let (at, value) = (player.byte()?, player.byte()?);
            player.block.store(usize::from(at), u64::from(value));
        }
        7 => {
            let pid = Pid(std::process::id());
            let request = ProcessRequest::Open { pid, access: AccessMask(0x1F_FFFF) };
            let bytes = haft_wire::encode(&Request::Process(request)).ok()?;
            let _ = player.clients.last()?.send(&bytes, &[]);
        }
        8 => {
            let client = player.clients.last()?;
            if packet::await_packet(&client.socket, 20_000) {
                let _ = client.answer();
            }
        }
        _ => drop(player.clients.pop()),
    }
    Some(())
}

impl Player<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<u64> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    /// Sends these bytes, with descriptors as the next byte says.
    fn send(&mut self, bytes: &[u8]) -> Option<()> {
        let which = self.byte().unwrap_or(0);
        let from = usize::from(which) % self.fds.len();
        let count = usize::from(which >> 5).min(4);
        let fds: Vec<BorrowedFd<'_>> =
            self.fds.iter().cycle().skip(from).take(count).map(AsFd::as_fd).collect();
        let _ = rustix::io::ioctl_fionbio(&self.clients.last()?.socket, false);
        let _ = self.clients.last()?.send(bytes, &fds);
        Some(())
    }
}
