//! Messages between a process and the executive: what was understood says the same again.
#![no_main]

use haft_wire::{Reply, Request, decode, encode};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(request) = decode::<Request>(data) {
        let again = encode(&request).expect("what fitted a packet fits one again");
        assert_eq!(decode::<Request>(&again), Ok(request));
    }
    if let Ok(reply) = decode::<Reply>(data) {
        let again = encode(&reply).expect("what fitted a packet fits one again");
        assert_eq!(decode::<Reply>(&again), Ok(reply));
    }
});
