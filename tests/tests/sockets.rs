//! Winsock, over loopback.

use haft_tests::fixtures;

fixtures! { adapters, socket_driver, socket_events, socket_inherit, socket_names, socket_overlapped, socket_tcp }
