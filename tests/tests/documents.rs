//! What is generated stays what generates it: the compatibility page, the demonstration's image.

use haft_tests::{haft, root};
use std::process::Command;

#[test]
fn the_compatibility_page_is_what_the_command_prints() {
    let page = Command::new(haft()).arg("compat").output().expect("haft runs").stdout;
    let committed = std::fs::read(root().join("docs/compatibility.md")).expect("the page is there");
    assert!(
        page == committed,
        "docs/compatibility.md is out of date: haft compat > docs/compatibility.md"
    );
}

/// Rebuilds an embedded program from its sources, and compares.
#[track_caller]
fn expect_image_of_source(name: &str) {
    let folder = root().join("crates/haft").join(name);
    let rebuilt = std::env::temp_dir().join(format!("haft-{name}-{}.exe", std::process::id()));
    let built = Command::new(folder.join("build")).arg(&rebuilt).status().expect("build runs");
    assert!(built.success(), "{name}/build failed");
    let image = std::fs::read(&rebuilt).expect("it built something");
    let _ = std::fs::remove_file(&rebuilt);
    let embedded = std::fs::read(folder.join(format!("{name}.exe"))).expect("the image is there");
    assert!(image == embedded, "{name}.exe is not of its sources: run crates/haft/{name}/build");
}

#[test]
fn the_demonstrations_image_is_that_of_its_source() {
    expect_image_of_source("demo");
}

#[test]
fn the_command_interpreters_image_is_that_of_its_source() {
    expect_image_of_source("cmd");
}

#[test]
fn the_demonstration_shows_what_each_child_inherits() {
    let done = Command::new(haft()).arg("demo").output().expect("haft runs");
    assert!(done.status.success(), "{done:?}");
    let text = String::from_utf8_lossy(&done.stdout).replace("\r\n", "\n");
    let parts: Vec<&str> = ["\n1. ", "\n2. ", "\n3. ", "\n4. "]
        .iter()
        .scan(text.as_str(), |rest, mark| {
            let (before, after) = rest.split_once(mark)?;
            *rest = after;
            Some(before)
        })
        .collect();
    assert_eq!(parts.len(), 4, "{text}");
    let rest = text.split_once("\n4. ").expect("the last part").1;
    let says = |part: &str, first: bool, second: bool| {
        assert_eq!(part.contains("says \"first\""), first, "{part}");
        assert_eq!(part.contains("says \"second\""), second, "{part}");
        assert!(!part.contains("nobody else's"), "{part}");
    };
    assert!(parts[0].contains("nobody else's"), "{}", parts[0]);
    says(parts[1], false, false);
    says(parts[2], true, true);
    says(parts[3], true, false);
    says(rest, false, true);
}
