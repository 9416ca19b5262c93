//! Built-in images, read again by haft's own parser and by `object`.

use super::*;
use crate::exports::{ExportTarget, Exports};
use crate::layout::{MappingPlan, SegmentKind};
use crate::resources::{ResourceName, Resources};
use crate::{DirectoryKind, Headers, ImageMemory, MappedImage};
use object::read::pe::{ExportTarget as Target, PeFile64};

const BASE: u64 = 0x7FF8_1234_0000;

fn code<'a>(name: &'a str, ordinal: Option<u16>, target: usize) -> BuiltinExport<'a> {
    BuiltinExport { name, ordinal, kind: BuiltinKind::Code { target } }
}

fn write(
    exports: &[BuiltinExport<'_>],
    version: Option<&[u8]>,
) -> Result<(Vec<u8>, Vec<u32>), BuiltinError> {
    let plan = BuiltinPlan::new("sample.dll", exports.iter().copied(), version)?;
    let mut image = vec![0; plan.size() as usize];
    let mut places = vec![0; exports.len()];
    plan.write(&mut image, BASE, exports.iter().copied(), |index, rva| places[index] = rva)?;
    Ok((image, places))
}

fn sample() -> Vec<BuiltinExport<'static>> {
    let forward = BuiltinKind::Forward("ntdll.RtlAllocateHeap");
    let data = |size, align| BuiltinKind::Data { size, align, initial: &[1, 2, 3] };
    vec![
        code("", Some(12), 0x1111_2222_3333),
        BuiltinExport { name: "Alpha", ordinal: None, kind: data(5, 1) },
        BuiltinExport { name: "Beta", ordinal: None, kind: data(3, 64) },
        code("Create", None, 0x4444_5555_6666),
        BuiltinExport { name: "Forwarded", ordinal: Some(10), kind: forward },
        code("create", None, 0x7777_8888_9999),
    ]
}

/// Follows a thunk to the address it jumps to.
fn jump_target(image: &[u8], thunk: u32) -> u64 {
    assert_eq!(image[thunk as usize..][..2], [0xFF, 0x25]);
    assert_eq!(image[thunk as usize + 6..][..10], [0xCC; 10]);
    assert!(thunk.is_multiple_of(16));
    let displacement = image.read_u32(thunk + 2).unwrap();
    image.read_u64(thunk + 6 + displacement).unwrap()
}

#[test]
fn the_image_is_what_was_asked_for() {
    let (image, places) = write(&sample(), None).unwrap();
    let memory = image.as_slice();
    let mapped = MappedImage::open(memory, BASE).unwrap();
    let exports = mapped.exports().unwrap().unwrap();
    let place = |name: &str| exports.by_name(memory, name.as_bytes()).unwrap().unwrap();
    assert_eq!(place("Alpha").target, ExportTarget::Rva(places[1]));
    assert_eq!(memory[places[1] as usize..][..5], [1, 2, 3, 0, 0]);
    assert_eq!(place("Beta").target, ExportTarget::Rva(places[2]));
    assert!(places[2].is_multiple_of(64));
    assert_eq!(place("Create").target, ExportTarget::Rva(places[3]));
    assert_eq!(jump_target(memory, places[3]), 0x4444_5555_6666);
    assert_eq!(jump_target(memory, places[5]), 0x7777_8888_9999);
    let ExportTarget::Forwarder(to) = place("Forwarded").target else { panic!() };
    assert_eq!(to.read(memory, &mut Vec::new()).unwrap(), b"ntdll.RtlAllocateHeap");
    assert_eq!(place("Forwarded").ordinal, 10);
    assert_eq!(place("Alpha").ordinal, 13);
    let by_ordinal = exports.by_ordinal(memory, 12).unwrap().unwrap();
    assert_eq!(by_ordinal.target, ExportTarget::Rva(places[0]));
    assert_eq!(jump_target(memory, places[0]), 0x1111_2222_3333);
    assert_eq!(exports.by_ordinal(memory, 11).unwrap(), None);
    assert_eq!(exports.by_name(memory, b"Beto").unwrap(), None);
    assert_eq!(exports.dll_name.read(memory, &mut Vec::new()).unwrap(), b"sample.dll");
}

#[test]
fn the_image_is_a_file_too() {
    let version = VersionInfo {
        file_version: [10, 0, 19045, 0],
        product_version: [10, 0, 19045, 0],
        is_dll: true,
        strings: &[("ProductName", "haft")],
    }
    .to_bytes();
    let (image, _) = write(&sample(), Some(&version)).unwrap();
    let headers = Headers::parse(&image, image.len() as u64).unwrap();
    assert!(headers.is_dll() && headers.is_console() && headers.entry_point.is_none());
    assert_eq!(headers.image_base, BASE);
    assert_eq!(headers.size_of_image as usize, image.len());
    let names: Vec<_> = headers.sections.iter().map(crate::Section::name).collect();
    assert_eq!(names, [".text", ".rdata", ".data", ".rsrc"]);

    // Laying out the file gives the image again, with the protections of the plan.
    let layout = MappingPlan::new(&headers, image.len() as u64);
    let plan = BuiltinPlan::new("sample.dll", sample().into_iter(), Some(&version)).unwrap();
    let planned: Vec<_> = plan.segments().map(|s| (s.rva, s.size, s.protection)).collect();
    let mapped: Vec<_> = layout.segments.iter().map(|s| (s.rva, s.size, s.protection)).collect();
    assert_eq!(planned, mapped);
    for segment in &layout.segments {
        assert_eq!(segment.file_offset, u64::from(segment.rva));
        assert_eq!(segment.file_length(), segment.size);
        assert!(segment.copied == 0 || segment.kind == SegmentKind::Headers);
    }

    let resources = Resources::new(headers.directory(DirectoryKind::Resource).unwrap());
    let (kind, name) = (ResourceName::Id(16), ResourceName::Id(1));
    let found = resources.find(image.as_slice(), kind, name, None).unwrap().unwrap();
    assert_eq!(image[found.rva as usize..][..found.size as usize], version);
}

#[test]
fn object_reads_the_same_exports() {
    let (image, places) = write(&sample(), None).unwrap();
    let file = PeFile64::parse(image.as_slice()).unwrap();
    let table = file.export_table().unwrap().unwrap();
    let exports = table.exports().unwrap();
    let names: Vec<_> = exports
        .iter()
        .filter_map(|export| export.name)
        .map(|name| core::str::from_utf8(name).unwrap())
        .collect();
    assert_eq!(names.len(), 5);
    let target = |name: &[u8]| {
        exports.iter().find(|export| export.name == Some(name)).map(|export| export.target)
    };
    let address = places[3];
    assert!(matches!(target(b"Create"), Some(Target::Address(at)) if at == address));
    assert!(matches!(
        target(b"Forwarded"),
        Some(Target::ForwardByName(b"ntdll", b"RtlAllocateHeap"))
    ));
}

#[test]
fn a_thousand_exports_are_all_found() {
    let names: Vec<_> = (0..1000).map(|index| format!("Function{index:04}")).collect();
    let exports: Vec<_> =
        names.iter().enumerate().map(|(index, name)| code(name, None, index + 1)).collect();
    let (image, places) = write(&exports, None).unwrap();
    let memory = image.as_slice();
    let mapped = MappedImage::open(memory, BASE).unwrap();
    let table: Exports = mapped.exports().unwrap().unwrap();
    for (index, name) in names.iter().enumerate() {
        let export = table.by_hint(memory, index as u16, name.as_bytes()).unwrap().unwrap();
        assert_eq!(export.ordinal, index as u32 + 1);
        assert_eq!(export.target, ExportTarget::Rva(places[index]));
        assert_eq!(jump_target(memory, places[index]), index as u64 + 1);
    }
}

#[test]
fn an_empty_dll_is_a_dll() {
    let (image, _) = write(&[], None).unwrap();
    let headers = Headers::parse(&image, image.len() as u64).unwrap();
    let exports = headers.directory(DirectoryKind::Export).unwrap();
    let exports = Exports::read(image.as_slice(), exports).unwrap();
    assert_eq!((exports.function_count, exports.name_count), (0, 0));
    assert_eq!(exports.by_name(image.as_slice(), b"x").unwrap(), None);
}

#[test]
fn mistakes_in_the_list_are_told() {
    let data = |size, align, initial| BuiltinKind::Data { size, align, initial };
    let named = |kind| BuiltinExport { name: "A", ordinal: None, kind };
    let errors = [
        (vec![code("B", None, 1), code("A", None, 1)], BuiltinError::NotSorted(1)),
        (vec![code("A", None, 1), code("A", None, 1)], BuiltinError::NotSorted(1)),
        (vec![code("A", None, 1), code("", Some(1), 1)], BuiltinError::NotSorted(1)),
        (vec![code("", None, 1)], BuiltinError::Malformed(0)),
        (vec![code("A\0", None, 1)], BuiltinError::Malformed(0)),
        (vec![named(data(4, 3, &[]))], BuiltinError::Malformed(0)),
        (vec![named(data(1, 1, &[1, 2]))], BuiltinError::Malformed(0)),
        (vec![named(data(u32::MAX, 1, &[]))], BuiltinError::TooLarge),
        (vec![code("A", Some(3), 1), code("B", Some(3), 1)], BuiltinError::Ordinal(3)),
    ];
    for (exports, error) in errors {
        assert_eq!(write(&exports, None).unwrap_err(), error, "{exports:?}");
    }
}

#[test]
fn another_list_or_buffer_than_planned_is_refused() {
    let exports = sample();
    let plan = BuiltinPlan::new("sample.dll", exports.iter().copied(), None).unwrap();
    let attempt = |length: usize, exports: &[BuiltinExport<'_>]| {
        plan.write(&mut vec![0; length], BASE, exports.iter().copied(), |_, _| ())
    };
    let size = plan.size() as usize;
    let refused = Err(BuiltinError::NotAsPlanned);
    assert_eq!(attempt(size, &exports), Ok(()));
    assert_eq!(attempt(size - 1, &exports), refused);
    assert_eq!(attempt(size, &exports[..5]), refused);
    let mut longer = exports.clone();
    longer.push(code("z", None, 1));
    assert_eq!(attempt(size, &longer), refused);
    longer[5] = BuiltinExport { name: "d", ordinal: Some(200), kind: longer[5].kind };
    assert_eq!(attempt(size, &longer), refused);
}
