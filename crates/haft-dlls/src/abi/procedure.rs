//! The name or ordinal of a procedure, as GetProcAddress takes it.

use super::param::Param;
use crate::trace;
use haft_host::guest::{self, Fault};

/// What a program asks a module for: a name, or an ordinal where the address is below 64 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcName {
    /// By ordinal.
    Ordinal(u16),
    /// By name, without the terminator.
    Name(Vec<u8>),
}

impl Param for ProcName {
    type Raw = usize;

    fn decode(raw: usize) -> Result<Self, Fault> {
        match u16::try_from(raw) {
            Ok(ordinal) => Ok(Self::Ordinal(ordinal)),
            Err(_) => guest::read_bytes_z(raw, usize::MAX).map(Self::Name),
        }
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        match u16::try_from(raw) {
            Ok(ordinal) => trace::push(out, format_args!("#{ordinal}")),
            Err(_) => {
                let name = guest::read_bytes_z(raw, trace::TEXT_SHOWN + 1).ok();
                let name = name.map(|n| n.into_iter().map(u16::from).collect::<Vec<_>>());
                trace::show_text(name.as_deref(), raw, out);
            }
        }
    }
}
