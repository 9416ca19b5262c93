//! Base relocations.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| haft_image::fuzzing::relocations(data));
