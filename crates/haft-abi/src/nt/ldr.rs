//! The loader's lists of modules.

use super::UnicodeString;
use core::mem::{offset_of, size_of};

/// A doubly linked list's link by address (Microsoft: "LIST_ENTRY structure").
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListEntry {
    /// Address of the next link.
    pub forward: u64,
    /// Address of the previous link.
    pub backward: u64,
}

/// Heads of the module lists (Microsoft: "PEB_LDR_DATA structure").
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct PebLdrData {
    /// Bytes of this structure.
    pub length: u32,
    /// Whether the lists may be used.
    pub initialized: u32,
    /// Unused.
    pub ss_handle: u64,
    /// Modules as they were loaded.
    pub in_load_order: ListEntry,
    /// Modules as they lie in memory: in practice as they were loaded.
    pub in_memory_order: ListEntry,
    /// Modules as they were initialised.
    pub in_initialization_order: ListEntry,
    /// Unused.
    pub entry_in_progress: u64,
    /// Unused.
    pub shutdown_in_progress: u64,
    /// Unused.
    pub shutdown_thread_id: u64,
}

/// A module in the lists (Microsoft: "PEB_LDR_DATA structure", LDR_DATA_TABLE_ENTRY).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct LdrDataTableEntry {
    /// Link of the load-order list.
    pub in_load_order: ListEntry,
    /// Link of the memory-order list.
    pub in_memory_order: ListEntry,
    /// Link of the initialisation-order list.
    pub in_initialization_order: ListEntry,
    /// Address of the image.
    pub dll_base: u64,
    /// Address of the entry point, or zero.
    pub entry_point: u64,
    /// Bytes of the image.
    pub size_of_image: u32,
    /// Padding.
    pub reserved_1: u32,
    /// Path of the file.
    pub full_dll_name: UnicodeString,
    /// File name alone.
    pub base_dll_name: UnicodeString,
    /// Bit flags.
    pub flags: u32,
    /// References; 0xFFFF for a module that is never unloaded.
    pub load_count: u16,
    /// 0xFFFF with static TLS, else 0.
    pub tls_index: u16,
    /// Links of the hash table; unused, points to itself.
    pub hash_links: ListEntry,
    /// The image's time stamp.
    pub time_date_stamp: u32,
    /// Padding.
    pub reserved_2: u32,
    /// Unused fields that debuggers skip over.
    pub reserved_3: [u64; 19],
}

const _: () = {
    assert!(offset_of!(PebLdrData, in_load_order) == 0x10);
    assert!(offset_of!(PebLdrData, in_initialization_order) == 0x30);
    assert!(size_of::<PebLdrData>() == 0x58);
    assert!(offset_of!(LdrDataTableEntry, dll_base) == 0x30);
    assert!(offset_of!(LdrDataTableEntry, full_dll_name) == 0x48);
    assert!(offset_of!(LdrDataTableEntry, flags) == 0x68);
    assert!(offset_of!(LdrDataTableEntry, hash_links) == 0x70);
    assert!(offset_of!(LdrDataTableEntry, time_date_stamp) == 0x80);
};
