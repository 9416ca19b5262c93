//! A client of an executive that is no haft process: it speaks the language of haft-wire, or
//! anything else.

use haft_abi::{NtStatus, Pid};
use haft_host::mem::{self, SharedWords};
use haft_host::packet::{self, Gone};
use haft_object::block::BLOCK_SIZE;
use haft_object::{Geometry, ProcessBlock};
use haft_wire::process::session_tag;
use haft_wire::{Answer, MAX_PACKET, PROTOCOL, Reply, Request};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long an answer may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where the executive of a session listens, if there is one: Linux lists every socket's name.
pub fn address_of(session: &str) -> Option<Vec<u8>> {
    let sockets = std::fs::read_to_string("/proc/net/unix").expect("Linux lists sockets");
    let name = sockets.lines().filter_map(|line| line.split_once('@')).map(|(_, name)| name);
    let wanted = format!("/{session}");
    let mut found = name.filter(|name| name.starts_with("haft/") && name.ends_with(&wanted));
    found.next().map(|name| name.as_bytes().to_vec())
}

/// A process block of this process, as it should be at first.
pub struct Block {
    /// Its file.
    pub file: OwnedFd,
    words: SharedWords,
}

impl Block {
    /// The block of a process of the session that an address stands for.
    pub fn new(address: &[u8], pid: Pid) -> Self {
        let file = mem::memfd("haft-process-block", BLOCK_SIZE as u64).expect("a memory file");
        let words = SharedWords::map(&file, BLOCK_SIZE).expect("it can be mapped");
        let block = Self { file, words };
        block.format(address, pid);
        block
    }

    /// Makes it as it should be, over whatever is there.
    pub fn format(&self, address: &[u8], pid: Pid) {
        use rustix::fs::{FallocateFlags, fallocate};
        let all = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(&self.file, all, 0, BLOCK_SIZE as u64).expect("a memory file can be emptied");
        let parent = Pid(std::os::unix::process::parent_id());
        let block = ProcessBlock::format(self.words.words(), Geometry::FULL, pid, parent, 1);
        let block = block.expect("the words are as many as a block has");
        block.set_session(session_tag(address));
        block.set_running();
        block.set_inherited();
    }

    /// Stores a word anywhere in it.
    pub fn store(&self, at: usize, value: u64) {
        let words = self.words.words();
        words[at % words.len()].store(value, Ordering::Release);
    }
}

/// A connection to an executive.
pub struct Client {
    /// Its socket.
    pub socket: OwnedFd,
}

impl Client {
    /// Connects, and says nothing yet.
    ///
    /// # Errors
    /// As for [`packet::connect_to`].
    pub fn connect(address: &[u8]) -> Result<Self, NtStatus> {
        packet::connect_to(address).map(|socket| Self { socket })
    }

    /// Says hello with this block.
    ///
    /// # Errors
    /// As for [`Client::ask`].
    pub fn greet(&self, block: &Block) -> Result<Reply, Gone> {
        self.ask(&Request::Hello { protocol: PROTOCOL }, &[block.file.as_fd()])
    }

    /// Connects and says hello, to an executive that is to answer.
    #[track_caller]
    pub fn greeted(address: &[u8], block: &Block) -> Self {
        let client = Self::connect(address).expect("the executive listens");
        assert_eq!(client.greet(block), Ok(Ok(Answer::Done)));
        client
    }

    /// Sends a packet of these bytes.
    ///
    /// # Errors
    /// As for [`packet::send`].
    pub fn send(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Result<(), Gone> {
        packet::send(&self.socket, bytes, fds)
    }

    /// Makes a request, and waits for its answer.
    ///
    /// # Errors
    /// [`Gone::Disconnected`] when the executive has dropped this client; [`Gone::Nonsense`] when
    /// it has answered nonsense, or does not answer.
    pub fn ask(&self, request: &Request, fds: &[BorrowedFd<'_>]) -> Result<Reply, Gone> {
        let bytes = haft_wire::encode(request).expect("the request fits a packet");
        self.send(&bytes, fds)?;
        self.answer()
    }

    /// Waits for an answer.
    ///
    /// # Errors
    /// As for [`Client::ask`].
    pub fn answer(&self) -> Result<Reply, Gone> {
        if !packet::await_packet(&self.socket, ticks(PATIENCE)) {
            return Err(Gone::Nonsense);
        }
        let mut buffer = [0; MAX_PACKET];
        let (bytes, _) = packet::receive(&self.socket, &mut buffer)?;
        haft_wire::decode(bytes).map_err(|_| Gone::Nonsense)
    }

    /// Whether the executive drops this client soon; answers are read meanwhile.
    pub fn is_dropped(&self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match self.answer() {
                Err(Gone::Disconnected) => return true,
                Err(_) => return false,
                Ok(_) => {}
            }
        }
        false
    }
}

fn ticks(time: Duration) -> u64 {
    time.as_nanos() as u64 / 100
}
