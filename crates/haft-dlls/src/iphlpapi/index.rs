//! Interfaces by name and by number.

use crate::abi::{AStr, Ptr};
use haft_abi::wide;
use haft_kernel::io::socket::interface;
use haft_macros::export;

/// `NDIS_IF_MAX_STRING_SIZE`, and a zero.
const LONGEST_NAME: usize = 257;

/// Tells the index of an interface; 0 if there is none of the name. (Microsoft: "if_nametoindex
/// function")
#[export(iphlpapi)]
fn if_nametoindex(InterfaceName: AStr) -> u32 {
    let all = interface::all().unwrap_or_default();
    let wanted = wide::to_string(&InterfaceName);
    let named = all.iter().find(|interface| interface.name == wanted);
    named.map_or(0, |interface| interface.index)
}

/// Tells the name of an interface; null if there is none of the index. (Microsoft: "if_indextoname
/// function")
#[export(iphlpapi)]
fn if_indextoname(InterfaceIndex: u32, InterfaceName: Ptr<u8>) -> Ptr<u8> {
    let all = interface::all().unwrap_or_default();
    let Some(found) = all.iter().find(|interface| interface.index == InterfaceIndex) else {
        return Ptr::new(0);
    };
    let mut name = found.name.clone().into_bytes();
    name.truncate(LONGEST_NAME - 1);
    name.push(0);
    match InterfaceName.write_slice(&name) {
        Ok(()) => InterfaceName,
        Err(_) => Ptr::new(0),
    }
}
