//! Winsock, over loopback.

use haft_tests::fixtures;

fixtures! { socket_inherit, socket_tcp }
