//! The end of a process.

use crate::ldr;
use crate::ob::objects;
use haft_abi::NtStatus;
use haft_object::Usage;

/// Ends the process (Microsoft: "ExitProcess function"): every other thread stops, the calling
/// fiber's local storage is ended, the DLLs hear of it, then it is gone.
pub fn exit_process(code: u32) -> ! {
    ldr::process_detach(|| {
        super::suspend::freeze_others();
        if super::thread::try_current().is_some() {
            crate::ke::fls::end_current();
        }
    });
    crate::ob::left_open::report();
    terminate(code)
}

/// Ends the process at once (Microsoft: "TerminateProcess function").
pub fn terminate(code: u32) -> ! {
    super::service::settle();
    crate::log::flush();
    crate::io::console::control::at_exit();
    super::zygote::end();
    let block = objects().block();
    let ([user, kernel], page_faults) = haft_host::thread::time_and_page_faults();
    block.set_usage(Usage { user, kernel, page_faults: u64::from(page_faults) });
    block.set_exited(code, haft_host::clock::system_time());
    if code == NtStatus::CONTROL_C_EXIT.0 {
        haft_host::console_signal::die();
    }
    haft_host::thread::exit_process(linux_status(code))
}

/// The exit status that Linux is told for a 32-bit exit code: the code where it fits in the
/// eight bits that Linux has, else its low byte, but never a zero for a code that is not zero.
#[must_use]
pub fn linux_status(code: u32) -> i32 {
    match (code, code & 0xFF) {
        (0, _) => 0,
        (_, 0) => 1,
        (_, low) => low as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::linux_status;

    #[test]
    fn a_failure_stays_a_failure() {
        assert_eq!(linux_status(0), 0);
        assert_eq!(linux_status(3), 3);
        assert_eq!(linux_status(0xC000_0005), 5);
        assert_eq!(linux_status(256), 1);
    }
}
