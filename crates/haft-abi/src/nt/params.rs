//! Process parameters.

use super::UnicodeString;
use core::mem::{offset_of, size_of};
use windows_sys::Win32::System::Threading::RTL_USER_PROCESS_PARAMETERS as PublicParameters;

/// How a process was started (Microsoft: "RTL_USER_PROCESS_PARAMETERS structure").
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ProcessParameters {
    /// Bytes allocated.
    pub maximum_length: u32,
    /// Bytes used.
    pub length: u32,
    /// Bit 0: addresses are absolute.
    pub flags: u32,
    /// Unused.
    pub debug_flags: u32,
    /// The console, or zero.
    pub console_handle: u64,
    /// Bit 0: Ctrl-C is ignored.
    pub console_flags: u32,
    /// Not used by haft.
    pub reserved_20: [u8; 0x20 - 0x1c],
    /// Standard input handle.
    pub standard_input: u64,
    /// Standard output handle.
    pub standard_output: u64,
    /// Standard error handle.
    pub standard_error: u64,
    /// The current directory, with a trailing backslash.
    pub current_directory_path: UnicodeString,
    /// A handle of the current directory.
    pub current_directory_handle: u64,
    /// DLL search path.
    pub dll_path: UnicodeString,
    /// The program's file.
    pub image_path_name: UnicodeString,
    /// The command line.
    pub command_line: UnicodeString,
    /// Address of the environment block.
    pub environment: u64,
    /// STARTUPINFO.dwX.
    pub starting_x: u32,
    /// STARTUPINFO.dwY.
    pub starting_y: u32,
    /// STARTUPINFO.dwXSize.
    pub count_x: u32,
    /// STARTUPINFO.dwYSize.
    pub count_y: u32,
    /// STARTUPINFO.dwXCountChars.
    pub count_chars_x: u32,
    /// STARTUPINFO.dwYCountChars.
    pub count_chars_y: u32,
    /// STARTUPINFO.dwFillAttribute.
    pub fill_attribute: u32,
    /// STARTUPINFO.dwFlags.
    pub window_flags: u32,
    /// STARTUPINFO.wShowWindow.
    pub show_window_flags: u32,
    /// Not used by haft.
    pub reserved_b0: [u8; 0xb0 - 0xac],
    /// STARTUPINFO.lpTitle.
    pub window_title: UnicodeString,
    /// STARTUPINFO.lpDesktop.
    pub desktop_info: UnicodeString,
    /// STARTUPINFO.lpReserved.
    pub shell_info: UnicodeString,
    /// STARTUPINFO.lpReserved2: what C runtimes hand over.
    pub runtime_data: UnicodeString,
    /// Not used by haft.
    pub reserved_3f0: [u8; 0x3f0 - 0xf0],
    /// Bytes of the environment block.
    pub environment_size: u64,
    /// Counts changes of the environment.
    pub environment_version: u64,
    /// Not used by haft.
    pub reserved_408: [u8; 0x408 - 0x400],
    /// The console process group.
    pub process_group_id: u32,
    /// Not used by haft.
    pub reserved_end: [u8; 0x410 - 0x40c],
}

super::zero_default!(ProcessParameters {
    maximum_length: 0,
    length: 0,
    flags: 0,
    debug_flags: 0,
    console_handle: 0,
    console_flags: 0,
    reserved_20: [0; 0x20 - 0x1c],
    standard_input: 0,
    standard_output: 0,
    standard_error: 0,
    current_directory_path: UnicodeString::default(),
    current_directory_handle: 0,
    dll_path: UnicodeString::default(),
    image_path_name: UnicodeString::default(),
    command_line: UnicodeString::default(),
    environment: 0,
    starting_x: 0,
    starting_y: 0,
    count_x: 0,
    count_y: 0,
    count_chars_x: 0,
    count_chars_y: 0,
    fill_attribute: 0,
    window_flags: 0,
    show_window_flags: 0,
    reserved_b0: [0; 0xb0 - 0xac],
    window_title: UnicodeString::default(),
    desktop_info: UnicodeString::default(),
    shell_info: UnicodeString::default(),
    runtime_data: UnicodeString::default(),
    reserved_3f0: [0; 0x3f0 - 0xf0],
    environment_size: 0,
    environment_version: 0,
    reserved_408: [0; 0x408 - 0x400],
    process_group_id: 0,
    reserved_end: [0; 0x410 - 0x40c]
});

const _: () = {
    assert!(offset_of!(ProcessParameters, maximum_length) == 0x0);
    assert!(offset_of!(ProcessParameters, length) == 0x4);
    assert!(offset_of!(ProcessParameters, flags) == 0x8);
    assert!(offset_of!(ProcessParameters, debug_flags) == 0xc);
    assert!(offset_of!(ProcessParameters, console_handle) == 0x10);
    assert!(offset_of!(ProcessParameters, console_flags) == 0x18);
    assert!(offset_of!(ProcessParameters, standard_input) == 0x20);
    assert!(offset_of!(ProcessParameters, standard_output) == 0x28);
    assert!(offset_of!(ProcessParameters, standard_error) == 0x30);
    assert!(offset_of!(ProcessParameters, current_directory_path) == 0x38);
    assert!(offset_of!(ProcessParameters, current_directory_handle) == 0x48);
    assert!(offset_of!(ProcessParameters, dll_path) == 0x50);
    assert!(offset_of!(ProcessParameters, image_path_name) == 0x60);
    assert!(offset_of!(ProcessParameters, command_line) == 0x70);
    assert!(offset_of!(ProcessParameters, environment) == 0x80);
    assert!(offset_of!(ProcessParameters, starting_x) == 0x88);
    assert!(offset_of!(ProcessParameters, starting_y) == 0x8c);
    assert!(offset_of!(ProcessParameters, count_x) == 0x90);
    assert!(offset_of!(ProcessParameters, count_y) == 0x94);
    assert!(offset_of!(ProcessParameters, count_chars_x) == 0x98);
    assert!(offset_of!(ProcessParameters, count_chars_y) == 0x9c);
    assert!(offset_of!(ProcessParameters, fill_attribute) == 0xa0);
    assert!(offset_of!(ProcessParameters, window_flags) == 0xa4);
    assert!(offset_of!(ProcessParameters, show_window_flags) == 0xa8);
    assert!(offset_of!(ProcessParameters, window_title) == 0xb0);
    assert!(offset_of!(ProcessParameters, desktop_info) == 0xc0);
    assert!(offset_of!(ProcessParameters, shell_info) == 0xd0);
    assert!(offset_of!(ProcessParameters, runtime_data) == 0xe0);
    assert!(offset_of!(ProcessParameters, environment_size) == 0x3f0);
    assert!(offset_of!(ProcessParameters, environment_version) == 0x3f8);
    assert!(offset_of!(ProcessParameters, process_group_id) == 0x408);
    assert!(size_of::<ProcessParameters>() == 0x410);
    assert!(
        offset_of!(ProcessParameters, image_path_name)
            == offset_of!(PublicParameters, ImagePathName)
    );
    assert!(
        offset_of!(ProcessParameters, command_line) == offset_of!(PublicParameters, CommandLine)
    );
};
