//! The registry (Microsoft: "Using the Registry in a Driver", whose functions programs have too).

use crate::abi::{In, Out, Ptr, SetIfSome as _};
use crate::captured;
use haft_abi::{AccessMask, Handle, NtStatus, wide};
use haft_host::{guest, plain};
use haft_kernel::cm::{self, KeyOptions};
use haft_macros::export;
use windows_sys::Win32::Foundation::UNICODE_STRING;

plain! {
    /// `OBJECT_ATTRIBUTES`.
    pub(crate) struct Attributes {
        length: u32,
        padding: u32,
        root: usize,
        name: usize,
        flags: u32,
        padding_2: u32,
        descriptor: usize,
        quality: usize,
    }
}

/// `OBJ_INHERIT`.
const INHERIT: u32 = 2;

fn text(string: &UNICODE_STRING) -> Result<Vec<u16>, NtStatus> {
    Ok(guest::read_slice(string.Buffer as usize, usize::from(string.Length / 2))?)
}

/// Where the attributes say that a key is, the path from there, and whether its handle is to be
/// inherited.
fn place(attributes: &Attributes) -> Result<(cm::KeyHandle, Vec<u16>, bool), NtStatus> {
    if attributes.length as usize != size_of::<Attributes>() || attributes.name == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let path = text(&guest::read(attributes.name)?)?;
    let inherit = attributes.flags & INHERIT != 0;
    match attributes.root {
        0 => cm::system_path(&path).map(|(key, path)| (key, path, inherit)),
        root => Ok((cm::KeyHandle(Handle(root)), path, inherit)),
    }
}

/// Opens a key. (Microsoft: "ZwOpenKey function")
#[export(ntdll, also = "ZwOpenKey")]
fn NtOpenKey(
    KeyHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: In<Attributes>,
) -> Result<(), NtStatus> {
    let (key, path, inherit) = place(&ObjectAttributes)?;
    KeyHandle.probe()?;
    Ok(KeyHandle.set(cm::open(key, &path, DesiredAccess, inherit)?)?)
}

/// Opens the key of the user that the thread acts as. (Microsoft: "RegOpenCurrentUser function", over
/// it)
#[export(ntdll)]
fn RtlOpenCurrentUser(DesiredAccess: AccessMask, KeyHandle: Out<Handle>) -> Result<(), NtStatus> {
    const HKEY_CURRENT_USER: cm::KeyHandle = cm::KeyHandle(Handle(0x8000_0001));
    KeyHandle.probe()?;
    Ok(KeyHandle.set(cm::open(HKEY_CURRENT_USER, &[], DesiredAccess, false)?)?)
}

/// Opens a key. (Microsoft: "ZwOpenKeyEx function")
#[export(ntdll, also = "ZwOpenKeyEx")]
fn NtOpenKeyEx(
    KeyHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: In<Attributes>,
    OpenOptions: u32,
) -> Result<(), NtStatus> {
    // REG_OPTION_BACKUP_RESTORE and REG_OPTION_OPEN_LINK: there are no links.
    if OpenOptions & !0xC != 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    NtOpenKey(KeyHandle, DesiredAccess, ObjectAttributes)
}

/// Makes a key, or opens the one that is there. (Microsoft: "ZwCreateKey function")
#[export(ntdll, also = "ZwCreateKey")]
fn NtCreateKey(
    KeyHandle: Out<Handle>,
    DesiredAccess: AccessMask,
    ObjectAttributes: In<Attributes>,
    TitleIndex: u32,
    Class: Option<In<UNICODE_STRING>>,
    CreateOptions: u32,
    Disposition: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    let _ = TitleIndex;
    let (key, path, inherit) = place(&ObjectAttributes)?;
    let class = Class.map(|class| text(&class)).transpose()?.unwrap_or_default();
    KeyHandle.probe()?;
    let options = KeyOptions(CreateOptions);
    let descriptor = Ptr::<u8>::new(ObjectAttributes.descriptor).non_null();
    let descriptor = descriptor.map(captured::descriptor).transpose()?;
    let made = cm::create(key, &path, class, options, DesiredAccess, (inherit, descriptor))?;
    KeyHandle.set(made.handle)?;
    // REG_OPENED_EXISTING_KEY and REG_CREATED_NEW_KEY.
    Ok(Disposition.set(if made.existed { 2 } else { 1 })?)
}

/// Removes a key that has no subkeys. (Microsoft: "ZwDeleteKey function")
#[export(ntdll, also = "ZwDeleteKey")]
fn NtDeleteKey(KeyHandle: Handle) -> Result<(), NtStatus> {
    cm::delete(KeyHandle)
}

/// Has what was written to the registry be on disk. (Microsoft: "ZwFlushKey function")
#[export(ntdll, also = "ZwFlushKey")]
fn NtFlushKey(KeyHandle: Handle) -> Result<(), NtStatus> {
    cm::flush(cm::KeyHandle(KeyHandle))
}

/// Sets a value. (Microsoft: "ZwSetValueKey function")
#[export(ntdll, also = "ZwSetValueKey")]
fn NtSetValueKey(
    KeyHandle: Handle,
    ValueName: In<UNICODE_STRING>,
    TitleIndex: u32,
    Type: u32,
    Data: Ptr<u8>,
    DataSize: u32,
) -> Result<(), NtStatus> {
    let _ = TitleIndex;
    let data = if DataSize == 0 { Vec::new() } else { Data.read_slice(DataSize as usize)? };
    cm::set_value(cm::KeyHandle(KeyHandle), &text(&ValueName)?, Type, &data)
}

/// Removes a value. (Microsoft: "ZwDeleteValueKey function")
#[export(ntdll, also = "ZwDeleteValueKey")]
fn NtDeleteValueKey(KeyHandle: Handle, ValueName: In<UNICODE_STRING>) -> Result<(), NtStatus> {
    cm::delete_value(cm::KeyHandle(KeyHandle), &text(&ValueName)?)
}

/// Information of which the end may not fit: a fixed part of so many bytes that must, then the
/// rest.
fn deliver(
    bytes: &[u8],
    fixed: usize,
    to: Ptr<u8>,
    room: u32,
    length: &Out<u32>,
) -> Result<(), NtStatus> {
    length.set(bytes.len() as u32)?;
    let room = room as usize;
    if room < fixed {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    to.write_slice(&bytes[..bytes.len().min(room)])?;
    if room < bytes.len() { Err(NtStatus::BUFFER_OVERFLOW) } else { Ok(()) }
}

/// `KEY_VALUE_*_INFORMATION`, and the length of its fixed part.
fn value_information(value: &cm::Value, class: u32) -> Result<(Vec<u8>, usize), NtStatus> {
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    let (name, data) = ((value.name.len() * 2) as u32, value.data.len() as u32);
    Ok(match class {
        0 => {
            let mut bytes = words(&[0, value.kind, name]);
            bytes.extend(wide::to_le_bytes(&value.name));
            (bytes, 12)
        }
        1 => {
            let at = (20 + name).next_multiple_of(8);
            let mut bytes = words(&[0, value.kind, at, data, name]);
            bytes.extend(wide::to_le_bytes(&value.name));
            bytes.resize(at as usize, 0);
            bytes.extend(&value.data);
            (bytes, 20)
        }
        2 => {
            let mut bytes = words(&[0, value.kind, data]);
            bytes.extend(&value.data);
            (bytes, 12)
        }
        _ => return Err(NtStatus::INVALID_PARAMETER),
    })
}

/// Reads a value: its name and type, its data, or both. (Microsoft: "ZwQueryValueKey function")
#[export(ntdll, also = "ZwQueryValueKey")]
fn NtQueryValueKey(
    KeyHandle: Handle,
    ValueName: In<UNICODE_STRING>,
    KeyValueInformationClass: u32,
    KeyValueInformation: Ptr<u8>,
    Length: u32,
    ResultLength: Out<u32>,
) -> Result<(), NtStatus> {
    let value = cm::value(cm::KeyHandle(KeyHandle), &text(&ValueName)?)?;
    let (bytes, fixed) = value_information(&value, KeyValueInformationClass)?;
    deliver(&bytes, fixed, KeyValueInformation, Length, &ResultLength)
}

/// Reads a value by its place. (Microsoft: "ZwEnumerateValueKey function")
#[export(ntdll, also = "ZwEnumerateValueKey")]
fn NtEnumerateValueKey(
    KeyHandle: Handle,
    Index: u32,
    KeyValueInformationClass: u32,
    KeyValueInformation: Ptr<u8>,
    Length: u32,
    ResultLength: Out<u32>,
) -> Result<(), NtStatus> {
    let value = cm::value_at(cm::KeyHandle(KeyHandle), Index)?;
    let (bytes, fixed) = value_information(&value, KeyValueInformationClass)?;
    deliver(&bytes, fixed, KeyValueInformation, Length, &ResultLength)
}

/// `KEY_BASIC_INFORMATION` and `KEY_NODE_INFORMATION`.
fn key_information(
    name: &[u16],
    class: &[u16],
    written: i64,
    which: u32,
) -> Result<(Vec<u8>, usize), NtStatus> {
    let mut bytes = written.to_le_bytes().to_vec();
    let mut add = |word: u32| bytes.extend(word.to_le_bytes());
    let length = (name.len() * 2) as u32;
    add(0);
    match which {
        0 => {
            add(length);
            bytes.extend(wide::to_le_bytes(name));
            Ok((bytes, 16))
        }
        1 => {
            add(if class.is_empty() { u32::MAX } else { 24 + length });
            add((class.len() * 2) as u32);
            add(length);
            bytes.extend(wide::to_le_bytes(name));
            bytes.extend(wide::to_le_bytes(class));
            Ok((bytes, 24))
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

/// Tells a subkey by its place. (Microsoft: "ZwEnumerateKey function")
#[export(ntdll, also = "ZwEnumerateKey")]
fn NtEnumerateKey(
    KeyHandle: Handle,
    Index: u32,
    KeyInformationClass: u32,
    KeyInformation: Ptr<u8>,
    Length: u32,
    ResultLength: Out<u32>,
) -> Result<(), NtStatus> {
    let subkey = cm::subkey(cm::KeyHandle(KeyHandle), Index)?;
    let (bytes, fixed) =
        key_information(&subkey.name, &subkey.class, subkey.written, KeyInformationClass)?;
    deliver(&bytes, fixed, KeyInformation, Length, &ResultLength)
}

/// Tells what is known of a key: its name, or how much it has. (Microsoft: "ZwQueryKey function")
#[export(ntdll, also = "ZwQueryKey")]
fn NtQueryKey(
    KeyHandle: Handle,
    KeyInformationClass: u32,
    KeyInformation: Ptr<u8>,
    Length: u32,
    ResultLength: Out<u32>,
) -> Result<(), NtStatus> {
    const FULL: u32 = 2;
    let known = cm::information(cm::KeyHandle(KeyHandle))?;
    let (bytes, fixed) = match KeyInformationClass {
        FULL => {
            let mut bytes = known.written.to_le_bytes().to_vec();
            for word in [
                0,
                if known.class.is_empty() { u32::MAX } else { 44 },
                (known.class.len() * 2) as u32,
                known.subkeys,
                known.longest_subkey,
                known.longest_class,
                known.values,
                known.longest_value_name,
                known.longest_data,
            ] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.extend(wide::to_le_bytes(&known.class));
            (bytes, 44)
        }
        class => key_information(&known.name, &known.class, known.written, class)?,
    };
    deliver(&bytes, fixed, KeyInformation, Length, &ResultLength)
}
