//! Properties that hold for any bytes.

use super::*;
use crate::unwind::UnwindInfo;
use proptest::collection::vec;
use proptest::prelude::*;

fn everything(data: &[u8]) {
    pe_headers(data);
    relocations(data);
    imports_exports(data);
    unwind(data);
    cxx(data);
}

#[test]
fn the_seed_has_something_for_every_reader() {
    let (memory, headers) = lay_out(&seed());
    let headers = headers.unwrap();
    let memory = memory.as_slice();
    let image = MappedImage::open(memory, headers.image_base).unwrap();
    let dlls: Vec<_> = image.imported_dlls().collect::<Result<_, _>>().unwrap();
    let imports: Vec<_> = dlls[0].imports(memory).collect::<Result<_, _>>().unwrap();
    assert!(matches!(imports[0].name, ImportName::ByName { hint: 1, .. }));
    assert_eq!(imports[1].name, ImportName::ByOrdinal(5));
    assert_eq!(image.delay_imported_dlls().filter(Result::is_ok).count(), 1);
    assert_eq!(image.tls().unwrap().unwrap().data_length, 4);
    assert!(image.load_config().unwrap().unwrap().security_cookie.is_some());
    let functions = image.functions().unwrap().unwrap();
    assert_eq!(functions.count, 2);
    let first = functions.get(memory, 0).unwrap().function;
    let info = UnwindInfo::read(memory, first.unwind_info).unwrap();
    assert!(info.has_handler(3) && info.frame_register == Some(5));
    assert_eq!(info.codes().filter(Result::is_ok).count(), 4);
    let second = functions.get(memory, 1).unwrap().function;
    let info = UnwindInfo::read(memory, second.unwind_info).unwrap();
    assert_eq!(info.chained(memory), Ok(first));
    let relocations = headers.directory(DirectoryKind::BaseRelocation).unwrap();
    assert_eq!(reloc::apply(memory.to_vec().as_mut_slice(), relocations, 0x1_0000), Ok(2));
    everything(&seed());
}

/// Where the headers and the grafted tables are, and anywhere.
fn place() -> impl Strategy<Value = usize> {
    let length = seed().len();
    let data = lay_out(&seed()).1.unwrap().sections[2].rva as usize;
    prop_oneof![0x80..0x280usize, data + 0x400..data + 0x650, 0..length]
}

fn interesting() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        0..0x40u32,
        Just(u32::MAX),
        Just(0x8000_0000),
        Just(0x7FFF_FFFF),
        (0u32..32).prop_map(|bit| 1 << bit),
        0..0x6000u32,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn mutated_images_are_refused_or_read(
        changes in vec((place(), interesting(), 1..=4usize), 1..8),
        length in prop_oneof![4 => Just(usize::MAX), 1 => any::<prop::sample::Index>()
            .prop_map(|index| index.index(seed().len()))],
    ) {
        let mut image = seed();
        for (place, value, width) in changes {
            let end = (place + width).min(image.len());
            image[place..end].copy_from_slice(&value.to_le_bytes()[..end - place]);
        }
        image.truncate(length);
        everything(&image);
    }

    #[test]
    fn mutated_tables_of_cxx_functions_are_refused_or_read(
        changes in vec((any::<prop::sample::Index>(), interesting()), 1..8),
    ) {
        let mut tables = cxx_seed();
        for (place, value) in changes {
            let at = place.index(tables.len() / 4) * 4;
            tables[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        cxx(&tables);
    }

    #[test]
    fn mutated_packed_tables_are_refused_or_read(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        for mut tables in [packed_cxx_seed(), packed_catch_seed()] {
            for &(place, value) in &changes {
                let at = place.index(tables.len());
                tables[at] = value;
            }
            cxx(&tables);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(data in vec(any::<u8>(), 0..600)) {
        everything(&data);
    }

    #[test]
    fn any_unwind_information_is_refused_or_used(
        version in 1..=2u8,
        flags in 0..8u8,
        rest in vec(any::<u8>(), 3),
        slots in vec((any::<u8>(), 0..=10u8, any::<u8>()), 0..255),
    ) {
        let mut data = vec![version | flags << 3];
        data.extend(rest);
        data.extend(slots.iter().flat_map(|&(offset, kind, info)| [offset, kind | info << 4]));
        unwind(&data);
    }
}
