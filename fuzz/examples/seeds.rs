//! Puts what to begin from into the corpus of every target: a valid image, and the programs named on
//! the command line; the tables of a C++ function; a request of every kind; descriptors.
//! `cargo run --example seeds -- some.exe`, in this folder.

use haft_abi::Pid;
use haft_object::security::sddl;
use haft_object::{SharedId, ThreadIndex};
use haft_tests::requests;
use std::path::Path;
use std::{env, fs, io};

const OF_IMAGES: [&str; 5] = ["pe_headers", "relocations", "imports_exports", "unwind", "cxx"];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    for target in OF_IMAGES {
        write(target, "seed.dll", &haft_image::fuzzing::seed())?;
        for path in env::args_os().skip(1) {
            let name = Path::new(&path).file_name().unwrap_or(&path).to_string_lossy().into_owned();
            write(target, &name, &fs::read(path)?)?;
        }
    }
    write("cxx", "tables", &haft_image::fuzzing::cxx_seed())?;
    write("cxx", "packed", &haft_image::fuzzing::packed_cxx_seed())?;
    write("cxx", "packed_catch", &haft_image::fuzzing::packed_catch_seed())?;
    let own = requests::descriptor();
    write("security", "bytes", &own.to_bytes())?;
    write("security", "text", sddl::to_text(&own).expect("it has a text").as_bytes())?;
    let thread = ThreadIndex::from_number(1).expect("it is not zero");
    // The process itself, which the client opens first, and what it makes after that.
    for object in [1, 2] {
        let every = requests::every(SharedId(object), thread, Pid(1));
        for (at, request) in every.iter().enumerate() {
            let bytes = haft_wire::encode(request).expect("it fits a packet");
            let name = format!("{object}-{at}");
            write("wire", &name, &bytes)?;
            write("executive", &name, &steps(&bytes))?;
        }
    }
    Ok(())
}

/// The steps of the executive's target that open the process, make an object of some kind, and make this
/// request, without a descriptor and with two.
fn steps(request: &[u8]) -> Vec<u8> {
    let Ok(length) = u8::try_from(request.len()) else { return vec![7, 8] };
    let mut steps = vec![7, 8];
    for beside in [0, 0x40] {
        steps.extend([2, length]);
        steps.extend(request);
        steps.extend([beside, 8]);
    }
    steps
}
