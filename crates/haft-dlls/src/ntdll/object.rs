//! Looking at objects.

use crate::abi::{Out, Ptr, SetIfSome as _};
use haft_abi::nt::UnicodeString;
use haft_abi::{self as abi, NtStatus, wide};
use haft_host::{guest, plain};
use haft_kernel::ob::{self, Basic, ObjectType};
use haft_macros::export;

plain! {
    /// `PUBLIC_OBJECT_BASIC_INFORMATION`, as NT fills it.
    #[derive(Default)]
    struct BasicInformation {
        attributes: u32,
        access: u32,
        handles: u32,
        pointers: u32,
        charges: [u32; 2],
        reserved: [u32; 3],
        sizes: [u32; 3],
        created: i64,
    }
}

plain! {
    /// `PUBLIC_OBJECT_TYPE_INFORMATION`; the name's characters follow it.
    #[derive(Default)]
    struct TypeInformation {
        name: UnicodeString,
        totals: [u32; 12],
        invalid_attributes: u32,
        mapping: [u32; 4],
        valid_access: u32,
        security_required: u8,
        maintain_handle_count: u8,
        type_index: u8,
        reserved: u8,
        last: [u32; 3],
    }
}

const _: () = {
    assert!(size_of::<BasicInformation>() == 56);
    assert!(size_of::<TypeInformation>() == 0x68);
};

fn attributes(basic: &Basic) -> u32 {
    const OBJ_INHERIT: u32 = 2;
    const OBJ_PROTECT_CLOSE: u32 = 1;
    let has = |flag, bit| if basic.flags.contains(flag) { bit } else { 0 };
    has(ob::HandleFlags::INHERIT, OBJ_INHERIT)
        | has(ob::HandleFlags::PROTECT_FROM_CLOSE, OBJ_PROTECT_CLOSE)
}

/// What is known of a type, and the characters of its name, which come behind it at `address`.
fn type_information(object_type: ObjectType, address: usize) -> (TypeInformation, Vec<u16>) {
    let text = wide::from_str_z(object_type.name());
    let length = (text.len() * 2 - 2) as u16;
    let mapping = object_type.mapping();
    let information = TypeInformation {
        name: UnicodeString {
            length,
            maximum_length: length + 2,
            buffer: (address + size_of::<TypeInformation>()) as u64,
        },
        mapping: [mapping.read.0, mapping.write.0, mapping.execute.0, mapping.all.0],
        valid_access: mapping.valid.0,
        maintain_handle_count: u8::from(object_type == ObjectType::File),
        type_index: object_type as u8,
        ..TypeInformation::default()
    };
    (information, text)
}

/// The bytes that every type takes as `OBJECT_TYPES_INFORMATION`: their number, and each at a
/// multiple of eight.
fn length_of_types() -> usize {
    ObjectType::ALL.iter().fold(size_of::<u64>(), |at, object_type| {
        let name = (object_type.name().len() + 1) * size_of::<u16>();
        (at + size_of::<TypeInformation>() + name).next_multiple_of(8)
    })
}

fn write_types(address: usize) -> Result<(), NtStatus> {
    guest::write(address, ObjectType::ALL.len() as u64)?;
    let mut at = address + size_of::<u64>();
    for &object_type in ObjectType::ALL {
        let (information, text) = type_information(object_type, at);
        guest::write(at, information)?;
        guest::write_slice(at + size_of::<TypeInformation>(), &text)?;
        at += (size_of::<TypeInformation>() + text.len() * 2).next_multiple_of(8);
    }
    Ok(())
}

/// Writes a name as `OBJECT_NAME_INFORMATION`, its characters behind it.
fn write_name(name: &[u16], address: usize, room: usize, wanted: usize) -> Result<(), NtStatus> {
    let head = size_of::<UnicodeString>();
    if room < head {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    if room < wanted {
        return Err(NtStatus::BUFFER_OVERFLOW);
    }
    if name.is_empty() {
        return Ok(guest::write(address, UnicodeString::default())?);
    }
    let length = u16::try_from(name.len() * 2).map_err(|_| NtStatus::NAME_TOO_LONG)?;
    let buffer = (address + head) as u64;
    let maximum_length = length.saturating_add(2);
    guest::write(address, UnicodeString { length, maximum_length, buffer })?;
    Ok(guest::write_slice(address + head, &[name, &[0]].concat())?)
}

/// Changes a handle: whether it is inheritable, and whether it may be closed. (Microsoft:
/// "SetHandleInformation function", of which it is the service)
#[export(ntdll, also = "ZwSetInformationObject")]
fn NtSetInformationObject(
    Handle: abi::Handle,
    ObjectInformationClass: u32,
    ObjectInformation: Ptr<[u8; 2]>,
    ObjectInformationLength: u32,
) -> Result<(), NtStatus> {
    const HANDLE_FLAGS: u32 = 4;
    if ObjectInformationClass != HANDLE_FLAGS {
        return Err(NtStatus::INVALID_INFO_CLASS);
    }
    if ObjectInformationLength != 2 {
        return Err(NtStatus::INFO_LENGTH_MISMATCH);
    }
    let [inherit, protect] = ObjectInformation.read()?.map(|flag| flag != 0);
    let (inheritable, protected) = (ob::HandleFlags::INHERIT, ob::HandleFlags::PROTECT_FROM_CLOSE);
    let both = inheritable.set(protected, true);
    let flags = ob::HandleFlags::NONE.set(inheritable, inherit).set(protected, protect);
    ob::set_handle_flags(Handle, both, flags)
}

/// Tells of a handle and its object: basic information, its name, its type, and of every type.
/// (Microsoft: "NtQueryObject function")
#[export(ntdll, also = "ZwQueryObject")]
fn NtQueryObject(
    Handle: abi::Handle,
    ObjectInformationClass: u32,
    ObjectInformation: Ptr<u8>,
    ObjectInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    let address = ObjectInformation.addr();
    let room = ObjectInformationLength as usize;
    match ObjectInformationClass {
        0 => {
            let basic = ob::basic(Handle)?;
            if room != size_of::<BasicInformation>() {
                return Err(NtStatus::INFO_LENGTH_MISMATCH);
            }
            guest::write(
                address,
                BasicInformation {
                    attributes: attributes(&basic),
                    access: basic.access.0,
                    handles: basic.handles,
                    pointers: basic.references,
                    ..BasicInformation::default()
                },
            )?;
            Ok(ReturnLength.set(size_of::<BasicInformation>() as u32)?)
        }
        1 => {
            let name = ob::name_of(Handle)?;
            let head = size_of::<UnicodeString>();
            let wanted = if name.is_empty() { head } else { head + name.len() * 2 + 2 };
            ReturnLength.set(wanted as u32)?;
            write_name(&name, address, room, wanted)
        }
        2 => {
            let (information, text) = type_information(ob::basic(Handle)?.object_type, address);
            let wanted = size_of::<TypeInformation>() + text.len() * 2;
            ReturnLength.set(wanted as u32)?;
            if room < wanted {
                return Err(NtStatus::INFO_LENGTH_MISMATCH);
            }
            guest::write(address, information)?;
            guest::write_slice(address + size_of::<TypeInformation>(), &text)?;
            Ok(())
        }
        // The handle is not looked at.
        3 => {
            let wanted = length_of_types();
            ReturnLength.set(wanted as u32)?;
            if room < wanted {
                return Err(NtStatus::INFO_LENGTH_MISMATCH);
            }
            write_types(address)
        }
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}
