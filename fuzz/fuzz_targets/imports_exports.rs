//! Imports, exports, resources, TLS and load configuration.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| haft_image::fuzzing::imports_exports(data));
