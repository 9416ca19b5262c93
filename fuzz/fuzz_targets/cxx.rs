//! The tables of C++ functions: states, how they are left, `try` blocks and their handlers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| haft_image::fuzzing::cxx(data));
