//! The C runtimes and text.

use haft_tests::{Run, fixture, fixtures};

fixtures! { crt_file, crt_printf, crt_ucrt, locale }

/// Exit routines run in reverse order, after main.
#[test]
fn crt_misc() {
    let outcome = Run::new(fixture("crt_misc.exe")).outcome();
    outcome.expect_code(0).expect_quiet();
    let text = outcome.out();
    let (checks, end) = text.split_once('\n').expect("two lines");
    assert!(checks.starts_with("ok: "), "{text}");
    assert_eq!(end, "ends 2 1\n");
}

/// The time zone is that of the Linux around.
#[test]
fn time_zone() {
    for (zone, bias) in [("UTC", 0), ("UTC-2", -120), ("UTC+5", 300), ("Europe/Berlin", -60)] {
        let outcome = Run::new(fixture("time.exe")).env("TZ", zone).outcome();
        outcome.expect_code(0);
        if zone == "Europe/Berlin"
            && !std::path::Path::new("/usr/share/zoneinfo/Europe/Berlin").exists()
        {
            println!("not tried: this machine has no zone files (install tzdata)");
            continue;
        }
        assert!(outcome.out().contains(&format!("bias {bias}\n")), "{zone}: {}", outcome.out());
    }
}
