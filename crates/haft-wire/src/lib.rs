//! What a process and the executive say to one another.
//!
//! A process asks with a [`Request`] and gets one [`Reply`]; [`Request::Release`],
//! [`Request::Leave`] and [`Request::Decline`] are not answered. Each is one packet of at most [`MAX_PACKET`] bytes, its descriptors beside it. Both
//! sides check what they read: bytes that are no message are [`NtStatus::PORT_DISCONNECTED`], and
//! every number in one is looked up before it is used.
#![forbid(unsafe_code)]

pub mod job;
mod message;
mod name;
pub mod names;
pub mod process;
pub mod registry;
pub mod section;
pub mod security;
pub mod service;

pub use haft_object::{Joining, Member, SharedId};
pub use message::{
    Answer, MAX_OFFERS, MAX_PARCEL, MAX_WAITING, ObjectId, Operation, PROTOCOL, Reply, Request,
};
pub use name::{GLOBAL_OBJECTS, MAX_NAME, MAX_PATH, ObjectName, SESSION_OBJECTS};
pub use process::{NewHandle, ProcessAnswer, ProcessFacts, ProcessRequest};

use haft_abi::NtStatus;
use serde::{Deserialize, Serialize};

/// What the names of sessions begin with that one tree of processes has for itself.
pub const PRIVATE_SESSION: &str = "private-";

/// The most bytes that a packet has.
pub const MAX_PACKET: usize = 16 << 10;

/// The bytes of a message.
///
/// # Errors
/// `BUFFER_TOO_SMALL` for one that does not fit a packet.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, NtStatus> {
    let bytes = postcard::to_allocvec(message).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    if bytes.len() > MAX_PACKET { Err(NtStatus::BUFFER_TOO_SMALL) } else { Ok(bytes) }
}

/// The message of these bytes, all of which it takes.
///
/// # Errors
/// `PORT_DISCONNECTED` for bytes that are none.
pub fn decode<'b, M: Deserialize<'b>>(bytes: &'b [u8]) -> Result<M, NtStatus> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        _ => Err(NtStatus::PORT_DISCONNECTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::{AccessMask, Pid};
    use haft_object::{DispatcherState, EventKind};
    use proptest::prelude::*;

    #[test]
    fn a_message_survives_the_wire() {
        let event = DispatcherState::Event { kind: EventKind::Synchronization, signalled: true };
        for request in [
            Request::Hello { protocol: PROTOCOL },
            Request::Create { state: event, name: ObjectName::parse("Global\\x").unwrap() },
            Request::Offer {
                to: Pid(7),
                objects: vec![(SharedId(1), AccessMask(2)), (SharedId(u64::MAX), AccessMask(0))],
            },
        ] {
            let bytes = encode(&request).unwrap();
            assert_eq!(decode::<Request>(&bytes), Ok(request));
            assert_eq!(
                decode::<Request>(&[&bytes[..], &[0]].concat()),
                Err(NtStatus::PORT_DISCONNECTED)
            );
            assert_eq!(
                decode::<Request>(&bytes[..bytes.len() - 1]),
                Err(NtStatus::PORT_DISCONNECTED)
            );
        }
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused() {
        let request =
            Request::Offer { to: Pid(7), objects: vec![(SharedId(u64::MAX), AccessMask(1)); 5000] };
        assert_eq!(encode(&request), Err(NtStatus::BUFFER_TOO_SMALL));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            // What was understood says the same again.
            if let Ok(request) = decode::<Request>(&bytes) {
                let again = encode(&request).unwrap();
                prop_assert_eq!(decode::<Request>(&again), Ok(request));
            }
        }
    }
}
