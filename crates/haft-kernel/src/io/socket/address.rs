//! Socket addresses: Windows' and Linux's differ in the numbers of their families, and in that the
//! path of a local one is a Windows path.

use super::status::{self, winsock};
use crate::io::lookup::{self, Found};
use crate::io::{name, path};
use haft_abi::{NtStatus, wide};
use haft_host::guest;
use haft_host::socket::Address;
use haft_host::socket::linux;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// `AF_INET6` of Windows.
const AF_INET6: i32 = 23;

/// Linux's number of an address family.
#[must_use]
pub const fn family_to_linux(family: i32) -> Option<i32> {
    match family {
        1 => Some(linux::AF_UNIX),
        2 => Some(linux::AF_INET),
        AF_INET6 => Some(linux::AF_INET6),
        _ => None,
    }
}

/// Windows' number of an address family.
#[must_use]
pub const fn family_to_windows(family: i32) -> i32 {
    match family {
        linux::AF_INET6 => AF_INET6,
        family => family,
    }
}

/// The sizes of addresses, by Linux's family.
pub(super) const fn size(family: i32) -> usize {
    match family {
        linux::AF_INET => 16,
        linux::AF_INET6 => 28,
        _ => 110,
    }
}

/// The longest address that is looked at.
const LONGEST: usize = 128;

/// Reads an address for a socket of a family from the program's memory.
///
/// # Errors
/// `ACCESS_VIOLATION` for one that is too short or cannot be read, as documented; the status of
/// `WSAEAFNOSUPPORT` for one of another family.
pub fn read(address: usize, length: usize, family: i32) -> Result<Address, NtStatus> {
    if length < 2 || (family != linux::AF_UNIX && length < size(family)) {
        return Err(NtStatus::ACCESS_VIOLATION);
    }
    let mut bytes = guest::read_slice::<u8>(address, length.min(LONGEST))?;
    let given = i32::from(u16::from_le_bytes([bytes[0], bytes[1]]));
    if family_to_linux(given) != Some(family) {
        return Err(winsock(status::AF_NOT_SUPPORTED));
    }
    bytes[..2].copy_from_slice(&(family as u16).to_le_bytes());
    if family == linux::AF_UNIX {
        return local(&bytes[2..]);
    }
    bytes.truncate(size(family));
    if family == linux::AF_INET {
        // What Windows calls zero is not looked at.
        bytes[8..].fill(0);
    }
    Address::new(&bytes).ok_or(NtStatus::ACCESS_VIOLATION)
}

/// The address of a local socket, by its path as the program gave it (UTF-8, up to a zero).
fn local(given: &[u8]) -> Result<Address, NtStatus> {
    let end = given.iter().position(|&b| b == 0).unwrap_or(given.len());
    let mut bytes = (linux::AF_UNIX as u16).to_le_bytes().to_vec();
    if end == 0 {
        // No path: an address that Linux chooses.
        return Address::new(&bytes).ok_or(NtStatus::INVALID_PARAMETER);
    }
    let text = wide::from_bytes(&given[..end]);
    let (Found::There(found) | Found::Missing(found)) = lookup::find(&name::linux_path(&text)?)?;
    bytes.extend(found.as_os_str().as_bytes());
    bytes.push(0);
    // sun_path has 108 bytes on both.
    if bytes.len() > 110 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    Address::new(&bytes).ok_or(NtStatus::INVALID_PARAMETER)
}

/// An address as Windows writes it.
#[must_use]
pub fn to_windows(address: &Address) -> Vec<u8> {
    let mut bytes = address.bytes().to_vec();
    if bytes.len() < 2 {
        return bytes;
    }
    let family = address.family();
    if family == linux::AF_UNIX {
        // A socket without a path has no name on Windows either.
        let given: Vec<u8> = bytes[2..].iter().copied().take_while(|&b| b != 0).collect();
        bytes.truncate(2);
        if !given.is_empty() {
            let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(given));
            bytes.extend(wide::to_bytes(&path::from_linux(&path)));
        }
        bytes.resize(110, 0);
    }
    bytes[..2].copy_from_slice(&(family_to_windows(family) as u16).to_le_bytes());
    bytes
}

/// Where the program wants an address: the address's place, and the place of its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Where the address goes; zero for nowhere.
    pub address: usize,
    /// Where its length is: the room before, the size after.
    pub length: usize,
}

impl Place {
    /// Whether the program wants none.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.address == 0 || self.length == 0
    }

    /// Checks that an address fits.
    ///
    /// # Errors
    /// `ACCESS_VIOLATION` if it does not.
    pub fn check(self, family: i32) -> Result<(), NtStatus> {
        if self.is_none() {
            return Ok(());
        }
        let room = guest::read::<i32>(self.length)?;
        let needed = if family == linux::AF_UNIX { 2 } else { size(family) };
        if usize::try_from(room).is_ok_and(|room| room >= needed) {
            Ok(())
        } else {
            Err(NtStatus::ACCESS_VIOLATION)
        }
    }

    /// Writes an address there.
    ///
    /// # Errors
    /// `ACCESS_VIOLATION` if there is too little room.
    pub fn write(self, address: &Address) -> Result<(), NtStatus> {
        if self.is_none() {
            return Ok(());
        }
        let bytes = to_windows(address);
        let room = usize::try_from(guest::read::<i32>(self.length)?).unwrap_or(0);
        if room < bytes.len() && address.family() != linux::AF_UNIX {
            return Err(NtStatus::ACCESS_VIOLATION);
        }
        guest::copy_out(self.address, &bytes[..bytes.len().min(room)])?;
        Ok(guest::write(self.length, bytes.len() as i32)?)
    }
}
