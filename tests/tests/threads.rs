//! Threads and what belongs to them.

use haft_tests::fixtures;

fixtures! {
    fibers, fls, messages, process_storm, resume_meddled, suspend_often, suspend_progress, thread_names,
    thread_pool, thread_rights, thread_storm, threads, tls
}
