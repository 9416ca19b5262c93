//! Images that are loaded for what is in them, not to be run.

use super::load::LOCK;
use super::search::{self, LoadFlags};
use super::{LiveImage, LoadError, load, map};
use crate::mm::{self, ImagePart, section};
use haft_abi::NtStatus;
use haft_host::mem::{self, Protection};
use haft_image::flat::{DataImage, Layout};
use haft_image::resources::ResourceName;
use haft_image::{ImageError, ImageMemory};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bits of a handle that are no part of an address.
pub const MARKS: usize = 3;

/// What a handle of an image that is not to be run has set (Microsoft: "LoadLibraryExW
/// function", `LDR_IS_DATAFILE` and `LDR_IS_IMAGEMAPPING`).
const fn mark(layout: Layout) -> usize {
    match layout {
        Layout::File => 1,
        Layout::Mapped => 2,
    }
}

struct Loaded {
    layout: Layout,
    size: u32,
}

/// By base address.
static IMAGES: Mutex<BTreeMap<usize, Loaded>> = Mutex::new(BTreeMap::new());

fn images() -> MutexGuard<'static, BTreeMap<usize, Loaded>> {
    IMAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Maps an image to be read, anew each time, by sections if the flags ask for an image, else as
/// its file is; its handle. A built-in DLL, which has no file, is loaded to run.
///
/// # Errors
/// `NO_SUCH_FILE`, `INVALID_IMAGE_FORMAT`.
pub(super) fn load_data(requested: &[u16], flags: LoadFlags) -> Result<usize, LoadError> {
    let _lock = LOCK.enter();
    let _searching = search::search_with(flags, requested);
    let Some(file) = load::find_file(requested) else {
        let module = load::load_library(requested);
        return match module {
            Err(error) if error.status == NtStatus::DLL_NOT_FOUND => {
                Err(LoadError { status: NtStatus::NO_SUCH_FILE, ..error })
            }
            module => module.map(|module| module.base),
        };
    };
    let as_image = flags.any(LoadFlags::AS_IMAGE_RESOURCE);
    let layout = if as_image { Layout::Mapped } else { Layout::File };
    let (base, size) = map_data(&file, layout)?;
    images().insert(base, Loaded { layout, size });
    Ok(base | mark(layout))
}

fn open(file: &Path) -> Result<(File, String), LoadError> {
    let shown = file.display().to_string();
    match File::open(file) {
        Ok(open) => Ok((open, shown)),
        Err(e) => {
            let status = match e.kind() {
                std::io::ErrorKind::PermissionDenied => NtStatus::ACCESS_DENIED,
                _ => NtStatus::OBJECT_NAME_NOT_FOUND,
            };
            Err(LoadError::file(&shown, status, e))
        }
    }
}

fn map_data(file: &Path, layout: Layout) -> Result<(usize, u32), LoadError> {
    let (file, shown) = open(file)?;
    if layout == Layout::Mapped {
        let mapped = map::map(&file, &shown)?;
        let size = mapped.headers.size_of_image;
        let pages = (size as usize).next_multiple_of(mem::PAGE);
        let whole = ImagePart { rva: 0, size: pages, protection: Protection::READ };
        mm::protect_image(mapped.base, core::iter::once(whole)).map_err(LoadError::setup)?;
        return Ok((mapped.base, size));
    }
    let bytes = FileBytes::of(&file);
    DataImage::open(&bytes, layout).map_err(|e| LoadError::image(&shown, e))?;
    let size = bytes.size;
    let base = section::view_of_file(&file, size as usize).map_err(LoadError::setup)?;
    Ok((base, size))
}

/// The bytes of a file.
struct FileBytes<'f> {
    file: &'f File,
    size: u32,
}

impl<'f> FileBytes<'f> {
    fn of(file: &'f File) -> Self {
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        Self { file, size: u32::try_from(size).unwrap_or(u32::MAX) }
    }
}

impl ImageMemory for FileBytes<'_> {
    fn read(&self, offset: u32, buffer: &mut [u8]) -> Result<(), ImageError> {
        let outside = ImageError::Outside { rva: offset, length: buffer.len() as u32 };
        self.file.read_exact_at(buffer, u64::from(offset)).map_err(|_| outside)
    }

    fn size(&self) -> u32 {
        self.size
    }
}

/// Unmaps an image that was loaded as data.
///
/// # Errors
/// `INVALID_HANDLE`.
pub(super) fn free_data(handle: usize) -> Result<(), NtStatus> {
    let base = handle & !MARKS;
    let mut images = images();
    let image = images.get(&base).filter(|image| base | mark(image.layout) == handle);
    let Loaded { layout, size } = *image.ok_or(NtStatus::INVALID_HANDLE)?;
    images.remove(&base);
    match layout {
        Layout::File => section::unmap_view(base),
        Layout::Mapped => {
            mm::unmap_image(base, size as usize);
            Ok(())
        }
    }
}

/// The image behind a handle of a module or of data, and its base; null is the program's.
///
/// # Errors
/// `DLL_NOT_FOUND` for what is no handle of either, `INVALID_IMAGE_FORMAT`.
pub fn image_of(handle: usize) -> Result<(usize, DataImage<LiveImage>), NtStatus> {
    let base = handle & !MARKS;
    let (base, image, layout) = if handle == 0 {
        let module = super::main_module();
        (module.base, module.image(), Layout::Mapped)
    } else if let Some(loaded) = images().get(&base).filter(|_| base != handle) {
        (base, LiveImage::new(base, loaded.size), loaded.layout)
    } else {
        let module = super::find_by_base(base).ok_or(NtStatus::DLL_NOT_FOUND)?;
        (module.base, module.image(), Layout::Mapped)
    };
    Ok((base, DataImage::open(image, layout).map_err(|e| e.status())?))
}

/// Reads the version resource of a file, a program for any machine, or of a built-in DLL
/// (Microsoft: "GetFileVersionInfoW function").
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND`, `INVALID_IMAGE_FORMAT`, `RESOURCE_DATA_NOT_FOUND`,
/// `RESOURCE_TYPE_NOT_FOUND`.
pub fn version_resource(requested: &[u16]) -> Result<Vec<u8>, NtStatus> {
    let _lock = LOCK.enter();
    match load::find_file(requested) {
        Some(file) => {
            let (file, _) = open(&file).map_err(|error| error.status)?;
            let image = DataImage::open(FileBytes::of(&file), Layout::File);
            read_version(&image.map_err(|e| e.status())?)
        }
        None => {
            let module =
                load::load_library(requested).map_err(|_| NtStatus::OBJECT_NAME_NOT_FOUND)?;
            let (_, image) = image_of(module.base)?;
            let read = read_version(&image);
            load::free_library(module.base)?;
            read
        }
    }
}

fn read_version<M: ImageMemory>(image: &DataImage<M>) -> Result<Vec<u8>, NtStatus> {
    const RT_VERSION: ResourceName<'static> = ResourceName::Id(16);
    super::resource::read(image, RT_VERSION, ResourceName::Id(1))
}
