//! Processes that are ready to become a program: the creator's side.
//!
//! A process that creates others has a zygote: a child of its own, with one thread and the built-in
//! DLLs in place. The zygote forks *spares*, which are children of the creator too (`CLONE_PARENT`),
//! so that Linux shows, tells and waits for them as for any child. A spare says where it is found
//! and waits to be told what it is to be, over a wire as any child's. So a process costs its creator
//! a message.
//!
//! The first process is created without: most creators create one. Whatever is not as it was when
//! the zygote was started (limits, scheduling, users, the control group, ...) ends the zygote, and
//! the next process is created without. Its death, too, costs no more than that.

mod serve;

pub use serve::serve;

use super::child_block::ChildBlock;
use super::create;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use haft_abi::{NtStatus, Pid};
use haft_host::fork;
use haft_host::inherited::{Inherited, Sources};
use haft_host::packet::{self, Gone};
use haft_host::rustix::event::{PollFd, PollFlags, poll};
use haft_host::rustix::fd::{AsFd, OwnedFd};
use haft_host::rustix::net::Shutdown;
use haft_host::rustix::time::Timespec;
use haft_host::spawn::{self, Descriptors};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// A process that waits to be told what it is to be.
pub(super) struct Spare {
    pub pid: Pid,
    /// Readable once it has ended.
    pub pidfd: OwnedFd,
    /// Where it listens.
    pub wire: OwnedFd,
    /// Its block.
    pub block: ChildBlock,
}

/// How many processes are created without a zygote before one is started.
const WITHOUT: u32 = 1;
/// How many spares there are while nothing happens.
const SPARES: u8 = 2;
/// How long a zygote that has shown to work may take for a spare.
const PATIENCE: Duration = Duration::from_millis(50);
/// How often a zygote may end before it gave a single spare.
const FAILURES: u32 = 3;

struct Zygote {
    line: OwnedFd,
    pidfd: OwnedFd,
    /// What this process was when the zygote was started.
    inherited: Inherited,
    ready: Vec<Spare>,
    /// Spares that it forked, and that have not said yet where they are.
    expected: Vec<(Pid, OwnedFd)>,
    /// Spares that have said so before the zygote has said that it forked them.
    early: Vec<Pid>,
    /// Whether it ever gave a spare.
    works: bool,
    /// The program whose image it keeps ready.
    keeps: Vec<u8>,
}

#[derive(Default)]
struct State {
    zygote: Option<Zygote>,
    /// Processes that were created since there was none.
    without: u32,
    /// Zygotes that ended without giving a spare.
    failures: u32,
    /// The program that was created last.
    program: Vec<u8>,
    /// Children that are to end by themselves, and to be forgotten then.
    leaving: Vec<OwnedFd>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);
/// Whether there is anything in it. Most processes create none, and need no page for the lock.
static USED: AtomicBool = AtomicBool::new(false);

fn sources() -> &'static Sources {
    static SOURCES: OnceLock<Sources> = OnceLock::new();
    SOURCES.get_or_init(Sources::open)
}

/// Has the spare that was taken replaced, while the new process is at work. Whoever runs one program
/// twice runs it a third time: the next ones find it ready, if its file has settled.
pub(super) fn refill(program: &[u8], settled: bool) {
    haft_host::reaper::sweep();
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(state) = state.as_mut() else { return };
    state.leaving.retain(|child| !matches!(super::object::reap(child), Ok(true) | Err(_)));
    let repeated = state.program == program;
    if !repeated {
        program.clone_into(&mut state.program);
    }
    let Some(zygote) = &mut state.zygote else { return };
    if repeated && settled && zygote.keeps != program && program.len() < serve::ORDER {
        program.clone_into(&mut zygote.keeps);
        zygote.order(1, program);
    } else {
        zygote.ask(1);
    }
    // If it is dead, that is found when a spare is wanted.
    while let Ok(true) = zygote.hear(Duration::ZERO) {}
}

/// A process that is ready, if there is one; from now on it is of this process's group.
pub(super) fn take() -> Option<Spare> {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    USED.store(true, Ordering::Release);
    let state = state.get_or_insert_default();
    let Some(zygote) = &mut state.zygote else {
        state.leaving.retain(|child| !matches!(super::object::reap(child), Ok(true) | Err(_)));
        state.without += 1;
        if state.without > WITHOUT && state.failures < FAILURES {
            state.zygote = Zygote::start().ok();
            state.without = 0;
        }
        return None;
    };
    if zygote.inherited != Inherited::now(sources()) {
        state.retire();
        return None;
    }
    let joined = |spare: Spare| fork::join_group(spare.pid).map(|()| spare);
    match zygote.next().and_then(|spare| spare.map(joined).transpose()) {
        Ok(spare) => spare,
        Err(_) => {
            state.retire();
            None
        }
    }
}

/// Ends the zygote and its spares, when this process ends: nobody else may be there who waits for
/// them. A signal handler that ends the process at once leaves them to end by themselves.
pub(super) fn end() {
    use haft_host::rustix::process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, waitid};
    if !USED.load(Ordering::Acquire) {
        return;
    }
    haft_host::reaper::end();
    let Ok(mut state) = STATE.try_lock() else { return };
    let Some(mut state) = state.take() else { return };
    if let Some(zygote) = state.zygote.take() {
        // It forks no more; who is under way says so or is not there.
        let _ = pidfd_send_signal(&zygote.pidfd, Signal::KILL);
        state.zygote = Some(zygote);
        state.retire();
    }
    for child in &state.leaving {
        let _ = pidfd_send_signal(child, Signal::KILL);
    }
    for child in &state.leaving {
        let _ = waitid(WaitId::PidFd(child.as_fd()), WaitIdOptions::EXITED);
    }
}

impl State {
    /// Lets go of the zygote and its spares, which end when nobody listens to them any more.
    fn retire(&mut self) {
        let Some(mut zygote) = self.zygote.take() else { return };
        self.failures = if zygote.works { 0 } else { self.failures + 1 };
        // No more are asked for; those that are under way still say where they are.
        let _ = haft_host::rustix::net::shutdown(&zygote.line, Shutdown::Write);
        while let Ok(true) = zygote.hear(PATIENCE) {}
        self.leaving.push(zygote.pidfd);
        self.leaving.extend(zygote.ready.into_iter().map(|spare| spare.pidfd));
        self.leaving.extend(zygote.expected.into_iter().map(|(_, pidfd)| pidfd));
    }
}

/// Whether a child has not ended; Linux may forget it if it has.
fn lives(child: &OwnedFd) -> bool {
    matches!(super::object::reap(child), Ok(false))
}

impl Zygote {
    fn start() -> Result<Self, NtStatus> {
        let inherited = Inherited::now(sources());
        let (here, there) = packet::pair()?;
        let (here, there) = (spawn::above_standard(here)?, spawn::above_standard(there)?);
        // A zygote that is stopped keeps nobody.
        packet::never_wait(&here)?;
        let binary = create::own_binary()?;
        let pid = spawn::spawn(
            &binary,
            &create::own_arguments(&binary, c"--internal-zygote"),
            &Descriptors { standard: [None; 3], wire: there.as_fd() },
        )?;
        let pidfd = spawn::open_process(pid)?;
        let zygote = Self {
            line: here,
            pidfd,
            inherited,
            ready: Vec::new(),
            expected: Vec::new(),
            early: Vec::new(),
            works: false,
            keeps: Vec::new(),
        };
        zygote.ask(SPARES);
        Ok(zygote)
    }

    /// Asks for spares. That it is dead is found when there are none.
    fn ask(&self, spares: u8) {
        self.order(spares, &[]);
    }

    /// Asks for spares, and to keep a program ready from then on unless it is empty.
    fn order(&self, spares: u8, program: &[u8]) {
        let _ = packet::send(&self.line, &[&[spares], program].concat(), &[]);
    }

    /// The next spare; `None` when none comes in time.
    fn next(&mut self) -> Result<Option<Spare>, NtStatus> {
        if let Some(spare) = self.oldest() {
            return Ok(Some(spare));
        }
        while self.hear(Duration::ZERO)? {}
        let before = self.expected.len();
        self.expected.retain(|(_, pidfd)| lives(pidfd));
        for _ in self.expected.len()..before {
            self.ask(1);
        }
        let start = Instant::now();
        loop {
            if let Some(spare) = self.oldest() {
                return Ok(Some(spare));
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            if !self.works || left.is_zero() || !self.hear(left)? {
                return Ok(None);
            }
        }
    }

    /// The spare that has had most time to get ready. Those that somebody has killed are forgotten,
    /// and others asked for.
    fn oldest(&mut self) -> Option<Spare> {
        while !self.ready.is_empty() {
            let spare = self.ready.remove(0);
            if lives(&spare.pidfd) {
                return Some(spare);
            }
            self.ask(1);
        }
        None
    }

    /// Hears of one more spare, from the zygote or from itself; whether there was something to hear
    /// in time.
    fn hear(&mut self, patience: Duration) -> Result<bool, NtStatus> {
        let mut buffer = [0; 8];
        let mut heard = packet::receive(&self.line, &mut buffer);
        if heard.as_ref().is_err_and(|gone| *gone == Gone::WouldBlock) {
            if patience.is_zero() {
                return Ok(false);
            }
            let limit = Timespec {
                tv_sec: patience.as_secs().cast_signed(),
                tv_nsec: i64::from(patience.subsec_nanos()),
            };
            match poll(&mut [PollFd::new(&self.line, PollFlags::IN)], Some(&limit)) {
                Ok(0) | Err(_) => return Ok(false),
                Ok(_) => {}
            }
            heard = packet::receive(&self.line, &mut buffer);
        }
        let (bytes, fds) = heard?;
        let pid = bytes.first_chunk().map(|pid| Pid(u32::from_le_bytes(*pid)));
        let pid = pid.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        if fds.is_empty() {
            match self.early.iter().position(|&early| early == pid) {
                Some(at) => drop(self.early.swap_remove(at)),
                None => self.expected.push((pid, spawn::open_process(pid)?)),
            }
            return Ok(true);
        }
        let known = self.expected.iter().position(|(expected, _)| *expected == pid);
        let pidfd = match known {
            Some(at) => self.expected.swap_remove(at).1,
            None => {
                self.early.push(pid);
                spawn::open_process(pid)?
            }
        };
        match <[OwnedFd; 2]>::try_from(fds) {
            Ok([wire, block]) => {
                self.works = true;
                self.ready.push(Spare { pid, pidfd, wire, block: ChildBlock::new(block) });
            }
            // It ends when nobody listens to it, and is forgotten then.
            Err(_) => self.expected.push((pid, pidfd)),
        }
        Ok(true)
    }
}
