//! End-to-end tests of haft: helpers that find the command and the fixtures.
