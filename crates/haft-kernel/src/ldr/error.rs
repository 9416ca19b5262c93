//! Why an image could not be loaded, for a person and for the program.

use haft_abi::NtStatus;
use haft_image::ImageError;
use std::fmt;

/// A failure to load: which file, what is wrong, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// What Windows calls it.
    pub status: NtStatus,
    /// One sentence naming the file, what is wrong and the remedy.
    pub sentence: String,
}

impl LoadError {
    /// The file is not an image that haft runs.
    #[must_use]
    pub fn image(file: &str, error: ImageError) -> Self {
        Self { status: error.status(), sentence: format!("{file} {error}") }
    }

    /// The file cannot be opened or read.
    #[must_use]
    pub fn file(file: &str, status: NtStatus, error: impl fmt::Display) -> Self {
        Self { status, sentence: format!("{file}: cannot be read: {error}") }
    }

    /// A DLL that `importer` needs is nowhere.
    #[must_use]
    pub fn missing_dll(importer: &str, dll: &str) -> Self {
        Self {
            status: NtStatus::DLL_NOT_FOUND,
            sentence: format!(
                "{importer} needs {dll}, which is neither built in nor beside the program; put \
                 it there or name its folder with --dll-path"
            ),
        }
    }

    /// A DLL lacks a function that `importer` needs.
    #[must_use]
    pub fn missing_export(importer: &str, dll: &str, function: &str, built_in: bool) -> Self {
        let remedy = if built_in {
            "haft does not know this function; a native DLL beside the program would be used \
             instead"
        } else {
            "another version of the DLL may have it"
        };
        Self {
            status: if function.starts_with('#') {
                NtStatus::ORDINAL_NOT_FOUND
            } else {
                NtStatus::ENTRYPOINT_NOT_FOUND
            },
            sentence: format!("{importer} needs {function} from {dll}, which lacks it; {remedy}"),
        }
    }

    /// The system refused what every process needs.
    #[must_use]
    pub fn setup(status: NtStatus) -> Self {
        Self { status, sentence: format!("the process could not be set up: {status}") }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}
