//! What can be wrong with an image.

use core::fmt;
use haft_abi::NtStatus;

/// Why a file or a mapped image was refused.
///
/// The text ([`fmt::Display`]) begins with a verb, so that it reads on after the name of the
/// file: "`x.exe` is a 32-bit (x86) program; haft runs x86-64 programs".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ImageError {
    /// The file does not begin with `MZ`.
    NotMz,
    /// The file begins with `MZ` and has no newer header: it is a DOS program.
    Dos,
    /// A 16-bit Windows or OS/2 program (`NE`).
    NewExecutable,
    /// An OS/2 program or a virtual device driver (`LE` or `LX`).
    LinearExecutable,
    /// A PE file for another machine, by its `IMAGE_FILE_MACHINE_*` number.
    Machine(u16),
    /// A program for the .NET runtime.
    DotNet,
    /// The header's magic number is none of those of PE32 and PE32+.
    OptionalMagic(u16),
    /// An object file or another PE file that is not meant to run.
    NotExecutable,
    /// The file ends before the part named.
    EndsBefore(&'static str),
    /// The part named lies beyond the bytes that the reader was given of a longer file.
    HeadersTooFar(&'static str),
    /// A part of the headers contradicts another, or the format; the text says which.
    Lies(&'static str),
    /// A table in the image contradicts itself, or the format; the text says which.
    Damaged(&'static str),
    /// Something in the image refers to memory outside it.
    Outside {
        /// Where, relative to the image base.
        rva: u32,
        /// How many bytes.
        length: u32,
    },
    /// The memory at this place of the mapped image cannot be accessed; the program may have
    /// unmapped or protected it.
    Inaccessible {
        /// Where, relative to the image base.
        rva: u32,
    },
    /// A base relocation of a kind that x86-64 images do not have.
    Relocation(u8),
}

impl ImageError {
    /// The status that the loader gives for this error (Microsoft: "MS-ERREF", section 2.3).
    #[must_use]
    pub const fn status(self) -> NtStatus {
        match self {
            Self::NotMz => NtStatus::INVALID_IMAGE_NOT_MZ,
            Self::Dos => NtStatus::INVALID_IMAGE_PROTECT,
            Self::NewExecutable => NtStatus::INVALID_IMAGE_NE_FORMAT,
            Self::LinearExecutable => NtStatus::INVALID_IMAGE_LE_FORMAT,
            Self::Machine(MACHINE_I386) => NtStatus::INVALID_IMAGE_WIN_32,
            Self::Inaccessible { .. } => NtStatus::ACCESS_VIOLATION,
            _ => NtStatus::INVALID_IMAGE_FORMAT,
        }
    }
}

const MACHINE_I386: u16 = 0x14C;

fn machine_name(machine: u16) -> Option<&'static str> {
    Some(match machine {
        MACHINE_I386 => "a 32-bit (x86)",
        0x1C0 | 0x1C2 | 0x1C4 => "a 32-bit ARM",
        0xAA64 => "an ARM64",
        0xA641 => "an ARM64EC",
        0xA64E => "an ARM64X",
        0x200 => "an Itanium",
        0x3A64 => "a hybrid x86 (CHPE)",
        0x5032 | 0x5064 | 0x5128 => "a RISC-V",
        0x6232 | 0x6264 => "a LoongArch",
        0x184 | 0x284 => "an Alpha",
        0x162 | 0x166 | 0x168 | 0x169 | 0x266 | 0x366 | 0x466 => "a MIPS",
        0x1F0 | 0x1F1 => "a PowerPC",
        0xEBC => "an EFI byte code",
        _ => return None,
    })
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NotMz => f.write_str("is not a Windows program: it does not begin with MZ"),
            Self::Dos => f.write_str("is a DOS program; haft runs x86-64 Windows programs"),
            Self::NewExecutable => {
                f.write_str("is a 16-bit (NE) program; haft runs x86-64 Windows programs")
            }
            Self::LinearExecutable => f.write_str(
                "is an OS/2 program or a virtual device driver (LE or LX); haft runs x86-64 \
                 Windows programs",
            ),
            Self::Machine(machine) => match machine_name(machine) {
                Some(name) => write!(f, "is {name} program; haft runs x86-64 programs"),
                None => write!(
                    f,
                    "is a program for an unknown machine ({machine:#06x}); haft runs x86-64 \
                     programs"
                ),
            },
            Self::DotNet => f.write_str(
                "is a .NET program; haft runs native programs (publish it self-contained and \
                 ahead of time compiled, or run it with dotnet)",
            ),
            Self::OptionalMagic(magic) => {
                write!(f, "is no PE32+ file: its optional header's magic number is {magic:#06x}")
            }
            Self::NotExecutable => {
                f.write_str("is not marked as executable: it may be an object file")
            }
            Self::EndsBefore(part) => write!(f, "ends before {part}; the file is cut off"),
            Self::HeadersTooFar(part) => {
                write!(f, "has {part} too far from its beginning to be a Windows program")
            }
            Self::Lies(text) | Self::Damaged(text) => write!(f, "is damaged: {text}"),
            Self::Outside { rva, length } => write!(
                f,
                "is damaged: it refers to {length} bytes at {rva:#x}, outside its own memory"
            ),
            Self::Inaccessible { rva } => {
                write!(f, "has inaccessible memory at {rva:#x}, where the loader must read it")
            }
            Self::Relocation(kind) => {
                write!(f, "has a base relocation of kind {kind}, which x86-64 programs do not have")
            }
        }
    }
}

impl core::error::Error for ImageError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_on_after_the_file_name() {
        assert_eq!(
            ImageError::Machine(0x14C).to_string(),
            "is a 32-bit (x86) program; haft runs x86-64 programs"
        );
        assert_eq!(
            ImageError::Machine(0xAA64).to_string(),
            "is an ARM64 program; haft runs x86-64 programs"
        );
        assert_eq!(
            ImageError::EndsBefore("its section table").to_string(),
            "ends before its section table; the file is cut off"
        );
    }

    #[test]
    fn statuses_are_the_loader_s() {
        assert_eq!(ImageError::NotMz.status(), NtStatus::INVALID_IMAGE_NOT_MZ);
        assert_eq!(ImageError::Machine(0x14C).status(), NtStatus::INVALID_IMAGE_WIN_32);
        assert_eq!(ImageError::Machine(0xAA64).status(), NtStatus::INVALID_IMAGE_FORMAT);
        assert_eq!(ImageError::DotNet.status(), NtStatus::INVALID_IMAGE_FORMAT);
    }
}
