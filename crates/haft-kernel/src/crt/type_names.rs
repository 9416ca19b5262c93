//! `type_info::name`: the readable names of types, each made when it is first asked for and kept on
//! a list of the image that asked (Microsoft: "type_info Class").

use super::heap;
use crate::ke::slist::List;
use haft_crt::undecorate::type_name;
use haft_host::guest::atomic::Word64;
use haft_host::guest::{self, Fault};

/// Longer decorated names are cut off.
const LONGEST: usize = 4096;

/// A name on a list is behind the address of the next.
const ENTRY: usize = 16;

/// The address of the readable name of a type, from the place where its descriptor has that of it,
/// with the decorated name behind. It is made once, and put on the list at `list`; `None` without
/// memory for it.
///
/// # Errors
/// [`Fault`] where the program may not read or write.
pub fn readable(data: usize, list: usize) -> Result<Option<usize>, Fault> {
    let place = Word64::at(data);
    let known = guest::read::<usize>(data)?;
    if known != 0 {
        return Ok(Some(known));
    }
    // A dot begins it.
    let decorated = guest::read_bytes_z(data + 9, LONGEST)?;
    let mut text = type_name(&String::from_utf8_lossy(&decorated)).into_bytes();
    text.push(0);
    let Ok(entry) = heap::allocate(ENTRY + text.len()) else { return Ok(None) };
    guest::copy_out(entry + ENTRY, &text)?;
    match place.compare_exchange(0, (entry + ENTRY) as u64) {
        Ok(_) => {
            List::at(list).push(entry, entry, 1);
            Ok(Some(entry + ENTRY))
        }
        Err(other) => {
            heap::free(entry);
            Ok(Some(other as usize))
        }
    }
}

/// Frees the names on the list at `list`.
///
/// # Errors
/// As for [`readable`].
pub fn free(list: usize) -> Result<(), Fault> {
    let mut entry = List::at(list).flush();
    while entry != 0 {
        let next = guest::read(entry)?;
        heap::free(entry);
        entry = next;
    }
    Ok(())
}
