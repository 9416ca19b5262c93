//! `std::type_info`, by the decorated name that a type's descriptor has behind two pointers.

use crate::abi::{Bool, Ptr};
use crate::hooks;
use haft_host::guest::{self, Fault};
use haft_kernel::crt::{rtti, type_names};
use haft_macros::export;

/// Where the name is, from what the functions get: behind the pointer to its readable form.
const NAME: usize = 8;

/// A type's decorated name, without the dot that begins it.
fn name(data: usize) -> Result<Vec<u8>, Fault> {
    guest::read_bytes_z(data + NAME + 1, 0x1_0000)
}

fn or_fault<T>(result: Result<T, Fault>) -> T {
    result.unwrap_or_else(|fault| hooks::fault(fault))
}

/// Compares two types: 0 for the same. (Microsoft: "type_info Class")
#[export(vcruntime140)]
fn __std_type_info_compare(lhs: Ptr<u8>, rhs: Ptr<u8>) -> i32 {
    if lhs.addr() == rhs.addr() {
        return 0;
    }
    match or_fault(name(lhs.addr())).cmp(&or_fault(name(rhs.addr()))) {
        core::cmp::Ordering::Less => -1,
        core::cmp::Ordering::Equal => 0,
        core::cmp::Ordering::Greater => 1,
    }
}

/// A number for a type's name. (Microsoft: "type_info Class", `hash_code`)
#[export(vcruntime140)]
fn __std_type_info_hash(data: Ptr<u8>) -> u64 {
    let hash = or_fault(name(data.addr())).iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    hash ^ hash >> 32
}

/// Gives the readable name of a type, which is kept on a list. (Microsoft: "type_info Class",
/// `name`)
#[export(vcruntime140)]
fn __std_type_info_name(data: Ptr<u8>, root_node: usize) -> Ptr<u8> {
    // Without memory for it there is none, as on Windows.
    Ptr::new(or_fault(type_names::readable(data.addr(), root_node)).unwrap_or(0))
}

/// Frees the names on a list. (Microsoft: "type_info Class")
#[export(vcruntime140)]
fn __std_type_info_destroy_list(root_node: usize) {
    or_fault(type_names::free(root_node));
}

/// Finds the part of an object that has a type. (Microsoft: "dynamic_cast Operator",
/// "__RTDynamicCast")
#[export(msvcrt, vcruntime140)]
fn __RTDynamicCast(
    inptr: Ptr<u8>,
    VfDelta: i32,
    SrcType: Ptr<u8>,
    TargetType: Ptr<u8>,
    isReference: Bool,
) -> Ptr<u8> {
    let (source, target) = (SrcType.addr(), TargetType.addr());
    let found = or_fault(rtti::dynamic_cast(inptr.addr(), VfDelta, source, target));
    if found == 0 && isReference.0 {
        rtti::cannot_throw("std::bad_cast");
    }
    Ptr::new(found)
}

/// Finds the beginning of an object. (Microsoft: "dynamic_cast Operator", "__RTCastToVoid")
#[export(msvcrt, vcruntime140)]
fn __RTCastToVoid(inptr: Ptr<u8>) -> Ptr<u8> {
    Ptr::new(or_fault(rtti::whole_object(inptr.addr())))
}

/// Tells the type of an object. (Microsoft: "typeid Operator", "__RTtypeid")
#[export(msvcrt, vcruntime140)]
fn __RTtypeid(inptr: Ptr<u8>) -> Ptr<u8> {
    if inptr.is_null() {
        rtti::cannot_throw("std::bad_typeid");
    }
    Ptr::new(or_fault(rtti::type_of(inptr.addr())))
}
