//! Objects, handles, waits and locks within one process and by name.

use haft_tests::fixtures;

fixtures! {
    apc,
    condition_variable,
    critical_section,
    duplicate,
    duplicate_into,
    event,
    handle_count,
    handles,
    init_once,
    mutex,
    named_objects,
    semaphore,
    srw_lock,
    timer,
    wait_fifo,
    wait_many,
    wait_on_address,
}
