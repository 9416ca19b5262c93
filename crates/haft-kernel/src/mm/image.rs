//! The memory of images.

use super::space::{MAXIMUM_ADDRESS, adopt, disown, space};
use super::vad::{Kind, PageState, Vad};
use super::{GRANULARITY, PageProtection, place};
use haft_abi::NtStatus;
use haft_host::mem::{self, Place, Protection};

/// Maps fresh writable pages for an image of `size` bytes.
///
/// # Errors
/// `CONFLICTING_ADDRESSES` when the place is taken, `NO_MEMORY`.
pub fn map_image(at: Place, size: usize) -> Result<usize, NtStatus> {
    let size = size.next_multiple_of(super::PAGE);
    let base = match at {
        Place::Anywhere => {
            let vads = &space().vads;
            place::anywhere(vads, size, Protection::READ_WRITE, MAXIMUM_ADDRESS + 1, GRANULARITY)
        }
        Place::At(_) | Place::Over(_) => mem::map(at, size, Protection::READ_WRITE),
    }?;
    let state = PageState::Committed(PageProtection::WRITECOPY);
    adopt(base, size, Kind::Image, PageProtection::EXECUTE_WRITECOPY, state);
    Ok(base)
}

/// Whole pages of an image.
#[derive(Clone, Copy, Debug)]
pub struct ImagePart {
    /// Where they begin, relative to the image.
    pub rva: usize,
    /// Bytes.
    pub size: usize,
    /// Their protection.
    pub protection: Protection,
}

/// Takes note of an image that is part of haft's binary, and protected as it should be.
pub fn adopt_image(base: usize, size: usize, parts: impl Iterator<Item = ImagePart>) {
    let state = PageState::Committed(PageProtection::WRITECOPY);
    let mut vad =
        Vad::new(base, base + size, Kind::Image, PageProtection::EXECUTE_WRITECOPY, state);
    for part in parts {
        let start = base + part.rva;
        let state = PageState::Committed(PageProtection::of_image(part.protection));
        vad.set(start, start + part.size, state);
    }
    space().vads.insert(base, vad);
}

/// Gives the parts of an image that was mapped writable their protections. Linux is told once for
/// neighbours that have the same one.
///
/// # Errors
/// `NO_MEMORY` when it is not mapped.
pub fn protect_image(
    base: usize,
    parts: impl Iterator<Item = ImagePart> + Clone,
) -> Result<(), NtStatus> {
    let mut run = ImagePart { rva: 0, size: 0, protection: Protection::READ_WRITE };
    for part in parts.clone() {
        if part.protection == run.protection && part.rva == run.rva + run.size {
            run.size += part.size;
        } else {
            run.apply(base)?;
            run = part;
        }
    }
    run.apply(base)?;
    if let Some((_, vad)) = space().vads.find_mut(base) {
        for part in parts {
            let start = base + part.rva;
            let state = PageState::Committed(PageProtection::of_image(part.protection));
            vad.set(start, (start + part.size).min(vad.end()), state);
        }
    }
    Ok(())
}

impl ImagePart {
    fn apply(self, base: usize) -> Result<(), NtStatus> {
        if self.size == 0 || self.protection == Protection::READ_WRITE {
            return Ok(());
        }
        mem::protect(base + self.rva, self.size, self.protection)
    }
}

/// Unmaps an image.
pub fn unmap_image(base: usize, size: usize) {
    disown(base);
    // What cannot be unmapped stays mapped; nothing names it any more.
    let _ = mem::unmap(base, size.next_multiple_of(super::PAGE));
}
