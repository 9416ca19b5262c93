//! Threads and what belongs to them.

use haft_tests::fixtures;

fixtures! { fls, thread_pool, thread_rights, threads, tls }
