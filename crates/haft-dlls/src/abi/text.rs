//! Strings that the program passes.

use super::charset::{Ansi, Charset, Wide};
use super::param::{Nullable, Param};
use crate::trace;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use haft_abi::wide;
use haft_host::guest::Fault;

/// A zero-terminated string of either character set, copied in before the call: UTF-16 without
/// the terminator.
pub struct TStr<C: Charset> {
    text: Vec<u16>,
    marker: PhantomData<fn() -> C>,
}

/// A zero-terminated wide string.
pub type WStr = TStr<Wide>;
/// A zero-terminated ANSI string (UTF-8), as UTF-16 all the same.
pub type AStr = TStr<Ansi>;

impl<C: Charset> TStr<C> {
    /// The string, as UTF-16.
    #[must_use]
    pub fn as_wide(&self) -> &[u16] {
        &self.text
    }

    /// Takes the string, as UTF-16.
    #[must_use]
    pub fn into_wide(self) -> Vec<u16> {
        self.text
    }

    /// The string as WTF-8 bytes, as Linux names things.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wide::to_bytes(&self.text)
    }
}

impl<C: Charset> Deref for TStr<C> {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        &self.text
    }
}

impl<C: Charset> fmt::Debug for TStr<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&wide::to_string(&self.text), f)
    }
}

impl<C: Charset> fmt::Display for TStr<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&wide::to_string(&self.text))
    }
}

impl<C: Charset> Param for TStr<C> {
    type Raw = usize;

    fn decode(raw: usize) -> Result<Self, Fault> {
        Ok(Self { text: C::read_z(raw, usize::MAX)?, marker: PhantomData })
    }

    fn show(raw: usize, _: &str, out: &mut String) {
        trace::show_text(C::read_z(raw, trace::TEXT_SHOWN + 1).ok().as_deref(), raw, out);
    }
}

impl<C: Charset> Nullable for TStr<C> {}
