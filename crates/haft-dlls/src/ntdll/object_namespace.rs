//! Directories and symbolic links of the object namespace.

use super::object_attributes::{Attributes, open_named};
use crate::abi::{In, InOut, Out, Ptr, SetIfSome as _};
use haft_abi::nt::UnicodeString;
use haft_abi::{self as abi, AccessMask, NtStatus, wide};
use haft_host::guest;
use haft_kernel::ob::ObjectType;
use haft_kernel::ob::names::{self, NameEntry};
use haft_macros::export;

/// Makes a directory, or opens the one of the name. (Microsoft: "ZwCreateDirectoryObject function")
#[export(ntdll, also = "ZwCreateDirectoryObject")]
fn NtCreateDirectoryObject(
    DirectoryHandle: Out<abi::Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<NtStatus, NtStatus> {
    let attributes = Attributes::read(ObjectAttributes)?;
    DirectoryHandle.probe()?;
    let made = names::create_directory(attributes.wanted(DesiredAccess))?;
    let (handle, status) = attributes.created(made)?;
    DirectoryHandle.set(handle)?;
    Ok(status)
}

/// Opens a directory. (NtInternals: "NtOpenDirectoryObject")
#[export(ntdll, also = "ZwOpenDirectoryObject")]
fn NtOpenDirectoryObject(
    DirectoryHandle: Out<abi::Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    open_named(ObjectType::Directory, &DirectoryHandle, DesiredAccess, ObjectAttributes)
}

/// Lists a directory: names and types. (Microsoft: "NtQueryDirectoryObject function")
#[export(ntdll, also = "ZwQueryDirectoryObject")]
fn NtQueryDirectoryObject(
    DirectoryHandle: abi::Handle,
    Buffer: Ptr<u8>,
    Length: u32,
    ReturnSingleEntry: u8,
    RestartScan: u8,
    Context: InOut<u32>,
    ReturnLength: Option<Out<u32>>,
) -> Result<NtStatus, NtStatus> {
    let from = if RestartScan != 0 { 0 } else { Context.get() };
    let (entries, mut more) = names::list(DirectoryHandle, from)?;
    if entries.is_empty() {
        return Err(NtStatus::NO_MORE_ENTRIES);
    }
    let most = if ReturnSingleEntry != 0 { 1 } else { entries.len() };
    let mut used = size_of::<[UnicodeString; 2]>();
    let mut shown = Vec::new();
    for entry in &entries[..most] {
        let bytes = length_of(entry);
        if used + bytes > Length as usize {
            break;
        }
        used += bytes;
        shown.push(entry);
    }
    more |= shown.len() < entries.len();
    if shown.is_empty() {
        ReturnLength.set((used + length_of(&entries[0])) as u32)?;
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    write_entries(&shown, Buffer.addr())?;
    Context.set(from + shown.len() as u32)?;
    ReturnLength.set(used as u32)?;
    Ok(if more && ReturnSingleEntry == 0 { NtStatus::MORE_ENTRIES } else { NtStatus::SUCCESS })
}

/// The bytes that an entry takes: `OBJECT_DIRECTORY_INFORMATION` and its two texts.
fn length_of(entry: &NameEntry) -> usize {
    let units = |text: &str| text.encode_utf16().count() + 1;
    size_of::<[UnicodeString; 2]>() + (units(&entry.name) + units(&entry.type_name)) * 2
}

/// Writes entries, one of zeros behind them, and then their texts.
fn write_entries(entries: &[&NameEntry], address: usize) -> Result<(), NtStatus> {
    let head = size_of::<[UnicodeString; 2]>();
    let mut text_at = address + (entries.len() + 1) * head;
    for (number, entry) in entries.iter().enumerate() {
        let mut place = |text: &str| -> Result<UnicodeString, NtStatus> {
            let units = wide::from_str_z(text);
            let (at, bytes) = (text_at, units.len() * 2);
            guest::write_slice(at, &units)?;
            text_at += bytes;
            Ok(UnicodeString {
                length: (bytes - 2) as u16,
                maximum_length: bytes as u16,
                buffer: at as u64,
            })
        };
        let both = [place(&entry.name)?, place(&entry.type_name)?];
        guest::write(address + number * head, both)?;
    }
    Ok(guest::write(address + entries.len() * head, [UnicodeString::default(); 2])?)
}

fn text_of(string: &UnicodeString) -> Result<String, NtStatus> {
    let units: Vec<u16> =
        guest::read_slice(string.buffer as usize, usize::from(string.length) / 2)?;
    Ok(wide::to_string(&units))
}

/// Makes a symbolic link to a path, or opens the one of the name. (NtInternals:
/// "NtCreateSymbolicLinkObject")
#[export(ntdll, also = "ZwCreateSymbolicLinkObject")]
fn NtCreateSymbolicLinkObject(
    LinkHandle: Out<abi::Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
    LinkTarget: In<UnicodeString>,
) -> Result<NtStatus, NtStatus> {
    let attributes = Attributes::read(ObjectAttributes)?;
    LinkHandle.probe()?;
    let target = text_of(&LinkTarget)?;
    let made = names::create_link(attributes.wanted(DesiredAccess), target)?;
    let (handle, status) = attributes.created(made)?;
    LinkHandle.set(handle)?;
    Ok(status)
}

/// Opens a symbolic link. (Microsoft: "ZwOpenSymbolicLinkObject function")
#[export(ntdll, also = "ZwOpenSymbolicLinkObject")]
fn NtOpenSymbolicLinkObject(
    LinkHandle: Out<abi::Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: Ptr<u8>,
) -> Result<(), NtStatus> {
    open_named(ObjectType::SymbolicLink, &LinkHandle, DesiredAccess, ObjectAttributes)
}

/// Gets the path that a symbolic link leads to. (Microsoft: "ZwQuerySymbolicLinkObject function")
#[export(ntdll, also = "ZwQuerySymbolicLinkObject")]
fn NtQuerySymbolicLinkObject(
    LinkHandle: abi::Handle,
    LinkTarget: InOut<UnicodeString>,
    ReturnedLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    let place = LinkTarget.get();
    let units = wide::from_str(&names::target(LinkHandle)?);
    let bytes = units.len() * 2;
    // With a null it is longer, where there is room for one.
    ReturnedLength.set(bytes as u32)?;
    if usize::from(place.maximum_length) < bytes {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    guest::write_slice(place.buffer as usize, &units)?;
    if usize::from(place.maximum_length) >= bytes + 2 {
        guest::write(place.buffer as usize + bytes, 0u16)?;
    }
    Ok(LinkTarget.set(UnicodeString { length: bytes as u16, ..place })?)
}

/// Has an object end with its last handle. (Microsoft: "ZwMakeTemporaryObject function")
#[export(ntdll, also = "ZwMakeTemporaryObject")]
fn NtMakeTemporaryObject(Handle: abi::Handle) -> Result<(), NtStatus> {
    names::keep(Handle, false, AccessMask::DELETE)
}

/// Has a named object stay without a handle, until its session ends. (NtInternals:
/// "NtMakePermanentObject")
#[export(ntdll, also = "ZwMakePermanentObject")]
fn NtMakePermanentObject(Handle: abi::Handle) -> Result<(), NtStatus> {
    names::keep(Handle, true, AccessMask::NONE)
}
