//! Puts a valid image, and the programs named on the command line, into the corpus of every
//! target: `cargo run --example seeds -- some.exe`, in this folder.

use std::path::Path;
use std::{env, fs, io};

const TARGETS: [&str; 4] = ["pe_headers", "relocations", "imports_exports", "unwind"];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut seeds = vec![("seed.dll".into(), haft_image::fuzzing::seed())];
    for path in env::args_os().skip(1) {
        let name = Path::new(&path).file_name().unwrap_or(&path).to_owned();
        seeds.push((name, fs::read(path)?));
    }
    for target in TARGETS {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in &seeds {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
