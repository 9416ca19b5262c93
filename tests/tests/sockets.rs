//! Winsock, over loopback.

use haft_tests::fixtures;

fixtures! { socket_events, socket_inherit, socket_names, socket_overlapped, socket_tcp }
