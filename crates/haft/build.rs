//! Links haft for one address, so that nothing has to be relocated when it starts.

/// Far from where programs are linked to (4 MB, 0x1_4000_0000), from where Linux puts what may be
/// anywhere, and within the address space of Windows.
const BASE: &str = "0x5a0000000000";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The C library's start files and objects stay those of a position-independent program: they
    // may be linked to any address, the others to the first 2 GB alone.
    println!("cargo::rustc-link-arg-bin=haft=-Wl,--no-pie");
    println!("cargo::rustc-link-arg-bin=haft=-Wl,--image-base={BASE}");
    // What every start runs lies together, so that it comes with few page faults (bench/order). Names
    // that are not there any more do no harm.
    let order = std::path::Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("Cargo sets it"))
        .join("start.order");
    println!("cargo::rerun-if-changed={}", order.display());
    println!(
        "cargo::rustc-link-arg-bin=haft=-Wl,--symbol-ordering-file={},--no-warn-symbol-ordering",
        order.display()
    );
    // What is never written and what is are not in one large page: a process that forks many others
    // has all the former in large pages (haft_host::code).
    println!("cargo::rustc-link-arg-bin=haft=-Wl,--no-rosegment,-z,max-page-size=0x200000");
}
