//! Reading version resources (Microsoft: "VS_VERSIONINFO structure").

use haft_abi::wide;
use haft_host::guest::{self, Fault};

/// A node: its key, its value, and what is under it.
struct Node {
    key: Vec<u16>,
    value: usize,
    /// Bytes, or units of text, as the node says.
    value_length: u16,
    is_text: bool,
    children: usize,
    end: usize,
}

const fn aligned(at: usize) -> usize {
    at.next_multiple_of(4)
}

/// The node at an address, if there is one before `limit`.
fn node(at: usize, limit: usize) -> Result<Option<Node>, Fault> {
    const HEAD: usize = 6;
    if at + HEAD > limit {
        return Ok(None);
    }
    let [length, value_length, kind] = guest::read::<[u16; 3]>(at)?;
    let end = at + usize::from(length);
    if usize::from(length) < HEAD || end > limit {
        return Ok(None);
    }
    let key = guest::read_wide_z(at + HEAD, (end - at - HEAD) / 2)?;
    let value = aligned(at + HEAD + (key.len() + 1) * 2);
    let is_text = kind == 1;
    let bytes = usize::from(value_length) * if is_text { 2 } else { 1 };
    let children = aligned((value + bytes).min(end));
    Ok(Some(Node { key, value, value_length, is_text, children, end }))
}

fn same_key(a: &[u16], b: &[u16]) -> bool {
    let fold = |unit: &u16| u8::try_from(*unit).map_or(*unit, |b| b.to_ascii_lowercase().into());
    a.len() == b.len() && a.iter().map(fold).eq(b.iter().map(fold))
}

/// A value in a version resource: where it is, its length, in units where it is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its address.
    pub address: usize,
    /// Its length in bytes, or in units.
    pub length: u32,
    /// Whether it is text.
    pub is_text: bool,
}

/// What stands behind a resource that has room for the texts of [`narrow`].
const MARK: [u8; 4] = *b"haft";
/// The longest that a unit of UTF-16 becomes.
const UNIT: usize = 3;

/// A resource of `length` bytes with the room that [`narrow`] needs behind it.
#[must_use]
pub const fn size_with_room(length: usize) -> usize {
    aligned(length) + MARK.len() + length / 2 * UNIT
}

/// Stores what fits of a resource in a block of `size` bytes.
///
/// # Errors
/// A [`Fault`] if the block cannot be written.
pub fn store(block: usize, size: usize, resource: &[u8]) -> Result<(), Fault> {
    guest::copy_out(block, &resource[..resource.len().min(size)])?;
    if size >= size_with_room(resource.len()) {
        guest::copy_out(block + aligned(resource.len()), &MARK)?;
    }
    Ok(())
}

/// A value that [`query`] found as text in UTF-8, which is put behind the resource, where it stays
/// as long as the block; `None` for a block without the room.
///
/// # Errors
/// A [`Fault`] if it cannot be read or written.
pub fn narrow(block: usize, value: Value) -> Result<Option<Value>, Fault> {
    if !value.is_text {
        return Ok(Some(value));
    }
    let behind = block + aligned(usize::from(guest::read::<u16>(block)?));
    if guest::read::<[u8; 4]>(behind)? != MARK {
        return Ok(None);
    }
    let text = guest::read_wide_z(value.address, value.length as usize)?;
    let mut bytes = wide::to_string(&text).into_bytes();
    bytes.push(0);
    let address = behind + MARK.len() + (value.address - block) / 2 * UNIT;
    guest::copy_out(address, &bytes)?;
    Ok(Some(Value { address, length: bytes.len() as u32, is_text: true }))
}

/// Finds the value of a path such as `\StringFileInfo\040904b0\FileVersion` in the resource at
/// an address (Microsoft: "VerQueryValueW function").
///
/// # Errors
/// A [`Fault`] if it cannot be read.
pub fn query(block: usize, path: &[u16]) -> Result<Option<Value>, Fault> {
    let length = usize::from(guest::read::<u16>(block)?);
    let Some(mut at) = node(block, block + length)? else { return Ok(None) };
    for wanted in path.split(|&unit| unit == u16::from(b'\\')).filter(|part| !part.is_empty()) {
        let mut next = at.children;
        let found = loop {
            match node(next, at.end)? {
                None => return Ok(None),
                Some(child) if same_key(&child.key, wanted) => break child,
                Some(child) => next = aligned(child.end),
            }
        };
        at = found;
    }
    // Some compilers count bytes where they should count units; the text ends at its null.
    let length = if at.is_text {
        let room = at.end.saturating_sub(at.value) / 2;
        let text = guest::wide_len(at.value, room)?;
        (text + 1).min(room) as u32
    } else {
        u32::from(at.value_length)
    };
    Ok(Some(Value { address: at.value.min(at.end), length, is_text: at.is_text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node's bytes.
    fn build(key: &str, value: &[u8], is_text: bool, children: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; 6];
        let pad = |bytes: &mut Vec<u8>| bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(wide::from_str_z(key).into_iter().flat_map(u16::to_le_bytes));
        pad(&mut bytes);
        bytes.extend(value);
        for child in children {
            pad(&mut bytes);
            bytes.extend(child);
        }
        let length = bytes.len() as u16;
        let value_length = (value.len() / if is_text { 2 } else { 1 }) as u16;
        for (index, half) in [length, value_length, u16::from(is_text)].into_iter().enumerate() {
            bytes[index * 2..index * 2 + 2].copy_from_slice(&half.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn values_are_found_by_path() {
        guest::testing::handler();
        let text: Vec<u8> =
            wide::from_str_z("1.2.3").into_iter().flat_map(u16::to_le_bytes).collect();
        let strings = build("FileVersion", &text, true, &[]);
        let table = build("040904b0", &[], true, &[build("A", &text[..2], true, &[]), strings]);
        let info = build("StringFileInfo", &[], true, &[table]);
        let block = build("VS_VERSION_INFO", &[7; 52], false, &[info]);
        let at = block.as_ptr() as usize;
        let find = |path: &str| query(at, &wide::from_str(path)).unwrap();
        let root = find("\\").unwrap();
        assert_eq!(root.length, 52);
        assert_eq!(guest::read::<u8>(root.address), Ok(7));
        let version = find(r"\stringfileinfo\040904B0\FileVersion").unwrap();
        assert_eq!(version.length, 6);
        assert_eq!(guest::read_wide_z(version.address, 10), Ok(wide::from_str("1.2.3")));
        assert_eq!(find(r"\StringFileInfo\040904b0\Nothing"), None);
        assert_eq!(find(r"\VarFileInfo"), None);
    }

    #[test]
    fn texts_become_narrow_where_there_is_room() {
        guest::testing::handler();
        let text: Vec<u8> =
            wide::from_str_z("ä€x").into_iter().flat_map(u16::to_le_bytes).collect();
        let resource = build("A", &text, true, &[]);
        let room = vec![0xEEu8; size_with_room(resource.len())];
        let at = room.as_ptr() as usize;
        store(at, room.len(), &resource).unwrap();
        let wide_text = query(at, &[]).unwrap().unwrap();
        let narrow_text = narrow(at, wide_text).unwrap().unwrap();
        assert_eq!(guest::read_slice::<u8>(narrow_text.address, 7), Ok("ä€x\0".into()));
        assert_eq!(narrow_text.length, 7);
        assert!(narrow_text.address + 7 <= at + room.len());
        guest::copy_out(at + aligned(resource.len()), &[0; 4]).unwrap();
        assert_eq!(narrow(at, wide_text), Ok(None));
    }
}
