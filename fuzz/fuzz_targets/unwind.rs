//! Unwind information, epilogues and scope tables.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| haft_image::fuzzing::unwind(data));
