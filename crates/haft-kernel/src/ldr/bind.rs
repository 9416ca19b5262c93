//! Binding a module's imports to the exports of others.

use super::built_in::Found;
use super::module::Module;
use super::{LoadError, load};
use haft_abi::wide;
use haft_image::exports::{ExportTarget, Exports, Forwarder, ForwarderSymbol};
use haft_image::imports::{self, ImportName};
use haft_image::{DirectoryKind, ImageError, ImageMemoryMut};

/// What a procedure is asked for by.
#[derive(Clone, Copy, Debug)]
pub enum Procedure<'a> {
    /// Its name.
    Name(&'a [u8]),
    /// Its ordinal.
    Ordinal(u16),
}

/// Forwarders of forwarders end here.
const MAX_FORWARDS: u32 = 16;

/// What looking for a procedure gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// Its address.
    At(usize),
    /// A built-in DLL's stand-in for a function that haft does not have yet.
    KnownMissing(usize),
    /// No such procedure.
    Nowhere,
}

/// Looks for a procedure of a module, through forwarders.
pub(super) fn find(module: &'static Module, wanted: Procedure<'_>) -> Result<Resolved, LoadError> {
    find_forwarded(module, wanted, MAX_FORWARDS)
}

fn find_forwarded(
    module: &'static Module,
    wanted: Procedure<'_>,
    forwards_left: u32,
) -> Result<Resolved, LoadError> {
    let image = module.image();
    let bad = |e: ImageError| LoadError::image(&module.name, e);
    let export = match module.directories.get(DirectoryKind::Export) {
        None => None,
        Some(directory) => {
            let exports = Exports::read(&image, directory).map_err(bad)?;
            match wanted {
                Procedure::Name(name) => exports.by_name(&image, name),
                Procedure::Ordinal(n) => exports.by_ordinal(&image, u32::from(n)),
            }
            .map_err(bad)?
        }
    };
    match export.map(|e| e.target) {
        Some(ExportTarget::Rva(rva)) => Ok(Resolved::At(module.base + rva as usize)),
        Some(ExportTarget::Forwarder(at)) if forwards_left > 0 => {
            let mut text = Vec::new();
            let forwarder =
                Forwarder::parse(at.read(&image, &mut text).map_err(bad)?).map_err(bad)?;
            let target = load::load_needed(&wide::from_str(forwarder.dll), module)?;
            let procedure = match forwarder.symbol {
                ForwarderSymbol::Name(name) => Procedure::Name(name.as_bytes()),
                ForwarderSymbol::Ordinal(n) => Procedure::Ordinal(n),
            };
            find_forwarded(target, procedure, forwards_left - 1)
        }
        Some(ExportTarget::Forwarder(_)) => Ok(Resolved::Nowhere),
        None => Ok(match module.built_in.map_or(Found::Unknown, |dll| dll.missing(wanted)) {
            Found::KnownMissing(address) => Resolved::KnownMissing(address),
            Found::Unknown => Resolved::Nowhere,
        }),
    }
}

/// Loads what a module imports and writes every address into its import address table, but where
/// that is `bound` already.
pub(super) fn bind(module: &'static Module, bound: &[bool]) -> Result<(), LoadError> {
    let mut image = module.image();
    let bad = |e: ImageError| LoadError::image(&module.name, e);
    let Some(directory) = module.directories.get(DirectoryKind::Import) else { return Ok(()) };
    let mut scratch = Vec::new();
    let bound = bound.iter().copied().chain(core::iter::repeat(false));
    for (dll, is_bound) in imports::dlls(&module.image(), directory).zip(bound) {
        let dll = dll.map_err(bad)?;
        let dll_name = wide::from_bytes(dll.name.read(&image, &mut scratch).map_err(bad)?);
        let target = load::load_needed(&dll_name, module)?;
        if is_bound {
            continue;
        }
        for entry in dll.imports(&module.image()) {
            let entry = entry.map_err(bad)?;
            let wanted = match entry.name {
                ImportName::ByName { name, .. } => {
                    Procedure::Name(name.read(&image, &mut scratch).map_err(bad)?)
                }
                ImportName::ByOrdinal(n) => Procedure::Ordinal(n),
            };
            match find(target, wanted)? {
                Resolved::At(address) | Resolved::KnownMissing(address) => {
                    image.write_u64(entry.iat, address as u64).map_err(bad)?;
                }
                Resolved::Nowhere => {
                    let function = match wanted {
                        Procedure::Name(name) => String::from_utf8_lossy(name).into_owned(),
                        Procedure::Ordinal(n) => format!("#{n}"),
                    };
                    return Err(LoadError::missing_export(
                        &module.name,
                        &target.name,
                        &function,
                        target.built_in.is_some(),
                    ));
                }
            }
        }
    }
    Ok(())
}
