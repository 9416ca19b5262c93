//! Snapshots of processes, threads and modules (Microsoft: "Tool Help Library").
//!
//! As on Windows a snapshot is a section, which any handle to it reads. The processes in it are
//! haft's of this Linux user: each holds its process block open, which says who it is.

use super::modules::{self, LoadedModule};
use super::{object, process};
use crate::mm::section::{self, SectionProtection};
use crate::ob::shared::Wanted as Unnamed;
use crate::{io, ldr};
use core::sync::atomic::AtomicU64;
use haft_abi::{AccessMask, Handle, NtStatus, Pid};
use haft_host::guest::{self, Pod};
use haft_host::mem::{self, Protection, SharedWords};
use haft_host::plain;
use haft_object::ProcessBlock;
use haft_object::block::BLOCK_SIZE;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::PoisonError;

/// Units of a name, its terminator among them.
pub const NAME: usize = 256;
/// Units of a path, its terminator among them.
pub const PATH: usize = 260;

plain! {
    /// A process.
    #[derive(Debug)]
    pub struct ProcessEntry {
        /// Its identifier.
        pub pid: u32,
        /// Its creator's identifier.
        pub parent: u32,
        /// How many threads it has.
        pub threads: u32,
        /// Nothing.
        pub padding: u32,
        /// Its program's name without the folder, ended by a zero.
        pub name: [u16; PATH],
    }

    /// A thread.
    #[derive(Debug)]
    pub struct ThreadEntry {
        /// Its identifier.
        pub tid: u32,
        /// Its process's identifier.
        pub pid: u32,
    }

    /// A module of a process.
    #[derive(Debug)]
    pub struct ModuleEntry {
        /// Its address.
        pub base: usize,
        /// Its size in bytes.
        pub size: u32,
        /// Its process's identifier.
        pub pid: u32,
        /// Its name without the folder, ended by a zero.
        pub name: [u16; NAME],
        /// Its path, ended by a zero.
        pub path: [u16; PATH],
    }

    struct Header {
        magic: u64,
        /// By list: where it begins, how many entries it has, and how many were read.
        lists: [[u64; 3]; 3],
    }
}

const MAGIC: u64 = u64::from_le_bytes(*b"snapshot");

/// A kind of entry, and where its list is.
pub trait Entry: Pod {
    /// The number of its list.
    const LIST: usize;
}

impl Entry for ProcessEntry {
    const LIST: usize = 0;
}

impl Entry for ThreadEntry {
    const LIST: usize = 1;
}

impl Entry for ModuleEntry {
    const LIST: usize = 2;
}

/// What to take a snapshot of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Processes.
    pub processes: bool,
    /// Threads.
    pub threads: bool,
    /// The modules of this process; zero for the calling one.
    pub modules: Option<u32>,
}

fn terminated<const N: usize>(text: &[u16]) -> [u16; N] {
    let mut units = [0; N];
    for (slot, &unit) in units[..N - 1].iter_mut().zip(text) {
        *slot = unit;
    }
    units
}

pub(super) fn numbers_in(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Calls `body` with the block of a process of haft's; `None` for what is none.
pub(crate) fn with_block<R>(pid: u32, body: impl FnOnce(ProcessBlock<'_>) -> R) -> Option<R> {
    let folder = format!("/proc/{pid}/fd");
    for fd in numbers_in(&folder) {
        let link = format!("{folder}/{fd}");
        let target = fs::read_link(&link).unwrap_or_default();
        if !target.as_os_str().as_bytes().starts_with(b"/memfd:haft-process-block") {
            continue;
        }
        let file = fs::OpenOptions::new().read(true).write(true).open(&link);
        // One that is just being made has no bytes yet.
        let whole = file.ok().filter(|file| mem::cannot_shrink(file, BLOCK_SIZE as u64));
        let words = whole.and_then(|file| SharedWords::map(&file, BLOCK_SIZE).ok());
        let Some(words) = words else { continue };
        let words: &[AtomicU64] = words.words();
        if let Ok(block) = ProcessBlock::open(words)
            && block.pid().0 == pid
            && block.is_created()
        {
            return Some(body(block));
        }
    }
    None
}

/// The console process group of a process of haft's: its leader; `None` for what is none, or does
/// not hear of console events yet.
#[must_use]
pub fn console_group(pid: u32) -> Option<u32> {
    with_block(pid, |block| block.console_group().map(|leader| leader.0)).flatten()
}

pub(super) fn threads_of(pid: u32) -> Vec<u32> {
    if pid != process().pid.0 {
        return numbers_in(&format!("/proc/{pid}/task"));
    }
    let threads = process().threads.lock().unwrap_or_else(PoisonError::into_inner);
    threads.iter().map(|thread| thread.tid().0).collect()
}

/// The name of a process's program, without the folder.
pub(super) fn program_name(block: ProcessBlock<'_>) -> Vec<u16> {
    let image = block.image_name();
    let path = io::path::from_linux(Path::new(std::ffi::OsStr::from_bytes(&image)));
    ldr::base_name(&path).to_vec()
}

fn processes() -> Vec<ProcessEntry> {
    let entry = |pid: u32| {
        let (parent, name) = with_block(pid, |block| (block.parent().0, program_name(block)))?;
        let threads = threads_of(pid).len() as u32;
        let name = terminated(&name);
        Some(ProcessEntry { pid, parent, threads, padding: 0, name })
    };
    numbers_in("/proc").into_iter().filter_map(entry).collect()
}

fn modules(pid: u32) -> Result<Vec<ModuleEntry>, NtStatus> {
    const QUERY_AND_READ: AccessMask = AccessMask(0x410);
    let own = process().pid.0;
    let pid = if pid == 0 { own } else { pid };
    let loaded = if pid == own {
        modules::of_process(Handle::CURRENT_PROCESS)?
    } else {
        let handle = object::open(Pid(pid), QUERY_AND_READ, false)?;
        let loaded = modules::of_process(handle);
        crate::ob::close(handle)?;
        loaded?
    };
    let entry = |module: &LoadedModule| ModuleEntry {
        base: module.base,
        size: module.size,
        pid,
        name: terminated(ldr::base_name(&module.path)),
        path: terminated(&module.path),
    };
    Ok(loaded.iter().map(entry).collect())
}

/// Takes a snapshot; a handle to it.
///
/// # Errors
/// `NO_MEMORY`, `INSUFFICIENT_RESOURCES`; those of [`object::open`] and [`modules::of_process`]
/// where modules are wanted.
pub fn take(wanted: Wanted, inherit: bool) -> Result<Handle, NtStatus> {
    let (mut all, mut threads) = (Vec::new(), Vec::new());
    if wanted.processes || wanted.threads {
        all = processes();
    }
    if wanted.threads {
        for &ProcessEntry { pid, .. } in &all {
            threads.extend(threads_of(pid).into_iter().map(|tid| ThreadEntry { tid, pid }));
        }
    }
    if !wanted.processes {
        all.clear();
    }
    let modules = wanted.modules.map(modules).transpose()?.unwrap_or_default();
    let mut at = size_of::<Header>();
    let mut place = |bytes: usize, count: usize| {
        let start = at;
        at = (at + bytes).next_multiple_of(8);
        [start as u64, count as u64, 0]
    };
    let lists = [
        place(size_of_val(all.as_slice()), all.len()),
        place(size_of_val(threads.as_slice()), threads.len()),
        place(size_of_val(modules.as_slice()), modules.len()),
    ];
    const PAGE_READWRITE: u32 = 4;
    const SECTION_ALL_ACCESS: AccessMask = AccessMask(0x000F_001F);
    let description = SectionProtection(PAGE_READWRITE).describe(at as u64)?;
    let wanted = Unnamed { name: None, access: SECTION_ALL_ACCESS, inherit, descriptor: None };
    let handle = section::create(None, description, wanted)?.handle;
    let fill = |base: usize| -> Result<(), NtStatus> {
        guest::write_slice(base + lists[0][0] as usize, &all)?;
        guest::write_slice(base + lists[1][0] as usize, &threads)?;
        guest::write_slice(base + lists[2][0] as usize, &modules)?;
        Ok(guest::write(base, Header { magic: MAGIC, lists })?)
    };
    with_view(handle, |base, _| fill(base)).inspect_err(|_| {
        let _ = crate::ob::close(handle);
    })?;
    Ok(handle)
}

/// Calls `body` with the address and the size of a view of a section.
fn with_view<R>(
    handle: Handle,
    body: impl FnOnce(usize, usize) -> Result<R, NtStatus>,
) -> Result<R, NtStatus> {
    let protection = Protection::READ_WRITE;
    let base = section::map_view(handle, protection, false, 0, 0, None)?;
    let size = crate::mm::query(base)?.size;
    let result = body(base, size);
    section::unmap_view(base)?;
    result
}

/// The next entry of a snapshot, or the first; `None` behind the last.
///
/// # Errors
/// `INVALID_HANDLE`, `OBJECT_TYPE_MISMATCH`, `ACCESS_DENIED`; `INVALID_PARAMETER` for a section
/// that is no snapshot.
pub fn next<T: Entry>(handle: Handle, first: bool) -> Result<Option<T>, NtStatus> {
    with_view(handle, |base, size| {
        let foreign = NtStatus::INVALID_PARAMETER;
        let header: Header = guest::read(base)?;
        if size < size_of::<Header>() || header.magic != MAGIC {
            return Err(foreign);
        }
        let [start, count, read] = header.lists[T::LIST].map(|value| value as usize);
        let read = if first { 0 } else { read };
        if read >= count {
            return Ok(None);
        }
        // The program may have written there.
        let offset = read.checked_mul(size_of::<T>()).and_then(|offset| offset.checked_add(start));
        let offset =
            offset.filter(|&at| at.checked_add(size_of::<T>()).is_some_and(|end| end <= size));
        let entry = guest::read(base + offset.ok_or(foreign)?)?;
        let place = core::mem::offset_of!(Header, lists) + T::LIST * size_of::<[u64; 3]>();
        guest::write(base + place + 2 * size_of::<u64>(), read as u64 + 1)?;
        Ok(Some(entry))
    })
}
