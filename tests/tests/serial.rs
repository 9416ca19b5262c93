//! Serial lines. Their other end is this test's side of a pseudo-terminal.

use haft_tests::{Run, check_with, fixture};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

#[test]
fn serial_line() {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&master).expect("it is ours");
    unlockpt(&master).expect("it is ours");
    let name = ptsname(&master, Vec::new()).expect("it has a name");
    // While this is open the line is not gone when a program closes it.
    let held = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
    let held = held.expect("it can be opened");
    let other_end = std::thread::spawn(move || answer(File::from(master)));
    let name = name.to_str().expect("a path of ASCII");
    check_with(Run::new(fixture("serial_line.exe")).env("HAFT_COM7", name));
    drop(held);
    other_end.join().expect("it was asked nothing that it does not know");
}

/// Does what each line asks for, until nobody has the other side open.
fn answer(mut line: File) {
    let mut asked = Vec::new();
    let mut byte = [0];
    // The end is an error on a terminal.
    while let Ok(1) = line.read(&mut byte) {
        if byte != *b"\n" {
            asked.push(byte[0]);
            continue;
        }
        let text = String::from_utf8(std::mem::take(&mut asked)).expect("text");
        let mut send = |bytes: &[u8]| line.write_all(bytes).expect("it is there");
        match text.split_once([' ', ':']).expect("a word and a text") {
            ("echo", text) => send(text.as_bytes()),
            ("later", text) => {
                sleep(Duration::from_millis(200));
                send(text.as_bytes());
            }
            ("drip", text) => {
                for byte in text.as_bytes() {
                    send(&[*byte]);
                    sleep(Duration::from_millis(100));
                }
            }
            other => panic!("{other:?}"),
        }
    }
}
