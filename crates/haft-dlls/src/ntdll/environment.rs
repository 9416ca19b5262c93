//! Environment variables.

use crate::abi::{In, InOut, Out, Ptr, SetIfSome as _};
use haft_abi::NtStatus;
use haft_host::guest::{self, Fault};
use haft_kernel::ex::environment::{self, Variables};
use haft_macros::export;
use windows_sys::Win32::Foundation::UNICODE_STRING;

fn units(string: &UNICODE_STRING) -> Result<Vec<u16>, Fault> {
    guest::read_slice(string.Buffer as usize, usize::from(string.Length / 2))
}

/// A variable of a block, or of the process's environment where there is none.
fn variable(block: Ptr<u16>, name: &[u16]) -> Result<Vec<u16>, NtStatus> {
    let value = if block.is_null() {
        environment::get(name)
    } else {
        let block = environment::read_block(block.addr())?;
        Variables::from_block(&block).get(name).map(<[u16]>::to_vec)
    };
    value.ok_or(NtStatus::VARIABLE_NOT_FOUND)
}

fn expanded(block: Ptr<u16>, text: &[u16]) -> Result<Vec<u16>, NtStatus> {
    if block.is_null() {
        return Ok(environment::expand(text));
    }
    Ok(Variables::from_block(&environment::read_block(block.addr())?).expand(text))
}

/// Stores text where a counted string says; too little room is an error, and the header then
/// has the length that is needed.
fn store(string: &InOut<UNICODE_STRING>, text: &[u16]) -> Result<(), NtStatus> {
    let mut header = string.get();
    let needed = text.len() * 2;
    header.Length = u16::try_from(needed).map_err(|_| NtStatus::BUFFER_TOO_SMALL)?;
    string.set(header)?;
    let room = usize::from(header.MaximumLength);
    if needed > room {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    let at = header.Buffer as usize;
    guest::write_slice(at, text)?;
    if needed + 2 <= room {
        guest::write(at + needed, 0u16)?;
    }
    Ok(())
}

/// Gets a variable of a block or of the process. (NtInternals: "RtlQueryEnvironmentVariable_U")
#[export(ntdll)]
fn RtlQueryEnvironmentVariable_U(
    Environment: Ptr<u16>,
    Name: In<UNICODE_STRING>,
    Value: InOut<UNICODE_STRING>,
) -> Result<(), NtStatus> {
    store(&Value, &variable(Environment, &units(&Name)?)?)
}

/// Gets a variable of a block or of the process. (Microsoft: none; the counted form is
/// "RtlQueryEnvironmentVariable_U")
#[export(ntdll)]
fn RtlQueryEnvironmentVariable(
    Environment: Ptr<u16>,
    Name: Ptr<u16>,
    NameLength: usize,
    Value: Ptr<u16>,
    ValueLength: usize,
    ReturnLength: Out<usize>,
) -> Result<(), NtStatus> {
    let value = variable(Environment, &Name.read_slice(NameLength)?)?;
    if value.len() > ValueLength {
        ReturnLength.set(value.len() + 1)?;
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    ReturnLength.set(value.len())?;
    Value.write_slice(&value)?;
    if value.len() < ValueLength {
        Value.at(value.len()).write(0)?;
    }
    Ok(())
}

/// Sets a variable of the process, or removes it. (NtInternals: "RtlSetEnvironmentVariable")
#[export(ntdll)]
fn RtlSetEnvironmentVariable(
    Environment: Ptr<usize>,
    Name: In<UNICODE_STRING>,
    Value: Option<In<UNICODE_STRING>>,
) -> Result<(), NtStatus> {
    // A block of the program's own would have to be moved in its heap.
    if !Environment.is_null() {
        return Err(NtStatus::NOT_IMPLEMENTED);
    }
    let value = Value.map(|value| units(&value)).transpose()?;
    environment::set(&units(&Name)?, value.as_deref())
}

/// Replaces each `%name%` in a string by the variable's value. (NtInternals:
/// "RtlExpandEnvironmentStrings_U")
#[export(ntdll)]
fn RtlExpandEnvironmentStrings_U(
    Environment: Ptr<u16>,
    Source: In<UNICODE_STRING>,
    Destination: InOut<UNICODE_STRING>,
    ReturnedLength: Option<Out<u32>>,
) -> Result<(), NtStatus> {
    let text = expanded(Environment, &units(&Source)?)?;
    ReturnedLength.set((text.len() as u32 + 1) * 2)?;
    store(&Destination, &text)
}

/// Replaces each `%name%` in a string by the variable's value. (Microsoft: none; the counted
/// form is "RtlExpandEnvironmentStrings_U")
#[export(ntdll)]
fn RtlExpandEnvironmentStrings(
    Environment: Ptr<u16>,
    Source: Ptr<u16>,
    SourceLength: usize,
    Destination: Ptr<u16>,
    DestinationLength: usize,
    ReturnLength: Option<Out<usize>>,
) -> Result<(), NtStatus> {
    let mut text = expanded(Environment, &Source.read_slice(SourceLength)?)?;
    text.push(0);
    ReturnLength.set(text.len())?;
    if text.len() > DestinationLength {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(Destination.write_slice(&text)?)
}
