//! What linking for one address (build.rs) leaves undefined.
//!
//! haft's start files and C library are those of a position-independent program, because only they
//! may be linked to any address. Such a program relocates itself when it starts; this one has
//! nothing to relocate. And where the C library calls a function if it is there, a call that is
//! never made must still reach something: address zero is too far away.
#![allow(unsafe_code, reason = "the symbols are the C library's")]

core::arch::global_asm!(
    ".globl _dl_relocate_static_pie",
    "_dl_relocate_static_pie:",
    ".weak __call_tls_dtors, __cxa_finalize, __glibc_tls_internal_free",
    ".weak __mq_notify_fork_subprocess, __pthread_initialize_minimal, __timer_fork_subprocess",
    "__call_tls_dtors:",
    "__cxa_finalize:",
    "__glibc_tls_internal_free:",
    "__mq_notify_fork_subprocess:",
    "__pthread_initialize_minimal:",
    "__timer_fork_subprocess:",
    "ret",
);
