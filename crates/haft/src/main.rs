//! The haft command: runs Windows console programs on Linux.
#![cfg_attr(not(test), no_main)]
#![cfg_attr(test, allow(dead_code, reason = "the entry point is not part of the tests"))]

mod binfmt;
mod cli;
mod compatibility;
mod demo;
mod environment;
mod fixed_address;
mod inspect;
mod programs;
mod run;
mod tried;

#[cfg(not(test))]
use std::ffi::{c_char, c_int};

/// The C entry point. Rust's own start-up would install signal handlers of its own and ask the
/// system about standard descriptors, none of which haft wants.
#[cfg(not(test))]
#[allow(unsafe_code, reason = "the C runtime looks `main` up by its plain name")]
// SAFETY: this is the only symbol of that name, and it has the signature that C gives it.
#[unsafe(no_mangle)]
extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    haft_host::standard::hold();
    match cli::parse(std::env::args_os().skip(1)) {
        Ok(command) => run::execute(command),
        Err(sentence) => {
            haft_kernel::log::say(&sentence);
            run::USAGE_ERROR
        }
    }
}
