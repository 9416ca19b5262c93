//! Command lines.

use crate::abi::{Out, Ptr, WStr};
use haft_abi::Win32Error;
use haft_crt::string::argv::{self, Rule};
use haft_kernel::ex::allocation;
use haft_kernel::ldr;
use haft_macros::export;

/// Parts a command line; the result is freed with `LocalFree`. (Microsoft: "CommandLineToArgvW
/// function")
#[export(shell32)]
fn CommandLineToArgvW(
    lpCmdLine: Option<WStr>,
    pNumArgs: Out<i32>,
) -> Result<Ptr<usize>, Win32Error> {
    let line = lpCmdLine.ok_or(Win32Error::INVALID_PARAMETER)?;
    let arguments = if line.is_empty() {
        vec![ldr::main_module().path.clone()]
    } else {
        argv::parse(&line, Rule::Shell)
    };
    let (place, count) = lay_out(&arguments)?;
    pNumArgs.set(count)?;
    Ok(place)
}

/// Lays pointers to the arguments out in one block with the arguments, and a null behind them.
fn lay_out(arguments: &[Vec<u16>]) -> Result<(Ptr<usize>, i32), Win32Error> {
    let pointers = (arguments.len() + 1) * size_of::<usize>();
    let units: usize = arguments.iter().map(|argument| argument.len() + 1).sum();
    let place = allocation::allocate(pointers + units * 2)?;
    let mut at = place + pointers;
    for (index, argument) in arguments.iter().enumerate() {
        Ptr::<usize>::new(place).at(index).write(at)?;
        // The memory is zeroed, so each argument ends in a null.
        Ptr::<u16>::new(at).write_slice(argument)?;
        at += (argument.len() + 1) * 2;
    }
    Ok((Ptr::new(place), arguments.len() as i32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::from_str;
    use haft_host::guest;

    #[test]
    fn arguments_stand_behind_their_pointers() {
        let line = from_str(r#""a b.exe" c "d e""#);
        let (place, count) = lay_out(&argv::parse(&line, Rule::Shell)).unwrap();
        assert_eq!(count, 3);
        let pointers = place.read_slice(4).unwrap();
        assert_eq!(guest::read_wide_z(pointers[0], 99), Ok(from_str("a b.exe")));
        assert_eq!(guest::read_wide_z(pointers[2], 99), Ok(from_str("d e")));
        assert_eq!(pointers[3], 0);
        assert_eq!(allocation::free(place.addr()), Ok(()));
    }
}
