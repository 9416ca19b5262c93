//! Makes the table of built-in DLLs from the `#[export]` attributes in the sources and from
//! `missing.tsv`, sorted, so that nothing is sorted or registered at start-up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};
use syn::{Attribute, Item};

#[path = "build/image.rs"]
mod image;

#[path = "../haft-macros/src/options.rs"]
#[allow(dead_code, reason = "the macro uses all of it")]
mod options;

use options::Options;

/// DLLs that also export, and lack, what other DLLs do.
const SHARED: &[(&str, &[&str])] = &[("kernelbase.dll", &["kernel32.dll", "advapi32.dll"])];

/// A DLL in the making.
#[derive(Default)]
struct Dll {
    exports: BTreeMap<String, Slot>,
    missing: BTreeMap<String, Lacks>,
}

/// A function that a DLL ought to export and does not.
#[derive(Clone)]
struct Lacks {
    /// The expression of how a call fails.
    failure: String,
    ordinal: Option<u16>,
}

#[derive(Clone)]
struct Slot {
    /// The path of the static.
    path: String,
    /// The bytes set aside for a variable, of which every DLL has its own; `None` for a function.
    room: Option<u32>,
    ordinal: Option<u16>,
}

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=missing.tsv");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=../haft-macros/src/options.rs");

    let mut dlls = BTreeMap::<String, Dll>::new();
    scan_folder(&root.join("src"), "crate", &mut dlls);
    read_missing(&root.join("missing.tsv"), &mut dlls);
    share(&mut dlls);
    for dll in dlls.values_mut() {
        let Dll { exports, missing } = dll;
        missing.retain(|name, _| !exports.contains_key(name));
    }
    fs::write(out.join("table.rs"), table(&dlls, &out)).expect("the output folder is writable");
}

fn scan_folder(folder: &Path, module: &str, dlls: &mut BTreeMap<String, Dll>) {
    let entries = fs::read_dir(folder).expect("the source folder is readable");
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    for path in paths {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a UTF-8 name");
        if stem == "tests" {
            // Tests declare exports of no DLL and use them directly.
        } else if path.is_dir() {
            scan_folder(&path, &format!("{module}::{stem}"), dlls);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("sources are readable");
            if !text.contains("#[export(") {
                continue;
            }
            // The compiler reports what does not parse, with better words.
            let Ok(file) = syn::parse_file(&text) else { continue };
            let module = match stem {
                "mod" | "lib" => module.to_owned(),
                _ => format!("{module}::{stem}"),
            };
            scan_items(&file.items, &module, dlls);
        }
    }
}

fn scan_items(items: &[Item], module: &str, dlls: &mut BTreeMap<String, Dll>) {
    for item in items {
        match item {
            Item::Fn(f) => add(&f.attrs, &f.sig.ident, None, module, dlls),
            Item::Static(s) => add(&s.attrs, &s.ident, Some(room(&s.ty)), module, dlls),
            Item::Mod(m) if !is_test(&m.attrs) => {
                if let Some((_, items)) = &m.content {
                    scan_items(items, &format!("{module}::{}", m.ident), dlls);
                }
            }
            _ => {}
        }
    }
}

/// The bytes to set aside for a variable of type `Data<T>`. The size of an array is not known here,
/// so it gets plenty; that every variable fits is tested.
fn room(data: &syn::Type) -> u32 {
    let text = quote::ToTokens::to_token_stream(data).to_string();
    if text.contains('[') { 1024 } else { 8 }
}

fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("cfg")
            && attr.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test")
    })
}

fn add(
    attrs: &[Attribute],
    item: &syn::Ident,
    room: Option<u32>,
    module: &str,
    dlls: &mut BTreeMap<String, Dll>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("export")) {
        // The macro reports a bad one, at its place.
        let Ok(options) = attr.parse_args::<Options>() else { continue };
        for variant in options.variants(&item.to_string()) {
            let path = format!("{module}::{}", variant.item);
            for dll in &options.dlls {
                let table = &mut dlls.entry(dll.file.clone()).or_default().exports;
                for (n, name) in [&variant.name].into_iter().chain(&variant.also).enumerate() {
                    let ordinal = dll.ordinal.filter(|_| n == 0);
                    let slot = Slot { path: path.clone(), room, ordinal };
                    if let Some(old) = table.insert(name.clone(), slot) {
                        panic!("{}: {name} is exported by {} and by {path}", dll.file, old.path);
                    }
                }
            }
        }
    }
}

fn read_missing(path: &Path, dlls: &mut BTreeMap<String, Dll>) {
    let text = fs::read_to_string(path).expect("missing.tsv is readable");
    for (n, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let columns: Vec<_> = line.split('\t').collect();
        let (dll, name, failure, ordinal) = match columns[..] {
            [dll, name, failure] => (dll, name, failure, None),
            [dll, name, failure, ordinal] => (dll, name, failure, ordinal.parse::<u16>().ok()),
            _ => panic!("missing.tsv:{}: a line is a DLL, a function and a failure", n + 1),
        };
        let failure = failure_expression(failure)
            .unwrap_or_else(|| panic!("missing.tsv:{}: no such failure: {failure}", n + 1));
        let lacks = Lacks { failure, ordinal };
        dlls.entry(dll.to_owned()).or_default().missing.insert(name.to_owned(), lacks);
    }
}

/// The `Failure` that a line of `missing.tsv` means.
fn failure_expression(text: &str) -> Option<String> {
    let words: Vec<_> = text.split(' ').collect();
    match words[..] {
        ["stop"] => Some("Failure::Stop".to_owned()),
        ["ret", value] => Some(format!("Failure::Value({})", number(value)?)),
        ["win32", code, "ret", value] => Some(format!(
            "Failure::LastError {{ code: {}, value: {} }}",
            number(code)?,
            number(value)?
        )),
        _ => None,
    }
}

fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn share(dlls: &mut BTreeMap<String, Dll>) {
    for (to, sources) in SHARED {
        for from in *sources {
            let Some(source) = dlls.get(*from) else { continue };
            let exports = source.exports.clone();
            let missing = source.missing.clone();
            let target = dlls.entry((*to).to_owned()).or_default();
            for (name, slot) in exports.into_iter().filter(|(_, slot)| slot.room.is_none()) {
                let slot = Slot { ordinal: None, ..slot };
                target.exports.entry(name).or_insert(slot);
            }
            for (name, lacks) in missing {
                let lacks = Lacks { ordinal: None, ..lacks };
                target.missing.entry(name).or_insert(lacks);
            }
        }
    }
}

/// Gives every export that has none an ordinal behind the fixed ones.
fn ordinals(file: &str, exports: &BTreeMap<String, Slot>) -> Vec<u16> {
    let mut fixed = BTreeSet::new();
    for (name, slot) in exports {
        if slot.ordinal.is_some_and(|ordinal| !fixed.insert(ordinal)) {
            panic!("{file}: the ordinal of {name} is taken");
        }
    }
    let mut next = fixed.last().copied().unwrap_or(0);
    let mut give = |slot: &Slot| {
        slot.ordinal.unwrap_or_else(|| {
            next += 1;
            next
        })
    };
    exports.values().map(&mut give).collect()
}

fn table(dlls: &BTreeMap<String, Dll>, out: &Path) -> String {
    let mut text = String::from(
        "/// The built-in DLLs, by name in byte order.\npub static DLLS: &[Dll] = &[\n",
    );
    let mut missing_count = 0;
    let mut images = String::new();
    let mut write = |args: std::fmt::Arguments<'_>| {
        text.write_fmt(args).expect("a String takes everything");
    };
    for (file, dll) in dlls {
        let ordinals = ordinals(file, &dll.exports);
        let image = image::make(file, &dll.exports, &ordinals, out, &mut images);
        write(format_args!(
            "Dll {{ name: {file:?}, image: {image}, first_missing: {missing_count}, exports: &[\n"
        ));
        for ((name, slot), ordinal) in dll.exports.iter().zip(ordinals) {
            let path = &slot.path;
            write(format_args!(
                "Slot {{ name: {name:?}, ordinal: {ordinal}, export: &{path} }},\n"
            ));
        }
        write(format_args!("], missing: &[\n"));
        for (name, Lacks { failure, ordinal }) in &dll.missing {
            write(format_args!(
                "Missing {{ name: {name:?}, ordinal: {ordinal:?}, failure: {failure} }},\n"
            ));
        }
        write(format_args!("] }},\n"));
        missing_count += dll.missing.len();
    }
    write(format_args!("];\n\n/// The number of missing functions in all DLLs.\n"));
    write(format_args!("pub(crate) const MISSING_COUNT: usize = {missing_count};\n"));
    text + "\n" + &images
}
