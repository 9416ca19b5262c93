//! Resources (Microsoft: "PE Format", the .rsrc section).

use crate::memory::{add, check_table, entry};
use crate::{Directory, ImageError, ImageMemory};

const SUBDIRECTORY: u32 = 0x8000_0000;
const STRING: u32 = 0x8000_0000;

/// The name of a resource, a resource type or a language, as a caller gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResourceName<'a> {
    /// A number (`MAKEINTRESOURCE`).
    Id(u16),
    /// A name in UTF-16, without a zero. Names in images are in upper case; compare equal
    /// without regard to the case of ASCII letters.
    Name(&'a [u16]),
}

/// The name of an entry, as the image has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryName {
    /// A number.
    Id(u16),
    /// A name: where its UTF-16 units begin, and how many there are.
    Name {
        /// Where they begin, relative to the image base.
        rva: u32,
        /// How many there are.
        length: u16,
    },
}

impl EntryName {
    /// Reads a name's UTF-16 units; `None` for a number.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn read<M: ImageMemory + ?Sized>(self, memory: &M) -> Result<Option<Vec<u16>>, ImageError> {
        let Self::Name { rva, length } = self else { return Ok(None) };
        (0..u32::from(length))
            .map(|index| memory.read_u16(entry(rva, index, 2)?))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn matches<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        wanted: ResourceName<'_>,
    ) -> Result<bool, ImageError> {
        match (self, wanted) {
            (Self::Id(id), ResourceName::Id(wanted)) => Ok(id == wanted),
            (Self::Name { rva, length }, ResourceName::Name(wanted))
                if usize::from(length) == wanted.len() =>
            {
                for (index, &unit) in (0..).zip(wanted) {
                    if fold(memory.read_u16(entry(rva, index, 2)?)?) != fold(unit) {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

fn fold(unit: u16) -> u16 {
    if (u16::from(b'a')..=u16::from(b'z')).contains(&unit) { unit - 32 } else { unit }
}

/// The contents of a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResourceData {
    /// Where its data entry (`IMAGE_RESOURCE_DATA_ENTRY`) is: what an `HRSRC` points to.
    pub entry: u32,
    /// Where its bytes are, relative to the image base.
    pub rva: u32,
    /// How many there are.
    pub size: u32,
    /// The code page that the linker noted.
    pub code_page: u32,
}

/// What a directory's entry leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Node {
    /// Another directory.
    Directory(ResourceDirectory),
    /// A resource's data entry, at this RVA; see [`Resources::data`].
    Data(u32),
}

/// One of the three levels of directories: types, names, languages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResourceDirectory {
    entries: u32,
    /// How many entries have names; they come first.
    pub named: u16,
    /// How many entries have numbers.
    pub numbered: u16,
}

/// The resources of a mapped image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resources {
    base: u32,
}

impl Resources {
    /// The resources that the resource data directory names.
    #[must_use]
    pub const fn new(directory: Directory) -> Self {
        Self { base: directory.rva }
    }

    /// The directory of types.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when it is not within the image.
    pub fn root<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
    ) -> Result<ResourceDirectory, ImageError> {
        self.directory(memory, 0)
    }

    /// The entries of a directory, in its order.
    pub fn entries<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        directory: ResourceDirectory,
    ) -> impl Iterator<Item = Result<(EntryName, Node), ImageError>> {
        let count = u32::from(directory.named) + u32::from(directory.numbered);
        (0..count).map(move |index| self.entry(memory, directory, index))
    }

    /// The entry of this name in a directory.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`]; a name that is not there is `Ok(None)`.
    pub fn child<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        directory: ResourceDirectory,
        name: ResourceName<'_>,
    ) -> Result<Option<Node>, ImageError> {
        for entry in self.entries(memory, directory) {
            let (entry, node) = entry?;
            if entry.matches(memory, name)? {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    /// Finds a resource by its type, name and language. Where the language is not there, the
    /// neutral one (0), then US English (0x409), then the first is taken; `None` asks for that at
    /// once (Microsoft: "FindResourceExW function").
    ///
    /// # Errors
    /// As for [`ImageMemory::read`]; a resource that is not there is `Ok(Err(missing))`.
    pub fn find<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        kind: ResourceName<'_>,
        name: ResourceName<'_>,
        language: Option<u16>,
    ) -> Result<Result<ResourceData, Missing>, ImageError> {
        let Some(Node::Directory(names)) = self.child(memory, self.root(memory)?, kind)? else {
            return Ok(Err(Missing::Type));
        };
        let Some(Node::Directory(languages)) = self.child(memory, names, name)? else {
            return Ok(Err(Missing::Name));
        };
        for language in language.into_iter().chain([0, 0x409]) {
            let found = self.child(memory, languages, ResourceName::Id(language))?;
            if let Some(Node::Data(at)) = found {
                return self.data(memory, at).map(Ok);
            }
        }
        match self.entries(memory, languages).next().transpose()? {
            Some((_, Node::Data(at))) => self.data(memory, at).map(Ok),
            _ => Ok(Err(Missing::Language)),
        }
    }

    /// Reads a data entry and checks that its bytes are within the image.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when they are not.
    pub fn data<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        at: u32,
    ) -> Result<ResourceData, ImageError> {
        check_table(memory, at, 1, 16)?;
        let rva = memory.read_u32(at)?;
        let size = memory.read_u32(at + 4)?;
        let code_page = memory.read_u32(at + 8)?;
        check_table(memory, rva, size, 1)?;
        Ok(ResourceData { entry: at, rva, size, code_page })
    }

    fn directory<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        offset: u32,
    ) -> Result<ResourceDirectory, ImageError> {
        let at = add(self.base, offset)?;
        check_table(memory, at, 1, 16)?;
        let named = memory.read_u16(at + 12)?;
        let numbered = memory.read_u16(at + 14)?;
        let entries = add(at, 16)?;
        check_table(memory, entries, u32::from(named) + u32::from(numbered), 8)?;
        Ok(ResourceDirectory { entries, named, numbered })
    }

    fn entry<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        directory: ResourceDirectory,
        index: u32,
    ) -> Result<(EntryName, Node), ImageError> {
        let at = entry(directory.entries, index, 8)?;
        let name = memory.read_u32(at)?;
        let target = memory.read_u32(add(at, 4)?)?;
        let name = if name & STRING != 0 {
            let at = add(self.base, name & !STRING)?;
            EntryName::Name { rva: add(at, 2)?, length: memory.read_u16(at)? }
        } else {
            EntryName::Id(name as u16)
        };
        let node = if target & SUBDIRECTORY != 0 {
            Node::Directory(self.directory(memory, target & !SUBDIRECTORY)?)
        } else {
            Node::Data(add(self.base, target)?)
        };
        Ok((name, node))
    }
}

/// Which part of a resource's name an image does not have. Windows has an error for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// No resource has this type (`ERROR_RESOURCE_TYPE_NOT_FOUND`).
    Type,
    /// No resource of this type has this name (`ERROR_RESOURCE_NAME_NOT_FOUND`).
    Name,
    /// The resource has no language at all (`ERROR_RESOURCE_LANG_NOT_FOUND`).
    Language,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type 16 has name 1; type "XY" has name 7, both with language 0x407 and 0x409.
    fn image() -> Vec<u8> {
        let mut image = vec![0u8; 0x300];
        let mut directory = |at: usize, named: u8, entries: &[(u32, u32)]| {
            image[at + 12] = named;
            image[at + 14] = entries.len() as u8 - named;
            for (index, (name, target)) in entries.iter().enumerate() {
                let at = at + 16 + index * 8;
                image[at..at + 4].copy_from_slice(&name.to_le_bytes());
                image[at + 4..at + 8].copy_from_slice(&target.to_le_bytes());
            }
        };
        directory(0, 1, &[(STRING | 0x1F0, SUBDIRECTORY | 0x40), (16, SUBDIRECTORY | 0x60)]);
        directory(0x40, 0, &[(7, SUBDIRECTORY | 0x80)]);
        directory(0x60, 0, &[(1, SUBDIRECTORY | 0x80)]);
        directory(0x80, 0, &[(0x407, 0x100), (0x409, 0x110)]);
        let mut put = |at: usize, value: u32| {
            image[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        put(0x100, 0x200);
        put(0x104, 0x10);
        put(0x110, 0x210);
        put(0x114, 0xF0);
        image[0x1F0..0x1F6].copy_from_slice(&[2, 0, b'X', 0, b'Y', 0]);
        image
    }

    const RESOURCES: Resources = Resources::new(Directory { rva: 0, size: 0x300 });

    fn find(
        image: &[u8],
        kind: ResourceName<'_>,
        name: u16,
        language: Option<u16>,
    ) -> Result<(u32, u32), Missing> {
        RESOURCES
            .find(image, kind, ResourceName::Id(name), language)
            .unwrap()
            .map(|data| (data.rva, data.size))
    }

    #[test]
    fn by_number_name_and_language() {
        let image = image();
        let xy = [b'x', b'Y'].map(u16::from);
        assert_eq!(find(&image, ResourceName::Id(16), 1, Some(0x407)), Ok((0x200, 0x10)));
        assert_eq!(find(&image, ResourceName::Id(16), 1, Some(0x40C)), Ok((0x210, 0xF0)));
        assert_eq!(find(&image, ResourceName::Id(16), 1, None), Ok((0x210, 0xF0)));
        assert_eq!(find(&image, ResourceName::Name(&xy), 7, Some(0x407)), Ok((0x200, 0x10)));
        assert_eq!(find(&image, ResourceName::Name(&xy[..1]), 7, None), Err(Missing::Type));
        assert_eq!(find(&image, ResourceName::Id(3), 1, None), Err(Missing::Type));
        assert_eq!(find(&image, ResourceName::Id(16), 2, None), Err(Missing::Name));
    }

    #[test]
    fn data_outside_the_image_is_refused() {
        let mut image = image();
        image[0x114] = 0xF1;
        let result =
            RESOURCES.find(image.as_slice(), ResourceName::Id(16), ResourceName::Id(1), None);
        assert!(matches!(result, Err(ImageError::Outside { .. })));
    }

    #[test]
    fn a_directory_that_contains_itself_does_not_hang_a_lookup() {
        let mut image = image();
        image[0x80 + 20..0x80 + 24].copy_from_slice(&SUBDIRECTORY.to_le_bytes());
        image[0x80 + 28..0x80 + 32].copy_from_slice(&SUBDIRECTORY.to_le_bytes());
        assert_eq!(find(&image, ResourceName::Id(16), 1, None), Err(Missing::Language));
    }
}
