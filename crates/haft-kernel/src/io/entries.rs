//! Names of a directory in the layouts of NtQueryDirectoryFile.

use super::directory::{self, Entry};
use haft_abi::{Handle, NtStatus};
use haft_host::guest;

/// The layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation's")]
pub enum EntryClass {
    Directory = 1,
    FullDirectory = 2,
    BothDirectory = 3,
    Names = 12,
    IdBothDirectory = 37,
    IdFullDirectory = 38,
    IdExtendedDirectory = 60,
}

impl EntryClass {
    /// By NT's number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Directory,
            2 => Self::FullDirectory,
            3 => Self::BothDirectory,
            12 => Self::Names,
            37 => Self::IdBothDirectory,
            38 => Self::IdFullDirectory,
            60 => Self::IdExtendedDirectory,
            _ => return None,
        })
    }

    /// What stands before the name, with its length in bytes; the offset of the next entry, which
    /// comes first, is left zero.
    fn head(self, entry: &Entry) -> Vec<u8> {
        let information = &entry.information;
        let name_length = (entry.name.len() * 2) as u32;
        let mut head = Vec::with_capacity(128);
        let mut word = |value: u32| head.extend(value.to_le_bytes());
        word(0);
        word(0);
        if self == Self::Names {
            word(name_length);
            return head;
        }
        let times = information.times;
        let mut long = |value: u64| head.extend(value.to_le_bytes());
        long(times.created.cast_unsigned());
        long(times.accessed.cast_unsigned());
        long(times.written.cast_unsigned());
        long(times.changed.cast_unsigned());
        long(information.size);
        long(information.allocated);
        head.extend(information.attributes.0.to_le_bytes());
        head.extend(name_length.to_le_bytes());
        // A symbolic link's kind stands where extended attributes would be counted.
        let kind = information.reparse_tag.to_le_bytes();
        match self {
            Self::Directory | Self::Names => {}
            Self::FullDirectory => head.extend(kind),
            Self::BothDirectory => {
                head.extend(kind);
                head.resize(94, 0);
            }
            Self::IdBothDirectory => {
                head.extend(kind);
                head.resize(96, 0);
                head.extend(information.index.to_le_bytes());
            }
            Self::IdFullDirectory => {
                head.extend(kind);
                head.resize(72, 0);
                head.extend(information.index.to_le_bytes());
            }
            Self::IdExtendedDirectory => {
                head.extend([0; 4]);
                head.extend(kind);
                head.extend(information.index.to_le_bytes());
                head.extend([0; 8]);
            }
        }
        head
    }
}

/// Writes entries of a directory into the program's memory, as many as fit (or one): how many
/// bytes.
///
/// # Errors
/// `INFO_LENGTH_MISMATCH` when not even a head fits, `BUFFER_OVERFLOW` when not one entry does,
/// and those of [`directory::list`].
pub fn list(
    handle: Handle,
    class: EntryClass,
    (address, room): (usize, usize),
    pattern: Option<&[u16]>,
    restart: bool,
    single: bool,
) -> Result<usize, NtStatus> {
    let mut used = 0usize;
    let mut last = None;
    directory::list(handle, pattern, restart, |entry| {
        let at = used.next_multiple_of(8);
        if single && last.is_some() {
            return Ok(false);
        }
        let head = class.head(entry);
        let end = at + head.len() + entry.name.len() * 2;
        if end > room {
            return Ok(false);
        }
        guest::copy_out(address + at, &head)?;
        guest::write_slice(address + at + head.len(), &entry.name)?;
        if let Some(last) = last {
            guest::write::<u32>(address + last, (at - last) as u32)?;
        }
        last = Some(at);
        used = end;
        Ok(true)
    })?;
    Ok(used)
}
