//! Files, directories and paths.

use haft_tests::{Run, check_with, fixture, fixtures};

fixtures! {
    current_directory,
    device_names,
    file_attributes,
    file_create,
    file_delete,
    file_find,
    file_io,
    file_move,
    file_path,
    file_share,
    file_watch,
    last_close,
    overlapped,
}

/// The same from a current directory on `Z:` that lies deep and has spaces and other letters.
#[test]
fn file_path_elsewhere() {
    let run = Run::new(fixture("file_path.exe"));
    let folder = run.folder().join("a folder/ünïcode 中");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    check_with(run.current_dir(folder));
}

/// Linux and Windows see the same files: what a program writes in its current directory lies
/// there, and the other way round.
#[test]
fn files_shared_with_linux() {
    let run = Run::new(fixture("ninja_step.exe")).args(["out.txt", "In.TXT"]);
    std::fs::write(run.folder().join("in.txt"), "from Linux\n").expect("it can be written");
    let folder = run.folder().to_path_buf();
    // `Run` removes the folder when it ends: look from a shell before.
    let outcome = {
        let mut run = run;
        let child = run.start();
        let outcome = haft_tests::finish(child, std::time::Duration::from_secs(60));
        let text = std::fs::read_to_string(folder.join("out.txt"));
        (outcome, text)
    };
    outcome.0.expect_code(0).expect_quiet();
    assert_eq!(outcome.1.expect("out.txt is there"), "1 inputs\r\nfrom Linux\n".replace('\r', ""));
}

/// The first process that a process creates is not forked by its zygote, so each run is one.
#[test]
fn a_closed_file_is_free_while_a_process_is_started() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..15 {
                    check_with(Run::new(fixture("share_while_starting.exe")));
                }
            });
        }
    });
}
