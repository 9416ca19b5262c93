//! Tokens, security descriptors and the access check; and other Linux users.

use haft_tests::fixtures;

fixtures! {
    token,
    security_descriptor,
}
