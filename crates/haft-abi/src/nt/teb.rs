//! The thread environment block.

use super::{ListEntry, UnicodeString};
use core::mem::{offset_of, size_of};
use windows_sys::Win32::System::Threading::TEB as PublicTeb;

/// What a thread finds through GS (Microsoft: "TEB structure"; x86-64 layout of Windows 10).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Teb {
    /// Head of the frame-based handler list; unused on x86-64.
    pub exception_list: u64,
    /// One past the highest stack address.
    pub stack_base: u64,
    /// Lowest committed stack address.
    pub stack_limit: u64,
    /// Unused.
    pub subsystem_tib: u64,
    /// The running fiber, or the fiber version.
    pub fiber_data: u64,
    /// The program's own word.
    pub arbitrary_user_pointer: u64,
    /// Address of this block.
    pub self_pointer: u64,
    /// Unused.
    pub environment_pointer: u64,
    /// Process identifier.
    pub process_id: u64,
    /// Thread identifier.
    pub thread_id: u64,
    /// Not used by haft.
    pub reserved_58: [u8; 0x58 - 0x50],
    /// Array of the modules' static TLS blocks.
    pub thread_local_storage: u64,
    /// Address of the PEB.
    pub peb: u64,
    /// What `GetLastError` returns.
    pub last_error: u32,
    /// Critical sections held.
    pub owned_critical_sections: u32,
    /// Not used by haft.
    pub reserved_108: [u8; 0x108 - 0x70],
    /// The thread's locale identifier.
    pub current_locale: u32,
    /// Not used by haft.
    pub reserved_1250: [u8; 0x1250 - 0x10c],
    /// Last NTSTATUS, for `RtlGetLastNtStatus`.
    pub last_status: u32,
    /// Not used by haft.
    pub reserved_1258: [u8; 0x1258 - 0x1254],
    /// Header of the scratch string.
    pub static_string: UnicodeString,
    /// Scratch buffer for conversions.
    pub static_buffer: [u16; 261],
    /// Not used by haft.
    pub reserved_1478: [u8; 0x1478 - 0x1472],
    /// Lowest address of the stack's reservation.
    pub deallocation_stack: u64,
    /// The first 64 TLS slots.
    pub tls_slots: [u64; 64],
    /// Links of the process's TEBs.
    pub tls_links: ListEntry,
    /// Not used by haft.
    pub reserved_1748: [u8; 0x1748 - 0x1690],
    /// Bytes that `SetThreadStackGuarantee` asked for.
    pub guaranteed_stack_bytes: u32,
    /// Not used by haft.
    pub reserved_1780: [u8; 0x1780 - 0x174c],
    /// Address of TLS slots 64 and up, or zero.
    pub tls_expansion_slots: u64,
    /// Not used by haft.
    pub reserved_17c8: [u8; 0x17c8 - 0x1788],
    /// Address of the FLS slots, or zero.
    pub fls_data: u64,
    /// Not used by haft.
    pub reserved_17ee: [u8; 0x17ee - 0x17d0],
    /// Bit flags of the thread.
    pub same_teb_flags: u16,
    /// Not used by haft.
    pub reserved_1838: [u8; 0x1838 - 0x17f0],
    /// haft's own: address of the kernel's record of the thread, past the end of Windows' TEB.
    pub thread: u64,
    /// Not used by haft.
    pub reserved_end: [u8; 0x2000 - 0x1840],
}

super::zero_default!(Teb {
    exception_list: 0,
    stack_base: 0,
    stack_limit: 0,
    subsystem_tib: 0,
    fiber_data: 0,
    arbitrary_user_pointer: 0,
    self_pointer: 0,
    environment_pointer: 0,
    process_id: 0,
    thread_id: 0,
    reserved_58: [0; 0x58 - 0x50],
    thread_local_storage: 0,
    peb: 0,
    last_error: 0,
    owned_critical_sections: 0,
    reserved_108: [0; 0x108 - 0x70],
    current_locale: 0,
    reserved_1250: [0; 0x1250 - 0x10c],
    last_status: 0,
    reserved_1258: [0; 0x1258 - 0x1254],
    static_string: UnicodeString::default(),
    static_buffer: [0; 261],
    reserved_1478: [0; 0x1478 - 0x1472],
    deallocation_stack: 0,
    tls_slots: [0; 64],
    tls_links: ListEntry::default(),
    reserved_1748: [0; 0x1748 - 0x1690],
    guaranteed_stack_bytes: 0,
    reserved_1780: [0; 0x1780 - 0x174c],
    tls_expansion_slots: 0,
    reserved_17c8: [0; 0x17c8 - 0x1788],
    fls_data: 0,
    reserved_17ee: [0; 0x17ee - 0x17d0],
    same_teb_flags: 0,
    reserved_1838: [0; 0x1838 - 0x17f0],
    thread: 0,
    reserved_end: [0; 0x2000 - 0x1840]
});

const _: () = {
    assert!(offset_of!(Teb, exception_list) == 0x0);
    assert!(offset_of!(Teb, stack_base) == 0x8);
    assert!(offset_of!(Teb, stack_limit) == 0x10);
    assert!(offset_of!(Teb, subsystem_tib) == 0x18);
    assert!(offset_of!(Teb, fiber_data) == 0x20);
    assert!(offset_of!(Teb, arbitrary_user_pointer) == 0x28);
    assert!(offset_of!(Teb, self_pointer) == 0x30);
    assert!(offset_of!(Teb, environment_pointer) == 0x38);
    assert!(offset_of!(Teb, process_id) == 0x40);
    assert!(offset_of!(Teb, thread_id) == 0x48);
    assert!(offset_of!(Teb, thread_local_storage) == 0x58);
    assert!(offset_of!(Teb, peb) == 0x60);
    assert!(offset_of!(Teb, last_error) == 0x68);
    assert!(offset_of!(Teb, owned_critical_sections) == 0x6c);
    assert!(offset_of!(Teb, current_locale) == 0x108);
    assert!(offset_of!(Teb, last_status) == 0x1250);
    assert!(offset_of!(Teb, static_string) == 0x1258);
    assert!(offset_of!(Teb, static_buffer) == 0x1268);
    assert!(offset_of!(Teb, deallocation_stack) == 0x1478);
    assert!(offset_of!(Teb, tls_slots) == 0x1480);
    assert!(offset_of!(Teb, tls_links) == 0x1680);
    assert!(offset_of!(Teb, guaranteed_stack_bytes) == 0x1748);
    assert!(offset_of!(Teb, tls_expansion_slots) == 0x1780);
    assert!(offset_of!(Teb, fls_data) == 0x17c8);
    assert!(offset_of!(Teb, same_teb_flags) == 0x17ee);
    assert!(offset_of!(Teb, thread) == 0x1838);
    assert!(size_of::<Teb>() == 0x2000);
    assert!(offset_of!(Teb, peb) == offset_of!(PublicTeb, ProcessEnvironmentBlock));
    assert!(offset_of!(Teb, tls_slots) == offset_of!(PublicTeb, TlsSlots));
    assert!(offset_of!(Teb, tls_expansion_slots) == offset_of!(PublicTeb, TlsExpansionSlots));
};
