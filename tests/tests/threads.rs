//! Threads and what belongs to them.

use haft_tests::fixtures;

fixtures! { fibers, fls, suspend_often, thread_names, thread_pool, thread_rights, threads, tls }
