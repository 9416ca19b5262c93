//! Virtual memory, heaps and file mappings.

use haft_tests::fixtures;

fixtures! { heap, }

#[test]
#[ignore = "MEM_COMMIT in a SEC_RESERVE view is refused"]
fn file_mapping() {
    haft_tests::check("file_mapping");
}

#[test]
#[ignore = "ReadProcessMemory is not implemented"]
fn memory() {
    haft_tests::check("memory");
}
