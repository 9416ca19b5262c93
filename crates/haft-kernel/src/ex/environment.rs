//! The environment of the process.
//!
//! The truth is the list here, in the order that Windows keeps: by name without regard to case.
//! The block that `PEB->ProcessParameters->Environment` names is laid out again after every
//! change, in place while it fits.

use super::nls::case;
use crate::ps::{self, params};
use core::cmp::Ordering;
use core::mem::offset_of;
use haft_abi::NtStatus;
use haft_abi::nt::ProcessParameters;
use haft_host::guest;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

const EQUALS: u16 = b'=' as u16;
const PERCENT: u16 = b'%' as u16;

/// The longest name or value in units (Microsoft: "SetEnvironmentVariable function").
const MAX_UNITS: usize = 32_767;

/// `name=value` strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    strings: Vec<Vec<u16>>,
}

/// Where a string's name ends: at its first `=` that is not its first unit (`=C:=C:\folder` is
/// the current directory of a drive).
fn name_end(string: &[u16]) -> Option<usize> {
    string.iter().skip(1).position(|&unit| unit == EQUALS).map(|at| at + 1)
}

fn name(string: &[u16]) -> &[u16] {
    &string[..name_end(string).unwrap_or(string.len())]
}

impl Variables {
    /// The variables of a block: strings that each end in a null, and one more null.
    #[must_use]
    pub fn from_block(units: &[u16]) -> Self {
        let strings = units.split(|&unit| unit == 0);
        Self { strings: strings.take_while(|s| !s.is_empty()).map(<[u16]>::to_vec).collect() }
    }

    /// The block of the variables.
    #[must_use]
    pub fn to_block(&self) -> Vec<u16> {
        params::environment_block(&self.strings)
    }

    /// The value of a variable; case does not count.
    #[must_use]
    pub fn get(&self, wanted: &[u16]) -> Option<&[u16]> {
        self.strings.iter().find_map(|string| {
            let end = name_end(string)?;
            case::equal_ignoring_case(&string[..end], wanted).then(|| &string[end + 1..])
        })
    }

    /// Sets a variable, or removes it with `None`.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` for an empty name, one with a `=` behind its first unit, or more than
    /// 32,767 units; `VARIABLE_NOT_FOUND` if there is none to remove.
    pub fn set(&mut self, wanted: &[u16], value: Option<&[u16]>) -> Result<(), NtStatus> {
        let good = !wanted.is_empty()
            && !wanted.contains(&0)
            && name_end(wanted).is_none()
            && wanted.len() + value.map_or(0, <[u16]>::len) < MAX_UNITS;
        if !good {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let old = self.strings.iter().position(|s| case::equal_ignoring_case(name(s), wanted));
        let Some(value) = value else {
            self.strings.remove(old.ok_or(NtStatus::VARIABLE_NOT_FOUND)?);
            return Ok(());
        };
        match old {
            Some(at) => {
                // The name keeps the case it was first written in.
                let end = name(&self.strings[at]).len();
                self.strings[at].truncate(end + 1);
                self.strings[at].extend_from_slice(value);
            }
            None => {
                let behind = |s: &Vec<u16>| {
                    case::compare_ordinal(name(s), wanted, true) == Ordering::Greater
                };
                let at = self.strings.iter().position(behind).unwrap_or(self.strings.len());
                self.strings.insert(at, [wanted, &[EQUALS], value].concat());
            }
        }
        Ok(())
    }

    /// Replaces each `%name%` by the variable's value; one that is not there stays as written
    /// (Microsoft: "ExpandEnvironmentStringsW function").
    #[must_use]
    pub fn expand(&self, text: &[u16]) -> Vec<u16> {
        let mut expanded = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.iter().position(|&unit| unit == PERCENT) {
            expanded.extend_from_slice(&rest[..start]);
            rest = &rest[start..];
            let length = rest[1..].iter().position(|&unit| unit == PERCENT);
            match length.and_then(|length| Some((length, self.get(&rest[1..=length])?))) {
                Some((length, value)) => {
                    expanded.extend_from_slice(value);
                    rest = &rest[length + 2..];
                }
                None => {
                    // A percent sign that ends no name may begin one.
                    let plain = length.map_or(rest.len(), |length| length + 1);
                    expanded.extend_from_slice(&rest[..plain]);
                    rest = &rest[plain..];
                }
            }
        }
        expanded.extend_from_slice(rest);
        expanded
    }
}

/// The process's own environment and the place where its block stands.
struct Own {
    variables: Variables,
    address: usize,
    /// Units that fit there.
    capacity: usize,
}

static OWN: LazyLock<Mutex<Own>> = LazyLock::new(|| {
    let read = || -> Result<Own, guest::Fault> {
        let parameters = ps::process().parameters;
        let address: u64 = guest::read(parameters + offset_of!(ProcessParameters, environment))?;
        let block = read_block(address as usize)?;
        let capacity = block.len();
        Ok(Own { variables: Variables::from_block(&block), address: address as usize, capacity })
    };
    let empty = |_| Own { variables: Variables::default(), address: 0, capacity: 0 };
    Mutex::new(read().unwrap_or_else(empty))
});

fn own() -> MutexGuard<'static, Own> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Own {
    /// Takes new variables, once the block for the program stands.
    fn replace(&mut self, variables: Variables) -> Result<(), NtStatus> {
        let block = variables.to_block();
        let parameters = ps::process().parameters;
        if block.len() > self.capacity {
            let capacity = block.len().next_multiple_of(0x800) * 2;
            self.address = ps::allocate(capacity * 2, 16)?;
            self.capacity = capacity;
        }
        guest::write_slice(self.address, &block)?;
        let at = |offset: usize| parameters + offset;
        guest::write(at(offset_of!(ProcessParameters, environment)), self.address as u64)?;
        let size = (block.len() * 2) as u64;
        guest::write(at(offset_of!(ProcessParameters, environment_size)), size)?;
        let version = at(offset_of!(ProcessParameters, environment_version));
        guest::write(version, guest::read::<u64>(version)?.wrapping_add(1))?;
        self.variables = variables;
        Ok(())
    }
}

/// Reads a block of the program's memory, both closing nulls with it.
///
/// # Errors
/// A [`guest::Fault`] if memory ends before it does.
pub fn read_block(address: usize) -> Result<Vec<u16>, guest::Fault> {
    let mut block = Vec::new();
    loop {
        let string = guest::read_wide_z(address.wrapping_add(block.len() * 2), usize::MAX)?;
        let last = string.is_empty();
        block.extend_from_slice(&string);
        block.push(0);
        if last {
            // An empty environment has two nulls as well.
            if block.len() == 1 {
                block.push(0);
            }
            return Ok(block);
        }
    }
}

/// Reads a block of byte strings of the program's memory, both closing nulls with it.
///
/// # Errors
/// A [`guest::Fault`] if memory ends before it does.
pub fn read_byte_block(address: usize) -> Result<Vec<u8>, guest::Fault> {
    let mut block = Vec::new();
    loop {
        let string = guest::read_bytes_z(address.wrapping_add(block.len()), usize::MAX)?;
        let last = string.is_empty();
        block.extend_from_slice(&string);
        block.push(0);
        if last {
            return Ok(block);
        }
    }
}

/// The process's environment block, both closing nulls with it.
#[must_use]
pub fn block() -> Vec<u16> {
    own().variables.to_block()
}

/// The value of one of the process's variables; case does not count.
#[must_use]
pub fn get(name: &[u16]) -> Option<Vec<u16>> {
    own().variables.get(name).map(<[u16]>::to_vec)
}

/// Sets one of the process's variables, or removes it with `None`.
///
/// # Errors
/// As for [`Variables::set`]; `NO_MEMORY`.
pub fn set(name: &[u16], value: Option<&[u16]>) -> Result<(), NtStatus> {
    let mut own = own();
    let mut variables = own.variables.clone();
    variables.set(name, value)?;
    own.replace(variables)
}

/// Replaces the whole environment.
///
/// # Errors
/// `INVALID_PARAMETER` if a string has no name, `NO_MEMORY`.
pub fn set_block(block: &[u16]) -> Result<(), NtStatus> {
    let variables = Variables::from_block(block);
    if variables.strings.iter().any(|string| name_end(string).is_none()) {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    own().replace(variables)
}

/// Replaces each `%name%` by the variable's value.
#[must_use]
pub fn expand(text: &[u16]) -> Vec<u16> {
    own().variables.expand(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use haft_abi::wide::{from_str, to_string};

    fn variables(strings: &[&str]) -> Variables {
        Variables { strings: strings.iter().map(|s| from_str(s)).collect() }
    }

    #[test]
    fn names_are_found_in_any_case_and_may_begin_with_an_equals_sign() {
        let v = variables(&["=C:=C:\\x", "Path=a;b=c", "EMPTY="]);
        assert_eq!(v.get(&from_str("PATH")), Some(&from_str("a;b=c")[..]));
        assert_eq!(v.get(&from_str("=c:")), Some(&from_str("C:\\x")[..]));
        assert_eq!(v.get(&from_str("empty")), Some(&[][..]));
        assert_eq!(v.get(&from_str("Pat")), None);
    }

    #[test]
    fn setting_keeps_order_and_the_first_spelling() {
        let mut v = variables(&["A=1", "c=3"]);
        v.set(&from_str("B"), Some(&from_str("2"))).unwrap();
        v.set(&from_str("C"), Some(&from_str("4"))).unwrap();
        v.set(&from_str("=Z:"), Some(&from_str("Z:\\"))).unwrap();
        assert_eq!(v, variables(&["=Z:=Z:\\", "A=1", "B=2", "c=4"]));
        v.set(&from_str("a"), None).unwrap();
        assert_eq!(v.set(&from_str("a"), None), Err(NtStatus::VARIABLE_NOT_FOUND));
        assert_eq!(v.set(&from_str("a=b"), Some(&[])), Err(NtStatus::INVALID_PARAMETER));
        assert_eq!(v.set(&[], Some(&[])), Err(NtStatus::INVALID_PARAMETER));
        let long = vec![u16::from(b'x'); MAX_UNITS];
        assert_eq!(v.set(&from_str("a"), Some(&long)), Err(NtStatus::INVALID_PARAMETER));
    }

    #[test]
    fn a_block_goes_both_ways() {
        let v = variables(&["A=1", "B="]);
        let block = v.to_block();
        assert_eq!(to_string(&block), "A=1\0B=\0\0");
        assert_eq!(Variables::from_block(&block), v);
        assert_eq!(Variables::default().to_block(), [0, 0]);
        assert_eq!(read_block(block.as_ptr() as usize), Ok(block));
        assert_eq!(read_block([0u16; 2].as_ptr() as usize), Ok(vec![0, 0]));
    }

    #[test]
    fn names_between_percent_signs_are_expanded() {
        let v = variables(&["A=1", "LONG=%A%"]);
        let expand = |text: &str| to_string(&v.expand(&from_str(text)));
        assert_eq!(expand("x%a%y%A%"), "x1y1");
        assert_eq!(expand("%LONG%"), "%A%");
        assert_eq!(expand("100% of %A%"), "100% of 1");
        assert_eq!(expand("%none%%A%"), "%none%1");
        assert_eq!(expand("%%"), "%%");
        assert_eq!(expand("%"), "%");
    }
}
