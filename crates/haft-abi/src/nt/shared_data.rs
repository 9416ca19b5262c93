//! The shared user data page.

use core::mem::{offset_of, size_of};

/// The page at 0x7FFE0000 that every process reads clocks and versions from (Microsoft: "KUSER_SHARED_DATA structure").
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SharedUserData {
    /// Unused.
    pub tick_count_low_deprecated: u32,
    /// Milliseconds a tick, as a fraction of 2 to the 24th.
    pub tick_count_multiplier: u32,
    /// Interrupt time: low, high, high again.
    pub interrupt_time: [u32; 3],
    /// System time: low, high, high again.
    pub system_time: [u32; 3],
    /// Time-zone bias: low, high, high again.
    pub time_zone_bias: [u32; 3],
    /// Machine of native images: 0x8664.
    pub image_number_low: u16,
    /// Machine of native images: 0x8664.
    pub image_number_high: u16,
    /// The Windows directory.
    pub nt_system_root: [u16; 260],
    /// Unused.
    pub max_stack_trace_depth: u32,
    /// Not used by haft.
    pub reserved_260: [u8; 0x260 - 0x23c],
    /// 19045.
    pub nt_build_number: u32,
    /// 1: a workstation.
    pub nt_product_type: u32,
    /// 1.
    pub product_type_is_valid: u8,
    /// Not used by haft.
    pub reserved_26a: [u8; 0x26a - 0x269],
    /// 9: x86-64.
    pub native_processor_architecture: u16,
    /// 10.
    pub nt_major_version: u32,
    /// 0.
    pub nt_minor_version: u32,
    /// What `IsProcessorFeaturePresent` reads.
    pub processor_features: [u8; 64],
    /// Not used by haft.
    pub reserved_2d4: [u8; 0x2d4 - 0x2b4],
    /// 0.
    pub kd_debugger_enabled: u8,
    /// Not used by haft.
    pub reserved_2e8: [u8; 0x2e8 - 0x2d5],
    /// Pages of memory.
    pub number_of_physical_pages: u32,
    /// Not used by haft.
    pub reserved_300: [u8; 0x300 - 0x2ec],
    /// Performance counter units a second.
    pub qpc_frequency: i64,
    /// Not used by haft.
    pub reserved_320: [u8; 0x320 - 0x308],
    /// Ticks since the machine started: low, high, high again.
    pub tick_count: [u32; 3],
    /// Not used by haft.
    pub reserved_330: [u8; 0x330 - 0x32c],
    /// For `EncodePointer`.
    pub cookie: u32,
    /// Not used by haft.
    pub reserved_3c0: [u8; 0x3c0 - 0x334],
    /// Processors in use.
    pub active_processor_count: u32,
    /// 1.
    pub active_group_count: u8,
    /// Not used by haft.
    pub reserved_end: [u8; 0x1000 - 0x3c5],
}

super::zero_default!(SharedUserData {
    tick_count_low_deprecated: 0,
    tick_count_multiplier: 0,
    interrupt_time: [0; 3],
    system_time: [0; 3],
    time_zone_bias: [0; 3],
    image_number_low: 0,
    image_number_high: 0,
    nt_system_root: [0; 260],
    max_stack_trace_depth: 0,
    reserved_260: [0; 0x260 - 0x23c],
    nt_build_number: 0,
    nt_product_type: 0,
    product_type_is_valid: 0,
    reserved_26a: [0; 0x26a - 0x269],
    native_processor_architecture: 0,
    nt_major_version: 0,
    nt_minor_version: 0,
    processor_features: [0; 64],
    reserved_2d4: [0; 0x2d4 - 0x2b4],
    kd_debugger_enabled: 0,
    reserved_2e8: [0; 0x2e8 - 0x2d5],
    number_of_physical_pages: 0,
    reserved_300: [0; 0x300 - 0x2ec],
    qpc_frequency: 0,
    reserved_320: [0; 0x320 - 0x308],
    tick_count: [0; 3],
    reserved_330: [0; 0x330 - 0x32c],
    cookie: 0,
    reserved_3c0: [0; 0x3c0 - 0x334],
    active_processor_count: 0,
    active_group_count: 0,
    reserved_end: [0; 0x1000 - 0x3c5]
});

const _: () = {
    assert!(offset_of!(SharedUserData, tick_count_low_deprecated) == 0x0);
    assert!(offset_of!(SharedUserData, tick_count_multiplier) == 0x4);
    assert!(offset_of!(SharedUserData, interrupt_time) == 0x8);
    assert!(offset_of!(SharedUserData, system_time) == 0x14);
    assert!(offset_of!(SharedUserData, time_zone_bias) == 0x20);
    assert!(offset_of!(SharedUserData, image_number_low) == 0x2c);
    assert!(offset_of!(SharedUserData, image_number_high) == 0x2e);
    assert!(offset_of!(SharedUserData, nt_system_root) == 0x30);
    assert!(offset_of!(SharedUserData, max_stack_trace_depth) == 0x238);
    assert!(offset_of!(SharedUserData, nt_build_number) == 0x260);
    assert!(offset_of!(SharedUserData, nt_product_type) == 0x264);
    assert!(offset_of!(SharedUserData, product_type_is_valid) == 0x268);
    assert!(offset_of!(SharedUserData, native_processor_architecture) == 0x26a);
    assert!(offset_of!(SharedUserData, nt_major_version) == 0x26c);
    assert!(offset_of!(SharedUserData, nt_minor_version) == 0x270);
    assert!(offset_of!(SharedUserData, processor_features) == 0x274);
    assert!(offset_of!(SharedUserData, kd_debugger_enabled) == 0x2d4);
    assert!(offset_of!(SharedUserData, number_of_physical_pages) == 0x2e8);
    assert!(offset_of!(SharedUserData, qpc_frequency) == 0x300);
    assert!(offset_of!(SharedUserData, tick_count) == 0x320);
    assert!(offset_of!(SharedUserData, cookie) == 0x330);
    assert!(offset_of!(SharedUserData, active_processor_count) == 0x3c0);
    assert!(offset_of!(SharedUserData, active_group_count) == 0x3c4);
    assert!(size_of::<SharedUserData>() == 0x1000);
};
/// Bytes of a clock in the page: low word, high word, high word again.
pub const KSYSTEM_TIME_SIZE: usize = 12;
