//! The boundary, from the program's side: entries are called as the program calls them.
#![allow(unsafe_code, reason = "entries are called by address, as thunks call them")]
#![allow(dead_code, reason = "exports of no DLL")]

use crate::abi::{
    Ansi, Bool, Charset, Data, Filled, In, InOut, OrInvalid, OrMax, Out, Ptr, SetIfSome as _, TBuf,
    TStr, VaList, WStr, Wide,
};
use crate::export::{Body, Export};
use crate::{Found, apiset, compat, export, find_dll, missing, table, trace};
use haft_abi::nt::Teb;
use haft_abi::{Handle, NtStatus, Win32Error};
use haft_host::gs;
use haft_host::guest::testing::{Edge, handler};

/// Gives the test's thread a TEB and the process its fault handler.
fn thread() {
    let teb = Box::leak(Box::new(Teb::default()));
    teb.self_pointer = &raw const *teb as u64;
    // The stack ends somewhere above.
    teb.stack_base = u64::MAX;
    gs::set_base(teb.self_pointer as usize).unwrap();
    handler();
}

/// Calls an export's entry with integer arguments.
macro_rules! call {
    ($export:expr $(, $argument:expr)*) => {{
        let f: extern "win64" fn($(call!(@ $argument)),*) -> u64 = typed(code(&$export, false));
        f($($argument as u64),*)
    }};
    (@ $argument:expr) => { u64 };
}

/// The function at an entry's address.
fn typed<F: Copy>(entry: usize) -> F {
    assert_eq!(size_of::<F>(), size_of::<usize>());
    // SAFETY: callers name a function type of the entry's own signature.
    unsafe { core::mem::transmute_copy(&entry) }
}

fn code(export: &Export, traced: bool) -> usize {
    match export.body {
        Body::Function { entry, traced: with_trace, .. } => {
            if traced { with_trace } else { entry }.address()
        }
        Body::Data(_) => panic!("{} is a variable", export.name),
    }
}

/// Fails as told.
#[export(test)]
fn Fail(hObject: Handle, bSuccess: Bool) -> Result<(), Win32Error> {
    if bSuccess.0 && !hObject.is_null() { Ok(()) } else { Err(NtStatus::INVALID_HANDLE.into()) }
}

#[test]
fn a_failure_sets_the_last_error_and_a_success_leaves_it() {
    thread();
    gs::set_last_error(77);
    assert_eq!(call!(EXPORT_Fail, 4, 1) as u32, 1);
    assert_eq!(gs::last_error(), 77);
    assert_eq!(call!(EXPORT_Fail, 4, 0) as u32, 0);
    assert_eq!(gs::last_error(), Win32Error::INVALID_HANDLE.0);
}

#[export(test)]
fn NoFile(kind: u32) -> Result<OrInvalid<Handle>, Win32Error> {
    if kind == 0 { Err(Win32Error::FILE_NOT_FOUND) } else { Ok(OrInvalid(Handle(0x24))) }
}

#[export(test)]
fn NoAttributes() -> Result<OrMax, Win32Error> {
    Err(Win32Error::FILE_NOT_FOUND)
}

#[export(test)]
fn NoService(code: u32) -> Result<(), NtStatus> {
    if code == 0 { Ok(()) } else { Err(NtStatus(code)) }
}

#[test]
fn every_kind_of_failure_has_its_own_value() {
    thread();
    assert_eq!(call!(EXPORT_NoFile, 0) as usize, usize::MAX);
    assert_eq!(gs::last_error(), 2);
    assert_eq!(call!(EXPORT_NoFile, 1), 0x24);
    assert_eq!(call!(EXPORT_NoAttributes) as u32, u32::MAX);
    assert_eq!(call!(EXPORT_NoService, 0) as u32, 0);
    assert_eq!(call!(EXPORT_NoService, 0xC000_0008u32) as u32, 0xC000_0008);
}

#[export(test)]
fn Narrow(bValue: u8, wValue: i16, nValue: i32) -> i64 {
    i64::from(bValue) * 1_000_000 + i64::from(wValue) * 1000 + i64::from(nValue)
}

#[test]
fn the_undefined_part_of_a_register_is_ignored() {
    thread();
    let r = call!(EXPORT_Narrow, 0xDEAD_BEEF_0000_0102u64, 0xAAAA_0000_FFFFu64, -5i64 as u64);
    assert_eq!(r as i64, 2_000_000 - 1000 - 5);
}

#[export(test)]
fn Mixed(a: i32, b: f64, c: u8, d: f32, e: f64) -> f64 {
    f64::from(a) + b * 2.0 + f64::from(c) * 3.0 + f64::from(d) * 4.0 + e * 5.0
}

#[test]
fn floats_come_by_position() {
    thread();
    let f: extern "win64" fn(i32, f64, u32, f32, f64) -> f64 = typed(code(&EXPORT_Mixed, false));
    assert_eq!(f(1, 0.5, 2, 0.25, 10.0), 1.0 + 1.0 + 6.0 + 1.0 + 50.0);
}

#[export(test)]
fn Places(
    lpIn: In<u32>,
    lpMaybe: Option<In<u64>>,
    lpOut: Out<u64>,
    lpMaybeOut: Option<Out<u16>>,
    lpInOut: InOut<u32>,
) -> Result<(), Win32Error> {
    lpOut.set(u64::from(lpIn.get()) + lpMaybe.map_or(0, |v| v.get()))?;
    lpMaybeOut.set(0x1234)?;
    lpInOut.set(lpInOut.get() + 1)?;
    Ok(())
}

#[test]
fn pointers_are_read_before_and_written_during_the_call() {
    thread();
    let (a, b, mut c, mut d, mut e) = (5u32, 1u64 << 40, 0u64, 0u16, 9u32);
    let (a, b, c) = (&raw const a as usize, &raw const b as usize, &raw mut c);
    let (d, e) = (&raw mut d, &raw mut e);
    assert_eq!(call!(EXPORT_Places, a, b, c, d, e) as u32, 1);
    // SAFETY: the locals above.
    unsafe { assert_eq!((*c, *d, *e), ((1 << 40) + 5, 0x1234, 10)) };
    assert_eq!(call!(EXPORT_Places, a, 0, c, 0, e) as u32, 1);
    // SAFETY: the locals above.
    unsafe { assert_eq!((*c, *e), (5, 11)) };
    for bad in [[0, b, c as usize], [1, b, c as usize], [a, 8, c as usize], [a, b, 0], [a, b, 16]] {
        gs::set_last_error(0);
        assert_eq!(call!(EXPORT_Places, bad[0], bad[1], bad[2], d, e) as u32, 0, "{bad:x?}");
        assert_eq!(gs::last_error(), Win32Error::NOACCESS.0);
    }
}

#[export(test, charset, also = "TextLengthEx")]
fn TextLength<C: Charset>(
    lpText: Option<TStr<C>>,
    lpBuffer: TBuf<C>,
    cchBuffer: u32,
) -> Result<u32, Win32Error> {
    let Some(text) = lpText else { return Err(Win32Error::INVALID_PARAMETER) };
    Ok(lpBuffer.fill(cchBuffer, &text)?.count())
}

#[test]
fn one_function_serves_both_character_sets() {
    thread();
    assert_eq!(EXPORT_TextLengthA.name, "TextLengthA");
    assert_eq!(EXPORT_TextLengthW.name, "TextLengthW");
    let edge = Edge::new();
    let out = edge.end() - 10;
    let wide: Vec<u16> = "né€".encode_utf16().chain([0]).collect();
    assert_eq!(call!(EXPORT_TextLengthW, wide.as_ptr(), out, 5) as u32, 3);
    assert_eq!(haft_host::guest::read_wide_z(out, 9), Ok(wide[..3].to_vec()));
    let ansi = c"né€";
    assert_eq!(call!(EXPORT_TextLengthA, ansi.as_ptr(), out, 10) as u32, 6);
    assert_eq!(haft_host::guest::read_bytes_z(out, 9), Ok("né€".into()));
    assert_eq!(call!(EXPORT_TextLengthA, ansi.as_ptr(), 0, 0) as u32, 7);
    assert_eq!(call!(EXPORT_TextLengthA, ansi.as_ptr(), edge.end() - 3, 9) as u32, 0);
    assert_eq!(gs::last_error(), Win32Error::NOACCESS.0);
    gs::set_last_error(0);
    haft_host::guest::write(edge.end() - 1, 0u8).unwrap();
    assert_eq!(call!(EXPORT_TextLengthA, edge.end() - 1, out, 9) as u32, 0);
    assert_eq!(gs::last_error(), 0);
    haft_host::guest::write(edge.end() - 1, b'x').unwrap();
    assert_eq!(call!(EXPORT_TextLengthA, edge.end() - 1, out, 9) as u32, 0);
    assert_eq!(gs::last_error(), Win32Error::NOACCESS.0);
    assert_eq!(call!(EXPORT_TextLengthA, 0, out, 9) as u32, 0);
    assert_eq!(gs::last_error(), Win32Error::INVALID_PARAMETER.0);
}

#[test]
fn text_that_does_not_fit_is_cut_or_counted() {
    handler();
    let edge = Edge::new();
    let buffer = |at| <TBuf<Wide> as crate::abi::Param>::decode(at).unwrap();
    let text: Vec<u16> = "abc".encode_utf16().collect();
    assert_eq!(buffer(edge.start()).fill(3, &text), Ok(Filled::Needed(4)));
    assert_eq!(buffer(edge.start()).fill(4, &text), Ok(Filled::Stored(3)));
    assert_eq!(buffer(edge.start()).fill_truncated(3, &text), Ok(false));
    assert_eq!(haft_host::guest::read_wide_z(edge.start(), 9), Ok(text[..2].to_vec()));
    assert_eq!(buffer(0).fill_truncated(0, &text), Ok(false));
    let ansi = <TBuf<Ansi> as crate::abi::Param>::decode(edge.end()).unwrap();
    assert!(ansi.fill(9, &text).is_err());
}

/// Sums its arguments; `%f` in the format stands for a double.
fn sum(format: Ptr<u8>, mut args: VaList) -> Result<u32, Win32Error> {
    let format = haft_host::guest::read_bytes_z(format.addr(), 100)?;
    let mut total = 0.0;
    for kind in format {
        total += match kind {
            b'd' => f64::from(args.take::<i32>()?),
            b'q' => args.take::<i64>()? as f64,
            _ => args.take::<f64>()?,
        };
    }
    Ok(total as u32)
}

#[export(test, variadic)]
fn Sum1(format: Ptr<u8>, args: VaList) -> Result<u32, Win32Error> {
    sum(format, args)
}

#[export(test, variadic)]
fn Sum3(a: u32, b: u32, format: Ptr<u8>, args: VaList) -> Result<u32, Win32Error> {
    sum(format, args).map(|s| s + a * 1000 + b * 10000)
}

#[export(test, variadic)]
fn Sum4(a: u32, b: u32, c: u32, format: Ptr<u8>, args: VaList) -> Result<u32, Win32Error> {
    sum(format, args).map(|s| s + a * 1000 + b * 10000 + c * 100_000)
}

#[export(test, variadic)]
fn Sum6(
    a: u32,
    b: u32,
    c: u32,
    d: u32,
    e: u32,
    format: Ptr<u8>,
    args: VaList,
) -> Result<u32, Win32Error> {
    sum(format, args)
        .map(|s| s + a * 1000 + b * 10000 + c * 100_000 + d * 1_000_000 + e * 10_000_000)
}

#[test]
fn variable_arguments_are_found_behind_any_number_of_fixed_ones() {
    thread();
    let f = c"dqfdddd".as_ptr();
    let half = 2.5f64.to_bits();
    for export in [&EXPORT_Sum1, &EXPORT_Sum3] {
        assert!(export.signature.ends_with("format: Ptr<u8>; ...: ..."), "{}", export.signature);
    }
    assert_eq!(call!(EXPORT_Sum1, f, 1, 20, half, 100, 200, 300, -1i64) as u32, 622);
    assert_eq!(call!(EXPORT_Sum3, 4, 5, f, 1, 20, half, 100, 200, 300, 0) as u32, 54623);
    assert_eq!(call!(EXPORT_Sum4, 4, 5, 6, f, 1, 20, half, 100, 200, 300, 0) as u32, 654_623);
    assert_eq!(
        call!(EXPORT_Sum6, 4, 5, 6, 7, 8, f, 1, 20, half, 100, 200, 300, 0) as u32,
        87_654_623
    );
}

#[export(test, raw)]
#[unsafe(naked)]
unsafe extern "win64" fn Registers(a: u64) -> u64 {
    core::arch::naked_asm!("lea rax, [rcx + 1]", "ret")
}

/// Copies bytes.
#[export(test)]
unsafe fn Copy3(dst: *mut u8, src: *const u8) -> *mut u8 {
    // SAFETY: the program's own contract.
    unsafe { core::ptr::copy(src, dst, 3) };
    dst
}

#[test]
fn raw_and_unsafe_functions_are_exported_as_they_are() {
    thread();
    assert_eq!(call!(EXPORT_Registers, 41), 42);
    let mut dst = [0u8; 4];
    let p = dst.as_mut_ptr();
    assert_eq!(call!(EXPORT_Copy3, p, b"abcd".as_ptr()), p as u64);
    assert_eq!(&dst, b"abc\0");
}

#[export(test, name = "_fmode")]
static FMODE: Data<i32> = Data::new(0x4000);

#[test]
fn a_variable_lives_where_it_is_placed() {
    handler();
    let Body::Data(data) = &EXPORT_FMODE.body else { panic!("not a variable") };
    assert_eq!((data.size(), data.align(), EXPORT_FMODE.name), (4, 4, "_fmode"));
    assert!(FMODE.get().is_err());
    let edge = Edge::new();
    data.place(edge.start()).unwrap();
    assert_eq!(FMODE.get(), Ok(0x4000));
    haft_host::guest::write(edge.start(), 0x8000i32).unwrap();
    assert_eq!(FMODE.get(), Ok(0x8000));
}

#[test]
fn an_export_says_what_it_is() {
    let export = &EXPORT_Fail;
    assert_eq!(export.doc, "Fails as told.");
    assert_eq!(export.returns, "Result<(), Win32Error>");
    assert_eq!(
        export.parameters().collect::<Vec<_>>(),
        [("hObject", "Handle"), ("bSuccess", "Bool")]
    );
    assert!(export.file.ends_with("tests.rs"));
    assert_eq!(export.dll_stem(), "test");
}

#[test]
fn dlls_are_sorted_and_found_by_any_of_their_names() {
    assert!(crate::DLLS.is_sorted_by(|a, b| a.name < b.name));
    for dll in crate::DLLS {
        assert!(dll.exports.is_sorted_by(|a, b| a.name < b.name), "{}", dll.name);
        assert!(dll.missing.is_sorted_by(|a, b| a.name < b.name), "{}", dll.name);
        let mut ordinals: Vec<_> = dll.exports.iter().map(|slot| slot.ordinal).collect();
        ordinals.sort_unstable();
        ordinals.dedup();
        assert_eq!(ordinals.len(), dll.exports.len(), "{}", dll.name);
    }
    for name in ["kernel32", "KERNEL32.DLL", "api-ms-win-downlevel-kernel32-l1-1-0.dll"] {
        assert_eq!(find_dll(name).map(|dll| dll.name), Some("kernel32.dll"), "{name}");
    }
    let host = |name| apiset::resolve(name);
    assert_eq!(host("api-ms-win-core-synch-l1-2-0"), Some("kernelbase.dll"));
    assert_eq!(host("api-ms-win-crt-stdio-l1-1-0.dll"), Some("ucrtbase.dll"));
    assert_eq!(host("ext-ms-win-ntuser-window-l1-1-0"), Some("user32.dll"));
    assert_eq!(host("api-ms-win-security-base-l1-1-0"), Some("advapi32.dll"));
    assert_eq!(host("minkernelbase.dll"), Some("kernelbase.dll"));
    assert_eq!(host("kernel32.dll"), None);
    assert!(find_dll("nosuch.dll").is_none());
}

#[test]
fn lookup_tells_missing_from_unknown() {
    let dll = find_dll("kernel32.dll").unwrap();
    let Found::Export(slot) = dll.lookup("SetLastError") else { panic!("SetLastError") };
    assert_eq!(slot.export.name, "SetLastError");
    assert!(matches!(dll.lookup("RestoreLastError"), Found::Export(_)));
    assert!(matches!(dll.lookup("setlasterror"), Found::Unknown));
    let base = find_dll("kernelbase.dll").unwrap();
    assert!(matches!(base.lookup("SetLastError"), Found::Export(_)));
    let by_ordinal = dll.by_ordinal(slot.ordinal).unwrap();
    assert_eq!(by_ordinal.name, "SetLastError");
    for dll in crate::DLLS {
        for (n, missing) in dll.missing.iter().enumerate() {
            let Found::KnownMissing(index, found) = dll.lookup(missing.name) else {
                panic!("{} is not missing", missing.name)
            };
            assert_eq!((index, found.name), (dll.first_missing + n, missing.name));
            let (described, same) = missing::describe(index).unwrap();
            assert_eq!((described.name, same.name), (dll.name, missing.name));
        }
    }
    assert!(missing::describe(table::MISSING_COUNT).is_none());
}

#[test]
fn a_missing_function_fails_as_documented() {
    thread();
    for dll in crate::DLLS {
        for (n, missing) in dll.missing.iter().enumerate() {
            let f: extern "win64" fn(u64, u64) -> i64 =
                typed(missing::entry(dll.first_missing + n));
            match missing.failure {
                missing::Failure::Stop => {}
                missing::Failure::Value(value) => assert_eq!(f(1, 2), value, "{}", missing.name),
                missing::Failure::LastError { code, value } => {
                    gs::set_last_error(0);
                    assert_eq!(f(1, 2), value, "{}", missing.name);
                    assert_eq!(gs::last_error(), code, "{}", missing.name);
                }
            }
        }
    }
}

/// The trace lines of calls of an export's traced entry, without the thread id.
fn written(export: &Export, call: impl FnOnce(usize)) -> String {
    let tid = haft_host::thread::current_tid().0;
    let lines = trace::capture(|| call(code(export, true)));
    lines.replace(&format!("[{tid}] "), "")
}

#[test]
fn a_trace_line_reads_like_the_call() {
    thread();
    let line = written(&EXPORT_Fail, |entry| {
        let f: extern "win64" fn(usize, u32) -> u32 = typed(entry);
        f(0x24, 1);
        f(usize::MAX, 0);
    });
    assert_eq!(
        line,
        "test.Fail(hObject=0x24, bSuccess=TRUE) = TRUE\n\
         test.Fail(hObject=-1, bSuccess=FALSE) = FALSE (ERROR_INVALID_HANDLE)\n"
    );
    let wide: Vec<u16> = "a\"b\n".encode_utf16().chain([0]).collect();
    let line = written(&EXPORT_TextLengthW, |entry| {
        let f: extern "win64" fn(usize, usize, u32) -> u32 = typed(entry);
        f(wide.as_ptr() as usize, 0, 0);
        f(0, 0, 0);
        f(8, 0, 0);
    });
    assert_eq!(
        line,
        "test.TextLengthW(lpText=\"a\\\"b\\n\", lpBuffer=NULL, cchBuffer=0) = 5\n\
         test.TextLengthW(lpText=NULL, lpBuffer=NULL, cchBuffer=0) = 0 (ERROR_INVALID_PARAMETER)\n\
         test.TextLengthW(lpText=0x8 (not readable), lpBuffer=NULL, cchBuffer=0) = 0 \
         (ERROR_NOACCESS)\n"
    );
    let line = written(&EXPORT_NoService, |entry| {
        let f: extern "win64" fn(u32) -> u32 = typed(entry);
        f(0);
        f(0xC000_0022);
        f(0xC0FF_EE00);
    });
    assert_eq!(
        line,
        "test.NoService(code=0) = STATUS_SUCCESS\n\
         test.NoService(code=3221225506) = STATUS_ACCESS_DENIED\n\
         test.NoService(code=3237998080) = 0xc0ffee00\n"
    );
}

#[export(test)]
fn Ten(a: u32, b: f64, c: f32, d: u8, e: f32, f: u64, g: f64, h: i16, i: i32, j: Bool) -> f32 {
    assert_eq!((a, b, c, d, e, f, g, h, i, j.0), (1, 2.0, 3.0, 4, 5.0, 6, 7.0, -8, -9, true));
    0.5
}

#[export(test)]
fn Nothing() {}

#[test]
fn a_traced_call_passes_everything_on() {
    thread();
    let line = written(&EXPORT_Ten, |entry| {
        type Ten = extern "win64" fn(u32, f64, f32, u32, f32, u64, f64, u32, i32, u32) -> f32;
        let f: Ten = typed(entry);
        assert_eq!(f(1, 2.0, 3.0, 4, 5.0, 6, 7.0, -8i32 as u32, -9, 1), 0.5);
    });
    assert_eq!(
        line,
        "test.Ten(a=1, b=2.0, c=3.0, d=4, e=5.0, f=6, g=7.0, h=-8, i=-9, j=TRUE) = 0.5\n"
    );
    let line = written(&EXPORT_Nothing, |entry| {
        let f: extern "win64" fn() = typed(entry);
        f();
    });
    assert_eq!(line, "test.Nothing()\n");
    let text = c"dqd".as_ptr() as u64;
    type Nine = extern "win64" fn(u64, u64, u64, u64, u64, u64, u64, u64, u64) -> u32;
    let line = written(&EXPORT_Sum6, |entry| {
        assert_eq!(typed::<Nine>(entry)(1, 2, 3, 4, 5, text, 10, 20, 30), 54_321_060);
    });
    let expected =
        format!("test.Sum6(a=1, b=2, c=3, d=4, e=5, format={text:#x}, ...) = 54321060\n");
    assert_eq!(line, expected);
    let line = written(&EXPORT_Sum1, |entry| {
        let text = c"dddddddd".as_ptr() as u64;
        assert_eq!(typed::<Nine>(entry)(text, 1, 2, 3, 4, 5, 6, 7, 8), 36);
    });
    assert!(line.ends_with(", ...) = 36\n"), "{line}");
}

/// Calls back into the program.
#[export(test)]
fn CallBack(lpRoutine: crate::abi::Routine, lpText: WStr) -> u32 {
    lpRoutine.call([lpText.len(), 0, 0, 0]) as u32
}

#[export(test)]
fn Leave(uExitCode: u32) -> ! {
    panic!("left with {uExitCode}")
}

#[test]
fn a_call_within_a_call_shows_both() {
    thread();
    extern "win64" fn routine(len: usize) -> usize {
        let f: extern "win64" fn(u32) -> usize = typed(code(&EXPORT_NoFile, true));
        f(len as u32)
    }
    let line = written(&EXPORT_CallBack, |entry| {
        let f: extern "win64" fn(usize, usize) -> u32 = typed(entry);
        assert_eq!(f(routine as *const () as usize, [0x41u16, 0].as_ptr() as usize), 0x24);
    });
    let address = routine as *const () as usize;
    assert_eq!(
        line,
        format!(
            "test.CallBack(lpRoutine={address:#x}, lpText=\"A\") ...\n\
             test.NoFile(kind=1) = 0x24\n\
             test.CallBack(...) = 36\n"
        )
    );
}

#[test]
fn the_selection_names_dlls() {
    let selection = trace::Selection::parse("Kernel32.dll, ntdll");
    assert!(selection.includes("kernel32.dll") && selection.includes("ntdll.dll"));
    assert!(!selection.includes("advapi32.dll"));
    assert!(trace::Selection::parse("all").includes("advapi32.dll"));
    assert!(!trace::Selection::parse("").includes("kernel32.dll"));
}

#[test]
fn the_compatibility_page_has_every_name_once() {
    let rows = compat::rows();
    let total: usize = crate::DLLS.iter().map(|dll| dll.exports.len() + dll.missing.len()).sum();
    assert_eq!(rows.len(), total);
    assert!(rows.is_sorted_by(|a, b| (a.dll, a.name) < (b.dll, b.name)));
    let row = rows.iter().find(|row| row.name == "lstrlenW").unwrap();
    assert_eq!(row.does, "Returns the length of a wide string in units, 0 if it cannot be read.");
    assert_eq!(row.source, "lstrlenW function");
    assert_eq!(row.missing, None);
}
