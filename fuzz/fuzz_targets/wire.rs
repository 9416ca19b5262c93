//! Messages between processes and the executive, of every family: what was understood says the same
//! again.
#![no_main]

use haft_wire::job::JobMessage;
use haft_wire::service::{Ask, Told};
use haft_wire::{Reply, Request, decode, encode};
use std::fmt::Debug;

fn says_the_same_again<M>(bytes: &[u8])
where
    M: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    if let Ok(message) = decode::<M>(bytes) {
        let again = encode(&message).expect("what fitted a packet fits one again");
        assert_eq!(decode::<M>(&again), Ok(message));
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // Every family of requests is in the one, of answers in the other.
    says_the_same_again::<Request>(data);
    says_the_same_again::<Reply>(data);
    says_the_same_again::<JobMessage>(data);
    says_the_same_again::<Ask>(data);
    says_the_same_again::<Told>(data);
});
