//! The load configuration (Microsoft: "PE Format", the load configuration structure).

use crate::memory::{add, rva_of};
use crate::{Directory, ImageError, ImageMemory};
use core::mem::offset_of;
use object::pe::ImageLoadConfigDirectory64;

/// Fields after those that `object` knows (Microsoft: "IMAGE_LOAD_CONFIG_DIRECTORY64 structure").
const GUARD_XFG_CHECK: usize = 0x118;
const GUARD_XFG_DISPATCH: usize = 0x120;
const GUARD_XFG_TABLE_DISPATCH: usize = 0x128;
const CAST_GUARD_FAILURE_MODE: usize = 0x130;
const GUARD_MEMCPY: usize = 0x138;

/// What the loader must know of an image's load configuration. Places are relative to the image
/// base; a field that the image does not have is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LoadConfig {
    /// The `__security_cookie` variable, 64 bits, to be filled at random.
    pub security_cookie: Option<u32>,
    /// `IMAGE_GUARD_*` flags.
    pub guard_flags: u32,
    /// The pointer to the function that checks an indirect call's target (its argument is in
    /// rcx).
    pub guard_cf_check: Option<u32>,
    /// The pointer to the function that checks and calls (the target is in rax).
    pub guard_cf_dispatch: Option<u32>,
    /// As `guard_cf_check`, with the hash of the function's type in r10.
    pub guard_xfg_check: Option<u32>,
    /// As `guard_cf_dispatch`, with the hash of the function's type in r10.
    pub guard_xfg_dispatch: Option<u32>,
    /// As `guard_xfg_dispatch`, for calls through a table.
    pub guard_xfg_table_dispatch: Option<u32>,
    /// The pointer that CastGuard reads its mode from.
    pub cast_guard_failure_mode: Option<u32>,
    /// The pointer to a memcpy that the loader may replace.
    pub guard_memcpy: Option<u32>,
    /// `DependentLoadFlags`: how the image wants its DLLs searched (`LOAD_LIBRARY_SEARCH_*`).
    pub dependent_load_flags: u16,
    /// Process heap flags that a program asks for.
    pub process_heap_flags: u32,
}

impl LoadConfig {
    /// Reads the load configuration of an image that is mapped at, and relocated to, `base`. The
    /// structure has grown over the years: its first field says how much of it there is.
    ///
    /// # Errors
    /// [`ImageError::Outside`] when it is not within the image, [`ImageError::Damaged`] when an
    /// address in it is not.
    pub fn read<M: ImageMemory + ?Sized>(
        memory: &M,
        directory: Directory,
        base: u64,
    ) -> Result<Self, ImageError> {
        let size = memory.read_u32(directory.rva)? as usize;
        let field = |offset: usize, length: usize| -> Result<Option<u32>, ImageError> {
            if offset + length > size {
                return Ok(None);
            }
            add(directory.rva, offset as u32).map(Some)
        };
        let place = |offset: usize| -> Result<Option<u32>, ImageError> {
            let Some(at) = field(offset, 8)? else { return Ok(None) };
            match memory.read_u64(at)? {
                0 => Ok(None),
                address => rva_of(memory, base, address).map(Some),
            }
        };
        let number = |offset: usize| match field(offset, 4)? {
            Some(at) => memory.read_u32(at),
            None => Ok(0),
        };
        type Fields = ImageLoadConfigDirectory64;
        Ok(Self {
            security_cookie: place(offset_of!(Fields, security_cookie))?,
            guard_flags: number(offset_of!(Fields, guard_flags))?,
            guard_cf_check: place(offset_of!(Fields, guard_cf_check_function_pointer))?,
            guard_cf_dispatch: place(offset_of!(Fields, guard_cf_dispatch_function_pointer))?,
            guard_xfg_check: place(GUARD_XFG_CHECK)?,
            guard_xfg_dispatch: place(GUARD_XFG_DISPATCH)?,
            guard_xfg_table_dispatch: place(GUARD_XFG_TABLE_DISPATCH)?,
            cast_guard_failure_mode: place(CAST_GUARD_FAILURE_MODE)?,
            guard_memcpy: place(GUARD_MEMCPY)?,
            dependent_load_flags: match field(offset_of!(Fields, dependent_load_flags), 2)? {
                Some(at) => memory.read_u16(at)?,
                None => 0,
            },
            process_heap_flags: number(offset_of!(Fields, process_heap_flags))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 0x1_8000_0000;
    const DIRECTORY: Directory = Directory { rva: 0, size: 0x140 };

    fn image(size: u32) -> Vec<u8> {
        let mut image = vec![0; 0x400];
        image[0..4].copy_from_slice(&size.to_le_bytes());
        for (offset, place) in [(0x58, 0x200u64), (0x70, 0x208), (0x78, 0x210), (0x118, 0x218)] {
            image[offset..offset + 8].copy_from_slice(&(BASE + place).to_le_bytes());
        }
        image[0x90] = 0x10;
        image
    }

    #[test]
    fn fields_beyond_its_size_are_absent() {
        let whole = LoadConfig::read(image(0x140).as_slice(), DIRECTORY, BASE).unwrap();
        assert_eq!(whole.security_cookie, Some(0x200));
        assert_eq!(whole.guard_cf_check, Some(0x208));
        assert_eq!(whole.guard_cf_dispatch, Some(0x210));
        assert_eq!(whole.guard_xfg_check, Some(0x218));
        assert_eq!(whole.guard_xfg_dispatch, None);
        assert_eq!(whole.guard_flags, 0x10);
        let old = LoadConfig::read(image(0x70).as_slice(), DIRECTORY, BASE).unwrap();
        assert_eq!(old, LoadConfig { security_cookie: Some(0x200), ..LoadConfig::default() });
    }

    #[test]
    fn addresses_outside_are_refused() {
        let wrong = LoadConfig::read(image(0x140).as_slice(), DIRECTORY, BASE + 0x1000);
        assert!(matches!(wrong, Err(ImageError::Damaged(_))));
        let outside = Directory { rva: 0x3FE, size: 4 };
        assert!(LoadConfig::read(image(0x140).as_slice(), outside, BASE).is_err());
    }
}
