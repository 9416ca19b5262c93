//! Threads and what belongs to them.

use haft_tests::{Run, fixture, fixtures};

fixtures! {
    fibers, fls, messages, process_storm, resume_meddled, suspend_often, suspend_progress, thread_names,
    thread_pool, thread_rights, thread_storm, threads, tls
}

/// An APC that is to interrupt the program wherever it is is refused, and that is said once.
#[test]
fn a_special_apc_is_refused() {
    let outcome = Run::new(fixture("apc.exe")).arg("special").outcome();
    outcome.expect_code(0).expect_one_line(&["QueueUserAPC2"]);
}
