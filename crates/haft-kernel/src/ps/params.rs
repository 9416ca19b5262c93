//! Laying out the PEB and the process parameters.

use super::birth::Birth;
use super::block;
use crate::ex::processor;
use crate::ke::critical_section::CriticalSection;
use haft_abi::nt::{Peb, ProcessParameters, UnicodeString};
use haft_abi::{Handle, NtStatus, version};
use haft_host::guest;
use windows_sys::Win32::System::Threading::CRITICAL_SECTION;

/// The terminal session that every process here is in: the first that people log on to.
pub const SESSION_ID: u32 = 1;

/// An environment block: `name=value` strings, each with a null, and one more null.
#[must_use]
pub fn environment_block(variables: &[Vec<u16>]) -> Vec<u16> {
    let mut units = Vec::with_capacity(variables.iter().map(|v| v.len() + 1).sum::<usize>() + 2);
    for variable in variables {
        units.extend_from_slice(variable);
        units.push(0);
    }
    if variables.is_empty() {
        units.push(0);
    }
    units.push(0);
    units
}

/// Lays out the process parameters and returns their address.
///
/// # Errors
/// `NO_MEMORY`, `NAME_TOO_LONG` for a string past 32,766 units.
pub fn place_parameters(birth: &Birth) -> Result<usize, NtStatus> {
    let environment = &birth.environment;
    let environment_at = block::allocate(environment.len() * 2, 16)?;
    guest::write_slice(environment_at, environment)?;
    let mut directory = birth.current_directory.clone();
    if directory.last() != Some(&u16::from(b'\\')) {
        directory.push(u16::from(b'\\'));
    }
    // Programs append to the directory in place, so its buffer has room for the longest path.
    let room = block::allocate(0x210, 16)?;
    let mut current_directory_path = block::place_string(&directory)?;
    if directory.len() < 0x104 {
        guest::write_slice(room, &directory)?;
        current_directory_path.buffer = room as u64;
        current_directory_path.maximum_length = 0x208;
    }
    let runtime_data = if birth.startup.runtime_data.is_empty() {
        UnicodeString::default()
    } else {
        let data = &birth.startup.runtime_data;
        let length = u16::try_from(data.len()).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let at = block::allocate(data.len(), 16)?;
        guest::copy_out(at, data)?;
        UnicodeString { length, maximum_length: length, buffer: at as u64 }
    };
    let [x, y, width, height, columns, rows, fill] = birth.startup.geometry;
    let size = size_of::<ProcessParameters>() as u32;
    block::place(ProcessParameters {
        maximum_length: size,
        length: size,
        flags: 1,
        console_handle: if birth.no_console { 0 } else { 1 },
        console_flags: u32::from(birth.ignore_ctrl_c),
        standard_input: birth.standard[0].0 as u64,
        standard_output: birth.standard[1].0 as u64,
        standard_error: birth.standard[2].0 as u64,
        current_directory_path,
        current_directory_handle: Handle::CURRENT_DIRECTORY.0 as u64,
        image_path_name: block::place_string(&birth.image_name)?,
        command_line: block::place_string(&birth.command_line)?,
        environment: environment_at as u64,
        starting_x: x,
        starting_y: y,
        count_x: width,
        count_y: height,
        count_chars_x: columns,
        count_chars_y: rows,
        fill_attribute: fill,
        window_flags: birth.startup.flags,
        show_window_flags: u32::from(birth.startup.show_window),
        window_title: block::place_string(&birth.startup.title)?,
        desktop_info: block::place_string(&birth.startup.desktop)?,
        runtime_data,
        environment_size: (environment.len() * 2) as u64,
        process_group_id: match birth.process_group {
            0 => std::process::id(),
            group => group,
        },
        ..ProcessParameters::default()
    })
}

/// Tells the program's process parameters of a new current directory, which ends in a backslash
/// there.
///
/// # Errors
/// `NO_MEMORY`, `ACCESS_VIOLATION`.
pub fn set_current_directory(full: &[u16]) -> Result<(), NtStatus> {
    let at = super::process().parameters
        + core::mem::offset_of!(ProcessParameters, current_directory_path);
    let lock = super::process().peb + core::mem::offset_of!(Peb, fast_peb_lock);
    let lock = CriticalSection::at(guest::read::<u64>(lock)? as usize);
    lock.enter();
    let written = write_current_directory(at, full);
    lock.leave();
    written
}

fn write_current_directory(at: usize, full: &[u16]) -> Result<(), NtStatus> {
    let mut place: UnicodeString = guest::read(at)?;
    let mut units = full.to_vec();
    if units.last() != Some(&u16::from(b'\\')) {
        units.push(u16::from(b'\\'));
    }
    if (units.len() + 1) * 2 > usize::from(place.maximum_length) {
        place = block::place_string(&units)?;
    } else {
        place.length = (units.len() * 2) as u16;
        units.push(0);
        guest::write_slice(place.buffer as usize, &units)?;
    }
    Ok(guest::write(at, place)?)
}

/// Tells the PEB where the process parameters are.
///
/// # Errors
/// `ACCESS_VIOLATION`.
pub fn set_parameters(peb: usize, parameters: usize) -> Result<(), NtStatus> {
    Ok(guest::write(peb + core::mem::offset_of!(Peb, process_parameters), parameters as u64)?)
}

/// Lays out the PEB, without process parameters, and returns its address.
///
/// # Errors
/// `NO_MEMORY`.
pub fn place_peb() -> Result<usize, NtStatus> {
    // Programs that read the parameters or the environment by themselves enter it.
    let lock = block::place([0u64; size_of::<CRITICAL_SECTION>() / size_of::<u64>()])?;
    CriticalSection::at(lock).initialize(0, 0)?;
    block::place(Peb {
        fast_peb_lock: lock as u64,
        mutant: u64::MAX,
        process_heap: crate::mm::heap::process_heap() as u64,
        number_of_processors: processor::count(),
        critical_section_timeout: -25_920_000_000_000,
        os_major_version: version::MAJOR,
        os_minor_version: version::MINOR,
        os_build_number: version::BUILD as u16,
        os_platform_id: 2,
        active_process_affinity_mask: processor::mask(),
        session_id: SESSION_ID,
        ..Peb::default()
    })
}
