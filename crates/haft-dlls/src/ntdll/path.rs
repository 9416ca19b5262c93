//! Paths.

use crate::abi::{In, Out, Ptr, SetIfSome as _, WStr};
use haft_abi::nt::UnicodeString;
use haft_abi::{Handle, NtStatus, wide};
use haft_host::guest;
use haft_kernel::ex::allocation;
use haft_kernel::io::{directory, path};
use haft_macros::export;

const BACKSLASH: u16 = b'\\' as u16;

/// Stores text and a terminator where they fit: the bytes stored, or those needed.
fn fill(text: &[u16], room: u32, place: Ptr<u16>) -> Result<u32, NtStatus> {
    let bytes = text.len() as u32 * 2;
    if bytes + 2 > room {
        return Ok(bytes + 2);
    }
    place.write_slice(text)?;
    place.at(text.len()).write(0)?;
    Ok(bytes)
}

fn last_part(full: &[u16], address: usize) -> usize {
    match full.iter().rposition(|&u| u == BACKSLASH) {
        Some(at) if at + 1 < full.len() => address + (at + 1) * 2,
        _ => 0,
    }
}

/// Makes a DOS path a full one: how many bytes it is, zero for none. (Microsoft:
/// "GetFullPathNameW function", of which this is the native form)
#[export(ntdll)]
fn RtlGetFullPathName_U(
    FileName: WStr,
    BufferLength: u32,
    Buffer: Ptr<u16>,
    FilePart: Option<Out<usize>>,
) -> u32 {
    let full = path::full(&FileName);
    let Ok(bytes) = fill(&full, BufferLength, Buffer) else { return 0 };
    let stored = bytes as usize == full.len() * 2;
    if FilePart.set(if stored { last_part(&full, Buffer.addr()) } else { 0 }).is_err() {
        return 0;
    }
    bytes
}

/// Gets the current directory, with a backslash behind it: how many bytes it is. (Microsoft:
/// "GetCurrentDirectory function", of which this is the native form)
#[export(ntdll)]
fn RtlGetCurrentDirectory_U(BufferLength: u32, Buffer: Ptr<u16>) -> u32 {
    fill(&path::current_directory(), BufferLength, Buffer).unwrap_or(0)
}

fn text(of: &UnicodeString) -> Result<Vec<u16>, NtStatus> {
    Ok(guest::read_slice(of.buffer as usize, usize::from(of.length) / 2)?)
}

/// Makes another directory the current one. (Microsoft: "SetCurrentDirectory function", of which
/// this is the native form)
#[export(ntdll)]
fn RtlSetCurrentDirectory_U(PathName: In<UnicodeString>) -> Result<(), NtStatus> {
    directory::set_current(&text(&PathName)?)
}

haft_host::plain! {
    /// A path relative to a directory that is open; haft gives full paths only.
    struct RelativeName {
        name: [u64; 2],
        directory: Handle,
        reference: u64,
    }
}

fn to_native(
    dos: &[u16],
    native: &Out<UnicodeString>,
    part: &Option<Out<usize>>,
    relative: &Option<Out<RelativeName>>,
) -> Result<(), NtStatus> {
    if dos.is_empty() {
        return Err(NtStatus::OBJECT_NAME_INVALID);
    }
    let literal = wide::from_str(r"\\?\");
    let mut full = if dos.starts_with(&literal) { dos.to_vec() } else { path::full(dos) };
    let device = wide::from_str(r"\\.\");
    let prefix = wide::from_str(r"\??\");
    if full.starts_with(&literal) || full.starts_with(&device) {
        full.splice(..4, prefix);
    } else if full.starts_with(&[BACKSLASH; 2]) {
        full.splice(..2, wide::from_str(r"\??\UNC\"));
    } else {
        full.splice(..0, prefix);
    }
    let length = u16::try_from(full.len() * 2).map_err(|_| NtStatus::NAME_TOO_LONG)?;
    let maximum_length = length.checked_add(2).ok_or(NtStatus::NAME_TOO_LONG)?;
    full.push(0);
    let address = allocation::allocate_slice(&full)?;
    part.set(last_part(&full[..full.len() - 1], address))?;
    relative.set(RelativeName { name: [0; 2], directory: Handle::NULL, reference: 0 })?;
    Ok(native.set(UnicodeString { length, maximum_length, buffer: address as u64 })?)
}

/// Makes a DOS path one of the object namespace, for `RtlFreeUnicodeString`. (Microsoft:
/// "RtlDosPathNameToNtPathName_U_WithStatus" in the Windows Driver Kit's headers)
#[export(ntdll, also = "RtlDosPathNameToRelativeNtPathName_U_WithStatus")]
fn RtlDosPathNameToNtPathName_U_WithStatus(
    DosFileName: WStr,
    NtFileName: Out<UnicodeString>,
    FilePart: Option<Out<usize>>,
    RelativeName: Option<Out<RelativeName>>,
) -> Result<(), NtStatus> {
    to_native(&DosFileName, &NtFileName, &FilePart, &RelativeName)
}

/// Makes a DOS path one of the object namespace, for `RtlFreeUnicodeString`. (Microsoft:
/// "RtlDosPathNameToNtPathName_U" in the Windows Driver Kit's headers)
#[export(ntdll, also = "RtlDosPathNameToRelativeNtPathName_U")]
fn RtlDosPathNameToNtPathName_U(
    DosFileName: WStr,
    NtFileName: Out<UnicodeString>,
    FilePart: Option<Out<usize>>,
    RelativeName: Option<Out<RelativeName>>,
) -> bool {
    to_native(&DosFileName, &NtFileName, &FilePart, &RelativeName).is_ok()
}

/// Lets go of the directory that a relative name refers to; haft's refer to none. (Microsoft:
/// "RtlReleaseRelativeName" in the Windows Driver Kit's headers)
#[export(ntdll)]
fn RtlReleaseRelativeName(RelativeName: Ptr<RelativeName>) {
    let _ = RelativeName;
}
