//! Thread local storage (Microsoft: "PE Format", the .tls section).

use crate::memory::{check_table, entry, rva_of};
use crate::{Directory, ImageError, ImageMemory};

/// A program with more callbacks than this is not believed.
const MAX_CALLBACKS: u32 = 0x1_0000;

/// The TLS directory of a mapped image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TlsDirectory {
    /// Where the initial contents of each thread's block begin, relative to the image base.
    pub data: u32,
    /// How many bytes of initial contents there are.
    pub data_length: u32,
    /// How many zeros follow them in each thread's block.
    pub zero_fill: u32,
    /// The alignment that the block needs, a power of two; 16 when the image does not say.
    pub alignment: u32,
    /// Where to write the module's TLS index, 32 bits.
    pub index: u32,
    /// The list of callbacks: their addresses, 64 bits each, up to a zero.
    pub callbacks: Option<u32>,
}

impl TlsDirectory {
    /// Reads the TLS directory of an image that is mapped at, and relocated to, `base`.
    ///
    /// # Errors
    /// [`ImageError::Damaged`] when an address in it is not within the image.
    pub fn read<M: ImageMemory + ?Sized>(
        memory: &M,
        directory: Directory,
        base: u64,
    ) -> Result<Self, ImageError> {
        check_table(memory, directory.rva, 40, 1)?;
        let address = |index: u32| memory.read_u64(directory.rva + index * 8);
        let (start, end) = (address(0)?, address(1)?);
        let length = end
            .checked_sub(start)
            .and_then(|length| u32::try_from(length).ok())
            .ok_or(ImageError::Damaged("its thread local data ends before it begins"))?;
        let data = if length == 0 { 0 } else { rva_of(memory, base, start)? };
        check_table(memory, data, length, 1)?;
        let zero_fill = memory.read_u32(directory.rva + 32)?;
        let alignment_code = memory.read_u32(directory.rva + 36)? >> 20 & 0xF;
        let alignment = match alignment_code {
            0 | 15 => 16,
            code => 1 << (code - 1),
        };
        let callbacks = match address(3)? {
            0 => None,
            list => Some(rva_of(memory, base, list)?),
        };
        let index = rva_of(memory, base, address(2)?)?;
        Ok(Self { data, data_length: length, zero_fill, alignment, index, callbacks })
    }

    /// The addresses of the callbacks, in order. The list is the program's and may change while a
    /// callback runs; each step reads it anew. Ends after the first error.
    pub fn callbacks<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
    ) -> impl Iterator<Item = Result<u64, ImageError>> {
        let mut index = 0;
        let mut list = self.callbacks;
        core::iter::from_fn(move || {
            let item = self::callback(memory, list?, index).transpose();
            index += 1;
            if !matches!(item, Some(Ok(_))) {
                list = None;
            }
            item
        })
    }
}

fn callback<M: ImageMemory + ?Sized>(
    memory: &M,
    list: u32,
    index: u32,
) -> Result<Option<u64>, ImageError> {
    if index >= MAX_CALLBACKS {
        return Err(ImageError::Damaged("the list of its TLS callbacks does not end"));
    }
    let address = memory.read_u64(entry(list, index, 8)?)?;
    Ok((address != 0).then_some(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 0x1_4000_0000;
    const DIRECTORY: Directory = Directory { rva: 0, size: 40 };

    fn image(words: [u64; 4], zero_fill: u32, characteristics: u32) -> Vec<u8> {
        let mut image: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        image.extend(zero_fill.to_le_bytes());
        image.extend(characteristics.to_le_bytes());
        image.resize(0x100, 0);
        image
    }

    #[test]
    fn everything_is_read() {
        let mut image = image([BASE + 0x80, BASE + 0x90, BASE + 0x40, BASE + 0x48], 7, 0x0060_0000);
        image[0x48..0x50].copy_from_slice(&(BASE + 0x1234).to_le_bytes());
        let memory = image.as_slice();
        let tls = TlsDirectory::read(memory, DIRECTORY, BASE).unwrap();
        assert_eq!(
            tls,
            TlsDirectory {
                data: 0x80,
                data_length: 16,
                zero_fill: 7,
                alignment: 32,
                index: 0x40,
                callbacks: Some(0x48)
            }
        );
        let callbacks: Vec<_> = tls.callbacks(memory).collect::<Result<_, _>>().unwrap();
        assert_eq!(callbacks, [BASE + 0x1234]);
    }

    #[test]
    fn lies_are_refused() {
        for words in [
            [BASE + 0x90, BASE + 0x80, BASE + 0x40, 0],
            [BASE + 0x90, BASE + 0x101, BASE + 0x40, 0],
            [BASE, BASE, 0, 0],
            [BASE, BASE, BASE + 0x100, 0],
            [BASE, BASE, BASE + 0x40, 1],
        ] {
            let image = image(words, 0, 0);
            assert!(TlsDirectory::read(image.as_slice(), DIRECTORY, BASE).is_err(), "{words:x?}");
        }
    }

    #[test]
    fn a_list_that_runs_out_of_the_image_ends_with_one_error() {
        let mut image = image([0, 0, BASE, BASE + 0xF8], 0, 0);
        image[0xF8..].fill(1);
        let memory = image.as_slice();
        let tls = TlsDirectory::read(memory, DIRECTORY, BASE).unwrap();
        assert_eq!(tls.callbacks(memory).count(), 2);
    }
}
