//! The process environment block.

use core::mem::{offset_of, size_of};
use windows_sys::Win32::System::Threading::PEB as PublicPeb;

/// What a process knows of itself (Microsoft: "PEB structure"; x86-64 layout of Windows 10).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Peb {
    /// Not used by haft.
    pub reserved_2: [u8; 0x2],
    /// Whether a debugger is attached.
    pub being_debugged: u8,
    /// Bit 2: the image is dynamically relocated.
    pub bit_field: u8,
    /// Not used by haft.
    pub reserved_8: [u8; 0x8 - 0x4],
    /// Unused; minus one.
    pub mutant: u64,
    /// Address of the program's image.
    pub image_base: u64,
    /// Address of the loader data.
    pub ldr: u64,
    /// Address of the process parameters.
    pub process_parameters: u64,
    /// Unused.
    pub subsystem_data: u64,
    /// Handle of the default heap.
    pub process_heap: u64,
    /// Address of the critical section that guards this block.
    pub fast_peb_lock: u64,
    /// Not used by haft.
    pub reserved_68: [u8; 0x68 - 0x40],
    /// Address of the API-set map; haft resolves API sets by rule.
    pub api_set_map: u64,
    /// Unused.
    pub tls_expansion_counter: u32,
    /// Not used by haft.
    pub reserved_78: [u8; 0x78 - 0x74],
    /// Address of the bitmap header of TLS slots.
    pub tls_bitmap: u64,
    /// Bits of the first 64 TLS slots.
    pub tls_bitmap_bits: [u32; 2],
    /// Not used by haft.
    pub reserved_b8: [u8; 0xb8 - 0x88],
    /// Processors of the machine.
    pub number_of_processors: u32,
    /// Global flags.
    pub nt_global_flag: u32,
    /// Time-out of critical sections.
    pub critical_section_timeout: i64,
    /// Not used by haft.
    pub reserved_e8: [u8; 0xe8 - 0xc8],
    /// Heaps of the process.
    pub number_of_heaps: u32,
    /// Room in the array of heaps.
    pub maximum_number_of_heaps: u32,
    /// Address of the array of heaps.
    pub process_heaps: u64,
    /// Not used by haft.
    pub reserved_110: [u8; 0x110 - 0xf8],
    /// Address of the loader lock, a critical section.
    pub loader_lock: u64,
    /// 10.
    pub os_major_version: u32,
    /// 0.
    pub os_minor_version: u32,
    /// 19045.
    pub os_build_number: u16,
    /// 0.
    pub os_csd_version: u16,
    /// 2: Windows NT.
    pub os_platform_id: u32,
    /// Subsystem of the program.
    pub image_subsystem: u32,
    /// Subsystem version.
    pub image_subsystem_major_version: u32,
    /// Subsystem version.
    pub image_subsystem_minor_version: u32,
    /// Not used by haft.
    pub reserved_138: [u8; 0x138 - 0x134],
    /// Processors that the process may run on.
    pub active_process_affinity_mask: u64,
    /// Not used by haft.
    pub reserved_2c0: [u8; 0x2c0 - 0x140],
    /// The session.
    pub session_id: u32,
    /// Not used by haft.
    pub reserved_2e8: [u8; 0x2e8 - 0x2c4],
    /// Empty.
    pub csd_version: super::UnicodeString,
    /// Not used by haft.
    pub reserved_end: [u8; 0x7d0 - 0x2f8],
}

super::zero_default!(Peb {
    reserved_2: [0; 0x2],
    being_debugged: 0,
    bit_field: 0,
    reserved_8: [0; 0x8 - 0x4],
    mutant: 0,
    image_base: 0,
    ldr: 0,
    process_parameters: 0,
    subsystem_data: 0,
    process_heap: 0,
    fast_peb_lock: 0,
    reserved_68: [0; 0x68 - 0x40],
    api_set_map: 0,
    tls_expansion_counter: 0,
    reserved_78: [0; 0x78 - 0x74],
    tls_bitmap: 0,
    tls_bitmap_bits: [0; 2],
    reserved_b8: [0; 0xb8 - 0x88],
    number_of_processors: 0,
    nt_global_flag: 0,
    critical_section_timeout: 0,
    reserved_e8: [0; 0xe8 - 0xc8],
    number_of_heaps: 0,
    maximum_number_of_heaps: 0,
    process_heaps: 0,
    reserved_110: [0; 0x110 - 0xf8],
    loader_lock: 0,
    os_major_version: 0,
    os_minor_version: 0,
    os_build_number: 0,
    os_csd_version: 0,
    os_platform_id: 0,
    image_subsystem: 0,
    image_subsystem_major_version: 0,
    image_subsystem_minor_version: 0,
    reserved_138: [0; 0x138 - 0x134],
    active_process_affinity_mask: 0,
    reserved_2c0: [0; 0x2c0 - 0x140],
    session_id: 0,
    reserved_2e8: [0; 0x2e8 - 0x2c4],
    csd_version: super::UnicodeString::default(),
    reserved_end: [0; 0x7d0 - 0x2f8]
});

const _: () = {
    assert!(offset_of!(Peb, being_debugged) == 0x2);
    assert!(offset_of!(Peb, bit_field) == 0x3);
    assert!(offset_of!(Peb, mutant) == 0x8);
    assert!(offset_of!(Peb, image_base) == 0x10);
    assert!(offset_of!(Peb, ldr) == 0x18);
    assert!(offset_of!(Peb, process_parameters) == 0x20);
    assert!(offset_of!(Peb, subsystem_data) == 0x28);
    assert!(offset_of!(Peb, process_heap) == 0x30);
    assert!(offset_of!(Peb, fast_peb_lock) == 0x38);
    assert!(offset_of!(Peb, api_set_map) == 0x68);
    assert!(offset_of!(Peb, tls_expansion_counter) == 0x70);
    assert!(offset_of!(Peb, tls_bitmap) == 0x78);
    assert!(offset_of!(Peb, tls_bitmap_bits) == 0x80);
    assert!(offset_of!(Peb, number_of_processors) == 0xb8);
    assert!(offset_of!(Peb, nt_global_flag) == 0xbc);
    assert!(offset_of!(Peb, critical_section_timeout) == 0xc0);
    assert!(offset_of!(Peb, number_of_heaps) == 0xe8);
    assert!(offset_of!(Peb, maximum_number_of_heaps) == 0xec);
    assert!(offset_of!(Peb, process_heaps) == 0xf0);
    assert!(offset_of!(Peb, loader_lock) == 0x110);
    assert!(offset_of!(Peb, os_major_version) == 0x118);
    assert!(offset_of!(Peb, os_minor_version) == 0x11c);
    assert!(offset_of!(Peb, os_build_number) == 0x120);
    assert!(offset_of!(Peb, os_csd_version) == 0x122);
    assert!(offset_of!(Peb, os_platform_id) == 0x124);
    assert!(offset_of!(Peb, image_subsystem) == 0x128);
    assert!(offset_of!(Peb, image_subsystem_major_version) == 0x12c);
    assert!(offset_of!(Peb, image_subsystem_minor_version) == 0x130);
    assert!(offset_of!(Peb, active_process_affinity_mask) == 0x138);
    assert!(offset_of!(Peb, session_id) == 0x2c0);
    assert!(offset_of!(Peb, csd_version) == 0x2e8);
    assert!(size_of::<Peb>() == 0x7d0);
    assert!(offset_of!(Peb, ldr) == offset_of!(PublicPeb, Ldr));
    assert!(offset_of!(Peb, process_parameters) == offset_of!(PublicPeb, ProcessParameters));
    assert!(offset_of!(Peb, session_id) == offset_of!(PublicPeb, SessionId));
};
