//! The start and the end of a program that uses the UCRT, and its process-wide settings.

use crate::abi::{ErrorCode, Out, Ptr, Routine};
use haft_kernel::crt::{
    Error, environment, error, exit as end, invalid, locale, main, open, signal, stream,
};
use haft_macros::export;

/// Prepares the arguments of `main`. (Microsoft: "_configure_narrow_argv")
#[export(ucrtbase)]
fn _configure_narrow_argv(mode: i32) -> ErrorCode {
    ErrorCode(main::configure::<u8>(mode))
}

/// Prepares the arguments of `wmain`. (Microsoft: "_configure_wide_argv")
#[export(ucrtbase)]
fn _configure_wide_argv(mode: i32) -> ErrorCode {
    ErrorCode(main::configure::<u16>(mode))
}

/// Prepares the environment of `main`. (Microsoft: "_initialize_narrow_environment")
#[export(ucrtbase)]
fn _initialize_narrow_environment() -> Result<(), Error> {
    environment::array::<u8>().map(|_| ())
}

/// Prepares the environment of `wmain`. (Microsoft: "_initialize_wide_environment")
#[export(ucrtbase)]
fn _initialize_wide_environment() -> Result<(), Error> {
    environment::array::<u16>().map(|_| ())
}

/// Gives the environment of `main`. (Microsoft: "_get_initial_narrow_environment")
#[export(ucrtbase)]
fn _get_initial_narrow_environment() -> Result<Ptr<usize>, Error> {
    environment::array::<u8>().map(Ptr::new)
}

/// Gives the environment of `wmain`. (Microsoft: "_get_initial_wide_environment")
#[export(ucrtbase)]
fn _get_initial_wide_environment() -> Result<Ptr<usize>, Error> {
    environment::array::<u16>().map(Ptr::new)
}

/// Gives the place of the number of arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(ucrtbase)]
fn __p___argc() -> Result<Ptr<i32>, Error> {
    main::variables().map(|at| Ptr::new(at.count))
}

/// Gives the place of the arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(ucrtbase)]
fn __p___argv() -> Result<Ptr<usize>, Error> {
    main::variables().map(|at| Ptr::new(at.narrow))
}

/// Gives the place of the wide arguments. (Microsoft: "__argc, __argv, __wargv")
#[export(ucrtbase)]
fn __p___wargv() -> Result<Ptr<usize>, Error> {
    main::variables().map(|at| Ptr::new(at.wide))
}

/// Gives the place of the environment. (Microsoft: "_environ, _wenviron")
#[export(ucrtbase)]
fn __p__environ() -> Result<Ptr<usize>, Error> {
    environment::variable::<u8>().map(Ptr::new)
}

/// Gives the place of the wide environment. (Microsoft: "_environ, _wenviron")
#[export(ucrtbase)]
fn __p__wenviron() -> Result<Ptr<usize>, Error> {
    environment::variable::<u16>().map(Ptr::new)
}

/// Gives the place of the command line. (Microsoft: "_acmdln, _wcmdln")
#[export(ucrtbase)]
fn __p__acmdln() -> Result<Ptr<usize>, Error> {
    main::variables().map(|at| Ptr::new(at.narrow_line))
}

/// Gives the place of the wide command line. (Microsoft: "_acmdln, _wcmdln")
#[export(ucrtbase)]
fn __p__wcmdln() -> Result<Ptr<usize>, Error> {
    main::variables().map(|at| Ptr::new(at.wide_line))
}

/// Gives the place of the program's path. (Microsoft: "_pgmptr, _wpgmptr")
#[export(ucrtbase)]
fn __p__pgmptr() -> Result<Ptr<usize>, Error> {
    main::variables().map(|at| Ptr::new(at.narrow_program))
}

/// Gives the place of the program's wide path. (Microsoft: "_pgmptr, _wpgmptr")
#[export(ucrtbase)]
fn __p__wpgmptr() -> Result<Ptr<usize>, Error> {
    main::variables().map(|at| Ptr::new(at.wide_program))
}

/// Gives the program's path. (Microsoft: "_get_pgmptr")
#[export(ucrtbase)]
fn _get_pgmptr(pValue: Out<usize>) -> ErrorCode {
    ErrorCode(
        main::variables()
            .and_then(|at| Ok(pValue.set(Ptr::<usize>::new(at.narrow_program).read()?)?)),
    )
}

/// Gives the program's wide path. (Microsoft: "_get_wpgmptr")
#[export(ucrtbase)]
fn _get_wpgmptr(pValue: Out<usize>) -> ErrorCode {
    ErrorCode(
        main::variables()
            .and_then(|at| Ok(pValue.set(Ptr::<usize>::new(at.wide_program).read()?)?)),
    )
}

/// Gives the command line behind the program's name. (Microsoft:
/// "_get_narrow_winmain_command_line")
#[export(ucrtbase)]
fn _get_narrow_winmain_command_line() -> Result<Ptr<u8>, Error> {
    main::window_command_line::<u8>().map(Ptr::new)
}

/// Gives the wide command line behind the program's name. (Microsoft:
/// "_get_wide_winmain_command_line")
#[export(ucrtbase)]
fn _get_wide_winmain_command_line() -> Result<Ptr<u16>, Error> {
    main::window_command_line::<u16>().map(Ptr::new)
}

/// Hears whether the program is one of the console. (Microsoft: "__set_app_type")
#[export(ucrtbase)]
fn _set_app_type(appType: i32) {
    main::set_application_type(appType)
}

/// Tells whether the program is one of the console. (Microsoft: "_query_app_type")
#[export(ucrtbase)]
fn _query_app_type() -> i32 {
    main::application_type()
}

/// Gives the place of the mode in which files are opened. (Microsoft: "_fmode")
#[export(ucrtbase)]
fn __p__fmode() -> Ptr<i32> {
    Ptr::new(open::DEFAULT_MODE.address())
}

/// Gives the mode in which files are opened. (Microsoft: "_get_fmode")
#[export(ucrtbase)]
fn _get_fmode(pmode: Out<i32>) -> ErrorCode {
    ErrorCode(pmode.set(open::default_mode()).map_err(Error::from))
}

/// Sets the mode in which files are opened. (Microsoft: "_set_fmode")
#[export(ucrtbase)]
fn _set_fmode(mode: i32) -> ErrorCode {
    ErrorCode(open::set_default_mode(mode))
}

/// Gives the place of whether `fflush` commits to the disk. (Microsoft: "__p__commode")
#[export(ucrtbase)]
fn __p__commode() -> Ptr<i32> {
    Ptr::new(main::COMMIT_MODE.address())
}

/// Gives a standard stream. (Microsoft: "__acrt_iob_func")
#[export(ucrtbase)]
fn __acrt_iob_func(index: u32) -> Ptr<u8> {
    Ptr::new(stream::standard(index as usize))
}

/// Registers a function that `exit` calls. (Microsoft: "_crt_atexit")
#[export(ucrtbase)]
fn _crt_atexit(function: Routine) -> i32 {
    end::at_exit(function.0);
    0
}

/// Registers a function that `quick_exit` calls. (Microsoft: "_crt_at_quick_exit")
#[export(ucrtbase)]
fn _crt_at_quick_exit(function: Routine) -> i32 {
    end::at_quick_exit(function.0);
    0
}

/// Calls what was registered for it and ends the process. (Microsoft: "quick_exit")
#[export(ucrtbase)]
fn quick_exit(status: i32) -> ! {
    end::quick_exit(status)
}

/// Empties a table of functions for the end. (Microsoft: "_initialize_onexit_table,
/// _register_onexit_function, _execute_onexit_table, _crt_atexit, _crt_at_quick_exit")
#[export(ucrtbase)]
fn _initialize_onexit_table(table: Ptr<usize>) -> Result<(), Error> {
    end::initialize(table.addr())
}

/// Adds a function to a table for the end. (Microsoft: "_initialize_onexit_table,
/// _register_onexit_function, _execute_onexit_table, _crt_atexit, _crt_at_quick_exit")
#[export(ucrtbase)]
fn _register_onexit_function(table: Ptr<usize>, function: Routine) -> Result<(), Error> {
    end::register(table.addr(), function.0)
}

/// Calls the functions of a table for the end. (Microsoft: "_initialize_onexit_table,
/// _register_onexit_function, _execute_onexit_table, _crt_atexit, _crt_at_quick_exit")
#[export(ucrtbase)]
fn _execute_onexit_table(table: Ptr<usize>) -> Result<(), Error> {
    end::execute(table.addr())
}

/// Registers what destroys the thread-local variables of the first thread. (Microsoft:
/// "_register_thread_local_exe_atexit_callback")
#[export(ucrtbase)]
fn _register_thread_local_exe_atexit_callback(callback: Option<Routine>) {
    if let Some(callback) = callback {
        end::set_thread_callback(callback.0)
    }
}

/// Decides about an exception that `main` did not handle. (Microsoft: "_seh_filter_dll,
/// _seh_filter_exe")
#[export(ucrtbase)]
fn _seh_filter_exe(xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> i32 {
    signal::filter(xcptnum, pxcptinfoptrs.addr())
}

/// Decides about an exception that a DLL's start did not handle. (Microsoft: "_seh_filter_dll,
/// _seh_filter_exe")
#[export(ucrtbase)]
fn _seh_filter_dll(xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> i32 {
    signal::filter(xcptnum, pxcptinfoptrs.addr())
}

/// Sets whether `malloc` calls the handler of `new`. (Microsoft: "_set_new_mode")
#[export(ucrtbase)]
fn _set_new_mode(mode: i32) -> i32 {
    main::set_new_mode(mode)
}

/// Tells whether `malloc` calls the handler of `new`. (Microsoft: "_query_new_mode")
#[export(ucrtbase)]
fn _query_new_mode() -> i32 {
    main::new_mode()
}

/// Tells whether threads have locales of their own, which haft's do not. (Microsoft:
/// "_configthreadlocale")
#[export(msvcrt, ucrtbase)]
fn _configthreadlocale(per_thread_locale_type: i32) -> i32 {
    locale::configure_thread(per_thread_locale_type)
}

/// Sets what is called for an invalid parameter. (Microsoft: "_set_invalid_parameter_handler,
/// _set_thread_local_invalid_parameter_handler")
#[export(msvcrt, ucrtbase)]
fn _set_invalid_parameter_handler(pNew: usize) -> usize {
    invalid::set_handler(pNew)
}

/// Gives what is called for an invalid parameter. (Microsoft: "_get_invalid_parameter_handler,
/// _get_thread_local_invalid_parameter_handler")
#[export(msvcrt, ucrtbase)]
fn _get_invalid_parameter_handler() -> usize {
    invalid::handler()
}

/// Sets what is called for an invalid parameter in this thread. (Microsoft:
/// "_set_invalid_parameter_handler, _set_thread_local_invalid_parameter_handler")
#[export(ucrtbase)]
fn _set_thread_local_invalid_parameter_handler(pNew: usize) -> usize {
    invalid::set_thread_handler(pNew)
}

/// Gives what is called for an invalid parameter in this thread. (Microsoft:
/// "_get_invalid_parameter_handler, _get_thread_local_invalid_parameter_handler")
#[export(ucrtbase)]
fn _get_thread_local_invalid_parameter_handler() -> usize {
    invalid::thread_handler()
}

/// Calls the handler of an invalid parameter. (Microsoft: "_invalid_parameter,
/// _invalid_parameter_noinfo, _invalid_parameter_noinfo_noreturn, _invoke_watson")
#[export(msvcrt, ucrtbase)]
fn _invalid_parameter_noinfo() {
    invalid::invoke()
}

/// Calls the handler of an invalid parameter. (Microsoft: "_invalid_parameter,
/// _invalid_parameter_noinfo, _invalid_parameter_noinfo_noreturn, _invoke_watson")
#[export(ucrtbase)]
fn _invalid_parameter(
    expression: Ptr<u16>,
    function_name: Ptr<u16>,
    file_name: Ptr<u16>,
    line_number: u32,
    reserved: usize,
) {
    invalid::invoke_with(
        [expression.addr(), function_name.addr(), file_name.addr()],
        line_number,
        reserved,
    )
}

/// Calls the handler of an invalid parameter and ends the process. (Microsoft:
/// "_invalid_parameter, _invalid_parameter_noinfo, _invalid_parameter_noinfo_noreturn,
/// _invoke_watson")
#[export(ucrtbase)]
fn _invalid_parameter_noinfo_noreturn() -> ! {
    invalid::fail()
}

/// Ends the process because of an invalid parameter. (Microsoft: "_invalid_parameter,
/// _invalid_parameter_noinfo, _invalid_parameter_noinfo_noreturn, _invoke_watson")
#[export(ucrtbase)]
fn _invoke_watson(
    expression: Ptr<u16>,
    function_name: Ptr<u16>,
    file_name: Ptr<u16>,
    line_number: u32,
    reserved: usize,
) -> ! {
    let _ = (expression, function_name, file_name, line_number, reserved);
    invalid::fail()
}

/// Sets where runtime errors are told. (Microsoft: "_set_error_mode")
#[export(msvcrt, ucrtbase)]
fn _set_error_mode(mode_val: i32) -> i32 {
    main::set_error_mode(mode_val)
}

/// Sets what `abort` does. (Microsoft: "_set_abort_behavior")
#[export(msvcrt, ucrtbase)]
fn _set_abort_behavior(flags: u32, mask: u32) -> u32 {
    signal::set_abort_behavior(flags, mask)
}

/// Gives `errno`. (Microsoft: "_get_errno")
#[export(msvcrt, ucrtbase)]
fn _get_errno(pValue: Out<i32>) -> ErrorCode {
    ErrorCode(pValue.set(error::errno().0).map_err(Error::from))
}

/// Sets `errno`. (Microsoft: "_set_errno")
#[export(msvcrt, ucrtbase)]
fn _set_errno(error_value: i32) -> i32 {
    error::set_errno(haft_crt::Errno(error_value));
    0
}

/// Gives `_doserrno`. (Microsoft: "_get_doserrno")
#[export(msvcrt, ucrtbase)]
fn _get_doserrno(pValue: Out<u32>) -> ErrorCode {
    ErrorCode(pValue.set(error::doserrno()).map_err(Error::from))
}

/// Sets `_doserrno`. (Microsoft: "_set_doserrno")
#[export(msvcrt, ucrtbase)]
fn _set_doserrno(error_value: u32) -> i32 {
    error::set_doserrno(error_value);
    0
}
