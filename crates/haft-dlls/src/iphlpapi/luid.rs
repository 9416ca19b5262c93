//! Interfaces by locally unique identifier: their type, and for a number of the type their index.

use super::adapters::kind;
use crate::abi::{Charset, In, Out, TBuf, TStr};
use haft_abi::{Win32Error, wide};
use haft_kernel::io::socket::interface::{self, Interface};
use haft_macros::export;

/// The identifier of an interface (`NET_LUID`).
pub(super) fn luid(interface: &Interface) -> u64 {
    u64::from(kind(interface)) << 48 | u64::from(interface.index) << 24
}

fn find(wanted: impl Fn(&Interface) -> bool) -> Option<Interface> {
    interface::all().unwrap_or_default().into_iter().find(|it| wanted(it))
}

/// Tells the identifier of the interface of an index. (Microsoft: "ConvertInterfaceIndexToLuid
/// function")
#[export(iphlpapi)]
fn ConvertInterfaceIndexToLuid(InterfaceIndex: u32, InterfaceLuid: Option<Out<u64>>) -> Win32Error {
    let Some(place) = InterfaceLuid else { return Win32Error::INVALID_PARAMETER };
    let found = find(|it| it.index == InterfaceIndex);
    tell(place, found.map(|it| luid(&it)), Win32Error::FILE_NOT_FOUND)
}

/// Tells the index of the interface of an identifier. (Microsoft: "ConvertInterfaceLuidToIndex
/// function")
#[export(iphlpapi)]
fn ConvertInterfaceLuidToIndex(
    InterfaceLuid: Option<In<u64>>,
    InterfaceIndex: Option<Out<u32>>,
) -> Win32Error {
    let (Some(wanted), Some(place)) = (InterfaceLuid, InterfaceIndex) else {
        return Win32Error::INVALID_PARAMETER;
    };
    let found = find(|it| luid(it) == *wanted);
    tell(place, found.map(|it| it.index), Win32Error::INVALID_PARAMETER)
}

/// Tells the name of the interface of an identifier. (Microsoft: "ConvertInterfaceLuidToNameW
/// function")
#[export(iphlpapi, charset)]
fn ConvertInterfaceLuidToName<C: Charset>(
    InterfaceLuid: Option<In<u64>>,
    InterfaceName: Option<TBuf<C>>,
    Length: usize,
) -> Win32Error {
    let (Some(wanted), Some(place)) = (InterfaceLuid, InterfaceName) else {
        return Win32Error::INVALID_PARAMETER;
    };
    let Some(found) = find(|it| luid(it) == *wanted) else {
        return Win32Error::INVALID_PARAMETER;
    };
    let room = u32::try_from(Length).unwrap_or(u32::MAX);
    match place.fill(room, &wide::from_str(&found.name)) {
        Ok(filled) => match filled.stored_or(Win32Error::NOT_ENOUGH_MEMORY) {
            Ok(_) => Win32Error::SUCCESS,
            Err(error) => error,
        },
        Err(fault) => fault.into(),
    }
}

/// Tells the identifier of the interface of a name. (Microsoft: "ConvertInterfaceNameToLuidW
/// function")
#[export(iphlpapi, charset)]
fn ConvertInterfaceNameToLuid<C: Charset>(
    InterfaceName: TStr<C>,
    InterfaceLuid: Option<Out<u64>>,
) -> Win32Error {
    let Some(place) = InterfaceLuid else { return Win32Error::INVALID_PARAMETER };
    let name = wide::to_string(&InterfaceName);
    let found = find(|it| it.name == name);
    // `ERROR_INVALID_NAME`.
    tell(place, found.map(|it| luid(&it)), Win32Error::INVALID_NAME)
}

fn tell<T: Copy + 'static>(place: Out<T>, found: Option<T>, or: Win32Error) -> Win32Error {
    match found.map(|value| place.set(value)) {
        Some(Ok(())) => Win32Error::SUCCESS,
        Some(Err(fault)) => fault.into(),
        None => or,
    }
}
