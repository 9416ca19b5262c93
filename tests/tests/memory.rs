//! Virtual memory, heaps and file mappings.

use haft_tests::fixtures;

fixtures! { file_mapping, heap, memory }
