//! The memory of an image that is mapped in this process.

use haft_host::guest;
use haft_image::{ImageError, ImageMemory, ImageMemoryMut};

/// An image mapped at `base`. Its memory is the program's: every access may fail.
#[derive(Clone, Copy, Debug)]
pub struct LiveImage {
    base: usize,
    size: u32,
}

impl LiveImage {
    /// The image of `size` bytes at `base`.
    #[must_use]
    pub const fn new(base: usize, size: u32) -> Self {
        Self { base, size }
    }

    fn at(&self, rva: u32, length: usize) -> Result<usize, ImageError> {
        let outside = ImageError::Outside { rva, length: length as u32 };
        let end = (rva as usize).checked_add(length).ok_or(outside)?;
        if end > self.size as usize { Err(outside) } else { Ok(self.base + rva as usize) }
    }

    fn load<T: guest::Pod>(&self, rva: u32) -> Result<T, ImageError> {
        let at = self.at(rva, size_of::<T>())?;
        guest::read(at).map_err(|_| ImageError::Inaccessible { rva })
    }
}

impl ImageMemory for LiveImage {
    fn read(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ImageError> {
        let at = self.at(rva, buffer.len())?;
        guest::copy_in(buffer, at).map_err(|_| ImageError::Inaccessible { rva })
    }

    fn size(&self) -> u32 {
        self.size
    }

    fn read_u8(&self, rva: u32) -> Result<u8, ImageError> {
        self.load(rva)
    }

    fn read_u16(&self, rva: u32) -> Result<u16, ImageError> {
        self.load(rva)
    }

    fn read_u32(&self, rva: u32) -> Result<u32, ImageError> {
        self.load(rva)
    }

    fn read_u64(&self, rva: u32) -> Result<u64, ImageError> {
        self.load(rva)
    }
}

impl ImageMemoryMut for LiveImage {
    fn write(&mut self, rva: u32, bytes: &[u8]) -> Result<(), ImageError> {
        let at = self.at(rva, bytes.len())?;
        guest::copy_out(at, bytes).map_err(|_| ImageError::Inaccessible { rva })
    }
}
