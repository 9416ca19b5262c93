//! Job objects.

use haft_tests::fixtures;

fixtures! {
    job,
}
