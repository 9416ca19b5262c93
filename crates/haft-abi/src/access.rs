//! Access masks.

use core::fmt;
use core::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// A set of access rights: specific rights in the low 16 bits, standard rights in bits 16 to 20,
/// generic rights in the top four (Microsoft: "Access Mask Format").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[repr(transparent)]
pub struct AccessMask(pub u32);

impl AccessMask {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// The right to delete the object.
    pub const DELETE: Self = Self(0x0001_0000);
    /// The right to read the security descriptor, less the SACL.
    pub const READ_CONTROL: Self = Self(0x0002_0000);
    /// The right to change the DACL.
    pub const WRITE_DAC: Self = Self(0x0004_0000);
    /// The right to change the owner.
    pub const WRITE_OWNER: Self = Self(0x0008_0000);
    /// The right to wait on the object.
    pub const SYNCHRONIZE: Self = Self(0x0010_0000);
    /// DELETE, READ_CONTROL, WRITE_DAC and WRITE_OWNER.
    pub const STANDARD_RIGHTS_REQUIRED: Self = Self(0x000F_0000);
    /// STANDARD_RIGHTS_REQUIRED and SYNCHRONIZE.
    pub const STANDARD_RIGHTS_ALL: Self = Self(0x001F_0000);
    /// Every specific right.
    pub const SPECIFIC_RIGHTS_ALL: Self = Self(0x0000_FFFF);
    /// The right to read or change the SACL; needs a privilege.
    pub const ACCESS_SYSTEM_SECURITY: Self = Self(0x0100_0000);
    /// As much access as the security descriptor allows.
    pub const MAXIMUM_ALLOWED: Self = Self(0x0200_0000);
    /// All access, to be mapped by the object's type.
    pub const GENERIC_ALL: Self = Self(0x1000_0000);
    /// Execute access, to be mapped by the object's type.
    pub const GENERIC_EXECUTE: Self = Self(0x2000_0000);
    /// Write access, to be mapped by the object's type.
    pub const GENERIC_WRITE: Self = Self(0x4000_0000);
    /// Read access, to be mapped by the object's type.
    pub const GENERIC_READ: Self = Self(0x8000_0000);
}

crate::flags!(AccessMask);

impl BitOr for AccessMask {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for AccessMask {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for AccessMask {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for AccessMask {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl fmt::Debug for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}
