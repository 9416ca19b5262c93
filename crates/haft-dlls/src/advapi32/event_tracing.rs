//! Event tracing: providers register, and nobody listens.

use crate::abi::{Out, Ptr};
use haft_abi::Win32Error;
use haft_kernel::ex::event_provider as providers;
use haft_macros::export;

/// Registers a provider of events. (Microsoft: "EventRegister function")
#[export(advapi32)]
fn EventRegister(
    ProviderId: Ptr<[u8; 16]>,
    EnableCallback: usize,
    CallbackContext: usize,
    RegHandle: Out<u64>,
) -> Win32Error {
    // The callback hears of listeners, which there are none of.
    let _ = (EnableCallback, CallbackContext);
    if ProviderId.read().is_err() || RegHandle.probe().is_err() {
        return Win32Error::INVALID_PARAMETER;
    }
    RegHandle.set(providers::register()).map_or_else(Win32Error::from, |()| Win32Error::SUCCESS)
}

const fn known(is: bool) -> Win32Error {
    if is { Win32Error::SUCCESS } else { Win32Error::INVALID_HANDLE }
}

/// Ends a provider's registration. (Microsoft: "EventUnregister function")
#[export(advapi32)]
fn EventUnregister(RegHandle: u64) -> Win32Error {
    known(providers::unregister(RegHandle))
}

/// Tells those who listen to a provider of an event: nobody. (Microsoft: "EventWrite function")
#[export(advapi32)]
fn EventWrite(
    RegHandle: u64,
    EventDescriptor: Ptr<u8>,
    UserDataCount: u32,
    UserData: Ptr<u8>,
) -> Win32Error {
    let _ = (EventDescriptor, UserDataCount, UserData);
    known(providers::is_registered(RegHandle))
}

/// Tells those who listen to a provider of an event within activities: nobody. (Microsoft:
/// "EventWriteTransfer function")
#[export(advapi32)]
fn EventWriteTransfer(
    RegHandle: u64,
    EventDescriptor: Ptr<u8>,
    ActivityId: Ptr<u8>,
    RelatedActivityId: Ptr<u8>,
    UserDataCount: u32,
    UserData: Ptr<u8>,
) -> Win32Error {
    let _ = (EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData);
    known(providers::is_registered(RegHandle))
}

/// Tells that nobody listens to a provider's event. (Microsoft: "EventEnabled function")
#[export(advapi32)]
fn EventEnabled(RegHandle: u64, EventDescriptor: Ptr<u8>) -> bool {
    let _ = (RegHandle, EventDescriptor);
    false
}

/// Tells that nobody listens to a provider. (Microsoft: "EventProviderEnabled function")
#[export(advapi32)]
fn EventProviderEnabled(RegHandle: u64, Level: u8, Keyword: u64) -> bool {
    let _ = (RegHandle, Level, Keyword);
    false
}

/// Fails: nothing is kept of a provider. (Microsoft: "EventSetInformation function")
#[export(advapi32)]
fn EventSetInformation(
    RegHandle: u64,
    InformationClass: u32,
    EventInformation: Ptr<u8>,
    InformationLength: u32,
) -> Win32Error {
    let _ = (InformationClass, EventInformation, InformationLength);
    match known(providers::is_registered(RegHandle)) {
        Win32Error::SUCCESS => Win32Error::NOT_SUPPORTED,
        error => error,
    }
}
