//! Mapping an image's file into memory.

use super::{LiveImage, LoadError};
use crate::mm::{self, ImagePart};
use haft_abi::NtStatus;
use haft_host::guest;
use haft_host::mem::{self, Place, Protection};
use haft_image::{DirectoryKind, Headers, ImageError, MappingPlan};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// An image in memory that nobody knows of yet.
pub(super) struct Mapped {
    pub base: usize,
    pub image: LiveImage,
    pub headers: Headers,
    pub plan: MappingPlan,
    /// For each DLL that it imports from, whether that is bound; none is where this is shorter.
    pub bound: Vec<bool>,
    /// Whether every section has its protection.
    pub protected: bool,
}

/// Bytes of a file that are read at first: all of a small program.
const FIRST_READ: usize = 16 << 10;

/// Reads and checks the headers of `file`.
pub(super) fn headers(file: &File, shown: &str) -> Result<(Headers, u64), LoadError> {
    read_headers(file, shown).map(|(headers, length, _)| (headers, length))
}

/// Reads and checks the headers of `file`; also its length, and what was read of it.
fn read_headers(file: &File, shown: &str) -> Result<(Headers, u64, Vec<u8>), LoadError> {
    let unreadable = |e| LoadError::file(shown, NtStatus::INVALID_IMAGE_FORMAT, e);
    let length = file.metadata().map_err(unreadable)?.len();
    let mut head = vec![0; FIRST_READ.min(length as usize)];
    file.read_exact_at(&mut head, 0).map_err(unreadable)?;
    let parsed = match Headers::parse(&head, length) {
        Err(ImageError::HeadersTooFar(_)) => {
            let more = (haft_image::parse::HEADER_BYTES as u64).min(length) as usize;
            head.resize(more, 0);
            file.read_exact_at(&mut head, 0).map_err(unreadable)?;
            Headers::parse(&head, length)
        }
        other => other,
    };
    parsed.map(|headers| (headers, length, head)).map_err(|e| LoadError::image(shown, e))
}

/// Checks that `file` is a program that haft can run.
///
/// # Errors
/// What is wrong with it.
pub fn check_program(file: &File, shown: &str) -> Result<(), LoadError> {
    let (headers, _) = headers(file, shown)?;
    if headers.is_dll() || headers.entry_point.is_none() {
        return Err(LoadError {
            status: NtStatus::INVALID_IMAGE_FORMAT,
            sentence: format!("{shown} is a DLL; name the program that uses it instead"),
        });
    }
    Ok(())
}

/// Maps `file` at an address of the system's choice, or at its preferred one where it cannot
/// move, and relocates it. Every page is writable until [`Mapped::protect`].
pub(super) fn map(file: &File, shown: &str) -> Result<Mapped, LoadError> {
    let (headers, length, head) = read_headers(file, shown)?;
    let plan = MappingPlan::new(&headers, length);
    let size = headers.size_of_image as usize;
    let preferred = headers.image_base as usize;
    let movable = !headers.is_fixed();
    let place = if movable { Place::Anywhere } else { Place::At(preferred) };
    let base = mm::map_image(place, size).map_err(|status| LoadError {
        status,
        sentence: format!(
            "{shown} can only run at address {preferred:#x}, which is taken; link it with \
             relocations (--dynamicbase)"
        ),
    })?;
    let image = LiveImage::new(base, headers.size_of_image);
    let mapped = Mapped { base, image, headers, plan, bound: Vec::new(), protected: false };
    mapped.fill(file, &head, shown).and_then(|()| mapped.relocate(shown)).inspect_err(|_| {
        mm::unmap_image(base, size);
    })?;
    Ok(mapped)
}

impl Mapped {
    fn fill(&self, file: &File, head: &[u8], shown: &str) -> Result<(), LoadError> {
        for segment in &self.plan.segments {
            let at = self.base + segment.rva as usize;
            let mapped = segment.mapped as usize;
            if mapped != 0 {
                let (over, rw) = (Place::Over(at), Protection::READ_WRITE);
                mem::map_file(over, mapped, rw, file, segment.file_offset, true)
                    .map_err(LoadError::setup)?;
            }
            let (from, length) = (segment.file_offset + mapped as u64, segment.copied as usize);
            let known = (head.get(from as usize..)).and_then(|bytes| bytes.get(..length));
            match known {
                Some(bytes) => guest::copy_out(at + mapped, bytes)
                    .map_err(|fault| LoadError::setup(fault.into()))?,
                None => haft_host::mem::read_file(file, from, at + mapped, length)
                    .map_err(|e| LoadError::file(shown, NtStatus::INVALID_IMAGE_FORMAT, e))?,
            }
        }
        Ok(())
    }

    fn relocate(&self, shown: &str) -> Result<(), LoadError> {
        let delta = (self.base as u64).wrapping_sub(self.headers.image_base);
        let directory = self.headers.directory(DirectoryKind::BaseRelocation);
        if let (Some(directory), true) = (directory, delta != 0) {
            let mut image = self.image;
            haft_image::reloc::apply(&mut image, directory, delta)
                .map_err(|e| LoadError::image(shown, e))?;
        }
        Ok(())
    }

    /// Gives every section its own protection, once nothing is left to write.
    pub fn protect(&self) -> Result<(), LoadError> {
        if self.protected {
            return Ok(());
        }
        let parts = self.plan.segments.iter().map(|segment| {
            let p = segment.protection;
            ImagePart {
                rva: segment.rva as usize,
                size: (segment.size as usize).next_multiple_of(mem::PAGE),
                protection: Protection { read: p.read, write: p.write, execute: p.execute },
            }
        });
        mm::protect_image(self.base, parts).map_err(LoadError::setup)
    }
}
