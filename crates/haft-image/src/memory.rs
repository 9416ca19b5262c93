//! Access to the memory of a mapped image.

use crate::ImageError;
use core::cmp::Ordering;

const PAGE: u32 = 4096;

/// Names longer than this are refused. The longest that compilers make (decorated C++ names) are
/// below it.
pub const MAX_NAME: usize = 4096;

/// The memory of a mapped image, or of a file that is laid out like one, read by copy.
///
/// Offsets are relative to the image base (RVA). An implementation for live memory must expect
/// that the program changes, protects or unmaps it at any time: `read` then fails with
/// [`ImageError::Inaccessible`]. The integer readers have defaults over `read`; implement them
/// where a direct load is cheaper.
pub trait ImageMemory {
    /// Copies the bytes at `rva` to `buffer`, all of them.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when the range is not within [`Self::size`], and
    /// [`ImageError::Inaccessible`] when it cannot be read.
    fn read(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ImageError>;

    /// The number of bytes of the image (`SizeOfImage`).
    fn size(&self) -> u32;

    /// The byte at `rva`.
    ///
    /// # Errors
    /// As for [`Self::read`].
    #[inline]
    fn read_u8(&self, rva: u32) -> Result<u8, ImageError> {
        let mut bytes = [0; 1];
        self.read(rva, &mut bytes)?;
        Ok(bytes[0])
    }

    /// The little-endian 16-bit number at `rva`, which need not be aligned.
    ///
    /// # Errors
    /// As for [`Self::read`].
    #[inline]
    fn read_u16(&self, rva: u32) -> Result<u16, ImageError> {
        let mut bytes = [0; 2];
        self.read(rva, &mut bytes)?;
        Ok(u16::from_le_bytes(bytes))
    }

    /// The little-endian 32-bit number at `rva`, which need not be aligned.
    ///
    /// # Errors
    /// As for [`Self::read`].
    #[inline]
    fn read_u32(&self, rva: u32) -> Result<u32, ImageError> {
        let mut bytes = [0; 4];
        self.read(rva, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The little-endian 64-bit number at `rva`, which need not be aligned.
    ///
    /// # Errors
    /// As for [`Self::read`].
    #[inline]
    fn read_u64(&self, rva: u32) -> Result<u64, ImageError> {
        let mut bytes = [0; 8];
        self.read(rva, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// Image memory that can be written, for relocation and binding.
pub trait ImageMemoryMut: ImageMemory {
    /// Copies `bytes` to `rva`, all of them.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    fn write(&mut self, rva: u32, bytes: &[u8]) -> Result<(), ImageError>;

    /// Writes a little-endian 32-bit number.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    #[inline]
    fn write_u32(&mut self, rva: u32, value: u32) -> Result<(), ImageError> {
        self.write(rva, &value.to_le_bytes())
    }

    /// Writes a little-endian 64-bit number.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    #[inline]
    fn write_u64(&mut self, rva: u32, value: u64) -> Result<(), ImageError> {
        self.write(rva, &value.to_le_bytes())
    }
}

const fn outside(rva: u32, length: usize) -> ImageError {
    let length = if length > u32::MAX as usize { u32::MAX } else { length as u32 };
    ImageError::Outside { rva, length }
}

impl ImageMemory for [u8] {
    #[inline]
    fn read(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ImageError> {
        let bytes = self
            .get(rva as usize..)
            .and_then(|tail| tail.get(..buffer.len()))
            .ok_or(outside(rva, buffer.len()))?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn size(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }
}

impl ImageMemoryMut for [u8] {
    #[inline]
    fn write(&mut self, rva: u32, bytes: &[u8]) -> Result<(), ImageError> {
        self.get_mut(rva as usize..)
            .and_then(|tail| tail.get_mut(..bytes.len()))
            .ok_or(outside(rva, bytes.len()))?
            .copy_from_slice(bytes);
        Ok(())
    }
}

impl<T: ImageMemory + ?Sized> ImageMemory for &T {
    #[inline]
    fn read(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ImageError> {
        (**self).read(rva, buffer)
    }

    #[inline]
    fn size(&self) -> u32 {
        (**self).size()
    }

    #[inline]
    fn read_u8(&self, rva: u32) -> Result<u8, ImageError> {
        (**self).read_u8(rva)
    }

    #[inline]
    fn read_u16(&self, rva: u32) -> Result<u16, ImageError> {
        (**self).read_u16(rva)
    }

    #[inline]
    fn read_u32(&self, rva: u32) -> Result<u32, ImageError> {
        (**self).read_u32(rva)
    }

    #[inline]
    fn read_u64(&self, rva: u32) -> Result<u64, ImageError> {
        (**self).read_u64(rva)
    }
}

/// Adds an offset to an RVA.
///
/// # Errors
/// [`ImageError::Outside`] when the sum is no RVA.
#[inline]
pub(crate) fn add(rva: u32, offset: u32) -> Result<u32, ImageError> {
    rva.checked_add(offset).ok_or(outside(rva, offset as usize))
}

/// The RVA of the entry `index` of a table of entries of `stride` bytes.
#[inline]
pub(crate) fn entry(table: u32, index: u32, stride: u32) -> Result<u32, ImageError> {
    index
        .checked_mul(stride)
        .and_then(|offset| table.checked_add(offset))
        .ok_or(outside(table, stride as usize))
}

/// Checks that `count` entries of `stride` bytes from `table` are within the image.
pub(crate) fn check_table<M: ImageMemory + ?Sized>(
    memory: &M,
    table: u32,
    count: u32,
    stride: u32,
) -> Result<(), ImageError> {
    let length = u64::from(count) * u64::from(stride);
    if u64::from(table) + length > u64::from(memory.size()) {
        return Err(outside(table, usize::try_from(length).unwrap_or(usize::MAX)));
    }
    Ok(())
}

/// The RVA of an address in an image that is mapped (and relocated) to `base`.
///
/// # Errors
/// [`ImageError::Damaged`] when the address is not within the image.
pub(crate) fn rva_of<M: ImageMemory + ?Sized>(
    memory: &M,
    base: u64,
    address: u64,
) -> Result<u32, ImageError> {
    address
        .checked_sub(base)
        .and_then(|offset| u32::try_from(offset).ok())
        .filter(|&offset| offset < memory.size())
        .ok_or(ImageError::Damaged("an address in one of its tables is not within it"))
}

/// A place in an image where a zero-terminated name lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NameAt(pub u32);

impl NameAt {
    /// Reads the name, without its zero, into `scratch` (which is emptied first) and returns it.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`], and [`ImageError::Damaged`] for a name of more than
    /// [`MAX_NAME`] bytes.
    pub fn read<'s, M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        scratch: &'s mut Vec<u8>,
    ) -> Result<&'s [u8], ImageError> {
        scratch.clear();
        let mut at = self.0;
        loop {
            let mut chunk = [0u8; 64];
            let length = chunk_length(memory, at, chunk.len())?;
            let chunk = &mut chunk[..length];
            memory.read(at, chunk)?;
            if let Some(end) = chunk.iter().position(|&byte| byte == 0) {
                scratch.extend_from_slice(&chunk[..end]);
                return Ok(scratch);
            }
            scratch.extend_from_slice(chunk);
            if scratch.len() >= MAX_NAME {
                return Err(ImageError::Damaged("one of its names does not end"));
            }
            at = add(at, length as u32)?;
        }
    }

    /// Compares the name with `wanted`, byte by byte, without an allocation.
    ///
    /// # Errors
    /// As for [`ImageMemory::read`].
    pub fn compare<M: ImageMemory + ?Sized>(
        self,
        memory: &M,
        wanted: &[u8],
    ) -> Result<Ordering, ImageError> {
        let mut at = self.0;
        let mut wanted = wanted;
        loop {
            let mut chunk = [0u8; 64];
            let length = chunk_length(memory, at, chunk.len().min(wanted.len() + 1))?;
            let chunk = &mut chunk[..length];
            memory.read(at, chunk)?;
            for &byte in &*chunk {
                match wanted.split_first() {
                    None if byte == 0 => return Ok(Ordering::Equal),
                    None => return Ok(Ordering::Greater),
                    // A zero in `wanted` must not match the name's end.
                    Some(_) if byte == 0 => return Ok(Ordering::Less),
                    Some((&first, rest)) => match byte.cmp(&first) {
                        Ordering::Equal => wanted = rest,
                        other => return Ok(other),
                    },
                }
            }
            at = add(at, length as u32)?;
        }
    }
}

/// How much to read at `at` at once: up to `most`, not past the image, and not into the next
/// page, which may be inaccessible though the name ends before it.
fn chunk_length<M: ImageMemory + ?Sized>(
    memory: &M,
    at: u32,
    most: usize,
) -> Result<usize, ImageError> {
    let left = memory.size().saturating_sub(at);
    if left == 0 {
        return Err(outside(at, 1));
    }
    let page_left = PAGE - at % PAGE;
    Ok(most.min(left as usize).min(page_left as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_bounded() {
        let memory: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(memory.read_u32(0), Ok(0x0403_0201));
        assert_eq!(memory.read_u64(0), Ok(0x0807_0605_0403_0201));
        assert_eq!(memory.read_u32(5), Err(ImageError::Outside { rva: 5, length: 4 }));
        assert_eq!(
            memory.read_u16(u32::MAX),
            Err(ImageError::Outside { rva: u32::MAX, length: 2 })
        );
    }

    #[test]
    fn names_compare_as_bytes() {
        let memory: &[u8] = b"beta\0\xFFz\0open";
        let name = NameAt(0);
        assert_eq!(name.compare(memory, b"beta"), Ok(Ordering::Equal));
        assert_eq!(name.compare(memory, b"bet"), Ok(Ordering::Greater));
        assert_eq!(name.compare(memory, b"betas"), Ok(Ordering::Less));
        assert_eq!(name.compare(memory, b"alpha"), Ok(Ordering::Greater));
        assert_eq!(name.compare(memory, b"beta\0"), Ok(Ordering::Less));
        assert_eq!(NameAt(5).compare(memory, b"z"), Ok(Ordering::Greater));
        assert!(NameAt(8).compare(memory, b"open").is_err());
        assert!(NameAt(8).read(memory, &mut Vec::new()).is_err());
    }

    #[test]
    fn long_names_cross_chunks_and_pages() {
        let mut bytes = vec![b'x'; 6000];
        bytes[4000] = 0;
        let memory = bytes.as_slice();
        let mut scratch = Vec::new();
        assert_eq!(NameAt(3800).read(memory, &mut scratch).map(<[u8]>::len), Ok(200));
        assert_eq!(NameAt(3800).compare(memory, &[b'x'; 200]), Ok(Ordering::Equal));
        bytes[4000] = b'x';
        let memory = bytes.as_slice();
        assert!(NameAt(0).read(memory, &mut scratch).is_err());
    }
}
