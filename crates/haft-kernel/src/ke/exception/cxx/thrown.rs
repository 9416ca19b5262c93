//! What a C++ `throw` throws, and which `catch` takes it (Microsoft: "_CxxThrowException", "How
//! Catch Blocks are Evaluated (C++)").

use haft_abi::NtStatus;
use haft_abi::exception::ExceptionRecord;
use haft_host::guest::{self, Fault};
use haft_host::jump;
use haft_image::cxx::Catch;

/// The code of such an exception.
const EXCEPTION: u32 = 0xE06D_7363;
/// What marks its parameters.
const MAGIC: u64 = 0x1993_0520;
/// Longer names of types are cut off.
const NAME: usize = 4096;

haft_host::plain! {
    /// What can be caught of a thrown object, relative to the image that it was thrown in.
    struct Catchable {
        properties: u32,
        type_of_it: u32,
        place: Displacement,
        size: u32,
        copy: u32,
    }

    /// Where a base is in an object.
    struct Displacement {
        member: i32,
        /// Where the object has the address of its table of virtual bases; negative for none.
        table: i32,
        in_table: i32,
    }
}

/// Copied byte by byte: a number, or a pointer, which the displacement is of what it points to.
const SIMPLE: u32 = 1;
/// Only caught by reference.
const BY_REFERENCE: u32 = 2;
/// It has virtual bases: who copies it says that it is no base itself.
const VIRTUAL_BASES: u32 = 4;

/// A thrown object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Thrown {
    /// Its address; it lives where it was thrown.
    pub object: u64,
    /// The address of what describes its type; 0 with `object` for what is thrown on.
    pub info: u64,
    /// The image that the description's places are relative to.
    pub image: u64,
}

impl Thrown {
    /// What an exception's record says was thrown; `None` for other exceptions.
    pub fn of(record: &ExceptionRecord) -> Option<Self> {
        let [magic, object, info, image, ..] = record.information;
        (record.code == EXCEPTION
            && record.parameters >= 4
            && (MAGIC..=MAGIC + 2).contains(&magic)
            && info != 0)
            .then_some(Self { object, info, image })
    }

    /// The exception's code, and its parameters.
    pub const fn parameters(self) -> (u32, [u64; 4]) {
        (EXCEPTION, [MAGIC, self.object, self.info, self.image])
    }

    fn word(self, index: usize) -> Result<u32, Fault> {
        guest::read(self.info as usize + 4 * index)
    }

    fn at(self, rva: u32) -> usize {
        self.image as usize + rva as usize
    }

    /// As what this `catch`, of a function in the image at `base`, takes it.
    fn catchable(self, catch: &Catch, base: usize) -> Result<Option<Catchable>, NtStatus> {
        let Some(wanted) = catch.type_of_it else { return Ok(None) };
        let wanted = base + wanted as usize;
        if !catch.keeps(self.word(0)?) {
            return Ok(None);
        }
        let types = self.at(self.word(3)?);
        let count = guest::read::<u32>(types)?;
        for place in guest::read_slice::<u32>(types + 4, count as usize)? {
            let catchable = guest::read::<Catchable>(self.at(place))?;
            let fits = catchable.properties & BY_REFERENCE == 0 || catch.by_reference();
            if fits && same_type(self.at(catchable.type_of_it), wanted)? {
                return Ok(Some(catchable));
            }
        }
        Ok(None)
    }

    /// Puts it where this `catch` has its variable, in the frame of a function of the image at
    /// `base`; whether the `catch` takes it at all.
    pub fn give(self, catch: &Catch, base: usize, frame: usize) -> Result<bool, NtStatus> {
        if catch.type_of_it.is_none() {
            return Ok(true);
        }
        let Some(catchable) = self.catchable(catch, base)? else { return Ok(false) };
        let Some(object) = catch.object else { return Ok(true) };
        let to = frame.wrapping_add_signed(object as isize);
        let from = self.object as usize;
        let size = catchable.size as usize;
        if catch.by_reference() {
            guest::write(to, displaced(from, catchable.place)?)?;
        } else if catchable.properties & SIMPLE != 0 && size == size_of::<usize>() {
            let value = guest::read::<usize>(from)?;
            guest::write(to, if value == 0 { 0 } else { displaced(value, catchable.place)? })?;
        } else {
            let from = displaced(from, catchable.place)?;
            if catchable.properties & SIMPLE != 0 || catchable.copy == 0 {
                guest::copy_within(to, from, size)?;
            } else {
                let whole = usize::from(catchable.properties & VIRTUAL_BASES != 0);
                jump::call(self.at(catchable.copy), [to, from, whole, 0]);
            }
        }
        Ok(true)
    }

    /// Destroys it.
    pub fn destroy(self) {
        if let Ok(destructor @ 1..) = self.word(1) {
            jump::call(self.at(destructor), [self.object as usize, 0, 0, 0]);
        }
    }
}

/// Where the base that a displacement at `place` tells of is, of the object at `at`.
///
/// # Errors
/// [`Fault`] when one of them cannot be read.
pub fn base_of(at: usize, place: usize) -> Result<usize, Fault> {
    displaced(at, guest::read(place)?)
}

/// Where a base is of the object at `at`.
fn displaced(at: usize, place: Displacement) -> Result<usize, Fault> {
    let mut to = at.wrapping_add_signed(place.member as isize);
    if place.table >= 0 {
        let table_at = at + place.table as usize;
        let table = guest::read::<usize>(table_at)?;
        let offset = guest::read::<i32>(table.wrapping_add_signed(place.in_table as isize))?;
        to = to.wrapping_add_signed(place.table as isize + offset as isize);
    }
    Ok(to)
}

/// Whether two descriptors are of one type: their names tell, since each image has its own.
fn same_type(one: usize, other: usize) -> Result<bool, Fault> {
    const NAME_AT: usize = 16;
    let name = |at: usize| guest::read_bytes_z(at + NAME_AT, NAME);
    Ok(one == other || name(one)? == name(other)?)
}
