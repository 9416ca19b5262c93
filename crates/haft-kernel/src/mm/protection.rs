//! Page protections (Microsoft: "Memory Protection Constants").

use core::fmt;
use haft_abi::NtStatus;
use haft_host::mem::Protection;
use windows_sys::Win32::System::Memory as w;

/// A page protection: one of the `PAGE_*` access values with its modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct PageProtection(pub u32);

/// What may be added to an access value.
const MODIFIERS: u32 = w::PAGE_GUARD | w::PAGE_NOCACHE | w::PAGE_WRITECOMBINE;
/// `PAGE_TARGETS_INVALID` and `PAGE_TARGETS_NO_UPDATE`: about Control Flow Guard, which haft's
/// programs run without, as they do on a Windows that has it switched off.
const CONTROL_FLOW: u32 = 0x4000_0000;

impl PageProtection {
    /// No access.
    pub const NOACCESS: Self = Self(w::PAGE_NOACCESS);
    /// Loads.
    pub const READONLY: Self = Self(w::PAGE_READONLY);
    /// Loads and stores.
    pub const READWRITE: Self = Self(w::PAGE_READWRITE);
    /// Loads, and stores that give the process its own copy of the page.
    pub const WRITECOPY: Self = Self(w::PAGE_WRITECOPY);
    /// Instruction fetches.
    pub const EXECUTE: Self = Self(w::PAGE_EXECUTE);
    /// Loads and instruction fetches.
    pub const EXECUTE_READ: Self = Self(w::PAGE_EXECUTE_READ);
    /// Everything.
    pub const EXECUTE_READWRITE: Self = Self(w::PAGE_EXECUTE_READWRITE);
    /// Everything, and stores give the process its own copy of the page.
    pub const EXECUTE_WRITECOPY: Self = Self(w::PAGE_EXECUTE_WRITECOPY);

    /// The protection that a program asks for by number.
    ///
    /// # Errors
    /// `INVALID_PAGE_PROTECTION` for anything but one access value with fitting modifiers.
    pub fn parse(value: u32) -> Result<Self, NtStatus> {
        let protection = Self(value & !CONTROL_FLOW);
        let access = protection.access();
        let known = access.is_power_of_two() && access <= w::PAGE_EXECUTE_WRITECOPY;
        let modifiers = protection.0 & !0xFF;
        let fits = modifiers & !MODIFIERS == 0
            && (access != w::PAGE_NOACCESS || modifiers == 0)
            && modifiers & (w::PAGE_NOCACHE | w::PAGE_WRITECOMBINE)
                != w::PAGE_NOCACHE | w::PAGE_WRITECOMBINE;
        if known && fits { Ok(protection) } else { Err(NtStatus::INVALID_PAGE_PROTECTION) }
    }

    const fn access(self) -> u32 {
        self.0 & 0xFF
    }

    /// Whether the next access raises `STATUS_GUARD_PAGE_VIOLATION`, once.
    #[must_use]
    pub const fn is_guard(self) -> bool {
        self.0 & w::PAGE_GUARD != 0
    }

    /// The same without the guard.
    #[must_use]
    pub const fn without_guard(self) -> Self {
        Self(self.0 & !w::PAGE_GUARD)
    }

    /// Whether stores make a copy.
    #[must_use]
    pub const fn is_copy_on_write(self) -> bool {
        matches!(self.access(), w::PAGE_WRITECOPY | w::PAGE_EXECUTE_WRITECOPY)
    }

    /// The form that the pages of an image take: theirs are never shared for writing.
    #[must_use]
    pub const fn copy_on_write(self) -> Self {
        let access = match self.access() {
            w::PAGE_READWRITE => w::PAGE_WRITECOPY,
            w::PAGE_EXECUTE_READWRITE => w::PAGE_EXECUTE_WRITECOPY,
            other => other,
        };
        Self(self.0 & !0xFF | access)
    }

    /// The protection of an image's section.
    #[must_use]
    pub const fn of_image(section: Protection) -> Self {
        match (section.read, section.write, section.execute) {
            (_, true, true) => Self::EXECUTE_WRITECOPY,
            (_, true, false) => Self::WRITECOPY,
            (true, false, true) => Self::EXECUTE_READ,
            (false, false, true) => Self::EXECUTE,
            (true, false, false) => Self::READONLY,
            (false, false, false) => Self::NOACCESS,
        }
    }

    /// The protection of a view; `copy` says that stores make a copy.
    #[must_use]
    pub const fn of_view(view: Protection, copy: bool) -> Self {
        match (Self::of_image(view), copy) {
            (Self::WRITECOPY, false) => Self::READWRITE,
            (Self::EXECUTE_WRITECOPY, false) => Self::EXECUTE_READWRITE,
            (other, _) => other,
        }
    }

    /// What Linux is told: a guard page is not accessible until its guard is gone.
    #[must_use]
    pub const fn host(self) -> Protection {
        if self.is_guard() {
            return Protection::NONE;
        }
        match self.access() {
            w::PAGE_READONLY => Protection::READ,
            w::PAGE_READWRITE | w::PAGE_WRITECOPY => Protection::READ_WRITE,
            w::PAGE_EXECUTE | w::PAGE_EXECUTE_READ => Protection::READ_EXECUTE,
            w::PAGE_EXECUTE_READWRITE | w::PAGE_EXECUTE_WRITECOPY => Protection::ALL,
            _ => Protection::NONE,
        }
    }
}

impl fmt::Debug for PageProtection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_access_value_with_fitting_modifiers_is_a_protection() {
        for good in [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x104, 0x204, 0x402, 0x4000_0040] {
            assert!(PageProtection::parse(good).is_ok(), "{good:#x}");
        }
        for bad in [0, 3, 6, 0x100, 0x101, 0x201, 0x604, 0x804, 0x44] {
            let got = PageProtection::parse(bad);
            assert_eq!(got, Err(NtStatus::INVALID_PAGE_PROTECTION), "{bad:#x}");
        }
    }

    #[test]
    fn a_guard_page_is_not_accessible() {
        let guard = PageProtection::parse(0x104).unwrap();
        assert_eq!(guard.host(), Protection::NONE);
        assert_eq!(guard.without_guard().host(), Protection::READ_WRITE);
    }
}
