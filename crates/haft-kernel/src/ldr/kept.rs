//! The program's image, kept ready by the zygote for processes that are forked from it: mapped,
//! relocated, and bound to the built-in DLLs. They use it if the file is still the one it was made
//! from, and drop it else.

use super::bind::Procedure;
use super::built_in::{BuiltInDll, Found};
use super::map::{self, Mapped};
use super::{LiveImage, load, name, search};
use crate::mm;
use haft_abi::wide;
use haft_host::file_state::FileState;
use haft_image::exports::{ExportTarget, Exports};
use haft_image::imports::{self, ImportName, ImportedDll};
use haft_image::load_config::LoadConfig;
use haft_image::parse::MappedHeaders;
use haft_image::tls::TlsDirectory;
use haft_image::{DirectoryKind, ImageError, ImageMemoryMut};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Larger images are not kept: most who fork would not use them, and all would have them.
const LARGEST: u32 = 64 << 20;

struct Kept {
    path: PathBuf,
    state: FileState,
    mapped: Mapped,
}

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

/// Keeps the image of the program at `path` ready, and no other. If it cannot be, who starts it says
/// why.
pub fn keep_ready(path: &Path) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = kept.take() {
        before.mapped.drop();
    }
    *kept = make(path);
}

fn make(path: &Path) -> Option<Kept> {
    let file = File::open(path).ok()?;
    // Nothing of it is read before its state is known.
    let state = FileState::of(&file.metadata().ok()?)?;
    let mut mapped = map::map(&file, "").ok()?;
    if mapped.headers.size_of_image > LARGEST || bind(&mut mapped).is_err() {
        mapped.drop();
        return None;
    }
    Some(Kept { path: path.to_owned(), state, mapped })
}

/// The image of the program at `path`, if it was kept and the file is what it was. What is kept is
/// gone after that.
pub(super) fn take(path: &Path) -> Option<Mapped> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    if kept.path == path && FileState::at(path) == Some(kept.state) {
        return Some(kept.mapped);
    }
    kept.mapped.drop();
    None
}

/// Binds what an image imports from built-in DLLs that no file takes the place of.
fn bind(mapped: &mut Mapped) -> Result<(), ImageError> {
    let Some(directory) = mapped.headers.directory(DirectoryKind::Import) else { return Ok(()) };
    let image = mapped.image;
    let mut bound = Vec::new();
    for dll in imports::dlls(&image, directory) {
        bound.push(bind_dll(image, dll?)?);
    }
    let whole = bound.iter().all(|&bound| bound);
    mapped.bound = bound;
    if whole && !writes_to_constants(mapped)? && mapped.protect().is_ok() {
        mapped.protected = true;
    }
    Ok(())
}

/// Binds what an image imports from one DLL, if all of it is found in a built-in one.
fn bind_dll(mut image: LiveImage, dll: ImportedDll) -> Result<bool, ImageError> {
    let mut scratch = Vec::new();
    let requested = wide::from_bytes(dll.name.read(&image, &mut scratch)?);
    let Some(built_in) = load::built_in(&requested) else { return Ok(false) };
    if name::has_folder(&requested) || !search::is_known(built_in.name()) {
        return Ok(false);
    }
    let place = built_in.place();
    let exporter = LiveImage::new(place.base, place.size as u32);
    let directories = MappedHeaders::read(&exporter)?.directories;
    let Some(directory) = directories.get(DirectoryKind::Export) else { return Ok(false) };
    let exports = Exports::read(&exporter, directory)?;
    let mut addresses = Vec::new();
    for entry in dll.imports(&image) {
        let entry = entry?;
        let wanted = match entry.name {
            ImportName::ByName { name, .. } => Procedure::Name(name.read(&image, &mut scratch)?),
            ImportName::ByOrdinal(n) => Procedure::Ordinal(n),
        };
        match address(built_in, place.base, &exporter, &exports, wanted)? {
            Some(address) => addresses.push((entry.iat, address)),
            None => return Ok(false),
        }
    }
    for (iat, address) in addresses {
        image.write_u64(iat, address as u64)?;
    }
    Ok(true)
}

/// The address of a built-in DLL's procedure, unless it is another DLL's.
fn address(
    dll: &dyn BuiltInDll,
    base: usize,
    image: &LiveImage,
    exports: &Exports,
    wanted: Procedure<'_>,
) -> Result<Option<usize>, ImageError> {
    let export = match wanted {
        Procedure::Name(name) => exports.by_name(image, name),
        Procedure::Ordinal(n) => exports.by_ordinal(image, u32::from(n)),
    }?;
    Ok(match export.map(|export| export.target) {
        Some(ExportTarget::Rva(rva)) => Some(base + rva as usize),
        Some(ExportTarget::Forwarder(_)) => None,
        None => match dll.missing(wanted) {
            Found::KnownMissing(address) => Some(address),
            Found::Unknown => None,
        },
    })
}

/// Whether a process writes to the image for itself, once it has it, where the program may not.
fn writes_to_constants(mapped: &Mapped) -> Result<bool, ImageError> {
    let base = mapped.base as u64;
    let read = |kind| mapped.headers.directory(kind);
    let cookie = read(DirectoryKind::LoadConfig)
        .map(|directory| LoadConfig::read(&mapped.image, directory, base))
        .transpose()?
        .and_then(|config| config.security_cookie);
    let index = read(DirectoryKind::Tls)
        .map(|directory| TlsDirectory::read(&mapped.image, directory, base))
        .transpose()?
        .map(|tls| tls.index);
    let constant = |rva: u32| {
        let mut segments = mapped.plan.segments.iter();
        let segment = segments.find(|segment| rva.wrapping_sub(segment.rva) < segment.size);
        segment.is_none_or(|segment| !segment.protection.write)
    };
    Ok(cookie.into_iter().chain(index).any(constant))
}

impl Mapped {
    /// Takes an image out of memory that nobody knows of.
    fn drop(self) {
        mm::unmap_image(self.base, self.headers.size_of_image as usize);
    }
}
