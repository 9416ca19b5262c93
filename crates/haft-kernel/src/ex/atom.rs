//! The process's atoms (Microsoft: "About Atom Tables").

use super::nls::case::equal_ignoring_case;
use haft_abi::NtStatus;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Atoms of texts start here; those below stand for numbers.
pub const FIRST: u16 = 0xC000;
/// The longest text of an atom, in units.
pub const MAXIMUM: usize = 255;

struct Atom {
    text: Vec<u16>,
    references: u32,
}

type Table = BTreeMap<u16, Atom>;

static TABLE: Mutex<Table> = Mutex::new(Table::new());

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn search(table: &Table, text: &[u16]) -> Option<u16> {
    let mut atoms = table.iter();
    atoms.find(|(_, atom)| equal_ignoring_case(&atom.text, text)).map(|(&number, _)| number)
}

/// Adds a text, or counts it up; its atom.
///
/// # Errors
/// `INVALID_PARAMETER` for an empty text or one that is too long, `NO_MEMORY` when the table is
/// full.
pub fn add(text: &[u16]) -> Result<u16, NtStatus> {
    if text.is_empty() || text.len() > MAXIMUM {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let mut table = table();
    if let Some(number) = search(&table, text) {
        if let Some(atom) = table.get_mut(&number) {
            atom.references = atom.references.saturating_add(1);
        }
        return Ok(number);
    }
    let free = (FIRST..=u16::MAX).find(|number| !table.contains_key(number));
    let number = free.ok_or(NtStatus::NO_MEMORY)?;
    table.insert(number, Atom { text: text.to_vec(), references: 1 });
    Ok(number)
}

/// The atom of a text, whatever the case of its letters.
#[must_use]
pub fn find(text: &[u16]) -> Option<u16> {
    search(&table(), text)
}

/// Counts an atom down; whether there is such an atom.
pub fn delete(number: u16) -> bool {
    let mut table = table();
    let Some(atom) = table.get_mut(&number) else { return false };
    atom.references -= 1;
    if atom.references == 0 {
        table.remove(&number);
    }
    true
}

/// The text of an atom, as it was added first.
#[must_use]
pub fn text(number: u16) -> Option<Vec<u16>> {
    table().get(&number).map(|atom| atom.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide;

    #[test]
    fn a_text_has_one_atom_until_it_is_deleted_as_often_as_added() {
        let (name, other) = (wide::from_str("Atom of a test"), wide::from_str("ATOM OF A TEST"));
        let atom = add(&name).unwrap();
        assert!(atom >= FIRST);
        assert_eq!(add(&other), Ok(atom));
        assert_eq!(text(atom), Some(name.clone()));
        assert!(delete(atom));
        assert_eq!(find(&other), Some(atom));
        assert!(delete(atom));
        assert_eq!(find(&name), None);
        assert!(!delete(atom));
        assert_eq!(add(&[]), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(add(&[65; 256]), Err(NtStatus::INVALID_PARAMETER));
    }
}
