//! Virtual memory, heaps and file mappings.

use haft_tests::fixtures;

fixtures! { atoms_and_profiles, file_mapping, heap, memory }
