//! A mapped image and its tables.

use crate::exception::FunctionTable;
use crate::exports::Exports;
use crate::imports::{self, DelayImportedDll, ImportedDll};
use crate::load_config::LoadConfig;
use crate::parse::MappedHeaders;
use crate::resources::Resources;
use crate::tls::TlsDirectory;
use crate::{Directory, DirectoryKind, ImageError, ImageMemory};

/// A mapped image: its memory, the base that its contents are relocated to, and its headers as
/// they were when it was opened.
#[derive(Clone, Copy, Debug)]
pub struct MappedImage<'m, M: ?Sized> {
    /// The memory.
    pub memory: &'m M,
    /// The address that the image is relocated to.
    pub base: u64,
    /// The headers.
    pub headers: MappedHeaders,
}

impl<'m, M: ImageMemory + ?Sized> MappedImage<'m, M> {
    /// Opens an image that is mapped at, and relocated to, `base`.
    ///
    /// # Errors
    /// As for [`MappedHeaders::read`].
    pub fn open(memory: &'m M, base: u64) -> Result<Self, ImageError> {
        Ok(Self { memory, base, headers: MappedHeaders::read(memory)? })
    }

    /// The directory of this kind, or `None` when the image has none.
    #[must_use]
    pub fn directory(&self, kind: DirectoryKind) -> Option<Directory> {
        self.headers.directories.get(kind)
    }

    /// The export directory, or `None` when the image has none.
    ///
    /// # Errors
    /// As for [`Exports::read`].
    pub fn exports(&self) -> Result<Option<Exports>, ImageError> {
        self.directory(DirectoryKind::Export)
            .map(|directory| Exports::read(self.memory, directory))
            .transpose()
    }

    /// The DLLs that the image imports from.
    pub fn imported_dlls(
        &self,
    ) -> impl Iterator<Item = Result<ImportedDll, ImageError>> + use<'m, M> {
        let memory = self.memory;
        self.directory(DirectoryKind::Import)
            .into_iter()
            .flat_map(move |directory| imports::dlls(memory, directory))
    }

    /// The DLLs that the image loads late.
    pub fn delay_imported_dlls(
        &self,
    ) -> impl Iterator<Item = Result<DelayImportedDll, ImageError>> + use<'m, M> {
        let memory = self.memory;
        self.directory(DirectoryKind::DelayImport)
            .into_iter()
            .flat_map(move |directory| imports::delay_dlls(memory, directory))
    }

    /// The TLS directory, or `None` when the image has none.
    ///
    /// # Errors
    /// As for [`TlsDirectory::read`].
    pub fn tls(&self) -> Result<Option<TlsDirectory>, ImageError> {
        self.directory(DirectoryKind::Tls)
            .map(|directory| TlsDirectory::read(self.memory, directory, self.base))
            .transpose()
    }

    /// The load configuration, or `None` when the image has none.
    ///
    /// # Errors
    /// As for [`LoadConfig::read`].
    pub fn load_config(&self) -> Result<Option<LoadConfig>, ImageError> {
        self.directory(DirectoryKind::LoadConfig)
            .map(|directory| LoadConfig::read(self.memory, directory, self.base))
            .transpose()
    }

    /// The resources, or `None` when the image has none.
    #[must_use]
    pub fn resources(&self) -> Option<Resources> {
        self.directory(DirectoryKind::Resource).map(Resources::new)
    }

    /// The function table, or `None` when the image has none.
    ///
    /// # Errors
    /// As for [`FunctionTable::new`].
    pub fn functions(&self) -> Result<Option<FunctionTable>, ImageError> {
        self.directory(DirectoryKind::Exception)
            .map(|directory| FunctionTable::new(self.memory, directory))
            .transpose()
    }
}
