//! What the loader needs to know of the built-in DLLs, which live in a crate above this one.

use super::Procedure;
use haft_abi::NtStatus;

/// The set of built-in DLLs.
pub trait BuiltIns: Sync {
    /// The built-in DLL of this file name, in lower case with its extension; API-set names
    /// resolve to the DLL that serves them.
    fn find(&self, name: &str) -> Option<&'static dyn BuiltInDll>;

    /// Gives the memory of images the protection that each gets when it is made ready: what a
    /// process does whose forked children are to find that done.
    ///
    /// # Errors
    /// `NO_MEMORY`.
    fn protect_all(&self) -> Result<(), NtStatus>;
}

/// One built-in DLL.
pub trait BuiltInDll: Sync {
    /// Its file name, in lower case with its extension.
    fn name(&self) -> &'static str;

    /// Whether nothing in it is implemented. A program that imports from it may never call
    /// that; one that loads it by name is told that it is not there.
    fn is_hollow(&self) -> bool;

    /// Where its image is, before it is ready too: its headers and exports are there to be read.
    fn place(&self) -> LaidOut;

    /// Makes its image ready to be used, and known to memory management.
    ///
    /// # Errors
    /// `NO_MEMORY`, `ACCESS_VIOLATION` when its memory is not what it should be.
    fn lay_out(&self) -> Result<LaidOut, NtStatus>;

    /// What it knows of a function that its export directory does not list.
    fn missing(&self, wanted: Procedure<'_>) -> Found;
}

/// Where the image of a built-in DLL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaidOut {
    /// Its base address.
    pub base: usize,
    /// Its size in bytes.
    pub size: usize,
}

/// What a built-in DLL says of a name that it does not export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A function of Windows that haft does not have yet: this address names it once on the log
    /// and fails as documented, or ends the program.
    KnownMissing(usize),
    /// Not a function of this DLL.
    Unknown,
}
