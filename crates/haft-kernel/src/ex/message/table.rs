//! Message tables, the resources that a message compiler makes (Microsoft:
//! "MESSAGE_RESOURCE_DATA structure"), and tables of strings.

use crate::ldr;
use haft_abi::{NtStatus, wide};
use haft_image::mapped::MappedImage;
use haft_image::resources::ResourceName;
use haft_image::{ImageError, ImageMemory};

/// `RT_MESSAGETABLE`.
const MESSAGE_TABLE: u16 = 11;
/// An entry's flag: its text is UTF-16.
const UNICODE: u16 = 1;

/// The text of a message of the module at `base`, in `language` or the next best.
///
/// # Errors
/// `RESOURCE_TYPE_NOT_FOUND` if the module has no messages, `MESSAGE_NOT_FOUND` if it has not
/// this one, `INVALID_HANDLE` if there is no module.
pub fn module_text(base: usize, id: u32, language: u16) -> Result<Vec<u16>, NtStatus> {
    let module = ldr::find_by_base(base).ok_or(NtStatus::INVALID_HANDLE)?;
    let memory = module.image();
    find(&memory, base as u64, id, language).map_err(|_| NtStatus::INVALID_IMAGE_FORMAT)?
}

/// `RT_STRING`.
const STRING_TABLE: u16 = 6;

/// Where a string of a module's string tables stands: its address and its length in units; it
/// has no terminator (Microsoft: "LoadStringW function").
///
/// # Errors
/// `INVALID_HANDLE` if there is no module at `base`, `RESOURCE_NAME_NOT_FOUND` if it has no such
/// string.
pub fn string_resource(base: usize, id: u16) -> Result<(usize, u16), NtStatus> {
    let module = ldr::find_by_base(base).ok_or(NtStatus::INVALID_HANDLE)?;
    let found = find_string(&module.image(), base as u64, id);
    let (rva, length) = found
        .map_err(|_| NtStatus::INVALID_IMAGE_FORMAT)?
        .ok_or(NtStatus::RESOURCE_NAME_NOT_FOUND)?;
    Ok((base + rva as usize, length))
}

fn find_string<M: ImageMemory>(
    memory: &M,
    base: u64,
    id: u16,
) -> Result<Option<(u32, u16)>, ImageError> {
    let Some(resources) = MappedImage::open(memory, base)?.resources() else { return Ok(None) };
    // Sixteen strings a table, each with its length in front.
    let name = ResourceName::Id(id / 16 + 1);
    let Ok(data) = resources.find(memory, ResourceName::Id(STRING_TABLE), name, None)? else {
        return Ok(None);
    };
    let mut at = data.rva;
    for _ in 0..id % 16 {
        at = at.saturating_add(2 + u32::from(memory.read_u16(at)?) * 2);
    }
    let length = memory.read_u16(at)?;
    Ok((length > 0).then_some((at + 2, length)))
}

fn find<M: ImageMemory + ?Sized>(
    memory: &M,
    base: u64,
    id: u32,
    language: u16,
) -> Result<Result<Vec<u16>, NtStatus>, ImageError> {
    let image = MappedImage::open(memory, base)?;
    let Some(resources) = image.resources() else {
        return Ok(Err(NtStatus::RESOURCE_TYPE_NOT_FOUND));
    };
    let wanted = (language != 0).then_some(language);
    let (kind, name) = (ResourceName::Id(MESSAGE_TABLE), ResourceName::Id(1));
    let Ok(data) = resources.find(memory, kind, name, wanted)? else {
        return Ok(Err(NtStatus::RESOURCE_TYPE_NOT_FOUND));
    };
    Ok(entry(memory, data.rva, id)?.ok_or(NtStatus::MESSAGE_NOT_FOUND))
}

/// Looks the message up in the blocks of the table at `table`.
fn entry<M: ImageMemory + ?Sized>(
    memory: &M,
    table: u32,
    id: u32,
) -> Result<Option<Vec<u16>>, ImageError> {
    for block in 0..memory.read_u32(table)? {
        let at = table.saturating_add(4).saturating_add(block.saturating_mul(12));
        let (low, high) = (memory.read_u32(at)?, memory.read_u32(at + 4)?);
        if !(low..=high).contains(&id) {
            continue;
        }
        let mut at = table.saturating_add(memory.read_u32(at + 8)?);
        for _ in low..id {
            at = at.saturating_add(u32::from(memory.read_u16(at)?.max(4)));
        }
        let length = usize::from(memory.read_u16(at)?).saturating_sub(4);
        let flags = memory.read_u16(at + 2)?;
        let mut bytes = vec![0; length];
        memory.read(at + 4, &mut bytes)?;
        let mut text = if flags & UNICODE != 0 {
            bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect()
        } else {
            wide::from_bytes(&bytes)
        };
        let end = text.iter().position(|&unit| unit == 0).unwrap_or(text.len());
        text.truncate(end);
        return Ok(Some(text));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_in_its_block() {
        let mut table = Vec::new();
        // Two blocks: 5 to 6 and 100 to 100.
        for word in [2u32, 5, 6, 28, 100, 100, 44] {
            table.extend_from_slice(&word.to_le_bytes());
        }
        table.extend_from_slice(&[8, 0, 0, 0, b'f', b'i', b'v', 0]);
        table.extend_from_slice(&[8, 0, 0, 0, b's', b'i', b'x', 0]);
        table.extend_from_slice(&[8, 0, 1, 0, 0xAC, 0x20, 0, 0]);
        let get = |id| entry(table.as_slice(), 0, id).unwrap().map(|text| wide::to_string(&text));
        assert_eq!(get(5).as_deref(), Some("fiv"));
        assert_eq!(get(6).as_deref(), Some("six"));
        assert_eq!(get(100).as_deref(), Some("€"));
        assert_eq!(get(7), None);
    }
}
