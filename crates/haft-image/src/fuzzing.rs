//! The bodies of the fuzz targets, as plain functions: the drivers under `fuzz/` and the property
//! tests call the same code. Each takes any bytes and must come back.

use core::cmp::Ordering;

use crate::builtin::{BuiltinExport, BuiltinKind, BuiltinPlan, VersionInfo};
use crate::c_scope::ScopeTable;
use crate::cxx::{CxxFunction, OUTERMOST};
use crate::exception::{FunctionTable, RuntimeFunction};
use crate::exports::{ExportTarget, Forwarder};
use crate::imports::ImportName;
use crate::parse::{HEADER_BYTES, PAGE_SIZE};
use crate::resources::{ResourceName, Resources};
use crate::unwind::{Context, ContextPointers, HandlerType, StackMemory, UnwindInfo, Unwinder};
use crate::{
    Directory, DirectoryKind, Headers, ImageError, ImageMemory, MappedImage, MappingPlan, reloc,
    symbols,
};

/// Images larger than this are not laid out.
const MAX_LAYOUT: u32 = 1 << 20;

/// How many entries of any list are walked.
const MAX_WALK: usize = 4096;

/// Parses the bytes as a file and plans its layout, and checks that the plan keeps what it
/// promises.
pub fn pe_headers(data: &[u8]) {
    let length = data.len() as u64;
    let whole = Headers::parse(data, length);
    let head = Headers::parse(&data[..data.len().min(HEADER_BYTES)], length);
    for rva in [0, PAGE_SIZE, PAGE_SIZE + 0x123, u32::MAX] {
        let symbol = symbols::function_at(data, rva);
        assert!(symbol.is_none_or(|symbol| symbol.offset <= rva && !symbol.name.is_empty()));
    }
    match &whole {
        // Texts are for every error.
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(headers) => {
            check_plan(headers, length);
            if !matches!(head, Err(ImageError::HeadersTooFar(_))) {
                assert_eq!(head.as_ref(), Ok(headers));
            }
        }
    }
}

fn check_plan(headers: &Headers, length: u64) {
    let plan = MappingPlan::new(headers, length);
    assert_eq!(plan.size, headers.size_of_image);
    let mut end = 0;
    for segment in &plan.segments {
        assert!(segment.rva >= end && segment.size != 0);
        assert!(segment.rva.is_multiple_of(PAGE_SIZE) && segment.size.is_multiple_of(PAGE_SIZE));
        assert!(segment.mapped.is_multiple_of(PAGE_SIZE));
        assert!(segment.file_length() <= segment.size);
        assert!(segment.file_offset + u64::from(segment.file_length()) <= length);
        assert!(!segment.can_map() || segment.file_offset.is_multiple_of(PAGE_SIZE.into()));
        end = segment.rva + segment.size;
    }
    assert!(end <= plan.size);
    for segment in &plan.segments {
        assert_eq!(plan.segment_at(segment.rva + segment.size - 1), Some(segment));
    }
}

/// Lays the bytes out as a file where they are one, and as they are where they are not.
fn lay_out(data: &[u8]) -> (Vec<u8>, Option<Headers>) {
    let length = data.len() as u64;
    let headers = Headers::parse(data, length).ok().filter(|it| it.size_of_image <= MAX_LAYOUT);
    let Some(headers) = headers else { return (data.to_vec(), None) };
    let plan = MappingPlan::new(&headers, length);
    let mut memory = vec![0; plan.size as usize];
    for segment in &plan.segments {
        let bytes = &data[segment.file_offset as usize..][..segment.file_length() as usize];
        memory[segment.rva as usize..][..bytes.len()].copy_from_slice(bytes);
    }
    (memory, Some(headers))
}

fn word(data: &[u8], index: usize) -> u32 {
    data.get(index * 4..)
        .and_then(|tail| tail.first_chunk())
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Applies the relocations of the image, or takes the bytes as relocations themselves; taken
/// back, they must leave the image as it was unless two of them overlap.
pub fn relocations(data: &[u8]) {
    let (mut memory, headers) = lay_out(data);
    let directory = match headers.and_then(|it| it.directory(DirectoryKind::BaseRelocation)) {
        Some(directory) => directory,
        None => Directory { rva: 0, size: data.len() as u32 },
    };
    let delta = u64::from(word(data, 1)) << 16;
    if reloc::apply(memory.as_mut_slice(), directory, delta).is_ok() {
        let _ = reloc::apply(memory.as_mut_slice(), directory, delta.wrapping_neg());
    }
}

/// Walks the imports, exports, resources, TLS and load configuration of the image.
pub fn imports_exports(data: &[u8]) {
    let (memory, headers) = lay_out(data);
    let memory = memory.as_slice();
    let base = headers.map_or(0, |it| it.image_base);
    let Ok(image) = MappedImage::open(memory, base) else { return };
    let mut scratch = Vec::new();
    let delayed = image.delay_imported_dlls().take(MAX_WALK).flatten().map(|it| it.dll);
    let dlls: Vec<_> =
        image.imported_dlls().take(MAX_WALK).flatten().chain(delayed).take(MAX_WALK).collect();
    for dll in dlls.into_iter().take(64) {
        let _ = dll.name.read(memory, &mut scratch);
        for import in dll.imports(memory).take(MAX_WALK).flatten() {
            if let ImportName::ByName { name, .. } = import.name {
                let _ = name.read(memory, &mut scratch);
            }
        }
    }
    if let Ok(Some(tls)) = image.tls() {
        tls.callbacks(memory).take(MAX_WALK).for_each(drop);
    }
    let _ = image.load_config();
    walk_exports(&image, &mut scratch);
    if let Some(resources) = image.resources() {
        walk_resources(memory, resources);
    }
}

fn walk_exports(image: &MappedImage<'_, [u8]>, scratch: &mut Vec<u8>) {
    let memory = image.memory;
    let Ok(Some(mut exports)) = image.exports() else { return };
    let _ = exports.dll_name.read(memory, scratch);
    for export in exports.all(memory).take(MAX_WALK).flatten() {
        assert_eq!(exports.by_ordinal(memory, export.ordinal), Ok(Some(export)));
        if let ExportTarget::Forwarder(text) = export.target
            && let Ok(text) = text.read(memory, scratch)
        {
            let _ = Forwarder::parse(text);
        }
    }
    if exports.name_count as usize > MAX_WALK {
        return;
    }
    for checked in [false, true] {
        if checked && exports.check_order(memory).is_err() {
            return;
        }
        for named in exports.names(memory).take(16).flatten() {
            if let Ok(name) = named.name.read(memory, scratch) {
                let same = exports
                    .names(memory)
                    .flatten()
                    .filter(|other| other.name.compare(memory, name) == Ok(Ordering::Equal));
                // A name that is there once must be found, unless the names changed their order
                // since it was checked, which they do not here.
                if named.export.is_some()
                    && same.count() == 1
                    && let Ok(found) = exports.by_name(memory, name)
                {
                    assert_eq!(found, named.export, "{:?}", String::from_utf8_lossy(name));
                }
            }
        }
        let _ = exports.by_name(memory, b"NoSuchExport");
    }
}

fn walk_resources(memory: &[u8], resources: Resources) {
    let Ok(root) = resources.root(memory) else { return };
    for (name, _) in resources.entries(memory, root).take(64).flatten() {
        let _ = name.read(memory);
    }
    let version = (ResourceName::Id(16), ResourceName::Id(1));
    if let Ok(Ok(data)) = resources.find(memory, version.0, version.1, Some(0x409)) {
        let mut byte = [0; 1];
        assert!(data.size == 0 || memory.read(data.rva, &mut byte).is_ok());
    }
}

/// A stack that has something everywhere but at a few addresses.
struct AnyStack(u64);

impl StackMemory for AnyStack {
    fn read_u64(&self, address: u64) -> Option<u64> {
        (!address.is_multiple_of(61)).then(|| address.rotate_left(17) ^ self.0)
    }
}

/// Unwinds functions of the image, or takes the bytes as unwind information and code.
pub fn unwind(data: &[u8]) {
    let (memory, headers) = lay_out(data);
    let memory = memory.as_slice();
    let stack = AnyStack(u64::from(word(data, 2)));
    let table = headers
        .and_then(|it| it.directory(DirectoryKind::Exception))
        .and_then(|directory| FunctionTable::new(memory, directory).ok());
    let bare = RuntimeFunction { begin: 0, end: data.len() as u32, unwind_info: 0 };
    let listed = table.into_iter().flat_map(|table| {
        (0..table.count.min(64)).filter_map(move |index| table.get(memory, index).ok())
    });
    for function in listed.map(|found| found.function).chain([bare]) {
        let span = function.end.saturating_sub(function.begin).min(64);
        for offset in 0..span {
            let image_base = 0x10_0000;
            let unwinder = Unwinder { image: memory, stack: &stack, image_base, functions: table };
            let mut context = Context { rsp: u64::from(word(data, 3)), ..Context::default() };
            let pc = image_base + u64::from(function.begin) + u64::from(offset);
            let mut pointers = ContextPointers::default();
            let types = HandlerType(3);
            let unwound =
                unwinder.virtual_unwind(types, pc, function, &mut context, Some(&mut pointers));
            match unwound {
                Ok(unwound) => walk_scopes(memory, unwound.handler.map(|handler| handler.data)),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

fn walk_scopes(memory: &[u8], data: Option<u32>) {
    let Some(Ok(table)) = data.map(|data| ScopeTable::read(memory, data)) else { return };
    table.guarding(memory, 0x1000, 0).take(MAX_WALK).for_each(drop);
}

/// Reads the bytes as the tables of a C++ function, or those that functions of the image name;
/// leaves each state that its instructions are in, and looks at its `try` blocks.
pub fn cxx(data: &[u8]) {
    let (memory, headers) = lay_out(data);
    let memory = memory.as_slice();
    let table = headers
        .and_then(|it| it.directory(DirectoryKind::Exception))
        .and_then(|directory| FunctionTable::new(memory, directory).ok());
    let named = table.into_iter().flat_map(|table| {
        let of = move |index| handler_data(memory, table.get(memory, index).ok()?.function);
        (0..table.count.min(64)).filter_map(of)
    });
    for (begin, rva) in named.chain([(0x10, 0)]) {
        let packed = CxxFunction::read_packed(memory, rva, begin);
        for read in [CxxFunction::read(memory, rva), packed] {
            match read {
                Ok(function) => walk_states(memory, &function),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

/// Where a function begins, and what its own handler works on, where the C++ one finds the place of
/// its tables.
fn handler_data(memory: &[u8], function: RuntimeFunction) -> Option<(u32, u32)> {
    let info = UnwindInfo::read(memory, function.unwind_info).ok()?;
    let data = memory.read_u32(info.handler_place().checked_add(4)?).ok()?;
    Some((function.begin, data))
}

fn walk_states(memory: &[u8], function: &CxxFunction) {
    let tries = function.tries(memory);
    if let Ok(tries) = &tries {
        assert!(tries.is_sorted_by_key(|block| core::cmp::Reverse(block.low)));
    }
    for rva in (0..64).map(|step| step * 0x10).chain([u32::MAX]) {
        let Ok(first) = function.state_at(memory, rva) else { continue };
        let guarded = tries.iter().flatten().filter(|block| block.guards(first));
        assert!(guarded.clone().all(|block| !block.handles(first)));
        let mut state = first;
        while state != OUTERMOST {
            let Ok(leaving) = function.leaving(memory, state) else { break };
            assert!(leaving.to < state && leaving.to >= OUTERMOST);
            state = leaving.to;
        }
    }
}

/// The tables of a C++ function of four states: a `try` of 0 and 1 in which 1 has a destructor, its
/// handler 2, and within that 3, a `try` of its own.
#[must_use]
pub fn cxx_seed() -> Vec<u8> {
    let header = [0x1993_0522, 4, 40, 2, 72, 3, 152, 0, 0, 1];
    let minus = |n: i32| n.cast_unsigned();
    let states = [minus(-1), 0, 0, 0x900, minus(-1), 0, 2, 0];
    let tries = [0, 1, 3, 1, 112, 3, 3, 3, 1, 132];
    let catches = [9, 0x800, minus(-8), 0xA00, 0x38, 0x40, 0, 0, 0xB00, 0x38];
    let instructions = [0x100, minus(-1), 0x110, 1, 0x120, minus(-1)];
    let words = [&header[..], &states, &tries, &catches, &instructions].concat();
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Packed numbers and places, one after the other.
struct Packer(Vec<u8>);

impl Packer {
    fn at(&mut self, place: usize) -> &mut Self {
        assert!(self.0.len() <= place, "{place} is in use");
        self.0.resize(place, 0);
        self
    }

    fn numbers(&mut self, numbers: &[u32]) -> &mut Self {
        for &number in numbers {
            let more = [7, 14, 21, 28].iter().filter(|bits| number >> **bits != 0).count();
            if more == 4 {
                self.0.push(0xF);
                self.0.extend(number.to_le_bytes());
            } else {
                let marked = number << (more + 1) | ((1 << more) - 1);
                self.0.extend(&marked.to_le_bytes()[..=more]);
            }
        }
        self
    }

    fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    fn place(&mut self, place: u32) -> &mut Self {
        self.0.extend(place.to_le_bytes());
        self
    }
}

/// The packed tables of a C++ function at 0x1000 of four states: a `try` of 0 and 1, in which 1 has
/// a destructor, and one of 3. The first has two handlers.
#[must_use]
pub fn packed_cxx_seed() -> Vec<u8> {
    let mut tables = Packer(Vec::new());
    tables.byte(0x38).place(16).place(40).place(92);
    // The distance to the entry of the state outside, and the kind of what cleans up.
    tables.at(16).numbers(&[4, 1 << 2]);
    tables.numbers(&[1 << 2 | 1]).place(0x900).numbers(&[48]);
    tables.numbers(&[7 << 2 | 3]).place(0x910);
    tables.numbers(&[11 << 2 | 2]).place(0x920).numbers(&[300]);
    tables.at(40).numbers(&[2, 0, 1, 2]).place(56).numbers(&[3, 3, 3]).place(84);
    tables.at(56).numbers(&[2]).byte(0x27).numbers(&[9]).place(0x800).numbers(&[40]);
    tables.place(0xA00).numbers(&[0x100, 0x200]);
    tables.byte(0x19).numbers(&[0x40]).place(0xB00).place(0x5000);
    tables.at(84).numbers(&[1]).byte(0).place(0xC00);
    tables.at(92).numbers(&[3, 0x10, 2, 0x10, 1, 0x3E0, 0]);
    tables.0
}

/// The packed tables of a `catch` in two parts.
#[must_use]
pub fn packed_catch_seed() -> Vec<u8> {
    let mut tables = Packer(Vec::new());
    tables.byte(0x4F).numbers(&[1234]).place(16).place(20).numbers(&[0x48]);
    tables.at(16).numbers(&[1, 1 << 2]);
    tables.at(20).numbers(&[2]).place(0x1800).place(40).place(0x2000).place(44);
    tables.at(40).numbers(&[1, 0x10, 1]).at(44).numbers(&[1, 0, 1]);
    tables.0
}

/// A valid image to begin from, with exports of every kind and a version.
///
/// # Panics
/// When the writer refuses its own sample.
#[must_use]
pub fn seed() -> Vec<u8> {
    let code =
        |name, target| BuiltinExport { name, ordinal: None, kind: BuiltinKind::Code { target } };
    let exports = [
        BuiltinExport { name: "", ordinal: Some(7), kind: BuiltinKind::Code { target: 1 } },
        code("Alpha", 2),
        BuiltinExport { name: "Beta", ordinal: None, kind: BuiltinKind::Forward("ntdll.#8") },
        code("Delta", 3),
        BuiltinExport {
            name: "data",
            ordinal: Some(9),
            kind: BuiltinKind::Data { size: 24, align: 8, initial: b"initial" },
        },
    ];
    let version = VersionInfo {
        file_version: [1, 2, 3, 4],
        product_version: [5, 6, 7, 8],
        is_dll: true,
        strings: &[("ProductName", "seed")],
    }
    .to_bytes();
    let plan = BuiltinPlan::new("seed.dll", exports.into_iter(), Some(&version));
    let plan = plan.expect("the sample is sorted");
    let mut image = vec![0; plan.size() as usize];
    plan.write(&mut image, 0x1_8000_0000, exports.into_iter(), |_, _| ())
        .expect("the sample fits its own plan");
    graft(&mut image);
    image
}

/// Adds imports, relocations, TLS, a load configuration, functions and resources' neighbours to
/// the sample, in the unused end of its `.data` page, so that mutations reach every reader.
fn graft(image: &mut [u8]) {
    let headers = Headers::parse(image, image.len() as u64).expect("the sample is valid");
    let data = headers.sections[2].rva;
    let base = headers.image_base;
    let at = |offset: u32| data + 0x400 + offset;
    let mut put = |offset: u32, words: &[u32]| {
        for (index, word) in words.iter().enumerate() {
            let place = at(offset) as usize + index * 4;
            image[place..place + 4].copy_from_slice(&word.to_le_bytes());
        }
    };
    let address = |offset: u32| {
        let address = base + u64::from(at(offset));
        [address as u32, (address >> 32) as u32]
    };
    // Imports: one by name, one by ordinal; the same table late.
    put(0x00, &[at(0x80), 0, 0, at(0xC0), at(0xA0)]);
    put(0x40, &[1, at(0xC0), at(0xF0), at(0xA0), at(0x80), 0, 0, 0]);
    put(0x80, &[at(0xC8), 0, 5, 0x8000_0000]);
    put(0xA0, &[at(0xC8), 0, 5, 0x8000_0000]);
    put(0xC0, &[u32::from_le_bytes(*b"x.dl"), u32::from(b'l')]);
    put(0xC8, &[u32::from_le_bytes(*b"\x01\0Fo"), u32::from(b'o')]);
    // Relocations of the addresses below.
    put(0x100, &[data & !0xFFF, 12, 0xA500_0000 | 0xA508]);
    // TLS: four bytes of data, no callbacks; the load configuration's cookie.
    let [tls, tls_end, index] = [address(0x140), address(0x144), address(0x150)];
    put(0x110, &[tls[0], tls[1], tls_end[0], tls_end[1], index[0], index[1], 0, 0, 4, 0]);
    put(0x160, &[0x60]);
    put(0x160 + 0x58, &address(0x158));
    // A function with a framed prologue and a scope table, and its continuation.
    put(0x1D0, &[0x1000, 0x1030, at(0x200), 0x1030, 0x1040, at(0x240)]);
    put(0x200, &[0x2505_0F19, 0x0001_340F, 0x7205_030A, 0x0000_5001, 0x1000, 1, 0x1000, 0x1020]);
    put(0x220, &[1, 0x1030]);
    put(0x240, &[0x0000_0021, 0x1000, 0x1030, at(0x200)]);
    let mut directory = |number: u32, rva: u32, size: u32| {
        let place = (headers.nt_headers + 4 + 20 + 112 + number * 8) as usize;
        image[place..place + 4].copy_from_slice(&rva.to_le_bytes());
        image[place + 4..place + 8].copy_from_slice(&size.to_le_bytes());
    };
    directory(DirectoryKind::Import as u32, at(0x00), 40);
    directory(DirectoryKind::DelayImport as u32, at(0x40), 64);
    directory(DirectoryKind::BaseRelocation as u32, at(0x100), 12);
    directory(DirectoryKind::Tls as u32, at(0x110), 40);
    directory(DirectoryKind::LoadConfig as u32, at(0x160), 0x60);
    directory(DirectoryKind::Exception as u32, at(0x1D0), 24);
}

#[cfg(test)]
mod tests;
