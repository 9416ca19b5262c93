//! Attribute lists of processes and threads, in the program's memory (Microsoft:
//! "InitializeProcThreadAttributeList function" and its kin). The structure is opaque to
//! programs; it has the sizes that Windows has, because programs allocate it by size.

use haft_abi::{Handle, NtStatus, Win32Error};
use haft_host::guest;
use haft_host::plain;

/// `PROC_THREAD_ATTRIBUTE_HANDLE_LIST`.
pub const HANDLE_LIST: usize = 0x0002_0002;
/// `PROC_THREAD_ATTRIBUTE_PARENT_PROCESS`.
pub const PARENT_PROCESS: usize = 0x0002_0000;

/// `PROC_THREAD_ATTRIBUTE_JOB_LIST`.
pub const JOB_LIST: usize = 0x0002_000D;

/// Attributes that Windows has and haft does not honour yet: naming one fails.
const KNOWN: &[usize] = &[
    0x0003_0003, // group affinity
    0x0002_0004, // preferred node
    0x0003_0005, // ideal processor
    0x0002_0006, // user-mode scheduling
    0x0002_0007, // mitigation policy
    0x0002_0009, // security capabilities
    0x0002_000B, // protection level
    0x0002_000E, // child process policy
    0x0002_000F, // all application packages policy
    0x0002_0012, // desktop app policy
    0x0002_0016, // pseudo console
];

plain! {
    /// The head of a list.
    #[derive(Default)]
    pub struct Head {
        /// A bit for each attribute that is set.
        pub present: u32,
        /// Room, in attributes.
        pub room: u32,
        /// Attributes that are set.
        pub count: u32,
        /// Unused.
        pub reserved: u32,
        /// Unused.
        pub extended: u64,
    }
}

plain! {
    /// An attribute in a list.
    #[derive(Default)]
    pub struct Attribute {
        /// Which one.
        pub number: usize,
        /// Bytes of its value.
        pub size: usize,
        /// Address of its value, which stays the caller's.
        pub value: usize,
    }
}

/// Bytes of a list with room for so many attributes.
#[must_use]
pub const fn size_of_list(room: u32) -> usize {
    size_of::<Head>() + room as usize * size_of::<Attribute>()
}

/// Makes an empty list at `address`.
///
/// # Errors
/// `NOACCESS` for a bad address.
pub fn initialize(address: usize, room: u32) -> Result<(), Win32Error> {
    guest::write(address, Head { room, ..Head::default() }).map_err(NtStatus::from)?;
    Ok(())
}

/// Sets an attribute of a list.
///
/// # Errors
/// `NOT_SUPPORTED` for an attribute that haft cannot honour, `BAD_LENGTH` for a value of a wrong
/// size, `GEN_FAILURE` for a full list, `OBJECT_NAME_EXISTS` for an attribute that is set.
pub fn update(list: usize, number: usize, value: usize, size: usize) -> Result<(), Win32Error> {
    let head: Head = guest::read(list).map_err(NtStatus::from)?;
    let wrong_size = match number {
        PARENT_PROCESS => size != size_of::<usize>(),
        _ => size == 0 || !size.is_multiple_of(size_of::<usize>()),
    };
    if ![HANDLE_LIST, JOB_LIST, PARENT_PROCESS].contains(&number) {
        if KNOWN.contains(&number) {
            crate::log::say_once(&format!(
                "process attribute {number:#x} is not implemented; UpdateProcThreadAttribute fails"
            ));
        }
        return Err(Win32Error::NOT_SUPPORTED);
    }
    if wrong_size {
        return Err(Win32Error::BAD_LENGTH);
    }
    if head.present & 1 << (number & 31) != 0 {
        return Err(Win32Error::OBJECT_NAME_EXISTS);
    }
    if head.count >= head.room {
        return Err(Win32Error::GEN_FAILURE);
    }
    let at = list + size_of_list(head.count);
    guest::write(at, Attribute { number, size, value }).map_err(NtStatus::from)?;
    let head = Head { present: head.present | 1 << (number & 31), count: head.count + 1, ..head };
    guest::write(list, head).map_err(NtStatus::from)?;
    Ok(())
}

/// The handles of an attribute, if an attribute list has it.
///
/// # Errors
/// `ACCESS_VIOLATION` when the list or its value cannot be read.
pub fn handles(list: usize, number: usize) -> Result<Option<Vec<Handle>>, NtStatus> {
    let head: Head = guest::read(list)?;
    for index in 0..head.count.min(64) {
        let attribute: Attribute = guest::read(list + size_of_list(index))?;
        if attribute.number == number {
            let count = attribute.size / size_of::<usize>();
            return Ok(Some(guest::read_slice(attribute.value, count)?));
        }
    }
    Ok(None)
}

const _: () = {
    assert!(size_of::<Head>() == 24);
    assert!(size_of_list(1) == 48);
};
