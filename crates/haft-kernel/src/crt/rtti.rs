//! What an object says of its own type: `typeid` and `dynamic_cast` of Microsoft's C++ ABI (Microsoft:
//! "Run-Time Type Information"; the tables are those that LLVM's documentation of that ABI has, "RTTI").
//!
//! Behind the table of virtual functions is a *locator*: where in the whole object that table's place is,
//! the whole object's type, and all of its bases with their places.

use super::terminate;
use haft_host::guest::{self, Fault};

/// Where a base is in the object: directly, or by what a table of virtual bases says.
struct Place {
    member: i32,
    table: i32,
    entry: i32,
}

/// A base of the object's type, and the type itself first: each is followed by its own bases.
struct Base {
    type_at: usize,
    /// How many of those that follow are its bases.
    contained: usize,
    offset: i64,
    attributes: u32,
}

impl Base {
    /// Some class between it and the whole type hides it.
    const HIDDEN: u32 = 1 | 8;
    const AMBIGUOUS: u32 = 2;
    /// The class that it is a base of hides it.
    const PRIVATE: u32 = 4;

    const fn has(&self, attributes: u32) -> bool {
        self.attributes & attributes != 0
    }
}

/// An object: where all of it begins, and what it is.
struct Whole {
    at: usize,
    image: usize,
    type_at: usize,
    hierarchy: usize,
}

impl Whole {
    /// That of a part, which begins with its table of virtual functions.
    fn of(part: usize) -> Result<Self, Fault> {
        let table: usize = guest::read(part)?;
        let locator: usize = guest::read(table.wrapping_sub(8))?;
        let [offset, displacement, type_at, hierarchy, own]: [u32; 5] = guest::read(locator + 4)?;
        let mut at = part.wrapping_sub(offset as usize);
        if displacement != 0 {
            // An object whose virtual bases are elsewhere while it is being made.
            let moved: i32 = guest::read(part.wrapping_sub(displacement as usize))?;
            at = at.wrapping_sub(moved as usize);
        }
        let image = locator.wrapping_sub(own as usize);
        let [type_at, hierarchy] = [type_at, hierarchy].map(|rva| image + rva as usize);
        Ok(Self { at, image, type_at, hierarchy })
    }

    fn offset_of(&self, place: &Place) -> Result<i64, Fault> {
        if place.table < 0 {
            return Ok(place.member.into());
        }
        let table: usize = guest::read(self.at + place.table as usize)?;
        let moved: i32 = guest::read(table.wrapping_add_signed(place.entry as isize))?;
        Ok(i64::from(place.table) + i64::from(moved) + i64::from(place.member))
    }

    fn bases(&self) -> Result<Vec<Base>, Fault> {
        let [count, list]: [u32; 2] = guest::read(self.hierarchy + 8)?;
        let list = self.image + list as usize;
        let mut bases = Vec::new();
        for n in 0..count.min(0x1_0000) as usize {
            let rva: u32 = guest::read(list + n * 4)?;
            let words: [u32; 6] = guest::read(self.image + rva as usize)?;
            let [type_at, contained, member, table, entry, attributes] = words;
            let [member, table, entry] = [member, table, entry].map(u32::cast_signed);
            bases.push(Base {
                type_at: self.image + type_at as usize,
                contained: contained as usize,
                offset: self.offset_of(&Place { member, table, entry })?,
                attributes,
            });
        }
        Ok(bases)
    }
}

/// Whether two descriptors are of one type: each image has its own of a type that several use.
fn is_same(a: usize, b: usize) -> Result<bool, Fault> {
    const NAME: usize = 16;
    Ok(a == b
        || guest::read_bytes_z(a + NAME, 0x1_0000)? == guest::read_bytes_z(b + NAME, 0x1_0000)?)
}

/// The one place that they all are; `None` for none, or for several.
fn only(mut offsets: impl Iterator<Item = i64>) -> Option<i64> {
    let first = offsets.next()?;
    offsets.all(|other| other == first).then_some(first)
}

/// Where the part of type `target` is, for who has the part of type `source` at `offset`.
fn find(bases: &[Base], source: &[bool], target: &[bool], offset: i64) -> Option<i64> {
    let is_source = |n: usize| source[n] && bases[n].offset == offset;
    // Down: the parts of that type that have this one as a base which they do not hide.
    let shows = |from: usize, to: usize| {
        (from + 1..=to).all(|n| to > n + bases[n].contained || !bases[n].has(Base::PRIVATE))
    };
    let down = (0..bases.len()).filter(|&n| {
        let end = (n + bases[n].contained).min(bases.len() - 1);
        target[n] && (n..=end).any(|base| is_source(base) && shows(n, base))
    });
    if let Some(found) = only(down.map(|n| bases[n].offset)) {
        return Some(found);
    }
    // Across: from what the whole object shows to what it shows, if that is one.
    let shown = |n: &usize| !bases[*n].has(Base::HIDDEN);
    (0..bases.len()).filter(shown).find(|&n| is_source(n))?;
    let across = (0..bases.len()).filter(|&n| target[n]).filter(shown);
    only(across.filter(|&n| !bases[n].has(Base::AMBIGUOUS)).map(|n| bases[n].offset))
}

/// `__RTDynamicCast`: the part of type `target` of the object of which `part` is one, whose table of
/// virtual functions is `delta` bytes into the part of type `source`; zero for none.
///
/// # Errors
/// A bad address.
pub fn dynamic_cast(part: usize, delta: i32, source: usize, target: usize) -> Result<usize, Fault> {
    if part == 0 {
        return Ok(0);
    }
    let whole = Whole::of(part)?;
    let offset = (part as i64) - i64::from(delta) - whole.at as i64;
    let bases = whole.bases()?;
    let are = |wanted: usize| -> Result<Vec<bool>, Fault> {
        bases.iter().map(|base| is_same(base.type_at, wanted)).collect()
    };
    let found = find(&bases, &are(source)?, &are(target)?, offset);
    Ok(found.map_or(0, |offset| whole.at.wrapping_add_signed(offset as isize)))
}

/// `__RTCastToVoid`: where the whole object begins; zero for a null pointer.
///
/// # Errors
/// A bad address.
pub fn whole_object(part: usize) -> Result<usize, Fault> {
    if part == 0 { Ok(0) } else { Ok(Whole::of(part)?.at) }
}

/// `__RTtypeid`: the descriptor of the whole object's type.
///
/// # Errors
/// A bad address.
pub fn type_of(part: usize) -> Result<usize, Fault> {
    Ok(Whole::of(part)?.type_at)
}

/// Ends the program, where it is to be thrown an exception of the C++ library that is in no DLL of
/// haft's.
pub fn cannot_throw(what: &str) -> ! {
    crate::log::say(&format!(
        "{what} cannot be thrown yet; the program ends as if nobody caught it"
    ));
    terminate::terminate()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(contained: usize, offset: i64, attributes: u32) -> Base {
        Base { type_at: 0, contained, offset, attributes }
    }

    /// `struct d : b, c {}; struct b : a {}; struct c : a {};`, in the order of their table.
    fn diamond_without_virtual() -> Vec<Base> {
        let twice = Base::AMBIGUOUS;
        vec![base(4, 0, 0), base(1, 0, 0), base(0, 0, twice), base(1, 8, 0), base(0, 8, twice)]
    }

    fn among(n: &[usize]) -> Vec<bool> {
        (0..5).map(|at| n.contains(&at)).collect()
    }

    #[test]
    fn down_and_across() {
        let bases = diamond_without_virtual();
        let (d, b, a, c) = (among(&[0]), among(&[1]), among(&[2, 4]), among(&[3]));
        // From either a to the whole, and to the class that has it.
        assert_eq!(find(&bases, &a, &d, 0), Some(0));
        assert_eq!(find(&bases, &a, &d, 8), Some(0));
        assert_eq!(find(&bases, &a, &c, 8), Some(8));
        // From b across to c; to a, of which there are two, from neither but its own.
        assert_eq!(find(&bases, &b, &c, 0), Some(8));
        assert_eq!(find(&bases, &d, &a, 0), None);
        // What is at no such place is found nowhere.
        assert_eq!(find(&bases, &a, &d, 4), None);
    }

    #[test]
    fn what_is_hidden_is_not_found() {
        // struct d : b, private c {};
        let hidden = Base::HIDDEN | Base::PRIVATE;
        let bases = vec![base(2, 0, 0), base(0, 0, 0), base(0, 8, hidden)];
        let one = |n: usize| (0..3).map(|at| at == n).collect::<Vec<_>>();
        assert_eq!(find(&bases, &one(1), &one(2), 0), None);
        assert_eq!(find(&bases, &one(2), &one(0), 8), None);
        assert_eq!(find(&bases, &one(2), &one(1), 8), None);
        assert_eq!(find(&bases, &one(1), &one(0), 0), Some(0));
    }
}
