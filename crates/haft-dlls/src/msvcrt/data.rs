//! Variables of msvcrt.dll that programs link to.

use crate::abi::{Data, Ptr};
use haft_crt::errno::SYS_NERR;
use haft_host::guest::Pod;
use haft_kernel::crt::{Error, diagnostics, environment, locale, main, open, stream, time};
use haft_kernel::ex::{start_info, version};
use haft_macros::export;

/// The command line. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
pub(super) static _acmdln: Data<usize> = Data::new(0);

/// The wide command line. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
pub(super) static _wcmdln: Data<usize> = Data::new(0);

/// The environment that `main` was given. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static __initenv: Data<usize> = Data::new(0);

/// The environment that `wmain` was given. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static __winitenv: Data<usize> = Data::new(0);

/// The environment. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static _environ: Data<usize> = Data::new(0);

/// The wide environment. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
pub(super) static _wenviron: Data<usize> = Data::new(0);

/// The number of arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
pub(super) static __argc: Data<i32> = Data::new(0);

/// The arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
pub(super) static __argv: Data<usize> = Data::new(0);

/// The wide arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
pub(super) static __wargv: Data<usize> = Data::new(0);

/// The mode in which files are opened. (Microsoft: "_fmode")
#[export(msvcrt)]
pub(super) static _fmode: Data<i32> = Data::new(0).when_placed(|at| open::DEFAULT_MODE.place(at));

/// Whether `fflush` commits to the disk. (Microsoft: "_commode")
#[export(msvcrt)]
pub(super) static _commode: Data<i32> = Data::new(0).when_placed(|at| main::COMMIT_MODE.place(at));

/// The path of the program's file. (Microsoft: "_pgmptr, _wpgmptr")
#[export(msvcrt)]
static _pgmptr: Data<usize> =
    Data::made(|| main::variables().map_or(0, |at| value(at.narrow_program, 0)));

/// The wide path of the program's file. (Microsoft: "_pgmptr, _wpgmptr")
#[export(msvcrt)]
static _wpgmptr: Data<usize> =
    Data::made(|| main::variables().map_or(0, |at| value(at.wide_program, 0)));

/// The most bytes of a character. (Microsoft: "___mb_cur_max_func, ___mb_cur_max_l_func,
/// __p___mb_cur_max, __mb_cur_max")
#[export(msvcrt)]
static __mb_cur_max: Data<i32> = Data::made(|| locale::charset().max_bytes() as i32)
    .when_placed(|at| locale::MAX_BYTES.place(at));

/// The code page of narrow text, 0 in the C locale. (Microsoft: "___lc_codepage_func")
#[export(msvcrt)]
static __lc_codepage: Data<u32> =
    Data::made(locale::code_page).when_placed(|at| locale::CODE_PAGE.place(at));

/// Seconds that UTC is ahead of standard time. (Microsoft: "_daylight, _dstbias, _timezone, and
/// _tzname")
#[export(msvcrt)]
static _timezone: Data<i32> =
    Data::made(|| time::TIMEZONE.get().unwrap_or(0)).when_placed(|at| time::TIMEZONE.place(at));

/// Whether there is daylight saving time. (Microsoft: "_daylight, _dstbias, _timezone, and
/// _tzname")
#[export(msvcrt)]
static _daylight: Data<i32> =
    Data::made(|| time::DAYLIGHT.get().unwrap_or(0)).when_placed(|at| time::DAYLIGHT.place(at));

/// Seconds to add in daylight saving time. (Microsoft: "_daylight, _dstbias, _timezone, and
/// _tzname")
#[export(msvcrt)]
static _dstbias: Data<i32> =
    Data::made(|| time::BIAS.get().unwrap_or(0)).when_placed(|at| time::BIAS.place(at));

/// The names of standard and of daylight saving time. (Microsoft: "_daylight, _dstbias,
/// _timezone, and _tzname")
#[export(msvcrt)]
static _tzname: Data<[usize; 2]> =
    Data::made(|| value(time::names(), [0; 2])).when_placed(|at| time::NAMES.place(at));

/// 64-bit words of the first streams.
const FILES_SIZE: usize = stream::NEIGHBOURS * stream::FILE_SIZE / 8;

/// The first streams, with the standard ones. (Microsoft: "_get_stream_buffer_pointers"; `stdio.h`)
#[export(msvcrt)]
static _iob: Data<[u64; FILES_SIZE]> =
    Data::new([0; FILES_SIZE]).when_placed(stream::neighbours_are_at);

/// The texts of the errors. (Microsoft: "errno, _doserrno, _sys_errlist, and _sys_nerr")
#[export(msvcrt)]
static _sys_errlist: Data<[usize; SYS_NERR as usize + 1]> =
    Data::made(|| diagnostics::error_list().map_or([0; _], |list| value(list.texts, [0; _])));

/// The number of texts. (Microsoft: "errno, _doserrno, _sys_errlist, and _sys_nerr")
#[export(msvcrt)]
static _sys_nerr: Data<i32> = Data::new(SYS_NERR);

/// Infinity, which stands for a result too large. (Microsoft: "HUGE_VAL, _HUGE")
#[export(msvcrt)]
static _HUGE: Data<f64> = Data::new(f64::INFINITY);

/// The build number of Windows. (Microsoft: "_osver")
#[export(msvcrt)]
static _osver: Data<u32> = Data::new(version::own().build);

/// The version of Windows, the major number in the second byte. (Microsoft: "_winver")
#[export(msvcrt)]
static _winver: Data<u32> = Data::new(version::own().major << 8 | version::own().minor);

/// The major version of Windows. (Microsoft: "_winmajor")
#[export(msvcrt)]
static _winmajor: Data<u32> = Data::new(version::own().major);

/// The minor version of Windows. (Microsoft: "_winminor")
#[export(msvcrt)]
static _winminor: Data<u32> = Data::new(version::own().minor);

/// The kind of Windows: 2 is Windows NT. (Microsoft: "_osplatform")
#[export(msvcrt)]
static _osplatform: Data<u32> = Data::new(version::own().platform);

/// What a place of the runtime's own holds.
fn value<T: Pod>(address: usize, otherwise: T) -> T {
    // The address is one that the runtime just gave, or 0 where there is no memory left.
    Ptr::new(address).read().unwrap_or(otherwise)
}

/// Puts the command lines where programs look for them.
pub(super) fn show_command_line() -> Result<(), Error> {
    _acmdln.set(start_info::command_line_bytes()?)?;
    Ok(_wcmdln.set(start_info::command_line()?)?)
}

/// Puts the arrays of environment strings where programs look for them.
pub(super) fn show_environment() -> Result<(), Error> {
    if _environ.address() == 0 {
        // Only ucrtbase.dll is here, which has functions instead.
        return Ok(());
    }
    if let Some(array) = environment::array_if_made::<u8>() {
        _environ.set(array)?;
    }
    if let Some(array) = environment::array_if_made::<u16>() {
        _wenviron.set(array)?;
    }
    Ok(())
}

/// The variable's place. (Microsoft: "_fmode")
#[export(msvcrt)]
fn __p__fmode() -> Ptr<i32> {
    Ptr::new(_fmode.address())
}

/// The variable's place. (Microsoft: "_commode")
#[export(msvcrt)]
fn __p__commode() -> Ptr<i32> {
    Ptr::new(_commode.address())
}

/// The variable's place. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
fn __p___argc() -> Ptr<i32> {
    Ptr::new(__argc.address())
}

/// The variable's place. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
fn __p___argv() -> Ptr<usize> {
    Ptr::new(__argv.address())
}

/// The variable's place. (Microsoft: "__argc, __argv, __wargv")
#[export(msvcrt)]
fn __p___wargv() -> Ptr<usize> {
    Ptr::new(__wargv.address())
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p___initenv() -> Ptr<usize> {
    Ptr::new(__initenv.address())
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p___winitenv() -> Ptr<usize> {
    Ptr::new(__winitenv.address())
}

/// The variable's place. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
fn __p__acmdln() -> Ptr<usize> {
    Ptr::new(_acmdln.address())
}

/// The variable's place. (Microsoft: "_acmdln, _wcmdln")
#[export(msvcrt)]
fn __p__wcmdln() -> Ptr<usize> {
    Ptr::new(_wcmdln.address())
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p__environ() -> Result<Ptr<usize>, Error> {
    environment::array::<u8>()?;
    show_environment()?;
    Ok(Ptr::new(_environ.address()))
}

/// The variable's place. (Microsoft: "_environ, _wenviron")
#[export(msvcrt)]
fn __p__wenviron() -> Result<Ptr<usize>, Error> {
    environment::array::<u16>()?;
    show_environment()?;
    Ok(Ptr::new(_wenviron.address()))
}
