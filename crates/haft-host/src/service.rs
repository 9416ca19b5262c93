//! Being asked by others to do something: a signal to the process starts a thread of haft's that
//! serves them, and wakes it when it is there already.
//!
//! The signal may find a thread anywhere, with locks of the C library held, and all other threads
//! asleep for hours. So the handler starts no thread of the C library's. It starts a bare Linux
//! thread, with just so much thread-local memory that it can call `pthread_create`, which it does,
//! and ends.
#![allow(unsafe_code, reason = "a signal handler starts a thread by hand")]

use crate::gs;
use core::ffi::c_void;
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use haft_abi::NtStatus;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::process::{Signal, pidfd_send_signal};
use std::sync::OnceLock;

/// What the serving thread runs.
static SERVE: OnceLock<fn()> = OnceLock::new();
/// Whether the serving thread has been started.
static STARTED: AtomicBool = AtomicBool::new(false);
/// The descriptor that wakes it; -1 before it has one.
static WAKE: AtomicI32 = AtomicI32::new(-1);
/// How often the process was asked to look.
static ASKED: AtomicU32 = AtomicU32::new(0);

/// The signal, one of those that Linux leaves to programs.
#[must_use]
pub fn number() -> libc::c_int {
    libc::SIGRTMIN() + 5
}

/// Has `serve` run on a thread of its own from the first time on that another process asks.
///
/// # Errors
/// `UNSUCCESSFUL` when the system refuses it.
pub fn install(serve: fn()) -> Result<(), NtStatus> {
    // A second call is a second program in one process, with the same function.
    let _ = SERVE.set(serve);
    // SAFETY: the handler makes system calls and touches what it has mapped itself.
    let refused = unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESTART;
        crate::border::hold_requests(&mut action);
        libc::sigaction(number(), &raw const action, core::ptr::null_mut()) != 0
    };
    if refused { Err(NtStatus::UNSUCCESSFUL) } else { Ok(()) }
}

/// Has a process of haft's look who asks it something. It must have come so far that it has
/// installed its handler.
///
/// # Errors
/// `ACCESS_DENIED` where Linux does not let this user; `PROCESS_IS_TERMINATING` when it has ended.
pub fn summon(pidfd: &OwnedFd) -> Result<(), NtStatus> {
    // SAFETY: a real-time signal of the system's range, which rustix does not name.
    let signal = unsafe { Signal::from_raw_unchecked(number()) };
    pidfd_send_signal(pidfd, signal).map_err(|error| match error {
        rustix::io::Errno::SRCH => NtStatus::PROCESS_IS_TERMINATING,
        _ => NtStatus::ACCESS_DENIED,
    })
}

/// A duplicate of the descriptor with this number, closed on exec.
///
/// # Errors
/// `INVALID_HANDLE` when there is none, `TOO_MANY_OPENED_FILES`.
pub fn duplicate_descriptor(number: u32) -> Result<OwnedFd, NtStatus> {
    let number = i32::try_from(number).map_err(|_| NtStatus::INVALID_HANDLE)?;
    // SAFETY: the descriptor is borrowed for this one call, which fails when it is not open.
    let known = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_dupfd_cloexec(known, 3).map_err(|error| match error {
        rustix::io::Errno::BADF => NtStatus::INVALID_HANDLE,
        _ => NtStatus::TOO_MANY_OPENED_FILES,
    })
}

/// What the serving thread waits with.
pub struct Waker {
    event: OwnedFd,
    seen: u32,
}

/// Whether the thread that serves was ever started.
pub(crate) fn is_started() -> bool {
    STARTED.load(Ordering::SeqCst)
}

impl Waker {
    /// For the serving thread, once.
    ///
    /// # Errors
    /// `TOO_MANY_OPENED_FILES`.
    pub fn new() -> Result<Self, NtStatus> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let event = eventfd(0, flags).map_err(|_| NtStatus::TOO_MANY_OPENED_FILES)?;
        WAKE.store(event.as_raw_fd(), Ordering::SeqCst);
        Ok(Self { event, seen: 0 })
    }

    /// Whether the process was asked to look since this was called last.
    pub fn was_asked(&mut self) -> bool {
        let mut count = [0; 8];
        // Nothing to read is as good.
        let _ = rustix::io::read(&self.event, &mut count);
        let asked = ASKED.load(Ordering::SeqCst);
        core::mem::replace(&mut self.seen, asked) != asked
    }

    /// Waits until the process is asked to look, or one of these can be read or is gone: whether
    /// each is.
    pub fn wait(&self, others: &[BorrowedFd<'_>]) -> Vec<bool> {
        let mut fds = vec![PollFd::new(&self.event, PollFlags::IN)];
        fds.extend(others.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)));
        // An interrupted wait is a wait without news.
        let _ = poll(&mut fds, None);
        fds[1..].iter().map(|fd| !fd.revents().is_empty()).collect()
    }
}

unsafe extern "C" fn on_signal(_signal: libc::c_int) {
    // SAFETY: errno's location is always valid.
    let errno = unsafe { *libc::__errno_location() };
    ASKED.fetch_add(1, Ordering::SeqCst);
    if !STARTED.swap(true, Ordering::SeqCst) {
        start();
    } else if let wake @ 0.. = WAKE.load(Ordering::SeqCst) {
        let one = 1u64;
        // SAFETY: the descriptor stays open for good; the buffer has eight bytes.
        unsafe { libc::write(wake, (&raw const one).cast(), 8) };
    }
    // SAFETY: errno's location is always valid.
    unsafe { *libc::__errno_location() = errno };
}

/// glibc's control block at the thread pointer, as far as it is public to compilers.
#[repr(C)]
struct ControlBlock {
    tcb: usize,
    dtv: usize,
    own: usize,
    multiple_threads: i32,
    gscope: i32,
    sysinfo: usize,
    stack_guard: usize,
    pointer_guard: usize,
}

/// Bytes of a bare thread's stack, and of what follows its thread pointer: more than glibc's
/// `struct pthread` has.
const STACK: usize = 64 << 10;
const DESCRIPTOR: usize = 8 << 10;

/// Where the bare thread's memory is, and how much; its last word counts down when it has ended.
static BARE: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];
/// The bare thread's identifier, which Linux clears at its end.
static BARE_TID: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    /// The binary's ELF header, as the linker names it.
    static __ehdr_start: libc::Elf64_Ehdr;
}

/// Where the binary's initial thread-local memory is: address, bytes in the binary, bytes in
/// memory, and alignment.
fn thread_image() -> Option<[usize; 4]> {
    // SAFETY: the linker defines it, and the headers behind it are mapped with the binary.
    unsafe {
        let header = &raw const __ehdr_start;
        let table = (header as usize + (*header).e_phoff as usize) as *const libc::Elf64_Phdr;
        let headers = core::slice::from_raw_parts(table, usize::from((*header).e_phnum));
        let first = headers.iter().find(|h| h.p_type == libc::PT_LOAD && h.p_offset == 0)?;
        let bias = (header as usize).wrapping_sub(first.p_vaddr as usize);
        let image = headers.iter().find(|h| h.p_type == libc::PT_TLS)?;
        let at = bias.wrapping_add(image.p_vaddr as usize);
        let sizes = [image.p_filesz, image.p_memsz, image.p_align].map(|size| size as usize);
        Some([at, sizes[0], sizes[1], sizes[2].max(64)])
    }
}

/// Starts the bare thread. In a signal handler.
fn start() {
    let Some([image, file_size, memory_size, align]) = thread_image() else { return };
    let local = memory_size.next_multiple_of(align);
    let size = (STACK + align + local + DESCRIPTOR).next_multiple_of(crate::mem::PAGE);
    // SAFETY: new memory; nothing is replaced.
    let at = unsafe {
        libc::mmap(
            core::ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if at == libc::MAP_FAILED {
        STARTED.store(false, Ordering::SeqCst);
        return;
    }
    let at = at as usize;
    BARE[0].store(at, Ordering::Relaxed);
    BARE[1].store(size, Ordering::Relaxed);
    let pointer = (at + STACK).next_multiple_of(align) + local;
    // SAFETY: all of it is in the memory just mapped, or in the running thread's control block,
    // whose layout is part of the processor's ABI. A process of one thread has the C library leave
    // out its locks, which is over now.
    unsafe {
        core::ptr::copy_nonoverlapping(image as *const u8, (pointer - local) as *mut u8, file_size);
        let own: *mut ControlBlock;
        core::arch::asm!("mov {}, fs:[{}]", out(reg) own, const offset_of!(ControlBlock, own), options(nostack, readonly));
        (*own).multiple_threads = 1;
        (pointer as *mut ControlBlock).write(ControlBlock {
            tcb: pointer,
            own: pointer,
            multiple_threads: 1,
            dtv: (*own).dtv,
            gscope: 0,
            sysinfo: 0,
            stack_guard: (*own).stack_guard,
            pointer_guard: (*own).pointer_guard,
        });
    }
    // The new threads are not to be found by any signal, but for those of their own faults: one
    // that is blocked would be the process's end, and memory that programs name may fault.
    let faults = [libc::SIGILL, libc::SIGTRAP, libc::SIGBUS, libc::SIGFPE, libc::SIGSEGV];
    let mut all: u64 = !faults.iter().fold(0, |set, signal| set | 1 << (signal - 1));
    let mut before: u64 = 0;
    let set = |new: &u64, old: &mut u64| {
        // SAFETY: Linux reads and writes eight bytes of each.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigprocmask,
                libc::SIG_SETMASK,
                core::ptr::from_ref(new),
                core::ptr::from_mut(old),
                8,
            )
        };
    };
    set(&all, &mut before);
    let flags = libc::CLONE_VM
        | libc::CLONE_FS
        | libc::CLONE_FILES
        | libc::CLONE_SIGHAND
        | libc::CLONE_THREAD
        | libc::CLONE_SYSVSEM
        | libc::CLONE_SETTLS
        | libc::CLONE_PARENT_SETTID
        | libc::CLONE_CHILD_CLEARTID;
    let made: isize;
    // SAFETY: the new thread runs `bare` on its own stack and never comes back; this one goes on
    // with no register changed but those that are named.
    unsafe {
        core::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "call {bare}",
            "ud2",
            "2:",
            bare = sym bare,
            inlateout("rax") libc::SYS_clone as isize => made,
            in("rdi") flags as usize,
            in("rsi") (at + STACK) & !15,
            in("rdx") BARE_TID.as_ptr(),
            in("r10") BARE_TID.as_ptr(),
            in("r8") pointer,
            out("rcx") _,
            out("r11") _,
        );
    }
    set(&before, &mut all);
    if made < 0 {
        STARTED.store(false, Ordering::SeqCst);
    }
}

/// What the bare thread does: it has the C library start the thread that serves.
unsafe extern "C" fn bare() -> ! {
    // SAFETY: the attributes are initialised before they are used; `serving` fits.
    let made = unsafe {
        let mut attributes: libc::pthread_attr_t = core::mem::zeroed();
        libc::pthread_attr_init(&raw mut attributes);
        libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED);
        libc::pthread_attr_setstacksize(&raw mut attributes, 256 << 10);
        let mut thread: libc::pthread_t = 0;
        libc::pthread_create(&raw mut thread, &raw const attributes, serving, core::ptr::null_mut())
    };
    if made != 0 {
        STARTED.store(false, Ordering::SeqCst);
    }
    // SAFETY: it ends this Linux thread alone.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!("a thread that ended")
}

extern "C" fn serving(_: *mut c_void) -> *mut c_void {
    // Linux clears the word once the bare thread has left its memory for good.
    while BARE_TID.load(Ordering::Acquire) != 0 {
        crate::thread::sleep(1000);
    }
    let [at, size] = [&BARE[0], &BARE[1]].map(|word| word.load(Ordering::Relaxed));
    let _ = crate::mem::unmap(at, size);
    // It was started by a thread of the program's, whose TEB is not its own. Whoever looks there
    // finds nothing.
    let nothing = crate::mem::map(
        crate::mem::Place::Anywhere,
        size_of::<haft_abi::nt::Teb>().next_multiple_of(crate::mem::PAGE),
        crate::mem::Protection::READ_WRITE,
    );
    if nothing.is_ok_and(|at| gs::set_base(at).is_ok())
        && let Some(serve) = SERVE.get()
    {
        serve();
    }
    core::ptr::null_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    static SAID: OnceLock<mpsc::Sender<u32>> = OnceLock::new();

    fn serve() {
        let mut waker = Waker::new().unwrap();
        let mut times = 0;
        loop {
            if waker.was_asked() {
                times += 1;
                // Memory of the C library's is had here as anywhere.
                let text = format!("{times} {}", "x".repeat(1 << 20));
                SAID.get().unwrap().send(text.len() as u32 - (1 << 20)).unwrap();
            }
            waker.wait(&[]);
        }
    }

    #[test]
    fn a_process_that_is_asked_starts_one_thread_that_serves() {
        let (said, heard) = mpsc::channel();
        SAID.set(said).unwrap();
        install(serve).unwrap();
        let own = crate::spawn::open_process(haft_abi::Pid(std::process::id())).unwrap();
        // It is asked in the middle of the allocator's work.
        let busy =
            std::thread::spawn(|| (0..200_000).map(|n| vec![n; n % 64].len()).sum::<usize>());
        for _ in 0..3 {
            summon(&own).unwrap();
            assert_eq!(heard.recv_timeout(Duration::from_secs(20)), Ok(2));
        }
        assert!(busy.join().unwrap() > 0);
        assert_eq!(BARE_TID.load(Ordering::Relaxed), 0);
    }
}
