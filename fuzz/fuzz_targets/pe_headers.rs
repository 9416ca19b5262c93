//! The headers of PE files and the plan of their layout.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| haft_image::fuzzing::pe_headers(data));
