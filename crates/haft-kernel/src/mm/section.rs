//! Sections: memory that a file or the page file backs, and that processes share (Microsoft:
//! "File Mapping").

use super::PageState::{Committed, Reserved};
use super::{Kind, PageProtection, named_section};
use crate::io::file;
use crate::ob::shared::{Created, Wanted};
use crate::ob::side::SideTable;
use crate::ob::{self, Pinned, objects, pending, reference};
use crate::se::object_security;
use haft_abi::{AccessMask, Handle, NtStatus};
use haft_host::mem::{self, Place, Protection};
use haft_host::rustix::fd::{AsFd, AsRawFd, OwnedFd};
use haft_host::rustix::fs::{CWD, Mode, OFlags, openat};
use haft_host::spawn;
use haft_object::{Backing, ObjectType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The right to map a section for reading (`SECTION_MAP_READ`).
pub const SECTION_MAP_READ: AccessMask = AccessMask(4);
/// The right to map a section for writing (`SECTION_MAP_WRITE`).
pub const SECTION_MAP_WRITE: AccessMask = AccessMask(2);
/// The right to map a section for execution (`SECTION_MAP_EXECUTE`).
pub const SECTION_MAP_EXECUTE: AccessMask = AccessMask(8);

/// What about a section goes with it into another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionDescription {
    /// Bytes.
    pub size: u64,
    /// Whether views may be written.
    pub writable: bool,
    /// Whether views of it are copies of their own when written (`PAGE_WRITECOPY`).
    pub copy_on_write: bool,
    /// Whether views may be executed.
    pub executable: bool,
    /// Whether pages are only set aside until they are committed (`SEC_RESERVE`). That is kept
    /// view by view and only told: a page can be used before it is committed, because another
    /// view, in another process, may have committed it.
    pub reserved: bool,
}

/// `PAGE_*` and `SEC_*` flags of a section that is to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionProtection(pub u32);

impl SectionProtection {
    /// The section of `size` bytes that the flags ask for.
    ///
    /// # Errors
    /// `INVALID_PAGE_PROTECTION` for unknown flags, `NOT_SUPPORTED` for image sections and large
    /// pages.
    pub const fn describe(self, size: u64) -> Result<SectionDescription, NtStatus> {
        const SEC_IMAGE: u32 = 0x0100_0000;
        const SEC_RESERVE: u32 = 0x0400_0000;
        const SEC_LARGE_PAGES: u32 = 0x8000_0000;
        if self.0 & (SEC_IMAGE | SEC_LARGE_PAGES) != 0 {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        let (writable, copy_on_write, executable) = match self.0 & 0xFF {
            0x02 => (false, false, false),
            0x04 => (true, false, false),
            0x08 => (false, true, false),
            0x20 => (false, false, true),
            0x40 => (true, false, true),
            0x80 => (false, true, true),
            _ => return Err(NtStatus::INVALID_PAGE_PROTECTION),
        };
        let reserved = self.0 & SEC_RESERVE != 0;
        Ok(SectionDescription { size, writable, copy_on_write, executable, reserved })
    }
}

/// A section.
pub struct SectionObject {
    /// The file or memfd behind it.
    pub fd: OwnedFd,
    /// Its properties.
    pub description: SectionDescription,
}

static SECTIONS: SideTable<SectionObject> = SideTable::new();

/// Views by their base address: their size in bytes.
static VIEWS: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());
/// Whether there ever was one.
static VIEWED: AtomicBool = AtomicBool::new(false);

/// Whether this process ever mapped a view, which keeps its file open.
pub(crate) fn has_viewed() -> bool {
    VIEWED.load(Ordering::Acquire)
}

fn remember(at: usize, size: usize) {
    VIEWED.store(true, Ordering::Release);
    VIEWS.lock().unwrap_or_else(PoisonError::into_inner).insert(at, size);
}

/// Makes the object of a section.
///
/// # Errors
/// `INSUFFICIENT_RESOURCES` when the process block is full.
pub fn create_object(section: SectionObject) -> Result<Pinned, NtStatus> {
    let fd = section.fd.as_raw_fd();
    let description = postcard::to_allocvec(&section.description);
    let extra = SECTIONS.insert(Arc::new(section));
    let made = objects()
        .create_object(ObjectType::Section, Backing::Descriptor { fd, extra }, true)
        .inspect_err(|_| drop(SECTIONS.remove(extra)))?;
    objects().block().describe(made.index(), &description.unwrap_or_default());
    Ok(made)
}

/// Makes the object of a section that was taken from another process, by what that process said
/// of it.
///
/// # Errors
/// `INVALID_PARAMETER` for a description that is none, `INSUFFICIENT_RESOURCES`.
pub(crate) fn create_taken(fd: OwnedFd, description: &[u8]) -> Result<Pinned, NtStatus> {
    let description = postcard::from_bytes(description).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    create_object(SectionObject { fd, description })
}

/// Creates a section over a file, or over fresh memory when there is none, and a handle to it
/// (Microsoft: "CreateFileMappingW function"). A size of zero is the file's own. One that has the
/// name is opened, whatever its size.
///
/// # Errors
/// `INVALID_PARAMETER` for no size without a file, `INVALID_FILE_FOR_SECTION` for an empty file,
/// `ACCESS_DENIED` when the file was not opened for it; for a name as [`named_section::create`].
pub fn create(
    file: Option<Handle>,
    size_and_use: SectionDescription,
    wanted: Wanted,
) -> Result<Created, NtStatus> {
    let mut description = size_and_use;
    let fd = match file {
        None if description.size == 0 => return Err(NtStatus::INVALID_PARAMETER),
        None => mem::memfd("haft-section", description.size)?,
        Some(handle) => {
            // The pages of a file are always there.
            description.reserved = false;
            let write = if description.writable { AccessMask(2) } else { AccessMask::NONE };
            let (_object, file) = file::by_handle(handle, AccessMask(1) | write)?;
            let length = haft_host::rustix::fs::fstat(&file.fd)
                .map_err(|_| NtStatus::INVALID_FILE_FOR_SECTION)?
                .st_size as u64;
            if description.size == 0 {
                description.size = length;
            }
            if description.size == 0 {
                return Err(NtStatus::MAPPED_FILE_SIZE_ZERO);
            }
            if description.size > length {
                if !description.writable {
                    return Err(NtStatus::SECTION_TOO_BIG);
                }
                haft_host::rustix::fs::ftruncate(&file.fd, description.size)
                    .map_err(|_| NtStatus::DISK_FULL)?;
            }
            opened_again(&file.fd, description.writable)?
        }
    };
    let Wanted { name, access, inherit, descriptor } = wanted;
    let descriptor = descriptor.map(|descriptor| *descriptor);
    let (object, existed) = match name {
        None => {
            let object = create_object(SectionObject { fd, description })?;
            if let Some(descriptor) = &descriptor {
                object_security::protect_new(&object, descriptor)?;
            }
            (object, false)
        }
        Some(name) => named_section::create(name, &fd, description, descriptor)?,
    };
    Ok(Created { handle: ob::insert(object, access, inherit)?, existed })
}

/// The file again, as who has it open without its share mode: that ends with the file's handles.
fn opened_again(file: &OwnedFd, writable: bool) -> Result<OwnedFd, NtStatus> {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    let mode = if writable { OFlags::RDWR } else { OFlags::RDONLY };
    match openat(CWD, link, mode | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty()) {
        Ok(again) => spawn::above_standard(&again),
        // Without /proc, or where the user may not open it any more.
        Err(_) => spawn::above_standard(file),
    }
}

/// The section behind an object.
///
/// # Errors
/// `OBJECT_TYPE_MISMATCH` for an object of another type.
pub fn of(object: &Pinned) -> Result<Arc<SectionObject>, NtStatus> {
    match (object.object_type(), pending::backing(object)?) {
        (ObjectType::Section, Backing::Descriptor { extra, .. }) => {
            SECTIONS.get(extra).ok_or(NtStatus::OBJECT_TYPE_MISMATCH)
        }
        (ObjectType::Section, Backing::Executive { id }) => named_section::of(id),
        _ => Err(NtStatus::OBJECT_TYPE_MISMATCH),
    }
}

/// Maps a view of a section (Microsoft: "MapViewOfFileEx function"); its address. `size` zero
/// is to the end; `copy` asks for a copy-on-write view.
///
/// # Errors
/// `ACCESS_DENIED` when the handle may not be mapped so, `INVALID_VIEW_SIZE`,
/// `MAPPED_ALIGNMENT` for an offset that is no multiple of 64 KiB.
pub fn map_view(
    section: Handle,
    protection: Protection,
    copy: bool,
    offset: u64,
    size: usize,
    base: Option<usize>,
) -> Result<usize, NtStatus> {
    let mut wanted = SECTION_MAP_READ;
    if protection.write && !copy {
        wanted |= SECTION_MAP_WRITE;
    }
    if protection.execute {
        wanted |= SECTION_MAP_EXECUTE;
    }
    let object = reference(section, Some(ObjectType::Section), wanted)?;
    let section = of(&object)?;
    if !offset.is_multiple_of(mem::GRANULARITY as u64) {
        return Err(NtStatus::MAPPED_ALIGNMENT);
    }
    let left = section.description.size.checked_sub(offset).filter(|&left| left > 0);
    let left = left.ok_or(NtStatus::INVALID_VIEW_SIZE)?;
    let size = if size == 0 { usize::try_from(left).unwrap_or(usize::MAX) } else { size };
    if size as u64 > left {
        return Err(NtStatus::INVALID_VIEW_SIZE);
    }
    if protection.write && !copy && !section.description.writable {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let place = base.map_or(Place::Anywhere, Place::At);
    let private = copy || section.description.copy_on_write;
    let at = mem::map_file(place, size, protection, section.fd.as_fd(), offset, private)?;
    remember(at, size);
    let page = PageProtection::of_view(protection, private);
    let state = if section.description.reserved { Reserved } else { Committed(page) };
    super::adopt(at, size.next_multiple_of(mem::PAGE), Kind::Mapped, page, state);
    Ok(at)
}

/// Maps all of a file's `size` bytes to be read; their address.
///
/// # Errors
/// As [`mem::map_file`].
pub fn view_of_file(file: impl AsFd, size: usize) -> Result<usize, NtStatus> {
    let at = mem::map_file(Place::Anywhere, size, Protection::READ, file, 0, true)?;
    remember(at, size);
    let page = PageProtection::READONLY;
    super::adopt(at, size.next_multiple_of(mem::PAGE), Kind::Mapped, page, Committed(page));
    Ok(at)
}

/// Unmaps the view that holds an address.
///
/// # Errors
/// `NOT_MAPPED_VIEW`.
pub fn unmap_view(address: usize) -> Result<(), NtStatus> {
    let mut views = VIEWS.lock().unwrap_or_else(PoisonError::into_inner);
    let base = views
        .range(..=address)
        .next_back()
        .filter(|&(&base, &size)| address - base < size)
        .map(|(&base, _)| base)
        .ok_or(NtStatus::NOT_MAPPED_VIEW)?;
    let size = views.remove(&base).unwrap_or(0);
    super::disown(base);
    mem::unmap(base, size)
}

/// Writes the changed pages of a view to its file; all of them for a `size` of zero.
///
/// # Errors
/// `NOT_MAPPED_VIEW`.
pub fn flush_view(address: usize, size: usize) -> Result<(), NtStatus> {
    let views = VIEWS.lock().unwrap_or_else(PoisonError::into_inner);
    let (&base, &whole) = views
        .range(..=address)
        .next_back()
        .filter(|&(&base, &size)| address - base < size)
        .ok_or(NtStatus::NOT_MAPPED_VIEW)?;
    let start = address - address % mem::PAGE;
    let end = if size == 0 { base + whole } else { (address + size).min(base + whole) };
    mem::flush(start, end - start)
}

/// Lets go of a section whose last handle is gone; its views stay.
pub(crate) fn dispose(key: u64) {
    drop(SECTIONS.remove(key));
}
