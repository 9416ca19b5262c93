//! Looking at objects.

use crate::abi::{Out, Ptr, SetIfSome as _};
use haft_abi::nt::UnicodeString;
use haft_abi::{self as abi, NtStatus, wide};
use haft_host::{guest, plain};
use haft_kernel::ob::{self, Basic};
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
        last: [u32; 4],
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

fn type_information(basic: &Basic, address: usize) -> (TypeInformation, Vec<u16>) {
    let text = wide::from_str_z(basic.object_type.name());
    let length = (text.len() * 2 - 2) as u16;
    let mapping = basic.object_type.mapping();
    let information = TypeInformation {
        name: UnicodeString {
            length,
            maximum_length: length + 2,
            buffer: (address + size_of::<TypeInformation>()) as u64,
        },
        mapping: [mapping.read.0, mapping.write.0, mapping.execute.0, mapping.all.0],
        valid_access: mapping.valid.0,
        ..TypeInformation::default()
    };
    (information, text)
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

/// Tells of a handle and its object: basic information and its type; names wait for named
/// objects. (Microsoft: "NtQueryObject function")
#[export(ntdll, also = "ZwQueryObject")]
fn NtQueryObject(
    Handle: abi::Handle,
    ObjectInformationClass: u32,
    ObjectInformation: Ptr<u8>,
    ObjectInformationLength: u32,
    ReturnLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    let basic = ob::basic(Handle)?;
    let address = ObjectInformation.addr();
    let room = ObjectInformationLength as usize;
    match ObjectInformationClass {
        0 => {
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
        2 => {
            let (information, text) = type_information(&basic, address);
            let wanted = size_of::<TypeInformation>() + text.len() * 2;
            ReturnLength.set(wanted as u32)?;
            if room < wanted {
                return Err(NtStatus::INFO_LENGTH_MISMATCH);
            }
            guest::write(address, information)?;
            guest::write_slice(address + size_of::<TypeInformation>(), &text)?;
            Ok(())
        }
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}
