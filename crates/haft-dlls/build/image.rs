//! The images of the built-in DLLs, ready made: all but the addresses of haft's own code, which
//! the linker fills in.

use super::Slot;
use haft_abi::version;
use haft_image::builtin::{BuiltinExport, BuiltinKind, BuiltinPlan, VersionInfo};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Where the image base is in the headers.
const IMAGE_BASE: usize = 0xB0;

/// The section of images that nobody writes: among what is read-only once haft has begun.
const CONSTANT: &str = ".data.rel.ro.haft_images";
/// The section of those with variables of the program's, and of those with nothing in them, which few
/// programs have.
const OTHER: &str = "haft_images";

/// Writes the pieces of a DLL's image beside the table, and to `statics` the static that puts them
/// together; gives the expression that describes it.
pub fn make(
    file: &str,
    exports: &BTreeMap<String, Slot>,
    ordinals: &[u16],
    out: &Path,
    statics: &mut String,
) -> String {
    let version = version_resource(file);
    let list = || {
        exports.iter().zip(ordinals).map(|((name, slot), &ordinal)| BuiltinExport {
            name,
            ordinal: Some(ordinal),
            kind: match slot.room {
                None => BuiltinKind::Code { target: 0 },
                Some(size) => BuiltinKind::Data { size, align: size.min(16), initial: &[] },
            },
        })
    };
    let plan = BuiltinPlan::new(file, list(), Some(&version)).expect("the exports can be laid out");
    let mut image = vec![0; plan.size() as usize];
    let mut places = vec![0; exports.len()];
    plan.write(&mut image, 0, list(), |index, rva| places[index] = rva)
        .expect("the exports are as planned");

    let name: String = file.chars().map(|c| if c == '.' { '_' } else { c }).collect();
    let name = name.to_uppercase();
    let slots = plan.slots().start as usize..plan.slots().end as usize;
    let pieces = [
        ("headers", &image[..IMAGE_BASE]),
        ("middle", &image[IMAGE_BASE + 8..slots.start]),
        ("rest", &image[slots.end..]),
    ];
    for (piece, bytes) in pieces {
        fs::write(out.join(format!("{file}.{piece}")), bytes)
            .expect("the output folder is writable");
    }
    let [headers, middle, rest] = pieces.map(|(_, bytes)| bytes.len());
    let functions: Vec<&Slot> = exports.values().filter(|slot| slot.room.is_none()).collect();
    let count = functions.len();
    let is_constant = count > 0 && count == exports.len();
    let section = if is_constant { CONSTANT } else { OTHER };
    let mut write = |args: std::fmt::Arguments<'_>| {
        statics.write_fmt(args).expect("a String takes everything");
    };
    write(format_args!(
        "#[allow(unsafe_code, reason = \"a section is named\")]\n\
         #[unsafe(link_section = \"{section}\")]\n\
         static {name}: ReadyImage<{headers}, {middle}, {count}, {rest}> = ReadyImage::new(\n\
         *include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.headers\")),\n\
         &raw const {name} as *const (),\n\
         *include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.middle\")),\n[\n"
    ));
    for slot in functions {
        write(format_args!("{}.code(),\n", slot.path));
    }
    write(format_args!(
        "],\n*include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.rest\")),\n);\n\n"
    ));

    let mut variables = String::new();
    for ((index, slot), rva) in exports.values().enumerate().zip(&places) {
        if let Some(room) = slot.room {
            write!(variables, "Variable {{ export: {index}, rva: {rva}, room: {room} }}, ")
                .expect("a String takes everything");
        }
    }
    let mut segments = String::new();
    for segment in plan.segments() {
        let p = segment.protection;
        write!(
            segments,
            "Segment {{ rva: {}, size: {}, protection: Protection {{ read: {}, write: {}, \
             execute: {} }} }}, ",
            segment.rva, segment.size, p.read, p.write, p.execute
        )
        .expect("a String takes everything");
    }
    format!(
        "Image {{ at: {name}.place(), size: {}, slots: {}, segments: &[{segments}], \
         variables: &[{variables}], is_constant: {is_constant} }}",
        plan.size(),
        slots.start,
    )
}

/// The version resource: programs read the system's version from that of kernel32.dll.
fn version_resource(file: &str) -> Vec<u8> {
    let number = [version::MAJOR, version::MINOR, version::BUILD, 0].map(|part| part as u16);
    let [major, minor, build, revision] = number;
    let text = format!("{major}.{minor}.{build}.{revision}");
    VersionInfo {
        file_version: number,
        product_version: number,
        is_dll: true,
        strings: &[
            ("FileDescription", "built-in DLL of haft"),
            ("FileVersion", &text),
            ("InternalName", file),
            ("OriginalFilename", file),
            ("ProductName", "haft"),
            ("ProductVersion", &text),
        ],
    }
    .to_bytes()
}
