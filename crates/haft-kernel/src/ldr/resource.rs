//! Resources of images (Microsoft: "Resource Functions").

use super::data::image_of;
use haft_abi::NtStatus;
use haft_image::flat::DataImage;
use haft_image::resources::{EntryName, Missing, Node, ResourceData, ResourceName, Resources};
use haft_image::{DirectoryKind, ImageError, ImageMemory};

fn missing(part: Missing) -> NtStatus {
    match part {
        Missing::Type => NtStatus::RESOURCE_TYPE_NOT_FOUND,
        Missing::Name => NtStatus::RESOURCE_NAME_NOT_FOUND,
        Missing::Language => NtStatus::RESOURCE_LANG_NOT_FOUND,
    }
}

fn damaged(error: ImageError) -> NtStatus {
    error.status()
}

fn resources<M: ImageMemory>(image: &DataImage<M>) -> Result<Resources, NtStatus> {
    let directory = image.directory(DirectoryKind::Resource as usize);
    directory.map(Resources::new).ok_or(NtStatus::RESOURCE_DATA_NOT_FOUND)
}

/// Finds a resource of a module; the address of its data entry, which is its handle (Microsoft:
/// "FindResourceExW function").
///
/// # Errors
/// `RESOURCE_DATA_NOT_FOUND` for an image without any, `RESOURCE_TYPE_NOT_FOUND`,
/// `RESOURCE_NAME_NOT_FOUND`, `RESOURCE_LANG_NOT_FOUND`.
pub fn find(
    module: usize,
    kind: ResourceName<'_>,
    name: ResourceName<'_>,
    language: Option<u16>,
) -> Result<usize, NtStatus> {
    let (base, image) = image_of(module)?;
    let found = resources(&image)?.find(&image, kind, name, language).map_err(damaged)?;
    let entry = found.map_err(missing)?.entry;
    const ENTRY_SIZE: u32 = 16;
    Ok(base + image.offset(entry, ENTRY_SIZE).map_err(damaged)? as usize)
}

/// Where a resource is, and its size in bytes (Microsoft: "LoadResource function").
///
/// # Errors
/// `RESOURCE_DATA_NOT_FOUND` for what is no resource of the module.
pub fn data(module: usize, resource: usize) -> Result<(usize, u32), NtStatus> {
    let (base, image) = image_of(module)?;
    let offset = resource.checked_sub(base).and_then(|offset| u32::try_from(offset).ok());
    let entry = offset.and_then(|offset| image.rva(offset));
    let entry = entry.ok_or(NtStatus::RESOURCE_DATA_NOT_FOUND)?;
    let ResourceData { rva, size, .. } = resources(&image)?.data(&image, entry).map_err(damaged)?;
    Ok((base + image.offset(rva, size).map_err(damaged)? as usize, size))
}

/// A name of a resource or a type, as the image has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnName {
    /// A number.
    Id(u16),
    /// A text.
    Text(Vec<u16>),
}

/// The names of all resources of a type, or all types if there is none (Microsoft:
/// "EnumResourceNamesW function", "EnumResourceTypesW function").
///
/// # Errors
/// As [`find`].
pub fn names(module: usize, kind: Option<ResourceName<'_>>) -> Result<Vec<OwnName>, NtStatus> {
    let (_, image) = image_of(module)?;
    let resources = resources(&image)?;
    let mut directory = resources.root(&image).map_err(damaged)?;
    if let Some(kind) = kind {
        directory = match resources.child(&image, directory, kind).map_err(damaged)? {
            Some(Node::Directory(names)) => names,
            _ => return Err(NtStatus::RESOURCE_TYPE_NOT_FOUND),
        };
    }
    let own = |name: EntryName| match name {
        EntryName::Id(id) => Ok(OwnName::Id(id)),
        EntryName::Name { .. } => {
            name.read(&image).map(|text| OwnName::Text(text.unwrap_or_default()))
        }
    };
    resources
        .entries(&image, directory)
        .map(|entry| entry.and_then(|(name, _)| own(name)))
        .collect::<Result<_, _>>()
        .map_err(damaged)
}

/// Reads the bytes of a resource.
pub(super) fn read<M: ImageMemory>(
    image: &DataImage<M>,
    kind: ResourceName<'_>,
    name: ResourceName<'_>,
) -> Result<Vec<u8>, NtStatus> {
    let found = resources(image)?.find(image, kind, name, None).map_err(damaged)?;
    let found = found.map_err(missing)?;
    // A size that lies must not be allocated.
    image.offset(found.rva, found.size).map_err(damaged)?;
    let mut bytes = vec![0; found.size as usize];
    image.read(found.rva, &mut bytes).map_err(damaged)?;
    Ok(bytes)
}
