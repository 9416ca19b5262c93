//! Virtual memory, heaps and file mappings, and identifiers in memory.

use haft_tests::fixtures;

fixtures! { atoms_and_profiles, automation, file_mapping, heap, memory, uuid }
