//! Named sections: what is asked and answered of them (Microsoft: "File Mapping"). Others go from
//! process to process without the executive.

use crate::name::ObjectName;
use haft_object::SharedId;
use serde::{Deserialize, Serialize};

/// The most bytes of a description.
pub const MAX_DESCRIPTION: usize = 64;

/// What a process asks about named sections.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SectionRequest {
    /// Makes a section of the file that is beside this, or opens the one of the name:
    /// [`Answer::Object`](crate::Answer::Object).
    Create {
        /// Its name.
        name: ObjectName,
        /// What it is, in the language of the processes; at most [`MAX_DESCRIPTION`] bytes.
        description: Vec<u8>,
    },
    /// What a section is: [`SectionAnswer::Section`], its file beside it.
    Get {
        /// The section.
        object: SharedId,
    },
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SectionAnswer {
    /// A section; its file is beside it.
    Section {
        /// What it is, as its maker said it.
        description: Vec<u8>,
    },
}
